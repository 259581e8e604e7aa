"""How is a page of versions told to a FHIR client? FHIR R4 Bundle, type history.

Each entry says what was asked and what was answered then (bdl-3, bdl-4); a deletion has no
resource.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from eer.domain.identifiers import Reference
from eer.fhir import meta


@dataclass(frozen=True, slots=True)
class Told:
    """A version as history tells it; *body* is None for a deletion."""

    reference: Reference
    number: int
    at: datetime
    method: str
    is_new: bool
    body: bytes | None


def printed(
    base_url: str, versions: Iterable[Told], *, total: int, links: Sequence[tuple[str, str]]
) -> bytes:
    """Return a history as JSON; *links* are (relation, URL)."""
    entries = [_entry(base_url, each) for each in versions]
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "history",
        "total": total,
        "link": [{"relation": relation, "url": url} for relation, url in links],
    }
    return orjson.dumps(bundle | ({"entry": entries} if entries else {}))


def _entry(base_url: str, each: Told) -> dict[str, Any]:
    reference = each.reference
    resource = {} if each.body is None else {"resource": orjson.Fragment(each.body)}
    is_created = each.method == "POST" or (each.method == "PUT" and each.is_new)
    return {
        "fullUrl": f"{base_url}/{reference}",
        **resource,
        "request": {
            "method": each.method,
            "url": reference.type if each.method == "POST" else str(reference),
        },
        "response": {
            "status": "201 Created" if is_created else "200 OK",
            "etag": f'W/"{each.number}"',
            "lastModified": meta.instant(each.at),
        },
    }
