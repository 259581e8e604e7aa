import json

import builders_fhir as build
from eer.domain.errors import IssueCode, warning
from eer.domain.identifiers import Reference
from eer.fhir import searchset, structure
from eer.fhir.outcome import outcome

BASE = "https://eer.example.dk/fhir"
SELF = [("self", f"{BASE}/Endpoint?_count=50")]


def printed(*matches: tuple[Reference, bytes], remarks: bool = False) -> build.Json:
    said = [warning(IssueCode.NOT_SUPPORTED, "", "colour is not known")] if remarks else []
    body = searchset.printed(
        BASE, matches, total=len(matches), links=SELF, remarks=outcome(said) if said else None
    )
    found: build.Json = json.loads(body)
    return found


def test_a_match_is_the_bytes_that_are_stored() -> None:
    body = b'{"resourceType":"Endpoint","id":"e","n":1.10}'

    found = searchset.printed(BASE, [(Reference("Endpoint", "e"), body)], total=1, links=SELF)

    assert body in found


def test_a_page_is_a_bundle_of_fhir() -> None:
    unit = build.device()
    body = json.dumps(unit).encode()

    found = printed((Reference("Device", "device-1"), body), remarks=True)

    assert structure.issues(found) == []
    assert found["entry"][0] == {
        "fullUrl": f"{BASE}/Device/device-1",
        "resource": unit,
        "search": {"mode": "match"},
    }
    assert found["entry"][1]["search"] == {"mode": "outcome"}
    assert found["link"] == [{"relation": "self", "url": f"{BASE}/Endpoint?_count=50"}]


def test_an_empty_page_has_no_entries() -> None:
    found = printed()

    assert found["total"] == 0
    assert "entry" not in found
