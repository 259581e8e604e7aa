"""Which payload codes are retired, since when, and what takes their place."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

import builders_fhir as build
from eer.domain import deprecation
from eer.domain.deprecation import Retirement, retirements
from eer.domain.identifiers import Reference
from eer.domain.model import Message
from eer.fhir import kinds
from eer.register.counter import Counter

DAY = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
OLD = Message(("old",), "retired", DAY, "urn:m", "1.1", ())
NEW = Message(("new",), "active", DAY, "urn:m", "1.2", ("urn:m|1.1",))
HCO = "https://messages.example.dk/MessageDefinition/hco"


def test_what_is_active_is_not_retired() -> None:
    assert retirements([NEW, replace(NEW, status="draft", codes=("drafted",))]) == {}


def test_a_retired_code_is_retired_from_its_date_on() -> None:
    assert retirements([OLD]) == {"old": Retirement(DAY)}


def test_a_code_that_an_active_definition_has_as_well_is_not_retired() -> None:
    assert retirements([OLD, replace(NEW, codes=("old",))]) == {}


def test_of_two_retired_definitions_the_last_date_counts() -> None:
    again = replace(OLD, date=LATER, url="urn:n", version=None)
    undated = replace(OLD, date=None)
    other = replace(NEW, codes=("other",), url="urn:o", replaces=("urn:n",))

    found = retirements([OLD, again, undated, NEW, other])

    assert found == {"old": Retirement(LATER, ("new", "other"))}


@pytest.mark.parametrize("replaces", ["urn:m", "urn:m|1.1"])
def test_a_definition_says_whom_it_replaces_with_a_version_or_without(replaces: str) -> None:
    assert retirements([OLD, replace(NEW, replaces=(replaces,))])["old"].replaced_by == ("new",)


@pytest.mark.parametrize("replaces", ["urn:m|1.0", "urn:n", ""])
def test_a_definition_that_replaces_another_is_no_replacement(replaces: str) -> None:
    assert retirements([OLD, replace(NEW, replaces=(replaces,))])["old"].replaced_by == ()


def test_a_definition_without_a_version_is_replaced_by_its_url() -> None:
    found = retirements([replace(OLD, version=None), replace(NEW, replaces=("urn:m",))])

    assert found["old"].replaced_by == ("new",)


def test_a_definition_without_a_url_cannot_be_replaced() -> None:
    assert retirements([replace(OLD, url=None), NEW])["old"].replaced_by == ()


def test_a_replacement_that_is_retired_itself_leads_on() -> None:
    middle = replace(NEW, codes=("middle",), status="retired")
    last = Message(("last",), "active", DAY, "urn:m", "1.3", ("urn:m|1.2",))

    found = retirements([OLD, middle, last])

    assert (found["old"].replaced_by, found["middle"].replaced_by) == (("last",), ("last",))


def test_two_that_replace_each_other_lead_nowhere() -> None:
    circle = replace(OLD, codes=("other",), version="1.2", replaces=("urn:m|1.1",))

    found = retirements([replace(OLD, replaces=("urn:m|1.2",)), circle])

    assert [each.replaced_by for each in found.values()] == [(), ()]


def test_of_what_replaces_one_code_each_is_named_once() -> None:
    other = replace(NEW, codes=("new", "newer"), url="urn:o")

    assert retirements([OLD, NEW, other])["old"].replaced_by == ("new", "newer")


@pytest.mark.parametrize(
    ("url", "version", "expected"),
    [("urn:x", "2.0", ("urn:x|2.0",)), ("urn:x", None, ("urn:x",)), (None, None, ())],
)
def test_a_replacement_without_a_payload_code_is_named_by_its_canonical(
    url: str | None, version: str | None, expected: tuple[str, ...]
) -> None:
    nameless = replace(NEW, codes=(), url=url, version=version)

    assert retirements([OLD, nameless])["old"].replaced_by == expected


@pytest.mark.parametrize(
    ("retirement", "sentence"),
    [
        (Retirement(None), "old is retired"),
        (Retirement(DAY), "old is retired since 2026-01-01"),
        (Retirement(LATER), "old will be retired on 2027-01-01"),
        (
            Retirement(DAY, ("new", "newer")),
            "old is retired since 2026-01-01: offer new, newer in its place",
        ),
    ],
)
def test_a_retirement_is_told_in_a_sentence(retirement: Retirement, sentence: str) -> None:
    assert deprecation.sentence("old", retirement, build.NOW) == sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "suspended"},
        {"period": {"start": "2025-01-01", "end": "2026-01-01"}},
        {"payloadType": build.payloads(build.ACK_2_0)},
    ],
)
def test_an_endpoint_that_does_not_offer_it_hears_nothing(changes: build.Json) -> None:
    reading = kinds.reading(Reference("Endpoint", "x"), build.endpoint(**changes))

    assert not list(deprecation.offered(reading, {build.HCO_1_2: Retirement(DAY)}, build.NOW))


def test_what_is_no_endpoint_offers_nothing() -> None:
    reading = kinds.reading(Reference("Device", "x"), build.device())

    assert not list(deprecation.offered(reading, {build.HCO_1_2: Retirement(DAY)}, build.NOW))


# In the register


def definition(version: str, code: str, **changes: object) -> build.Json:
    named = build.message_definition()["identifier"][0] | {"value": code}
    return build.message_definition(
        id=f"hco-{version}", version=version, identifier=[named], **changes
    )


RETIRED = definition("1.1", build.HCO_1_1, status="retired", date="2026-04-01")
SUCCESSOR = definition("1.2", build.HCO_1_2, replaces=[f"{HCO}|1.1"])
OLD_FASHIONED = build.endpoint(payloadType=build.payloads(build.HCO_1_1, build.RECEIPT))
UNIT = build.organization(1, endpoint=[{"reference": "Endpoint/endpoint-1"}])
OFFER_THE_NEW = f"{build.HCO_1_1} is retired since 2026-04-01: offer {build.HCO_1_2} in its place"


def told(counter: Counter, *resources: build.Json) -> list[str]:
    """Write *resources* and return what is said of them, warnings all."""
    issues = [issue for each in build.put(counter, *resources) for issue in each.issues]
    assert not any(issue.is_error for issue in issues)
    return [f"{issue.expression}: {issue.text}" for issue in issues]


def test_an_endpoint_that_offers_what_is_retired_is_warned(counter: Counter) -> None:
    build.put(counter, RETIRED, SUCCESSOR)

    assert told(counter, UNIT, OLD_FASHIONED) == [f"Endpoint.payloadType: {OFFER_THE_NEW}"]


def test_it_is_warned_within_the_transaction_that_retires_it(counter: Counter) -> None:
    assert told(counter, UNIT, OLD_FASHIONED, SUCCESSOR, RETIRED) == [
        f"Endpoint.payloadType: {OFFER_THE_NEW}"
    ]


def test_who_retires_a_message_hears_who_still_offers_it(counter: Counter) -> None:
    build.put(counter, UNIT, OLD_FASHIONED, build.organization(2))
    suspended = OLD_FASHIONED | {
        "id": "endpoint-2",
        "status": "suspended",
        "identifier": build.endpoint(2)["identifier"],
        "managingOrganization": {"reference": "Organization/unit-2"},
    }
    build.put(counter, suspended)

    assert told(counter, RETIRED) == [
        f"MessageDefinition.status: {build.HCO_1_1} is still offered by Endpoint/endpoint-1"
    ]


def test_who_retires_a_message_that_nobody_offers_hears_nothing(counter: Counter) -> None:
    assert told(counter, RETIRED) == []


def test_a_definition_that_is_taken_back_into_use_ends_the_warning(counter: Counter) -> None:
    build.put(counter, UNIT, OLD_FASHIONED)
    build.put(counter, RETIRED)
    build.put(counter, RETIRED | {"status": "active"})

    assert told(counter, OLD_FASHIONED | {"name": "Nyt navn"}) == []


def test_a_definition_that_is_deleted_retires_nothing(counter: Counter) -> None:
    build.put(counter, UNIT, OLD_FASHIONED)
    build.put(counter, RETIRED)
    build.remove(counter, "MessageDefinition/hco-1.1")

    assert told(counter, OLD_FASHIONED | {"name": "Nyt navn"}) == []
