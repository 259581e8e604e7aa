"""How is the publication database reached, and how does only one run publish at a time?"""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from eer.domain.errors import Malformed, Unavailable

_WRITER = 0x53_4D_50  # "SMP": the key of the writer's advisory lock, and above it of the run's
_RUN = _WRITER + 1
_WAIT_SECONDS = 30
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
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        if self._is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """Give a connection for single statements, each its own transaction."""
        with _translated(), self._single.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the connection of the one writer; commit at the end, or nothing at all."""
        with _translated(), self.engine.begin() as connection:
            if self._is_sqlite:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER})
            yield connection

    @contextmanager
    def run(self) -> Iterator[None]:
        """Hold the lock of a run; raise Unavailable when another run has it.

        The lock ends with the process: on SQLite it is one on a file beside the database, on
        PostgreSQL it belongs to a connection.
        """
        with self._file_lock() if self._is_sqlite else self._advisory_lock():
            yield

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        path = Path(f"{self.engine.url.database}.run")
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise _busy() from None
            yield

    @contextmanager
    def _advisory_lock(self) -> Iterator[None]:
        with _translated():
            connection = self._single.connect()
        connection.detach()  # never given to anybody else: the lock is the connection's
        try:
            with _translated():
                held = connection.execute(text(f"SELECT pg_try_advisory_lock({_RUN})")).scalar_one()
            if not held:
                raise _busy()
            yield
        finally:
            with suppress(DBAPIError):  # closing ends the lock too, but only a moment later
                connection.execute(text(f"SELECT pg_advisory_unlock({_RUN})"))
            connection.close()


def micros(moment: datetime) -> int:
    """Return *moment* as the database keeps it: microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    """Return the moment that is *micros* microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def _busy() -> Unavailable:
    return Unavailable("another run is publishing: try again when it is done")


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Begin transactions ourselves: pysqlite would begin them too late."""
    assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - for the type checker
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {_WAIT_SECONDS * 1000}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as fault:
        cause = str(fault.orig).splitlines()[0]
        if "no such table" in cause or "does not exist" in cause:
            raise Unavailable(
                f"the publication database has no schema: run smp migrate ({cause})"
            ) from None
        raise Unavailable(
            f"the publication database does not answer as it should: {cause}; try again"
        ) from fault
