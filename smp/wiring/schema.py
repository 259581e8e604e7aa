"""`smp migrate`: the schema of the publication database up to date."""

from smp.settings.serving import Serving
from smp.store.migrations import upgrade


def migrate(settings: Serving) -> None:
    """Bring the schema up; harmless when it is."""
    upgrade.migrate(settings.database_url)
