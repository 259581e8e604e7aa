"""`eer migrate`: the register's schema up to date."""

from eer.settings import Settings
from eer.store import migrations
from eer.store.session import Store


def migrate(settings: Settings) -> None:
    """Bring the schema up; harmless when it is. Raises Unavailable when there is no database."""
    store = Store.at(settings.database_url)
    try:
        with store.migrating() as connection:
            migrations.migrate(connection)
    finally:
        store.close()
