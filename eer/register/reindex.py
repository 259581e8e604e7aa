"""Is the index made by the search parameters of this release, and if not, how is it made anew?

The versions are the truth; under which values a resource is found, and where it points, is made
from them.
"""

from collections.abc import Iterator

from eer.domain.errors import Unavailable
from eer.domain.wording import say
from eer.fhir import codec_json, kinds
from eer.register import transaction
from eer.register.state import State
from eer.store.index import Index
from eer.store.records import Records
from eer.store.rows import Entry

_AT_ONCE = 500


def bring_up(records: Records) -> int:
    """Make the index anew where other parameters made it; return how many resources were read."""
    wanted = kinds.fingerprint()
    index = Index(records.connection)
    if index.fingerprint() == wanted:
        return 0
    index.forget_index()
    index.forget_links()
    count = 0
    for batch in _batches(records, index):
        records.index(batch)
        records.link(entry for _, entry in batch)
        count += len(batch)
    index.put_fingerprint(wanted)
    return count


def check(records: Records) -> None:
    """Raise Unavailable when the schema or the index is of another release."""
    records.tip()
    if Index(records.connection).fingerprint() != kinds.fingerprint():
        raise Unavailable(say("the index is of another release than the program: run eer migrate"))


def _batches(records: Records, index: Index) -> Iterator[list[tuple[int, Entry]]]:
    state = State(records)
    batch: list[tuple[int, Entry]] = []
    for type_name in kinds.KINDS:
        for key, version in list(index.keyed(type_name)):
            json = codec_json.parse(version.body or b"")
            indexed = tuple(transaction.indexed(json, state))
            links = state.kept_links(kinds.reading(version.reference, json))
            batch.append((key, Entry(version, indexed, links)))
            if len(batch) == _AT_ONCE:
                yield batch
                batch = []
    yield batch
