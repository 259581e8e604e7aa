from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import builders_fhir as build
from builders import endpoint
from eer.domain import rules
from eer.domain.errors import Issue, Severity
from eer.domain.identifiers import Reference
from eer.domain.model import Mailbox, Reading
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


def test_a_second_gln_of_a_unit_is_worth_a_warning() -> None:
    mailbox, other = read(build.endpoint(1)), read(build.endpoint(2))
    mailboxes = [each.says for each in (mailbox, other) if isinstance(each.says, Mailbox)]

    found = said(rules.glns_of_unit(mailbox, mailboxes))

    assert found == [
        f"warning: more than one GLN for one SOR unit: Organization/unit-1 also has {build.gln(2)}"
    ]
    assert said(rules.glns_of_unit(mailbox, mailboxes[:1])) == []
    assert said(rules.glns_of_unit(unit(1), mailboxes)) == []


def test_of_many_glns_of_a_unit_a_few_are_named() -> None:
    mailbox = read(build.endpoint(1))
    says = mailbox.says
    assert isinstance(says, Mailbox)
    others = [replace(says, gln=build.gln(number)) for number in range(2, 9)]

    (found,) = said(rules.glns_of_unit(mailbox, others))

    assert found.endswith(" and 4 more")


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
