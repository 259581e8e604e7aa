"""How is the place where a page begins written into a link, and read again?

Opaque to clients. It names the search it belongs to by a digest, so that it is good for no other.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from hashlib import sha256

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.identifiers import is_resource_id
from eer.domain.search import Position
from eer.domain.wording import say

_PARTS = 4


def printed(position: Position, used: Sequence[tuple[str, str]]) -> str:
    """Return *position* in the search made of the pairs *used*."""
    parts = [_digest(used), list(position.keys), position.type, position.id]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse(text: str, used: Sequence[tuple[str, str]], keys: int) -> Position:
    """Read a position with *keys* sort keys; raise Malformed when it is not of this search."""
    try:
        padded = text + "=" * (-len(text) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        found = None
    if isinstance(found, list) and len(found) == _PARTS:
        digest, values, type_name, resource_id = found
        is_whole = isinstance(values, list) and len(values) == keys
        if (
            digest == _digest(used)
            and is_whole
            and all(each is None or isinstance(each, (str, int)) for each in values)
            and isinstance(type_name, str)
            and isinstance(resource_id, str)
            and is_resource_id(resource_id)
        ):
            return Position(tuple(values), type_name, resource_id)
    said = say("a page of another search found, expected one of its own links: begin anew")
    raise Malformed(said, (error(IssueCode.VALUE, "", said),))


def _digest(used: Sequence[tuple[str, str]]) -> str:
    said = "\n".join(sorted(f"{name}={value}" for name, value in used))
    return sha256(said.encode()).hexdigest()[:12]
