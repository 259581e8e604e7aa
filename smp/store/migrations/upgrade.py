"""Is the schema of a publication database up to date, and if not, what makes it so?"""

from contextlib import closing

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from eer.domain.errors import Conflict
from smp.store.session import Store


def migrate(url: str) -> None:
    """Bring the schema of the database at *url* up to the newest revision; harmless when it is.

    Two that start at once do it one after the other. Raises Malformed and Unavailable.
    """
    with closing(Store(url)) as store, store.writing() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(url: str) -> str:
    """Return the revision of the schema at *url*; changes nothing.

    Raises Conflict when that is not the newest, Unavailable when the database does not answer.
    """
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    with closing(Store(url)) as store, store.asking() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "smp_schema"})
        found = context.get_current_revision()
    if found is None or found != newest:
        raise Conflict(
            f"the publication database has the schema {found or 'of nobody'}, expected {newest}:"
            " run smp migrate"
        )
    return found


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "smp.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
