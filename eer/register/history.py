"""What has become of a resource, of a type, of the register?

FHIR R4 http, section 3.1.0.9; IHE ITI-91. Newest first, deletions included. Versions are committed
in the order of their sequence and their times rise with it, so a reader that asks for what was
written since the newest version it saw misses none.
"""

from dataclasses import dataclass, replace

from eer.domain.errors import Absent
from eer.domain.identifiers import Reference
from eer.domain.search import Stretch
from eer.domain.wording import say
from eer.store import history_sql
from eer.store.history_sql import Asked
from eer.store.instants import micros
from eer.store.records import Records
from eer.store.rows import Version


@dataclass(frozen=True, slots=True)
class Span:
    """Which versions: those written *since* a stretch began, or present during *at*.

    *before* is the sequence of the last version on the page before, *count* how many fit on one.
    """

    count: int
    since: Stretch | None = None
    at: Stretch | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Versions, newest first; how many there are in all, and whether older ones follow."""

    versions: tuple[Version, ...]
    total: int
    has_more: bool


def page(records: Records, type_name: str | None, resource_id: str | None, span: Span) -> Page:
    """Return a page of versions, of a resource, of a type or of everything, as *records* see it.

    Raises Absent when a resource by that id never was here.
    """
    asked = Asked(type=type_name, id=resource_id, at=span.at, before=span.before)
    if type_name is not None and resource_id is not None:
        reference = _known(records, Reference(type_name, resource_id))
        asked = replace(asked, id=reference.id)
    connection = records.connection
    if span.since is not None and span.since.low is not None:
        first = history_sql.sequence_at(connection, micros(span.since.low))
        if first is None:
            return Page((), 0, has_more=False)
        asked = replace(asked, since=first)
    if span.count == 0:
        return Page((), history_sql.total(connection, asked), has_more=False)
    found = history_sql.page(connection, asked, span.count + 1)
    is_whole = span.before is None and len(found) <= span.count
    total = len(found) if is_whole else history_sql.total(connection, asked)
    return Page(tuple(found[: span.count]), total, has_more=len(found) > span.count)


def _known(records: Records, reference: Reference) -> Reference:
    kept = records.kept(reference) or reference
    if records.current(kept) is None:
        raise Absent(say("{reference} is not in the register", reference=reference))
    return kept
