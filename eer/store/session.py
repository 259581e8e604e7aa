"""How does the register reach its database, and who may write at a time?

One writer at a time: BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL. So a sequence is
taken and committed in the same order, and a reader that goes on from the last one it saw misses
nothing.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    NoSuchModuleError,
)
from sqlalchemy.exc import (
    TimeoutError as NoConnection,
)
from sqlalchemy.pool import ConnectionPoolEntry

from eer.domain.errors import Conflict, IssueCode, Malformed, Unavailable, error
from eer.domain.wording import say

_WRITER = 0x45_45_52  # "EER": the key of the advisory lock
_WAIT_SECONDS = 30
_IDLE_SECONDS = 1.0
_SINCE = "idle since"
_UNDEFINED = ("42P01", "42703")  # a table, a column: PostgreSQL error codes, class 42
_FULL = ("53100", "SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")
"""No room for more, and none for the index of the WAL, of which SQLite has no words of its own."""
_MISSING = ("no such table", "no such column")  # SQLite

# What the database says is for who runs it: it is the failure's text, and not among its issues,
# which are told to everybody.
_CONFLICT = say("somebody else was there first: read again what is there now")
_UNAVAILABLE = say("the register's database does not answer as it should: try again later")


# How a transaction begins that reads, and one that writes. We say so ourselves: pysqlite would
# begin too late to read one state, and with psycopg the level would be a round trip more.
_BEGIN = {"sqlite": ("BEGIN", "BEGIN IMMEDIATE")}
_BEGIN_ELSEWHERE = ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN")


class Store:
    """A database of the register; holds the connections to it.

    Each statement of a connection of *engine* is a transaction of its own until one is begun.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._to_read, self._to_write = _BEGIN.get(engine.dialect.name, _BEGIN_ELSEWHERE)

    @classmethod
    def at(cls, url: str) -> "Store":
        """Return the store at a SQLAlchemy URL; raise Malformed when that is none."""
        try:
            # What is begun here is ended here, so a connection that is given back has nothing open.
            engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
        except (ArgumentError, NoSuchModuleError, ValueError) as fault:
            raise Malformed(say("database URL: {fault}", fault=str(fault))) from None
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
        else:
            event.listen(engine, "checkin", _note)
            event.listen(engine, "checkout", _checked(engine.dialect.loaded_dbapi.Error))
        return cls(engine)

    def close(self) -> None:
        """Let go of the connections; the next use makes new ones."""
        self.engine.dispose()

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Give a connection each of whose statements sees the register as it is at that moment."""
        # Nothing is sent for this beginning or its end; but SQLAlchemy drops a connection that is
        # cut only where it takes part in the end.
        with _translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the register."""
        # It ends by COMMIT: psycopg forgets what it prepared when it rolls back.
        with self._transaction(self._to_read) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the connection of the one writer; commit at the end, or nothing at all."""
        with self._transaction(self._to_write) as connection:
            if not self._is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER})
            yield connection

    @contextmanager
    def noting(self) -> Iterator[Connection]:
        """Give a connection for what takes neither the writer's lock nor a sequence."""
        with self._transaction(self._to_write) as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Give a connection for changing the schema, to one at a time."""
        with self.writing() as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        with _translated(), self.engine.begin() as connection:
            connection.exec_driver_sql(begin)
            yield connection


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)  # noqa: S101 - for the type checker
    connection.execute(f"PRAGMA busy_timeout = {_WAIT_SECONDS * 1000}")
    with suppress(sqlite3.OperationalError):  # somebody else is at it, and it is the file's
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered outlives a power cut
    connection.execute("PRAGMA foreign_keys = ON")


def _note(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info[_SINCE] = time.monotonic()


def _checked(fault: type[Exception]) -> Callable[..., None]:
    """Return what asks a connection that lay idle whether it still leads anywhere.

    *fault* is what it raises when it does not; then there is a new one.
    """

    def check(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        since = entry.info.get(_SINCE)
        if since is None or time.monotonic() - since < _IDLE_SECONDS:
            return
        try:
            with closing(connection.cursor()) as cursor:
                cursor.execute("SELECT 1")
            connection.rollback()
        except fault:
            raise DisconnectionError from None

    return check


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except NoConnection:
        raise Unavailable(
            say("the register's database has no connection left: try again")
        ) from None
    except IntegrityError as fault:
        cause = str(fault.orig).splitlines()[0]
        text = say("somebody else was there first: {cause}", cause=cause)
        raise Conflict(text, (error(IssueCode.CONFLICT, "", _CONFLICT),)) from fault
    except DBAPIError as fault:
        cause = str(fault.orig).splitlines()[0]
        is_undefined = any(each in cause for each in _MISSING)
        if any(
            getattr(fault.orig, name, None) in _FULL for name in ("sqlite_errorname", "sqlstate")
        ):
            text = say(
                "the disk of the register's database is full: make room there ({cause})",
                cause=cause,
            )
        elif is_undefined or getattr(fault.orig, "sqlstate", "") in _UNDEFINED:
            text = say(
                "the register's database has no schema: run eer migrate ({cause})", cause=cause
            )
        else:
            text = say("the register's database does not answer as it should: {cause}", cause=cause)
        raise Unavailable(text, (error(IssueCode.TRANSIENT, "", _UNAVAILABLE),)) from fault
