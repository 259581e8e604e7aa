from collections.abc import Iterable
from datetime import timedelta

import pytest

import builders_fhir as build
from builders import endpoint
from eer.domain import rules
from eer.domain.errors import Issue, Severity
from eer.domain.identifiers import Reference
from eer.domain.model import Mailbox, Reading
from eer.domain.policy import Level
from eer.domain.rules import Lookup
from eer.fhir import canonicals, kinds

A, B, C = (f"Organization/unit-{number}" for number in (1, 2, 3))


def read(json: build.Json) -> Reading:
    reference = Reference(json["resourceType"], json["id"])
    return kinds.kind_of(reference.type).reading(reference, json)


def lookup(readings: Iterable[Reading], **aliases: str) -> Lookup:
    """Find one of *readings* by its id, or by another id that leads to it."""
    found = {str(each.reference): each for each in readings}
    found |= {f"Organization/{other}": found[kept] for other, kept in aliases.items()}
    return lambda reference: found.get(str(reference))


def unit(number: int, part_of: str | None = None) -> Reading:
    above = None if part_of is None else {"reference": part_of}
    return read(build.organization(number, partOf=above))


def said(issues: Iterable[Issue]) -> list[str]:
    return [f"{issue.severity}: {issue.text}" for issue in issues]


def test_a_reference_that_leads_nowhere_is_an_error() -> None:
    found = said(rules.links(read(build.endpoint()), lookup([])))

    assert found == [
        "error: Organization/unit-1 is not in the register: expected an Organization with a SOR id"
    ]


def test_a_reference_to_something_of_another_kind_is_an_error() -> None:
    mailbox = read(build.endpoint(managingOrganization={"reference": "Organization/owner-90"}))

    found = said(rules.links(mailbox, lookup([read(build.owner())])))

    assert found == ["error: Organization/owner-90 found, expected an Organization with a SOR id"]


def test_a_reference_to_what_is_expected_is_right() -> None:
    assert said(rules.links(read(build.endpoint()), lookup([unit(1)]))) == []


def test_a_unit_of_sor_that_is_part_of_a_plain_one_is_worth_a_warning() -> None:
    profile = {"profile": [canonicals.SOR_ORGANIZATION]}
    of_sor = read(build.organization(1, meta=profile, partOf={"reference": B}))

    found = list(rules.links(of_sor, lookup([unit(2)])))

    assert [issue.severity for issue in found] == [Severity.WARNING]


def test_a_tree_of_organisations_is_right() -> None:
    top, middle = unit(3), unit(2, C)

    assert said(rules.hierarchy(unit(1, B), lookup([top, middle]))) == []


def test_an_organisation_that_is_part_of_itself_is_an_error() -> None:
    alone = unit(1, A)

    assert said(rules.hierarchy(alone, lookup([alone]))) == [f"error: runs in a circle: {A} → {A}"]


def test_a_circle_over_several_steps_is_named_whole() -> None:
    one, two, three = unit(1, B), unit(2, C), unit(3, A)

    assert said(rules.hierarchy(one, lookup([one, two, three]))) == [
        f"error: runs in a circle: {A} → {B} → {C} → {A}"
    ]


def test_a_circle_through_another_id_is_seen() -> None:
    one, two = unit(1, B), unit(2, "Organization/other-id-of-1")

    found = said(rules.hierarchy(one, lookup([one, two], **{"other-id-of-1": A})))

    assert found == [f"error: runs in a circle: {A} → {B} → {A}"]


def test_a_circle_above_is_the_fault_of_those_in_it() -> None:
    one, two, three = unit(1, B), unit(2, C), unit(3, B)

    assert said(rules.hierarchy(one, lookup([one, two, three]))) == []


def test_what_is_no_organisation_has_no_hierarchy() -> None:
    assert said(rules.hierarchy(read(build.endpoint()), lookup([]))) == []


def test_rivals_are_told_of_each_other() -> None:
    one, other = endpoint(1, "a", id="one"), endpoint(1, "a", id="other")

    found = {reference: issue.text for reference, issue in rules.overlaps([one, other])}

    assert found[one.reference].startswith("Endpoint/other is active for the same GLN")
    assert found[other.reference].startswith("Endpoint/one is active for the same GLN")


def test_an_endpoint_its_organisation_does_not_name_is_worth_a_warning() -> None:
    found = said(rules.missing_backlink(read(build.endpoint())))

    assert found == [
        "warning: Organization/unit-1 does not name this endpoint in Organization.endpoint"
    ]
    assert said(rules.missing_backlink(unit(1))) == []


UNIT = Reference("Organization", "unit-1")


