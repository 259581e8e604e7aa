import json
from collections.abc import Mapping
from pathlib import Path

import builders_fhir as build
from eer.fhir import canonicals, terminology

KNOWN = terminology.shipped()


def test_a_known_system_has_its_codes_with_their_displays() -> None:
    assert KNOWN.codes(canonicals.DEVICE_TYPES)["AP"] == "eDelivery Access Point"
    assert len(KNOWN.codes(canonicals.PAYLOADS)) == 109


def test_an_unknown_system_has_no_codes() -> None:
    assert KNOWN.codes("urn:x") == {}
    assert KNOWN.nearest("urn:x", "AP") is None


def test_the_code_probably_meant_is_found() -> None:
    written = build.HCO_1_2.replace("::", ":")

    assert KNOWN.nearest(canonicals.PAYLOADS, written) == build.HCO_1_2
    assert KNOWN.nearest(canonicals.PAYLOADS, "qqq") is None


def test_every_system_that_a_rule_asks_for_is_there() -> None:
    asked = (
        *(canonicals.DEVICE_TYPES, canonicals.CONNECTION_TYPES, canonicals.HIERARCHY),
        *(canonicals.UNIT_TYPES, canonicals.PAYLOADS, canonicals.CONTACT_TYPES),
        canonicals.MESSAGE_TYPES,
    )

    assert all(KNOWN.codes(system) for system in asked)


def test_the_codes_are_those_of_the_material(shared: Path) -> None:
    text = (shared / "data" / "terminology.json").read_text(encoding="utf-8")
    expected: Mapping[str, Mapping[str, str]] = json.loads(text)

    assert {system: KNOWN.codes(system) for system in expected} == expected
