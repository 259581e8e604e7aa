import pytest

import builders_fhir as build
from eer.domain.identifiers import GLN_SYSTEMS
from eer.domain.model import Role
from eer.fhir import canonicals, index, profile, terminology

YDER, KOMBIT = "urn:oid:1.2.208.176.1.4", "https://kombit.dk/sts/organisation"


def places(issues: object) -> list[str]:
    return [issue.expression for issue in issues]  # type: ignore[attr-defined]  # of issues


def test_an_element_that_is_only_extended_is_there() -> None:
    json = {"_name": {"extension": [build.worded("urn:x", "y")]}}

    assert places(profile.required(json, "Endpoint", ("name", "period"))) == ["Endpoint.period"]
    assert places(profile.absent(json, "Endpoint", ("name", "period"))) == ["Endpoint.name"]


@pytest.mark.parametrize("system", [YDER, KOMBIT])
def test_an_identifier_of_each_authority_stands_once(system: str) -> None:
    known = [*build.organization()["identifier"], {"system": system, "value": "1"}]

    assert build.faults(build.organization(identifier=known)) == set()
    assert build.refusals(build.organization(identifier=[*known, known[2]])) == {
        "Organization.identifier[3]"
    }


def test_identifiers_of_others_are_nobodys_business() -> None:
    others = [{"system": "urn:x", "value": "1"}, {"value": "2"}, {"system": "urn:x", "value": "3"}]

    assert list(profile.organisational_identifiers({"identifier": others}, "Organization")) == []


def test_a_gln_of_an_organisation_is_judged_too() -> None:
    wrong = {"system": GLN_SYSTEMS[1], "value": "5790009000012"}

    found = profile.organisational_identifiers({"identifier": [wrong]}, "Organization")

    assert places(found) == ["Organization.identifier[0].value"]


def test_a_code_that_is_like_none_comes_without_advice() -> None:
    issue = next(
        profile.known(terminology.shipped(), "qqq", "Device.type", canonicals.DEVICE_TYPES)
    )

    assert issue.text == f"'qqq' is not a code of {canonicals.DEVICE_TYPES}"


def test_a_reference_that_leads_out_of_the_register_is_no_link() -> None:
    pointers: list[profile.Pointer] = [
        ("a", {"reference": "Device/1"}, Role.AP),
        ("b", {"reference": "https://other.example.dk/Device/1"}, Role.AP),
        ("c", {"identifier": {"value": "1"}}, Role.AP),
    ]

    assert places(profile.local(pointers)) == ["b.reference", "c.reference"]
    assert places(profile.links(pointers)) == ["a"]


def test_a_term_no_index_can_hold_is_refused() -> None:
    longest = {"system": "urn:x", "value": "å" * (index.LONGEST - len("urn:x"))}
    longer = longest | {"value": longest["value"] + "å"}

    assert build.refusals(build.device(identifier=[longest])) == set()
    assert build.refusals(build.device(identifier=[longer])) == {"Device.identifier"}


def test_what_no_bundle_could_hold_is_refused() -> None:
    def nested(levels: int) -> build.Json:
        inner = build.worded("urn:x", "y")
        for _ in range(levels):
            inner = {"url": "urn:x", "extension": [inner]}
        return build.endpoint(extension=[inner])

    assert build.refusals(nested(47)) == set()
    assert build.refusals(nested(48)) != set()
