"""The acknowledgement and the EU's mark: what EHMI expects of everybody who receives."""

from datetime import UTC, datetime, timedelta

import pytest

import builders_fhir as build
from eer.domain import participation
from eer.domain.errors import Issue
from eer.domain.identifiers import Reference
from eer.domain.model import Mailbox, Reading
from eer.domain.participation import ACKNOWLEDGEMENT
from eer.domain.period import DENMARK
from eer.fhir import canonicals, kinds, terminology
from eer.register.counter import Counter

LINK = build.linked(canonicals.AP_SYSTEM, "Device/ap-1")
SILENT = build.payloads(build.HCO_1_2)
UNMARKED = build.access_point(extension=build.access_point()["extension"][:1])
IN_VAIN = (
    f"no active endpoint of GLN {build.gln(1)} offers the ehmiSBDH acknowledgement "
    f"{ACKNOWLEDGEMENT}: senders wait for it in vain"
)
NO_MARK = "Device/ap-1 has no mark of the EU's conformance test of eDelivery"


def read(json: build.Json) -> Reading:
    return kinds.reading(Reference(json["resourceType"], json["id"]), json)


def texts(issues: tuple[Issue, ...]) -> list[str]:
    assert not any(issue.is_error for issue in issues)
    return [issue.text for issue in issues]


def acknowledged(endpoint: build.Json, *others: build.Json) -> bool:
    readings = [read(each) for each in (endpoint, *others)]
    mailboxes = [each.says for each in readings if isinstance(each.says, Mailbox)]
    return not list(participation.acknowledgement(readings[0], mailboxes, build.NOW))


def counts(day: str, at: datetime) -> bool:
    key, _ = build.access_point()["extension"]
    device = read(build.access_point(extension=[key, build.conformant(day)]))
    return not list(participation.conformance(device, at))


def test_the_acknowledgement_is_a_code_that_is_shipped() -> None:
    codes = terminology.shipped().codes(canonicals.PAYLOADS)

    assert codes[ACKNOWLEDGEMENT] == "ehmiSBDH Acknowledgement 1.0"


def test_an_endpoint_that_offers_the_acknowledgement_is_right() -> None:
    assert acknowledged(build.endpoint())


def test_a_participant_that_offers_it_nowhere_is_told() -> None:
    assert not acknowledged(build.endpoint(payloadType=SILENT))


def test_another_endpoint_of_the_participant_may_offer_it() -> None:
    other = build.endpoint(id="other", payloadType=build.payloads(build.RECEIPT))

    assert acknowledged(build.endpoint(payloadType=SILENT), other)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "suspended"},
        {"period": {"start": "2025-01-01", "end": "2026-01-01"}},
        {"connectionType": {"system": canonicals.CONNECTION_TYPES, "code": "vansMessaging"}},
    ],
)
def test_an_endpoint_that_delivers_nothing_neither_has_nor_needs_it(changes: build.Json) -> None:
    other = build.endpoint(id="other", **changes)

    assert not acknowledged(build.endpoint(payloadType=SILENT), other)
    assert acknowledged(build.endpoint(payloadType=SILENT, **changes))


def test_what_is_no_endpoint_needs_no_acknowledgement() -> None:
    assert acknowledged(build.device())
    assert not participation.lacks_acknowledgement([], build.NOW)


def test_a_test_counts_for_three_years_to_the_day() -> None:
    last = datetime(2026, 3, 1, 23, 59, tzinfo=DENMARK).astimezone(UTC)

    assert counts("2023-03-01", last)
    assert not counts("2023-03-01", last + timedelta(minutes=1))


def test_a_test_of_a_leap_day_counts_to_the_end_of_february() -> None:
    end = datetime(2027, 3, 1, tzinfo=DENMARK)

    assert counts("2024-02-29", end - timedelta(minutes=1))
    assert not counts("2024-02-29", end)


def test_a_month_or_a_year_counts_from_its_first_day() -> None:
    assert counts("2023-06", build.NOW)
    assert not counts("2023-05", build.NOW)
    assert not counts("2023", build.NOW)


def test_only_an_access_point_is_counts() -> None:
    assert not list(participation.conformance(read(build.device()), build.NOW))
    assert not list(participation.conformance(read(build.organization()), build.NOW))


# In the register


