"""How is the publication database reached, and how does only one run publish at a time?"""

import fcntl
import os
import platform
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from eer.domain.errors import Conflict, Malformed, Unavailable

_WRITER = 0x53_4D_50  # "SMP": the key of the writer's advisory lock, and above it of the run's
_RUN = _WRITER + 1
_WAIT_SECONDS = 30
_HOLDER = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objid = :key"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_NAME = text("SELECT set_config('application_name', :name, false)")
_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "53100")  # the last one is PostgreSQL's
_COUNT = "UPDATE run SET number = number + 1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Store:
    """The publication database; holds the connections to it."""

    def __init__(self, url: str) -> None:
        """Take a SQLAlchemy URL; raise Malformed when that is none. Nothing is opened yet."""
        try:
            self.engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        except (ArgumentError, NoSuchModuleError) as fault:
            raise Malformed(f"database URL: {fault}") from None
        self._is_sqlite = self.engine.dialect.name == "sqlite"
        self._number: int | None = None
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        # For the public's reads: what SQLAlchemy does between two statements would be most of
        # what a lookup costs (docs/performance.md).
        self._quick = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
            pool_pre_ping=not self._is_sqlite,
        )
        for engine in (self.engine, self._quick) if self._is_sqlite else ():
            event.listen(engine, "connect", _prepare_sqlite)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()
        self._quick.dispose()

    def question(self, query: TextClause) -> "Question":
        """Return *query*, ready to be asked often."""
        return Question(self._quick, query)

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """Give a connection for single statements, each its own transaction."""
        with self._translated(), self._single.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the connection of the one writer; commit at the end, or nothing at all."""
        with self._translated(), self.engine.begin() as connection:
            if self._is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER})
                self._check_run(connection)
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a connection that sees one state, whatever is written meanwhile."""
        frozen = {} if self._is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._translated(), self.engine.connect().execution_options(**frozen) as connection:
            if self._is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def run(self) -> Iterator[None]:
        """Hold the lock of a run; raise Unavailable when another run has it.

        The lock ends with the process: on SQLite it is one on a file beside the database, on
        PostgreSQL it belongs to a connection. That may be lost, and another run begin: then what
        this one writes raises Conflict.
        """
        with self._file_lock() if self._is_sqlite else self._advisory_lock():
            yield

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        path = Path(f"{self.engine.url.database}.run")
        try:
            file = path.open("a+")
        except OSError as fault:
            raise Unavailable(f"{path}: cannot be opened ({fault.strerror})") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise _busy(file.read()) from None
            with suppress(OSError):  # on a full disk it is held all the same
                os.truncate(file.fileno(), 0)
                os.write(file.fileno(), _ourselves().encode())
            yield

    @contextmanager
    def _advisory_lock(self) -> Iterator[None]:
        with self._translated():
            connection = self._single.connect()
        connection.detach()  # never given to anybody else: the lock is the connection's
        try:
            with self._translated():
                connection.execute(_NAME, {"name": _ourselves()})
                held = connection.execute(text(f"SELECT pg_try_advisory_lock({_RUN})")).scalar_one()
                holder = "" if held else connection.execute(_HOLDER, {"key": _RUN}).scalar()
            if not held:
                raise _busy(holder)
            self._number = self._next_run()
            yield
        finally:
            self._number = None
            with suppress(DBAPIError):  # closing ends the lock too, but only a moment later
                connection.execute(text(f"SELECT pg_advisory_unlock({_RUN})"))
            connection.close()

    def _next_run(self) -> int:
        """Under the writer's lock, so that nothing of a run before is written behind this."""
        with self.writing() as connection:
            number: int = connection.execute(text(f"{_COUNT} RETURNING number")).scalar_one()
        return number

    def _check_run(self, connection: Connection) -> None:
        if self._number is None:
            return
        found = connection.execute(text("SELECT number FROM run")).scalar_one()
        if found != self._number:
            raise Conflict(
                "this run has lost its lock, and another one has begun: what was planned is not "
                "done; publish again"
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as fault:
            raise _told(fault.orig, self.engine) from fault


class Question:
    """A query in the driver's own words, asked over the pool's connections."""

    def __init__(self, engine: Engine, query: TextClause) -> None:
        compiled = query.compile(dialect=engine.dialect)
        self._engine = engine
        self._text = str(compiled)
        self._names = tuple(compiled.positiontup or ()) if compiled.positional else None

    def first(self, sought: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return the first row of the answer; raises Unavailable."""
        driver = self._engine.dialect.loaded_dbapi
        values = sought if self._names is None else [sought[name] for name in self._names]
        try:
            connection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(self._text, values)
                row: tuple[Any, ...] | None = cursor.fetchone()
                return row
            finally:
                connection.close()
        except driver.Error as fault:
            raise _told(fault, self._engine) from fault
        except DBAPIError as fault:
            raise _told(fault.orig, self._engine) from fault


def micros(moment: datetime) -> int:
    """Return *moment* as the database keeps it: microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    """Return the moment that is *micros* microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def _ourselves() -> str:
    """Return what tells an operator which process this is, in the 63 letters PostgreSQL keeps."""
    return f"process {os.getpid()} on {platform.node()}"[:63]


def _busy(holder: str | None) -> Unavailable:
    """Tell who holds the lock, as far as it has said so yet."""
    who = f" ({holder})" if holder else ""
    return Unavailable(f"another run is publishing{who}: try again when it is done")


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Begin transactions ourselves: pysqlite would begin them too late."""
    assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - for the type checker
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {_WAIT_SECONDS * 1000}")
    with suppress(sqlite3.OperationalError):  # somebody else is at it, and it is the file's
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered outlives a power cut


def _told(fault: BaseException | None, engine: Engine) -> Unavailable:
    cause = next(iter(str(fault or "").splitlines()), "it said nothing")
    if "no such table" in cause or "does not exist" in cause:
        return Unavailable(f"the publication database has no schema: run smp migrate ({cause})")
    if _is_full(fault):
        return Unavailable(
            f"the disk of the publication database {engine.url.database} is full: make room there,"
            f" and the next run goes on ({cause})"
        )
    return Unavailable(f"the publication database does not answer as it should: {cause}; try again")


def _is_full(fault: BaseException | None) -> bool:
    """SQLite has no words of its own for a disk that has no room for its index of the WAL."""
    codes = (getattr(fault, "sqlite_errorname", None), getattr(fault, "sqlstate", None))
    return any(code in _FULL for code in codes)
