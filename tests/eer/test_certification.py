"""May the systems behind an endpoint receive what it offers, and who is told when they may not?"""

from dataclasses import replace

import pytest

import builders_fhir as build
from eer.domain.errors import Conflict, Refused
from eer.domain.policy import Level, Policy
from eer.domain.wording import Sentence
from eer.fhir import canonicals
from eer.register import load
from eer.register.change import Outcome
from eer.register.counter import Counter

EUA, MSH, AP = canonicals.EUA_SYSTEM, canonicals.MSH_SYSTEM, canonicals.AP_SYSTEM
NAMED = [{"reference": "Endpoint/endpoint-1"}]
BOTH = build.payloads(build.HCO_1_2, build.ACK_2_0, build.RECEIPT)


def definition(name: str, *codes: str, **changes: object) -> build.Json:
    """Return the definition of a message, of no profile, with the codes it is offered by."""
    bare = dict.fromkeys(("meta", "replaces", "url"))
    identifiers = [{"value": each} for each in codes]
    return build.message_definition(**{**bare, "id": name, "identifier": identifiers, **changes})


HCO = definition("hco", build.HCO_1_2)
ACK = definition("ack", build.ACK_2_0)
RECEIPT = definition("receipt", build.RECEIPT)


def eua(number: int, *definitions: str, **changes: object) -> build.Json:
    extension = build.certified(*definitions) or None
    return build.device(number, "EUA", **{"extension": extension, **changes})


def msh(number: int, *definitions: str) -> build.Json:
    return build.device(number, "MSH", extension=build.certified(*definitions) or None)


def ap(*definitions: str) -> build.Json:
    own = build.access_point()["extension"]
    return build.access_point(extension=[*own, *build.certified(*definitions)])


def unit(*links: tuple[str, int]) -> build.Json:
    """Return a unit with its systems: which link, and the number of the device."""
    systems = [build.linked(url, f"Device/device-{number}") for url, number in links]
    return build.organization(1, endpoint=NAMED, extension=systems or None)


def endpoint(*links: tuple[str, str], **changes: object) -> build.Json:
    extension = [build.linked(url, f"Device/{target}") for url, target in links] or None
    return build.endpoint(**{"extension": extension, "payloadType": BOTH, **changes})


def said(outcomes: tuple[Outcome, ...]) -> dict[str, list[str]]:
    """Return what is said of each resource that anything is said of; all of it warnings."""
    assert not any(issue.is_error for each in outcomes for issue in each.issues)
    found = {str(each.reference): [issue.text for issue in each.issues] for each in outcomes}
    return {name: texts for name, texts in found.items() if texts}


def lacking(*codes: str, devices: str) -> dict[str, list[str]]:
    return {"Endpoint/endpoint-1": [f"not certified for {', '.join(codes)}: {devices}"]}


def level(counter: Counter, of: Level) -> Counter:
    return replace(counter, policy=Policy(certification=of))


DEFINITIONS = (HCO, ACK, RECEIPT)


# Who counts


def test_a_unit_without_devices_offers_what_it_will(counter: Counter) -> None:
    assert said(build.put(counter, unit(), endpoint())) == {}


def test_a_device_without_the_extension_says_nothing(counter: Counter) -> None:
    outcomes = build.put(counter, eua(1), unit((EUA, 1)), endpoint())

    assert said(outcomes) == {}


def test_what_an_application_is_certified_for_it_may_be_offered(counter: Counter) -> None:
    outcomes = build.put(counter, *DEFINITIONS, eua(1, "hco", "ack"), unit((EUA, 1)), endpoint())

    assert said(outcomes) == {}


def test_what_an_application_is_not_certified_for_is_worth_a_warning(counter: Counter) -> None:
    outcomes = build.put(counter, *DEFINITIONS, eua(1, "hco"), unit((EUA, 1)), endpoint())

    assert said(outcomes) == lacking(build.ACK_2_0, devices="Device/device-1")
    (issue,) = outcomes[-1].issues
    assert issue.expression == "Endpoint.payloadType"
    assert isinstance(issue.text, Sentence)


def test_no_application_is_asked_for_the_acknowledgement_of_envelopes(counter: Counter) -> None:
    receipts = build.payloads(build.RECEIPT)

    outcomes = build.put(
        counter, *DEFINITIONS, eua(1, "hco"), unit((EUA, 1)), endpoint(payloadType=receipts)
    )

    assert said(outcomes) == {}


def test_the_applications_of_a_unit_are_certified_together(counter: Counter) -> None:
    outcomes = build.put(
        counter,
        *DEFINITIONS,
        *(eua(1, "hco"), eua(2, "ack"), eua(3)),
        unit((EUA, 1), (EUA, 2), (EUA, 3)),
        endpoint(),
    )

    assert said(outcomes) == {}


