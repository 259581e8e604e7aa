"""What does one resource say, now or in an earlier version?"""

from eer.domain.errors import Absent, IssueCode, error
from eer.domain.identifiers import Reference
from eer.register.counter import Counter
from eer.store.records import Records, Version


def read(counter: Counter, reference: Reference) -> Version:
    """Return the newest version of a resource; another id of it reads as the one that is kept.

    Raises Absent, with the issue code deleted when it was here once.
    """
    with counter.store.reading() as connection:
        records = Records(connection)
        kept = records.kept(reference)
        found = records.current(kept if kept is not None else reference)
        return _present(found, str(reference))


def read_version(counter: Counter, reference: Reference, number: int) -> Version:
    """Return one version of a resource by its number; raises Absent as read does."""
    with counter.store.reading() as connection:
        records = Records(connection)
        found = records.version(records.kept(reference) or reference, number)
        return _present(found, f"{reference} version {number}")


def _present(found: Version | None, name: str) -> Version:
    if found is None:
        raise Absent(f"{name} is not in the register")
    if found.body is None:
        text = f"{name} was deleted at {found.at:%Y-%m-%dT%H:%M:%SZ}"
        raise Absent(text, (error(IssueCode.DELETED, "", text),))
    return found
