"""Which unit has a SOR id, and which endpoints receive for it?

Those it names in Organization.endpoint, and those that name it as their manager; the latter not
where the operator holds the register to the letter (EER_MESSAGE_TYPE_STRICT).
"""

from collections.abc import Iterator

from eer.domain.identifiers import SOR_SYSTEM, Reference, SorId
from eer.domain.model import Mailbox, Organization, Reading, Role
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
    """Return the endpoints of a unit, each once, in the order it names them."""
    named = (state.kept(link.target) for link in found.links if link.target.type == "Endpoint")
    managed = () if is_literal else _managed_by(state, found.reference)
    readings = (state.reading(each) for each in dict.fromkeys((*named, *managed)))
    return tuple(each for each in readings if each is not None and isinstance(each.says, Mailbox))


def _managed_by(state: State, unit: Reference) -> Iterator[Reference]:
    for pointing in state.pointing(unit):
        found = state.reading(pointing)
        manager = found.says.organization if found and isinstance(found.says, Mailbox) else None
        if manager is not None and state.kept(manager) == unit:
            yield pointing
