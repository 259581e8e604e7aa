"""How is a page of matches told to a FHIR client? FHIR R4 Bundle, type searchset.

The matches are the bytes that are stored; they are put together and never written anew.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from eer.domain.errors import Issue
from eer.domain.identifiers import Reference
from eer.fhir.outcome import outcome


def printed(
    base_url: str,
    matches: Iterable[tuple[Reference, bytes]],
    *,
    total: int,
    links: Sequence[tuple[str, str]],
    remarks: Sequence[Issue] = (),
) -> bytes:
    """Return a searchset as JSON; *links* are (relation, URL), *remarks* an outcome entry."""
    entries: list[dict[str, Any]] = [
        {
            "fullUrl": f"{base_url}/{reference}",
            "resource": orjson.Fragment(body),
            "search": {"mode": "match"},
        }
        for reference, body in matches
    ]
    if remarks:
        entries.append({"resource": outcome(remarks), "search": {"mode": "outcome"}})
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": [{"relation": relation, "url": url} for relation, url in links],
    }
    return orjson.dumps(bundle | ({"entry": entries} if entries else {}))
