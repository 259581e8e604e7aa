"""`eer check`: of everything in the register, what writing it today would say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import builders_fhir as build
from eer.domain.policy import Level, Policy
from eer.fhir import canonicals, kinds
from eer.register import changes, check, transaction
from eer.register.change import Put
from eer.register.counter import Counter
from eer.store.records import Records

THIRTY_DAYS = timedelta(days=30)
NEVER = timedelta(0)


def found(counter: Counter, expiring: timedelta = NEVER) -> list[str]:
    """Return what is found, in its order, each with the resource it is about."""
    with check.inspection(counter, expiring) as inspection:
        findings = inspection.findings(lambda _: None)
        return [f"{each.reference} {each.issue.severity}: {each.issue.text}" for each in findings]


def about(counter: Counter, words: str, expiring: timedelta = NEVER) -> list[str]:
    """Return the resources of which something with *words* is found."""
    return [each.split()[0] for each in found(counter, expiring) if words in each]


def marked(*more: build.Json) -> list[build.Json]:
    """Return what may be published and nothing is said of, and more."""
    return [*build.registered(), *more]


def test_a_register_that_is_in_order_has_no_findings(counter: Counter) -> None:
    build.put(counter, *marked(build.device(), build.message_definition()))

    assert found(counter) == []


def test_an_empty_register_is_in_order(counter: Counter) -> None:
    assert found(counter) == []


def test_what_a_write_says_is_found_again(counter: Counter) -> None:
    outcomes = build.put(
        counter,
        build.organization(1),
        build.endpoint(1, address="https://example.org/fhir"),
        build.endpoint(2, managingOrganization={"reference": "Organization/unit-1"}),
    )
    said = [
        f"{each.reference} {issue.severity}: {issue.text}"
        for each in outcomes
        for issue in each.issues
    ]

    assert sorted(found(counter)) == sorted(said)
    assert len(said) == 5


def test_a_payload_that_is_retired_and_still_offered_is_found(counter: Counter) -> None:
    build.put(counter, *marked())
    build.put(counter, build.message_definition(status="retired"))

    assert about(counter, "is retired since 2026-01-01") == ["Endpoint/endpoint-1"]


def test_a_payload_that_is_no_longer_certified_is_found(counter: Counter) -> None:
    eua = build.linked(canonicals.EUA_SYSTEM, "Device/device-1")
    owner, ap, unit, endpoint = build.registered()
    build.put(counter, owner, ap, unit | {"extension": [eua]}, endpoint, build.device(1, "EUA"))
    definition = build.message_definition(
        id="ack", meta=None, identifier=[{"value": build.ACK_2_0}]
    )
    certified = build.device(1, "EUA", extension=build.certified("ack"))
    build.put(counter, definition, certified)

    assert about(counter, "not certified for") == ["Endpoint/endpoint-1"]


def test_a_certificate_that_expires_is_found_in_time(counter: Counter, clock: build.Clock) -> None:
    build.put(counter, *marked())
    clock.at = datetime(2028, 5, 2, tzinfo=UTC)

    assert about(counter, "certificate expires on 2029-01-29", timedelta(days=273)) == [
        "Device/ap-1"
    ]
    assert about(counter, "certificate expires", timedelta(days=272)) == []


def test_a_certificate_that_has_expired_is_found(counter: Counter, clock: build.Clock) -> None:
    build.put(counter, *marked())
    clock.at = datetime(2029, 5, 1, tzinfo=UTC)

    assert about(counter, "the AP is not published now", THIRTY_DAYS) == ["Device/ap-1"]
    assert about(counter, "the EU conformance test of") == ["Device/ap-1", "Endpoint/endpoint-1"]


def test_a_code_that_is_not_known_any_more_is_found(counter: Counter) -> None:
    build.put(counter, *marked())
    build.put(
        counter,
        {
            "resourceType": "CodeSystem",
            "id": "payloads",
            "url": canonicals.PAYLOADS,
            "status": "active",
            "content": "complete",
            "concept": [{"code": build.RECEIPT}],
        },
    )

    assert about(counter, "error: 'urn:dk:healthcare:medcom") == ["Endpoint/endpoint-1"]


@pytest.mark.parametrize(
    ("level", "severity"), [(Level.WARN, "warning"), (Level.ERROR, "error"), (Level.OFF, None)]
)
def test_the_operators_choices_of_today_count(
    counter: Counter, level: Level, severity: str | None
) -> None:
    second = build.endpoint(2, managingOrganization={"reference": "Organization/unit-1"})
    named = [{"reference": f"Endpoint/endpoint-{number}"} for number in (1, 2)]
    quiet = replace(counter, policy=Policy(gln_per_unit=Level.OFF))
    build.put(quiet, build.organization(1, endpoint=named), build.endpoint(1), second)

    counter = replace(counter, policy=Policy(gln_per_unit=level))

    expected = ["Endpoint/endpoint-1", "Endpoint/endpoint-2", "Organization/unit-1"]
    assert about(counter, f"{severity}: more than one GLN") == (expected if severity else [])


def test_rivals_are_found_wherever_they_stand(counter: Counter) -> None:
    """Nothing lets them in today; what was let in before a rule was there is found."""
    rival = build.endpoint(1, id="rival", period={"start": "2026-06-01T00:00:00+02:00"})
    build.put(counter, build.organization(1), build.endpoint(1))
    with counter.store.writing() as connection:
        records = Records(connection)
        unjudged = transaction.draft(counter, records, [Put(build.ref(rival), rival)], {})
        transaction.write(counter, records, unjudged, build.THE_OPERATOR)

    assert about(counter, "error: Endpoint/rival is active for the same GLN") == [
        "Endpoint/endpoint-1"
    ]
    assert about(counter, "error: Endpoint/endpoint-1 is active for the same GLN") == [
        "Endpoint/rival"
    ]


def test_more_than_a_batch_is_found_each_once_and_counted(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "_AT_ONCE", 3)
    units = [build.organization(number) for number in range(1, 8)]
    build.put(counter, *units, *(build.endpoint(number) for number in range(1, 8)))
    told: list[int] = []

    with check.inspection(counter, NEVER) as inspection:
        findings = list(inspection.findings(told.append))

    assert [str(each.reference) for each in findings] == [
        f"Endpoint/endpoint-{number}" for number in range(1, 8)
    ]
    assert (sum(told), inspection.count, max(told)) == (14, 14, 3)


def test_what_was_deleted_is_not_looked_at(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.endpoint(1))
    build.remove(counter, "Endpoint/endpoint-1")

    assert found(counter) == []


def test_one_moment_is_looked_at_and_nothing_is_changed(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.endpoint(1))

    with check.inspection(counter, NEVER) as inspection:
        build.put(counter, build.organization(2), build.endpoint(2))
        findings = list(inspection.findings(lambda _: None))

    assert [str(each.reference) for each in findings] == ["Endpoint/endpoint-1"]
    assert (inspection.sequence, changes.sequence(counter)) == (2, 4)


def test_every_type_is_looked_at(counter: Counter) -> None:
    told: list[int] = []
    named = {"DeviceDefinition", "Location", "HealthcareService", "OrganizationAffiliation"}
    plain = [{"resourceType": each, "id": "x"} for each in sorted(named)]
    build.put(counter, *plain, *marked())

    with check.inspection(counter, NEVER) as inspection:
        assert list(inspection.findings(told.append)) == []

    assert sum(told) == len(plain) + 4
    assert named < set(kinds.KINDS)
