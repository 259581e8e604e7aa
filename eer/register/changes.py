"""How far is the register, and whose mailboxes did it touch since a sequence?

The version history is the outbox: a change names the participants it touches, both as they were
and as they are.
"""

from collections.abc import Iterator
from datetime import datetime

from eer.domain.errors import Absent
from eer.domain.identifiers import Reference
from eer.domain.model import Mailbox, Role
from eer.domain.wording import say
from eer.fhir import codec_json, kinds
from eer.register.counter import Counter
from eer.store.records import Records
from eer.store.rows import Version

_PUBLISHED = (
    *(Role.MESSAGING_ORGANIZATION, Role.SOR_ORGANIZATION),
    *(Role.AP, Role.AP_OWNER, Role.ORGANIZATION),
)
"""In which roles something stands in what is published of an endpoint: its unit, AP and owner."""


def sequence(counter: Counter) -> int:
    """Return the sequence of the newest version; 0 when there is none."""
    with counter.store.reading() as connection:
        return Records(connection).last()[0]


def written(counter: Counter, sequence: int) -> datetime | None:
    """Return when the version of that number was written; None when there is none."""
    with counter.store.looking() as connection:
        return Records(connection).written_at(sequence)


def waiting_since(counter: Counter, sequence: int) -> datetime | None:
    """Return when the first version behind *sequence* was written; None when there is none."""
    with counter.store.looking() as connection:
        return Records(connection).written_behind(sequence)


def touched(counter: Counter, since: int) -> frozenset[str]:
    """Return the GLNs whose publication a version behind *since* may have changed.

    An endpoint touches the GLN it had and the GLN it has. Anything else touches the endpoints
    that hang on it now, directly or over an access point; an endpoint that let go of it has a
    version of its own.
    """
    with counter.store.reading() as connection:
        records = Records(connection)
        return frozenset(
            gln for version in list(records.since(since)) for gln in glns(version, records)
        )


def hanging_on(counter: Counter, reference: Reference) -> frozenset[str]:
    """Return the GLNs of the endpoints that hang on a resource, or of the endpoint that it is.

    Raises Absent when it is not in the register.
    """
    with counter.store.reading() as connection:
        records = Records(connection)
        version = records.current(reference)
        if version is None or version.body is None:
            raise Absent(say("{reference} is not in the register", reference=reference))
        if reference.type == "Endpoint":
            return frozenset(_gln_of(version))
        return frozenset(_above(reference, records))


def glns(version: Version, records: Records) -> Iterator[str]:
    """Yield the GLNs that a version touches, as of what *records* see."""
    if version.reference.type == "Endpoint":
        yield from _gln_of(version)
        if version.number > 1:
            yield from _gln_of(records.version(version.reference, version.number - 1))
        return
    yield from _above(version.reference, records)


def _above(reference: Reference, records: Records) -> Iterator[str]:
    """Yield the GLNs of the endpoints that hang on *reference*, directly or over a device."""
    seen: set[Reference] = set()
    above = [reference]
    while above:
        for pointing in records.pointing(above.pop(), roles=_PUBLISHED):
            if pointing.type == "Endpoint":
                yield from _gln_of(records.current(pointing))
            elif pointing.type == "Device" and pointing not in seen:
                seen.add(pointing)
                above.append(pointing)


def _gln_of(version: Version | None) -> Iterator[str]:
    if version is None or version.body is None:
        return
    kind = kinds.kind_of(version.reference.type)
    says = kind.reading(version.reference, codec_json.parse(version.body)).says
    if isinstance(says, Mailbox) and says.gln:
        yield says.gln
