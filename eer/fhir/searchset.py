"""How is a page of matches told to a FHIR client? FHIR R4 Bundle, type searchset.

The matches are the bytes that are stored; they are put together and never written anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from eer.domain.identifiers import Reference

Found = tuple[Reference, bytes]


def printed(
    base_url: str,
    matches: Iterable[Found],
    *,
    links: Sequence[tuple[str, str]],
    total: int | None = None,
    included: Iterable[Found] = (),
    remarks: dict[str, Any] | None = None,
) -> bytes:
    """Return a searchset as JSON; *links* are (relation, URL), *remarks* an OperationOutcome."""
    entries = [*_entries(base_url, matches, "match"), *_entries(base_url, included, "include")]
    if remarks is not None:
        name = uuid5(NAMESPACE_URL, orjson.dumps(remarks).decode())
        said = {"fullUrl": f"urn:uuid:{name}", "resource": remarks, "search": {"mode": "outcome"}}
        entries.append(said)
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        bundle["total"] = total
    bundle["link"] = [{"relation": relation, "url": url} for relation, url in links]
    return orjson.dumps(bundle | ({"entry": entries} if entries else {}))


def _entries(base_url: str, found: Iterable[Found], mode: str) -> Iterator[dict[str, Any]]:
    for reference, body in found:
        yield {
            "fullUrl": f"{base_url}/{reference}",
            "resource": orjson.Fragment(body),
            "search": {"mode": mode},
        }