def test_an_application_that_says_nothing_certifies_nothing(counter: Counter) -> None:
    outcomes = build.put(
        counter, *DEFINITIONS, eua(1, "hco"), eua(2), unit((EUA, 1), (EUA, 2)), endpoint()
    )

    assert said(outcomes) == lacking(build.ACK_2_0, devices="Device/device-1")


def test_an_application_that_is_not_active_certifies_nothing(counter: Counter) -> None:
    inactive = eua(2, "ack", status="inactive")
    devices = (eua(1, "hco"), inactive)

    outcomes = build.put(counter, *DEFINITIONS, *devices, unit((EUA, 1), (EUA, 2)), endpoint())

    assert said(outcomes) == lacking(build.ACK_2_0, devices="Device/device-1")


def test_every_part_of_the_way_counts_by_itself(counter: Counter) -> None:
    outcomes = build.put(
        counter,
        *DEFINITIONS,
        build.owner(),
        *(eua(1, "hco"), msh(2, "hco", "ack"), ap("hco", "ack", "receipt")),
        unit((EUA, 1), (MSH, 2)),
        endpoint((AP, "ap-1")),
    )

    assert said(outcomes) == {
        "Endpoint/endpoint-1": [
            f"not certified for {build.ACK_2_0}: Device/device-1",
            f"not certified for {build.RECEIPT}: Device/device-2",
        ]
    }


def test_the_message_handler_of_an_endpoint_stands_for_those_of_its_unit(
    counter: Counter,
) -> None:
    outcomes = build.put(
        counter,
        *DEFINITIONS,
        *(msh(1, "hco"), msh(2, "hco", "ack", "receipt")),
        unit((MSH, 1)),
        endpoint((MSH, "device-2")),
    )

    assert said(outcomes) == {}


@pytest.mark.parametrize("code", [build.HCO_1_2, build.ACK_2_0])
def test_a_definition_counts_by_each_of_its_identifiers(counter: Counter, code: str) -> None:
    offered = build.payloads(code, build.RECEIPT)
    both = definition("hco", build.HCO_1_2, build.ACK_2_0)

    outcomes = build.put(
        counter, both, eua(1, "hco"), unit((EUA, 1)), endpoint(payloadType=offered)
    )

    assert said(outcomes) == {}


@pytest.mark.parametrize(
    "changes",
    [{"status": "suspended"}, {"period": {"start": "2025-01-01", "end": "2026-01-01"}}],
)
def test_an_endpoint_that_offers_nothing_is_not_asked(
    counter: Counter, changes: build.Json
) -> None:
    outcomes = build.put(counter, *DEFINITIONS, eua(1, "hco"), unit((EUA, 1)), endpoint(**changes))

    assert said(outcomes) == {}


# What comes of it


def test_an_operator_may_have_it_refused(counter: Counter) -> None:
    strict = level(counter, Level.ERROR)
    build.put(strict, *DEFINITIONS, eua(1, "hco"))

    with pytest.raises(Refused, match="not certified for"):
        build.put(strict, unit((EUA, 1)), endpoint())


def test_a_file_is_refused_as_well(counter: Counter) -> None:
    strict = level(counter, Level.ERROR)
    sent = [*DEFINITIONS, eua(1, "hco"), unit((EUA, 1)), endpoint()]

    report = build.loaded(strict, build.file(build.transaction(*sent)))

    assert report.created == ()
    assert [refusal.name for refusal in report.refused] == ["Endpoint/endpoint-1"]


def test_an_operator_may_hear_nothing_of_it(counter: Counter) -> None:
    quiet = level(counter, Level.OFF)

    outcomes = build.put(quiet, *DEFINITIONS, eua(1, "hco"), unit((EUA, 1)), endpoint())

    assert said(outcomes) == {}


# The extension


def test_a_device_is_certified_for_what_is_in_the_register(counter: Counter) -> None:
    with pytest.raises(Refused, match="MessageDefinition/hco is not in the register"):
        build.put(counter, eua(1, "hco"))


def test_a_device_is_certified_for_message_definitions_only(counter: Counter) -> None:
    wrong = [build.linked(canonicals.CERTIFIED_FOR, "Device/device-2")]

    with pytest.raises(Refused, match="Device/device-2 found, expected a MessageDefinition"):
        build.put(counter, build.device(2), build.device(1, extension=wrong))


def test_a_certificate_names_its_definition_by_reference() -> None:
    by_url = {"url": canonicals.CERTIFIED_FOR, "valueCanonical": "https://example.dk/hco"}

    assert build.refusals(build.device(extension=[by_url])) == {
        "Device.extension[0]",
        "Device.extension[0].value.reference",
    }


