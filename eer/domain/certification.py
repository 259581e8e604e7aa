"""May the systems behind an endpoint receive what it offers?

A device may be registered with the messages it is certified for; one that is not says nothing.
Every part of the way counts by itself: the applications (EUA) of the unit, the message handlers
(MSH) of the endpoint or else of the unit, and the access point. docs/interfaces/eer-rules.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from eer.domain.errors import Issue
from eer.domain.identifiers import Reference
from eer.domain.model import Device, Mailbox, Message, Reading, Role
from eer.domain.participation import ACKNOWLEDGEMENT
from eer.domain.policy import Level, breach
from eer.domain.rules import Lookup
from eer.domain.wording import say

PARTS = (Role.EUA, Role.MSH, Role.AP)

# An envelope is acknowledged by the message handler; no application sees it.
_NOT_ASKED_OF = {Role.EUA: frozenset({ACKNOWLEDGEMENT})}


@dataclass(frozen=True, slots=True)
class Gap:
    """Documents that no one of *devices*, which have the same part, is certified for."""

    part: Role
    devices: tuple[Reference, ...]
    documents: tuple[str, ...]


def certified(reading: Reading | None, lookup: Lookup) -> frozenset[str] | None:
    """Return the payload codes that a device is certified for; None when it says nothing.

    A device that is not active receives nothing, so what it may does not count.
    """
    says = reading.says if reading is not None else None
    if not isinstance(says, Device) or not says.active or not says.certified_for:
        return None
    definitions = (lookup(each) for each in says.certified_for)
    return frozenset(
        code
        for each in definitions
        if each is not None and isinstance(each.says, Message)
        for code in each.says.codes
    )


def gaps(reading: Reading, lookup: Lookup, at: datetime) -> Iterator[Gap]:
    """Yield what an endpoint offers, and the devices of one part may not receive."""
    says = reading.says
    if not isinstance(says, Mailbox) or not says.offers_at(at):
        return
    manager = lookup(says.organization) if says.organization is not None else None
    for part in PARTS:
        named = _targets((reading,), part) or _targets((manager,) if manager else (), part)
        sets = {target: certified(lookup(target), lookup) for target in named}
        known = {target: codes for target, codes in sets.items() if codes is not None}
        covered = frozenset[str]().union(*known.values(), _NOT_ASKED_OF.get(part, ()))
        missing = tuple(each for each in says.documents if each not in covered)
        if known and missing:
            yield Gap(part, tuple(known), missing)


def issues(reading: Reading, lookup: Lookup, at: datetime, level: Level) -> Iterator[Issue]:
    """Yield what *level* makes of an endpoint that offers what its systems may not receive."""
    for gap in gaps(reading, lookup, at):
        text = say(
            "not certified for {documents}: {devices}",
            documents=", ".join(gap.documents),
            devices=", ".join(map(str, gap.devices)),
        )
        yield from breach(level, "Endpoint.payloadType", text)


def _targets(readings: Sequence[Reading], part: Role) -> Iterable[Reference]:
    return tuple(link.target for each in readings for link in each.links if link.role is part)
