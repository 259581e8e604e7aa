"""Is the schema of a publication database up to date, and if not, what makes it so?"""

from alembic import command
from alembic.config import Config

from smp.store.session import Store


def migrate(url: str) -> None:
    """Bring the schema of the database at *url* up to the newest revision; harmless when it is.

    Two that start at once do it one after the other. Raises Malformed and Unavailable.
    """
    store = Store(url)
    try:
        with store.writing() as connection:
            config = Config()
            config.set_main_option("script_location", "smp.store:migrations")
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        store.close()