def mailbox(number: int, **changes: object) -> Mailbox:
    says = read(build.endpoint(number, **changes)).says
    assert isinstance(says, Mailbox)
    return says


def of_unit(*mailboxes: Mailbox, level: Level = Level.WARN) -> list[str]:
    """What is said of the first endpoint when these are a unit's."""
    return said(rules.glns_of_units(read(build.endpoint(1)), {UNIT: mailboxes}, level))


def test_a_second_gln_of_a_unit_is_what_the_operator_makes_of_it() -> None:
    text = f"more than one GLN for one SOR unit: Organization/unit-1 also has {build.gln(2)}"

    assert of_unit(mailbox(1), mailbox(2)) == [f"warning: {text}"]
    assert of_unit(mailbox(1), mailbox(2), level=Level.ERROR) == [f"error: {text}"]
    assert of_unit(mailbox(1), mailbox(2), level=Level.OFF) == []
    assert of_unit(mailbox(1), mailbox(1)) == []


def test_what_is_no_endpoint_has_no_unit_to_share() -> None:
    found = rules.glns_of_units(unit(1), {UNIT: [mailbox(1), mailbox(2)]}, Level.WARN)

    assert said(found) == []


def test_a_second_gln_is_told_of_one_unit_only() -> None:
    units = {Reference("Organization", name): [mailbox(2)] for name in ("here", "there")}

    (found,) = said(rules.glns_of_units(read(build.endpoint(1)), units, Level.WARN))

    assert "Organization/here also has" in found


@pytest.mark.parametrize("status", ["off", "entered-in-error", "test"])
def test_an_endpoint_that_is_not_in_use_is_no_second_gln(status: str) -> None:
    assert of_unit(mailbox(1), mailbox(2, status=status)) == []


@pytest.mark.parametrize("status", ["suspended", "error"])
def test_an_endpoint_that_may_come_back_is_a_second_gln(status: str) -> None:
    assert len(of_unit(mailbox(1), mailbox(2, status=status))) == 1


def test_a_gln_that_follows_another_is_no_second_one() -> None:
    ended = mailbox(2, period={"start": "2025-01-01", "end": "2026-04-30"})

    assert of_unit(mailbox(1), ended) == []


def test_of_many_glns_of_a_unit_a_few_are_named() -> None:
    (found,) = of_unit(*(mailbox(number) for number in range(1, 9)))

    assert found.endswith(" and 4 more")


def test_a_unit_that_names_endpoints_of_several_glns_has_more_than_one() -> None:
    found = said(rules.glns_named(unit(1), [mailbox(1), mailbox(2)], Level.ERROR))

    assert found == [
        f"error: more than one GLN for one SOR unit: {A} has {build.gln(1)}, {build.gln(2)}"
    ]
    assert said(rules.glns_named(unit(1), [mailbox(1), mailbox(1)], Level.ERROR)) == []


def test_a_certificate_in_its_time_and_of_its_owner_is_right() -> None:
    found = rules.certificate(read(build.access_point()), lookup([read(build.owner())]), build.NOW)

    assert said(found) == []


def test_a_certificate_out_of_its_time_is_worth_a_warning() -> None:
    much_later = build.NOW + timedelta(days=2000)

    found = said(rules.certificate(read(build.access_point()), lookup([]), much_later))

    assert len(found) == 1
    assert found[0].startswith("warning: certificate is valid from 2026-")


def test_a_certificate_of_another_company_is_worth_a_warning() -> None:
    key = build.public_key(build.certificate(company=build.cvr(7)))
    ap = read(build.access_point(extension=[key]))

    found = said(rules.certificate(ap, lookup([read(build.owner())]), build.NOW))

    assert found == [
        f"warning: certificate is of CVR {build.cvr(7)}, the owner of CVR {build.cvr(90)}"
    ]


def test_a_device_without_certificate_or_owner_has_nothing_to_compare() -> None:
    unowned = read(build.access_point(owner=None))

    assert said(rules.certificate(read(build.device()), lookup([]), build.NOW)) == []
    assert said(rules.certificate(unowned, lookup([]), build.NOW)) == []


def test_a_certificate_that_expires_soon_is_worth_a_warning() -> None:
    ap = read(build.access_point())

    soon = said(rules.expiring(ap, build.NOW, timedelta(days=1001)))

    assert soon == ["warning: certificate expires on 2029-01-29"]
    assert said(rules.expiring(ap, build.NOW, timedelta(days=1000))) == []


def test_a_certificate_that_has_expired_does_not_expire_soon() -> None:
    ap, later = read(build.access_point()), build.NOW + timedelta(days=1000)

    assert said(rules.expiring(ap, later, timedelta(days=30))) == []
    assert said(rules.expiring(read(build.device()), later, timedelta(days=30))) == []
