from collections.abc import Iterator
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from eer.settings import Settings
from eer.store import migrations
from eer.store.session import Store
from eer.store.tables import METADATA
from eer.wiring import schema


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    store = Store.at(database_url)
    with store.migrating() as connection:
        yield connection
    store.close()


def test_the_migrations_come_to_the_tables_that_the_code_knows(connection: Connection) -> None:
    migrations.migrate(connection)

    options = {"compare_type": True, "version_table": "eer_schema"}
    context = MigrationContext.configure(connection, opts=options)
    assert compare_metadata(context, METADATA) == []


def test_migrating_again_changes_nothing(database_url: str) -> None:
    settings = Settings(database_url=database_url, base_url="http://127.0.0.1/fhir")

    schema.migrate(settings)
    schema.migrate(settings)


def test_two_may_migrate_at_once(database_url: str) -> None:
    settings = Settings(database_url=database_url, base_url="http://127.0.0.1/fhir")
    failed: list[BaseException] = []

    def run() -> None:
        try:
            schema.migrate(settings)
        except BaseException as fault:  # noqa: BLE001 - told by the assertion
            failed.append(fault)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failed == []
