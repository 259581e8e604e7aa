"""How is the place where a page begins written into a link, and read again?

Opaque to clients. It names the search it belongs to by a digest, so that it is good for no other.
"""

import base64
import json
import re
from collections.abc import Sequence
from hashlib import sha256

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.identifiers import is_resource_id
from eer.domain.search import Key, Position, Stretch
from eer.domain.wording import say

_PARTS = 4
_FARTHEST = 2**62  # in microseconds: where a stretch of time is open
_SURROGATE = re.compile("[\ud800-\udfff]")


def printed(position: Position, used: Sequence[tuple[str, str]]) -> str:
    """Return *position* in the search made of the pairs *used*."""
    parts = [_digest(used), list(position.keys), position.type, position.id]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse(text: str, used: Sequence[tuple[str, str]], sort: Sequence[Key]) -> Position:
    """Read a position by the keys *sort*; raise Malformed when it is not of this search.

    Whoever knows how it is made can make one, so its values are looked at like all others.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list) and len(found) == _PARTS:
        digest, values, type_name, resource_id = found
        if (
            digest == _digest(used)
            and isinstance(values, list)
            and len(values) == len(sort)
            and all(_is_of(key, each) for key, each in zip(sort, values, strict=True))
            and _is_text(type_name)
            and isinstance(resource_id, str)
            and is_resource_id(resource_id)
        ):
            return Position(tuple(values), type_name, resource_id)
    said = say("a page of another search found, expected one of its own links: begin anew")
    raise Malformed(said, (error(IssueCode.VALUE, "", said),))


def _is_of(key: Key, value: object) -> bool:
    """Whether a resource may stand at *value* in the order of *key*."""
    if value is None:
        return key.values is not None
    if key.values is Stretch or key.parameter == "_lastUpdated":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _FARTHEST
    return _is_text(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value and not _SURROGATE.search(value)


def _digest(used: Sequence[tuple[str, str]]) -> str:
    said = "\n".join(sorted(f"{name}={value}" for name, value in used))
    return sha256(said.encode()).hexdigest()[:12]
