"""Which units receive a message type? The search that EAS makes of the register.

EER 2.0.1 SearchParameter-MessageType: a join of Organization over its endpoints, those it lists and
those it manages.
"""

import pytest

import builders_fhir as build
import builders_plain as plain
import searches
from builders_web import Api
from eer.fhir import canonicals

HCO, ACK, RECEIPT = (
    searches.quoted(each) for each in (build.HCO_1_2, build.ACK_2_0, build.RECEIPT)
)
FHIR = "urn:dk:healthcare:medcom:messaging:fhir:structuredefinition"
CARE = f"{FHIR}::carecommunication-message##urn:dk:medcom:fhir:carecommunication-message::5.0"
NOTIFICATION = f"{FHIR}:hospitalnotification:3.0"
DISCHARGE = "urn:dk:healthcare:medcom:messaging:edifact:meddis:dis01:d0134l"
LISTED = [{"reference": "Endpoint/endpoint-1"}]


def offers(*codes: str) -> dict[str, list[build.Json]]:
    return {"payloadType": build.payloads(*codes)}


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return: unit 1 manages and lists, 2 only manages, 3 only lists 1's, 4 has nothing."""
    return searches.registered(
        fhir,
        *(build.organization(number) for number in (1, 2, 3, 4)),
        build.endpoint(1, **offers(build.HCO_1_2, build.RECEIPT)),
        build.endpoint(2, **offers(build.ACK_2_0, build.RECEIPT)),
        build.organization(1, endpoint=LISTED),
        build.organization(3, endpoint=LISTED),
    )


def found(fhir: Api, *values: str) -> list[str]:
    return searches.found(
        fhir, "Organization?" + "&".join(f"messageType={each}" for each in values)
    )


@pytest.mark.fhir(79, 132)
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((HCO,), ["unit-1", "unit-3"]),
        ((ACK,), ["unit-2"]),
        ((RECEIPT,), ["unit-1", "unit-2", "unit-3"]),
        ((f"{HCO},{ACK}",), ["unit-1", "unit-2", "unit-3"]),
        ((HCO, RECEIPT), ["unit-1", "unit-3"]),
        ((HCO, ACK), []),
        ((f"{HCO},{ACK}", RECEIPT), ["unit-1", "unit-2", "unit-3"]),
        ((searches.quoted(build.HCO_1_1),), []),
        (("nothing",), []),
        (("nothing", HCO), []),
    ],
)
def test_a_unit_is_found_by_what_its_endpoints_receive(
    filled: Api, values: tuple[str, ...], expected: list[str]
) -> None:
    assert found(filled, *values) == expected


@pytest.mark.fhir(79)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"{canonicals.PAYLOADS}|{HCO}", ["unit-1", "unit-3"]),
        (f"{canonicals.PAYLOADS}%7C{HCO}", ["unit-1", "unit-3"]),
        (f"{canonicals.PAYLOADS}|", ["unit-1", "unit-2", "unit-3"]),
        (f"|{HCO}", []),
        (f"urn:x|{HCO}", []),
        ("urn:x|", []),
    ],
)
def test_a_message_type_is_a_token_like_others(
    filled: Api, value: str, expected: list[str]
) -> None:
    assert found(filled, value) == expected


@pytest.mark.fhir(79)
def test_a_message_type_without_a_system_is_found_as_such(fhir: Api) -> None:
    concept = build.payloads(build.HCO_1_2)[0]
    concept["coding"].append({"code": "hjemmepleje"})
    searches.registered(fhir, build.organization(1), build.endpoint(1, payloadType=[concept]))

    assert found(fhir, "|hjemmepleje") == ["unit-1"]
    assert found(fhir, "hjemmepleje") == ["unit-1"]
    assert found(fhir, f"{canonicals.PAYLOADS}|hjemmepleje") == []


@pytest.mark.fhir(79)
def test_two_message_types_may_be_received_at_two_endpoints(fhir: Api) -> None:
    searches.registered(
        fhir,
        build.organization(1),
        build.endpoint(1, **offers(build.HCO_1_2)),
        build.endpoint(
            2, managingOrganization={"reference": "Organization/unit-1"}, **offers(build.ACK_2_0)
        ),
    )

    assert found(fhir, HCO, ACK) == ["unit-1"]


@pytest.mark.fhir(79)
@pytest.mark.parametrize(
    "changes",
    [
        *({"status": status} for status in ("suspended", "off", "error", "test")),
        {"period": {"start": "2040-01-01"}},
        {"period": {"start": "2020-01-01", "end": "2021-01-01"}},
    ],
)
def test_neither_status_nor_period_of_an_endpoint_matters(fhir: Api, changes: build.Json) -> None:
    searches.registered(fhir, build.organization(1, active=False), build.endpoint(1, **changes))

    assert found(fhir, HCO) == ["unit-1"]


@pytest.mark.fhir(79)
def test_a_message_type_is_not_found_when_it_is_no_longer_received(filled: Api) -> None:
    searches.registered(filled, build.endpoint(1, **offers(build.RECEIPT)))

    assert found(filled, HCO) == []


