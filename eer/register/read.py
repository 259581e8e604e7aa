"""What does one resource say, now or in an earlier version?"""

from eer.domain.errors import Absent, IssueCode, error
from eer.domain.identifiers import Reference
from eer.domain.wording import say
from eer.register.counter import Counter
from eer.store.records import Records
from eer.store.rows import Version


def read(counter: Counter, reference: Reference) -> Version:
    """Return the newest version of a resource; another id of it reads as the one that is kept.

    Raises Absent, with the issue code deleted when it was here once.
    """
    with counter.store.looking() as connection:
        found = Records(connection).current(reference)
    if found is not None and found.body is not None:
        return found
    with counter.store.reading() as connection:
        return current(Records(connection), reference)


def read_version(counter: Counter, reference: Reference, number: int) -> Version:
    """Return one version of a resource by its number; raises Absent as read does."""
    with counter.store.reading() as connection:
        return version(Records(connection), reference, number)


def current(records: Records, reference: Reference) -> Version:
    """Return the newest version of a resource, as *records* see it; raises Absent as read does."""
    found = records.current(reference)
    if found is None or found.body is None:
        kept = records.kept(reference)
        found = found if kept is None else records.current(kept)
    return _present(found, str(reference))


def version(records: Records, reference: Reference, number: int) -> Version:
    """Return one version of a resource, as *records* see it; raises Absent as read does."""
    found = records.version(records.kept(reference) or reference, number)
    name = say("{reference} version {number}", reference=reference, number=number)
    return _present(found, name)


def _present(found: Version | None, name: str) -> Version:
    if found is None:
        raise Absent(say("{name} is not in the register", name=name))
    if found.body is None:
        text = say("{name} was deleted at {at:%Y-%m-%dT%H:%M:%SZ}", name=name, at=found.at)
        raise Absent(text, (error(IssueCode.DELETED, "", text),))
    return found
