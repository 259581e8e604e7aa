"""Which unit has a SOR id, and which endpoints receive for it?

Those it names in Organization.endpoint, and those that name it as their manager; the latter not
where the operator holds the register to the letter (EER_MESSAGE_TYPE_STRICT).
"""

from eer.domain.identifiers import SOR_SYSTEM, SorId
from eer.domain.model import Organization, Reading, Role
from eer.domain.search import Token
from eer.register.state import State
from eer.store.records import Records


def unit(records: Records, state: State, sor: SorId) -> Reading | None:
    """Return the unit with a SOR id; who owns access points is none."""
    for reference in records.with_token("Organization", "identifier", Token(SOR_SYSTEM, str(sor))):
        found = state.reading(reference)
        if found is not None and isinstance(found.says, Organization):
            return None if Role.AP_OWNER in found.roles else found
    return None


def endpoints(state: State, found: Reading, *, is_literal: bool) -> tuple[Reading, ...]:
    """Return the endpoints of a unit, each once, those that it names first."""
    named = state.named_by(found)
    managed = () if is_literal else state.managed_by(found.reference)
    return tuple({each.reference: each for each in (*named, *managed)}.values())
