"""`eer migrate`: the register's schema up to date."""

from eer.register import reindex
from eer.settings import Settings
from eer.store import migrations
from eer.store.records import Records
from eer.wiring import parts


def migrate(settings: Settings) -> None:
    """Bring the schema up; harmless when it is. Raises Unavailable when there is no database."""
    counter = parts.counter(settings)
    try:
        with counter.store.migrating() as connection:
            migrations.migrate(connection)
            reindex.bring_up(Records(connection))
    finally:
        counter.store.close()