@pytest.mark.fhir(79)
def test_a_unit_is_not_found_by_an_endpoint_it_gave_away(filled: Api) -> None:
    given = build.endpoint(
        2, managingOrganization={"reference": "Organization/unit-4"}, **offers(build.ACK_2_0)
    )
    searches.registered(filled, given)

    assert found(filled, ACK) == ["unit-4"]


@pytest.mark.fhir(79)
def test_units_may_be_asked_for_that_do_not_receive_a_message_type(filled: Api) -> None:
    others = ["unit-2", "unit-4"]

    assert searches.found(filled, f"Organization?messageType:not={HCO}") == others


@pytest.mark.fhir(79)
def test_message_types_are_asked_for_by_their_text_and_by_value_set(filled: Api) -> None:
    url = "https://codes.example.dk/ValueSet/measurements"
    held = {"system": canonicals.PAYLOADS, "concept": [{"code": build.HCO_1_2}]}
    told = build.concept(canonicals.PAYLOADS, build.ACK_2_0) | {"text": "Kvittering"}
    searches.registered(
        filled,
        plain.value_set(url=url, compose={"include": [held]}),
        build.endpoint(2, payloadType=[told]),
    )

    for asked, expected in (
        (f"in={url}", ["unit-1", "unit-3"]),
        (f"not-in={url}", ["unit-2", "unit-4"]),
        ("text=kvittering", ["unit-2"]),
        ("missing=true", ["unit-4"]),
    ):
        assert searches.found(filled, f"Organization?messageType:{asked}") == expected, asked


PROD = "urn:dk:healthcare:prod:medcom:messaging:fhir:structuredefinition"
TEMPLATE = "urn:dk:healthcare:prod:messaging:medcom:fhir:structuredefinition"
OURS = "urn:dk:medcom:fhir"


@pytest.mark.fhir(79)
@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        (
            build.HCO_1_2,
            [
                f"{FHIR}:homecareobservation:1.2",
                f"{FHIR}:homecareobservation#{OURS}:homecareobservation:1.2",
                f"{FHIR}:homecareobservation-message#{OURS}:homecareobservation-message:1.2",
                f"{PROD}:homecareobservation#{OURS}:homecareobservation:1.2",
                f"{TEMPLATE}::homecareobservation-message##{OURS}:homecareobservation-message::1.2",
            ],
        ),
        (
            build.ACK_2_0,
            [
                f"{FHIR}:acknowledgement:2.0",
                f"{PROD}:acknowledgement#{OURS}:acknowledgement:2.0",
            ],
        ),
        (
            CARE,
            [
                f"{FHIR}::care-communication-message##{OURS}:care-communication-message::5.0",
                f"{FHIR}:carecommunication:5.0",
            ],
        ),
    ],
)
def test_other_spellings_of_a_message_type_find_it(
    fhir: Api, code: str, spellings: list[str]
) -> None:
    searches.registered(
        fhir,
        *(build.organization(number) for number in (1, 2)),
        build.endpoint(1, **offers(code)),
        build.endpoint(2, **offers(build.RECEIPT)),
    )

    for spelling in (code, *spellings):
        quoted = searches.quoted(spelling)
        assert found(fhir, quoted) == ["unit-1"], spelling
        assert found(fhir, f"{canonicals.PAYLOADS}|{quoted}") == ["unit-1"], spelling
        assert found(fhir, f"nothing,{quoted}") == ["unit-1"], spelling


@pytest.mark.fhir(79)
@pytest.mark.parametrize(
    "spelling",
    [
        f"{FHIR}:homecareobservation:1.1",
        f"{FHIR}:homecareobservation:3.0",
        f"{FHIR}:homecareobservation",
        f"{FHIR}:HomeCareObservation:1.2",
        "homecareobservation:1.2",
    ],
)
def test_a_spelling_finds_no_other_version_and_no_guess(filled: Api, spelling: str) -> None:
    assert found(filled, searches.quoted(spelling)) == []


@pytest.mark.fhir(79)
@pytest.mark.parametrize("code", [NOTIFICATION, DISCHARGE])
def test_an_older_code_is_found_as_it_stands(fhir: Api, code: str) -> None:
    searches.registered(fhir, build.organization(1), build.endpoint(1, **offers(code)))

    assert found(fhir, searches.quoted(code)) == ["unit-1"]


@pytest.mark.fhir(79, 87, 132)
def test_eas_gets_the_units_it_asks_for_with_their_endpoints(filled: Api) -> None:
    sor_ids = ",".join(f"urn:oid:1.2.208.176.1.1|{build.sor(number)}" for number in (1, 2, 4))
    search = (
        f"Organization?identifier={sor_ids}&messageType={canonicals.PAYLOADS}|{HCO},{ACK}"
        "&active=true&_include=Organization:endpoint"
    )

    bundle = searches.page(filled, search)

    assert (bundle["total"], searches.matches(bundle)) == (2, ["unit-1", "unit-2"])
    assert searches.included(bundle) == ["Endpoint/endpoint-1"]
    path, _, form = search.partition("?")
    posted = searches.read(searches.sent(filled, f"{path}/_search", form))
    assert searches.answer(posted) == searches.answer(bundle)
