"""The real pilot configuration, from a file to a verified lookup."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.house import House, build, databases, open_house

MULTIMED = "0088:5790000120048"
AARHUS = "0088:5790000123117"
HOME_CARE = (
    "urn:dk:healthcare:medcom:messaging:fhir:structuredefinition::homecareobservation-message"
    "##urn:dk:medcom:fhir:homecareobservation-message::1.2"
)
KNOWN_WARNINGS = {
    "placeholder; messages go to the access point's address": 16,
    "does not name this endpoint in Organization.endpoint": 2,
    "more than one GLN for one SOR unit": 2,
    "the Verhoeff check digit is off": 1,
    "certificate is of CVR": 1,
    # Six access points, and the fifteen endpoints at them.
    "has no mark of the EU's conformance test": 21,
}

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    urls = {}
    if request.param == "postgresql":
        urls = databases(request.getfixturevalue("postgresql"), "pilot")
    with open_house(build(tmp_path, **urls)) as opened:
        yield opened


def test_from_the_pilots_file_to_a_verified_lookup(house: House, shared: Path) -> None:
    report = house.said("eer", "load", str(shared / "data" / "pp26-bundle.json"))

    assert len(report["created"]) == 41
    assert report["refused"] == []
    texts = [remark["issue"]["text"] for remark in report["warnings"]]
    assert {each: sum(each in text for text in texts) for each in KNOWN_WARNINGS} == KNOWN_WARNINGS
    assert len(texts) == sum(KNOWN_WARNINGS.values())

    plan = house.said("smp", "plan")

    assert plan["unpublished"] == {"Endpoint/DefaultEndpoint": ["no-ap"]}
    assert len(plan["documents"]) == 82
    naptr = [name for name in plan["names"]["add"] if not name.startswith("b-")]
    assert (len(plan["names"]["add"]), len(naptr)) == (30, 15)

    published = house.said("smp", "publish")

    assert published["documents"]["signed"] == 82
    assert published["names"]["added"] == 30

    again = house.said("smp", "publish")

    assert again["documents"] == {"signed": 0, "dropped": 0, "retired": 0}
    assert again["names"] == {"added": 0, "replaced": 0, "removed": 0, "publisher": 0}
    assert house.run("smp", "publish").stdout.strip() == "nothing to do"

    audited = house.said("smp", "audit")

    assert audited == {
        "participants": 15,
        "documents": 82,
        "differences": [],
        "changing": [],
    }

    found = house.run("smp", "lookup", MULTIMED, HOME_CARE)

    assert found.returncode == 0, found.stdout
    assert "https://test-ehmi-ap.multimed.dk/oxalis/as4" in found.stdout
    assert "CN=ehmi-ap-test" in found.stdout

    absent = house.said("smp", "lookup", AARHUS, HOME_CARE)

    assert house.run("smp", "lookup", AARHUS, HOME_CARE).returncode == 1
    assert absent["outcome"] == "not_found"
    assert absent["steps"][-1]["step"] == "HTTP status"
    assert absent["steps"][-1]["found"].endswith("404, it is not there")
