"""How does a search that is too long for a link get a next page?

Its parameters are kept for a day under their digest, and the link names that. Whoever knows the
digest knows the parameters, so there is nothing to guard.
"""

import json
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import timedelta
from hashlib import sha256

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.wording import say
from eer.fhir.params import Pair
from eer.register.counter import Counter
from eer.store.long_searches import LongSearches
from eer.store.records import Records

_LIFE = timedelta(days=1)


def remember(counter: Counter, pairs: Iterable[Pair], writer: Records | None = None) -> str:
    """Keep *pairs* and return their digest.

    A transaction that has written is the *writer*: SQLite would let anybody else wait for it.
    """
    text = json.dumps(list(pairs), ensure_ascii=False)
    digest = sha256(text.encode()).hexdigest()
    at = counter.now()
    noting = counter.store.noting() if writer is None else nullcontext(writer.connection)
    with noting as connection:
        LongSearches(connection).put(digest, text, at, at - _LIFE)
    return digest


def recall(counter: Counter, digest: str) -> list[Pair]:
    """Return the pairs that were kept; raise Malformed when they are no longer."""
    with counter.store.reading() as connection:
        text = LongSearches(connection).get(digest)
    if text is None:
        said = say("a page of a search that is forgotten found: begin with its first page again")
        raise Malformed(said, (error(IssueCode.VALUE, "", said),))
    return [(name, value) for name, value in json.loads(text)]