def test_a_definition_that_devices_are_certified_for_is_not_deleted(counter: Counter) -> None:
    build.put(counter, HCO, eua(1, "hco"))

    with pytest.raises(Conflict, match="still pointed at by Device/device-1"):
        build.remove(counter, "MessageDefinition/hco")


def test_the_definition_may_be_loaded_under_another_id(counter: Counter) -> None:
    build.loaded(counter, build.file(HCO))
    build.loaded(counter, build.file(definition("overlay", build.HCO_1_2)))

    outcomes = build.put(counter, eua(1, "overlay"), unit((EUA, 1)), endpoint())

    assert said(outcomes) == lacking(build.ACK_2_0, devices="Device/device-1")


# What is left behind


@pytest.fixture
def certified(counter: Counter) -> Counter:
    """A unit with one application, which is certified for all that its endpoint offers."""
    outcomes = build.put(counter, *DEFINITIONS, eua(1, "hco", "ack"), unit((EUA, 1)), endpoint())
    assert said(outcomes) == {}
    return counter


LEFT = "by this, Endpoint/endpoint-1 would offer what the systems behind are not certified for"


def test_who_takes_a_certificate_away_hears_whom_it_leaves_behind(certified: Counter) -> None:
    outcomes = build.put(certified, eua(1, "hco"))

    assert said(outcomes) == {"Device/device-1": [LEFT]}


def test_whom_it_leaves_behind_is_told_once_only(certified: Counter) -> None:
    build.put(certified, eua(1, "hco"))

    outcomes = build.put(certified, eua(1, "hco", manufacturer="Et andet hus"))

    assert said(outcomes) == {}


def test_who_changes_a_device_otherwise_hears_nothing(certified: Counter) -> None:
    outcomes = build.put(certified, eua(1, "hco", "ack", "receipt", manufacturer="Et andet hus"))

    assert said(outcomes) == {}


def test_a_device_that_is_switched_off_no_longer_says_anything(certified: Counter) -> None:
    outcomes = build.put(certified, eua(1, "hco", status="inactive"))

    assert said(outcomes) == {}


def test_a_definition_that_becomes_that_of_another_payload_is_worth_a_warning(
    certified: Counter,
) -> None:
    outcomes = build.put(certified, definition("ack", build.HCO_1_1))

    assert said(outcomes) == {"MessageDefinition/ack": [LEFT]}


def test_a_definition_that_changes_otherwise_is_not(certified: Counter) -> None:
    outcomes = build.put(certified, definition("ack", build.ACK_2_0, title="Kvittering"))

    assert said(outcomes) == {}


def test_a_unit_that_gets_another_application_is_told(certified: Counter) -> None:
    outcomes = build.put(certified, eua(2, "ack"), unit((EUA, 2)))

    assert said(outcomes) == {"Organization/unit-1": [LEFT]}


def test_a_unit_that_is_renamed_hears_nothing(certified: Counter) -> None:
    outcomes = build.put(certified, unit((EUA, 1)) | {"name": "Et andet navn"})

    assert said(outcomes) == {}


def test_an_endpoint_in_the_same_transaction_is_told_itself(certified: Counter) -> None:
    outcomes = build.put(certified, eua(1, "hco"), endpoint(name="Nyt navn"))

    assert said(outcomes) == lacking(build.ACK_2_0, devices="Device/device-1")


def test_a_message_handler_of_an_endpoint_leaves_it_behind(counter: Counter) -> None:
    links = ((MSH, "device-1"), (AP, "ap-1"))
    every = ("hco", "ack", "receipt")
    build.put(counter, *DEFINITIONS, build.owner(), msh(1, *every), ap(*every))
    build.put(counter, unit(), endpoint(*links))

    outcomes = build.put(counter, msh(1, "hco"), ap("ack"))

    assert said(outcomes) == {"Device/device-1": [LEFT], "Device/ap-1": [LEFT]}


def test_taking_a_certificate_away_is_never_refused(certified: Counter) -> None:
    strict = level(certified, Level.ERROR)

    outcomes = build.put(strict, eua(1, "hco"))

    assert said(outcomes) == {"Device/device-1": [LEFT]}
    with pytest.raises(Refused, match="not certified for"):
        build.put(strict, endpoint(name="Nyt navn"))
    assert said(build.put(strict, endpoint(status="off"))) == {}


def test_nobody_is_told_where_the_rule_is_off(certified: Counter) -> None:
    assert said(build.put(level(certified, Level.OFF), eua(1, "hco"))) == {}


def test_a_device_says_so_in_its_report(certified: Counter) -> None:
    report = load.load(certified, [build.file(eua(1, "hco"))], build.THE_OPERATOR, lambda _: None)

    assert [(each.name, each.issue.text) for each in report.warnings] == [("Device/device-1", LEFT)]
