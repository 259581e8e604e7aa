"""The parts every process of the register is built from."""

import uuid
from datetime import UTC, datetime
from importlib.metadata import version

from eer.domain.policy import Policy
from eer.register.counter import Counter
from eer.settings import Settings
from eer.store.session import Store

VERSION = version("ehmi-register")


def now() -> datetime:
    """Return this moment, UTC."""
    return datetime.now(UTC)


def counter(settings: Settings) -> Counter:
    """Return the counter over the register's database."""
    return Counter(
        store=Store.at(settings.database_url),
        now=now,
        new_id=lambda: str(uuid.uuid4()),
        base_url=settings.base_url,
        policy=Policy(
            gln_per_unit=settings.gln_per_unit,
            certification=settings.certification,
            is_message_type_literal=settings.message_type_strict,
            hides_deleted=settings.deleted_as_not_found,
        ),
    )