def test_a_participant_without_acknowledgement_is_warned(counter: Counter) -> None:
    unit = build.organization(1, endpoint=[{"reference": "Endpoint/endpoint-1"}])

    _, outcome = build.put(counter, unit, build.endpoint(payloadType=SILENT))

    assert texts(outcome.issues) == [IN_VAIN]


@pytest.fixture
def shared(counter: Counter) -> Counter:
    """A participant with two endpoints, of which the second alone acknowledges."""
    both = [{"reference": f"Endpoint/{each}"} for each in ("endpoint-1", "receipts")]
    receipts = build.endpoint(id="receipts", payloadType=build.payloads(build.RECEIPT))
    unit = build.organization(1, endpoint=both)
    outcomes = build.put(counter, unit, build.endpoint(payloadType=SILENT), receipts)
    assert [each.issues for each in outcomes] == [(), (), ()]
    return counter


def test_who_takes_the_acknowledgement_from_others_is_told(shared: Counter) -> None:
    receipts = build.endpoint(
        id="receipts", payloadType=build.payloads(build.RECEIPT), status="off"
    )

    (outcome,) = build.put(shared, receipts)

    assert texts(outcome.issues) == [IN_VAIN]


def test_an_endpoint_that_moves_away_with_it_is_told(shared: Counter) -> None:
    receipts = build.endpoint(
        id="receipts",
        payloadType=build.payloads(build.RECEIPT),
        identifier=build.endpoint(2)["identifier"],
    )

    (outcome,) = build.put(shared, receipts)

    assert IN_VAIN in texts(outcome.issues)


def test_who_deletes_the_acknowledgement_is_told(shared: Counter) -> None:
    build.put(shared, build.organization(1, endpoint=[{"reference": "Endpoint/endpoint-1"}]))

    outcome = build.remove(shared, "Endpoint/receipts")

    assert texts(outcome.issues) == [IN_VAIN]


def test_an_endpoint_that_goes_and_leaves_nobody_behind_is_not_told(counter: Counter) -> None:
    build.put(counter, build.organization(1), build.endpoint(1))

    (outcome,) = build.put(counter, build.endpoint(1, status="off"))

    assert texts(outcome.issues) == [
        "Organization/unit-1 does not name this endpoint in Organization.endpoint"
    ]


def test_an_access_point_without_the_mark_is_warned_with_the_endpoints_at_it(
    counter: Counter,
) -> None:
    unit = build.organization(1, endpoint=[{"reference": "Endpoint/endpoint-1"}])

    outcomes = build.put(counter, build.owner(), UNMARKED, unit, build.endpoint(extension=[LINK]))

    assert [texts(each.issues) for each in outcomes] == [[], [NO_MARK], [], [NO_MARK]]
    assert [issue.expression for each in outcomes for issue in each.issues] == [
        "Device.extension",
        "Endpoint.extension",
    ]


def test_an_endpoint_that_is_off_hears_nothing_of_the_mark(counter: Counter) -> None:
    unit = build.organization(1, endpoint=[{"reference": "Endpoint/endpoint-1"}])
    off = build.endpoint(extension=[LINK], status="off")

    outcomes = build.put(counter, build.owner(), UNMARKED, unit, off)

    assert outcomes[-1].issues == ()


def test_an_old_test_is_warned_of(counter: Counter, clock: build.Clock) -> None:
    build.put(counter, *build.registered())
    clock.at = datetime(2028, 6, 2, tzinfo=UTC)

    (outcome,) = build.put(counter, build.registered()[-1] | {"name": "Nyt navn"})

    assert texts(outcome.issues) == [
        "the EU conformance test of Device/ap-1 is of 2025-06-01, expected one of the last 3 years"
    ]


@pytest.mark.parametrize(
    ("marks", "place"),
    [
        ([{"url": canonicals.EU_CONFORMANCE, "valueString": "2025-06-01"}], "extension[1]"),
        ([build.conformant(), build.conformant("2026-01-01")], "extension[2]"),
        ([build.conformant("in June")], "extension[1].value"),
    ],
)
def test_the_mark_is_one_date(marks: list[build.Json], place: str) -> None:
    key = build.access_point()["extension"][0]

    assert build.refusals(build.access_point(extension=[key, *marks])) == {f"Device.{place}"}
