"""A stopped clock and a scratch register over each kind of database.

The schema is made once, the rows anew for each test.
"""

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import event, make_url

from builders_fhir import Clock, register_over
from builders_web import Api, api
from eer.register.counter import Counter
from eer.store import migrations
from eer.store.session import Store
from eer.store.tables import METADATA

# How long an example takes is the machine's business; these ask a database.
settings.register_profile("register", deadline=None)
settings.load_profile("register")


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return _migrated(f"sqlite:///{tmp_path_factory.mktemp('register') / 'register.sqlite'}")


@pytest.fixture(scope="session")
def postgresql_store(postgresql: str) -> Iterator[Store]:
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE DATABASE register")
    url = make_url(postgresql).set(drivername="postgresql+psycopg", database="register")
    store = _migrated(url.render_as_string(hide_password=False))
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """Return an empty store of each kind in turn."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    emptied(found)
    return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counter(store: Store, clock: Clock) -> Counter:
    """Return the register over an empty store, with a clock that tests set."""
    return register_over(store, clock)


@pytest.fixture
def fhir(counter: Counter) -> Api:
    """Return the FHIR API over an empty register, as an operator sees it."""
    return api(counter)


def emptied(store: Store) -> None:
    """Let nothing be in a store."""
    with store.writing() as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())


def _migrated(url: str) -> Store:
    store = Store.at(url)
    if store.engine.dialect.name == "sqlite":
        event.listen(store.engine, "connect", _without_waiting)
    with store.migrating() as connection:
        migrations.migrate(connection)
    return store


def _without_waiting(connection: sqlite3.Connection, _: object) -> None:
    """What is tested here need not outlive a power cut; waiting for the disk is most of a write."""
    connection.execute("PRAGMA synchronous = OFF")
