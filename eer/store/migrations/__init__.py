"""How did the schema of the register come about, and how is a database brought up to it?"""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

SCRIPTS = "eer.store:migrations"


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the schema up to *revision*, the newest one unasked; harmless when it is."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
