"""The operations over HTTP: who receives, whether and why not, and how far publication has come."""

from collections import Counter as Counted
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

import builders_fhir as build
import builders_web as web
from builders_web import Api, api
from eer.domain.policy import Policy
from eer.domain.receipt import Receipt, Step, participant
from eer.fhir import canonicals, codec_json, codec_xml, operations, structure
from eer.fhir.operations import Parameter, Use
from eer.register import changes, receipts
from eer.register.counter import Counter

Json = dict[str, Any]

RECEIVERS = "Organization/$getEerReceiverDataBySORId"
ADDRESSABILITY = "Organization/$addressability"
SMP = "https://smp.example.dk"
SOR_SYSTEM, GLN_SYSTEM = "urn:oid:1.2.208.176.1.1", "https://www.gs1.org/gln"
ALIAS = "urn:dk:healthcare:medcom:messaging:fhir:structuredefinition:homecareobservation:1.2"
UNIT, HCO = f"SOR id {build.sor()}", "Lægehuset på Ærøvej 1, HomeCareObservation 1.2"
NO_SUCH_TYPE = f"there is no such message type; the nearest known one is {build.HCO_1_2}"
LATER = "2026-05-05T12:01:00Z"
READER = "system/Organization.rs system/Endpoint.rs"


@pytest.fixture
def eas(fhir: Api, counter: Counter) -> Api:
    """Return a register with what may be published, as EAS sees it."""
    build.put(counter, *build.registered())
    return fhir.as_(web.token(scope=READER, roles=None))


def asked(fhir: Api, path: str, **given: Any) -> TestResponse:
    return fhir.get(f"{path}?{urlencode(given, doseq=True)}")


def sent(fhir: Api, path: str, *given: Json, **more: Any) -> TestResponse:
    return fhir.send("POST", path, {"resourceType": "Parameters", "parameter": list(given)}, **more)


def text(name: str, value: str) -> Json:
    return {"name": name, "valueString": value}


def found(response: TestResponse, mode: str = "match") -> list[str]:
    """Return the ids of what came in a searchset in some mode."""
    body = response.get_json(force=True)
    assert (response.status_code, body["type"]) == (200, "searchset"), body
    assert structure.issues(body) == []
    entries = [each for each in body.get("entry", ()) if each["search"]["mode"] == mode]
    return [each["resource"].get("id", "") for each in entries]


def remarks(response: TestResponse) -> list[str]:
    body = response.get_json(force=True)
    outcomes = [
        each["resource"] for each in body.get("entry", ()) if each["search"]["mode"] == "outcome"
    ]
    return [issue["details"]["text"] for each in outcomes for issue in each["issue"]]


def value(parameter: Json) -> Any:
    """Return the value of a parameter, of a group its parts in turn, by their names."""
    if "part" in parameter:
        return named(parameter["part"])
    (found,) = [each for name, each in parameter.items() if name.startswith("value")]
    return found["code"] if isinstance(found, dict) and "code" in found else found


def named(parameters: list[Json]) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {}
    for each in parameters:
        values.setdefault(each["name"], []).append(value(each))
    return values


def told(response: TestResponse) -> dict[str, list[Any]]:
    """Return what an answer says; it holds what the definition of its operation promises."""
    body = response.get_json(force=True)
    assert (response.status_code, body["resourceType"]) == (200, "Parameters"), body
    assert structure.issues(body) == []
    definition = operations.OPERATIONS[response.request.path.rpartition("$")[2]]
    given = [each for each in definition.parameters if each.use is Use.OUT]
    assert list(undefined(body["parameter"], given)) == []
    return named(body["parameter"])


def undefined(found: list[Json], given: Iterable[Parameter]) -> Iterator[str]:
    """Yield where an answer is not as the parameters that an operation gives."""
    definitions = {each.name: each for each in given}
    counts = Counted(each["name"] for each in found)
    for name, each in definitions.items():
        if not each.min <= counts[name] <= (counts[name] if each.max is None else each.max):
            yield f"{name}: {counts[name]} times"
    for each in found:
        defined = definitions.get(each["name"])
        if defined is None:
            yield f"{each['name']}: not defined"
        elif defined.parts:
            yield from undefined(each["part"], defined.parts)
        elif f"value{defined.type[0].upper()}{defined.type[1:]}" not in each:
            yield f"{each['name']}: no {defined.type}"


def reason(fhir: Api, **given: Any) -> str:
    code = told(asked(fhir, ADDRESSABILITY, **given))["reason"][0]
    return str(code)


def refused(response: TestResponse) -> list[str]:
    """Return what is said of a request that is not right."""
    body = response.get_json(force=True)
    assert (response.status_code, body["resourceType"]) == (400, "OperationOutcome"), body
    return [issue["details"]["text"] for issue in body["issue"]]


def report(counter: Counter, *steps: Step, number: int = 1, sequence: int | None = None) -> None:
    """Report *steps* of a participant, done with the register as it is now."""
    at = counter.now()
    version = changes.sequence(counter) if sequence is None else sequence
    name = participant(build.gln(number))
    receipts.receive(counter, [Receipt(name, version, each, at, SMP) for each in steps])


def published(counter: Counter, number: int = 1) -> None:
    report(counter, Step.STORED, Step.NAMED, Step.FINISHED, number=number)


# Who receives


@pytest.mark.parametrize(
    "given",
    [
        {"sorId": build.sor()},
        {"sorId": build.sor(), "messageType": build.HCO_1_2},
        {"SORId": build.sor(), "MessageType": build.HCO_1_2},
        {"SorId": build.sor(), "messagetype": build.HCO_1_2},
        {"identifier": f"{SOR_SYSTEM}|{build.sor()}", "messageType": ALIAS},
        {"identifer": build.sor(), "MessageType": f"{canonicals.PAYLOADS}|{build.HCO_1_2}"},
        {"sorId": f" {build.sor()} ", "messageType": [build.ACK_2_0, build.HCO_1_2]},
        {"sorId": f"{build.sor()},{build.sor(7)}", "messageType": f"{build.ACK_2_0},{ALIAS}"},
        {"sorId": [build.sor(7), build.sor(), build.sor()]},
    ],
)
def test_units_are_found_with_the_endpoints_that_receive_for_them(
    eas: Api, given: dict[str, Any]
) -> None:
    response = asked(eas, RECEIVERS, **given)

    assert found(response) == ["unit-1"]
    assert found(response, "include") == ["endpoint-1"]
    assert response.get_json(force=True)["total"] == 1


@pytest.mark.parametrize(
    "given",
    [
        [text("sorId", build.sor()), text("messageType", build.HCO_1_2)],
        [text("SORId", build.sor()), text("MessageType", ALIAS)],
        [
            {"name": "identifier", "valueIdentifier": {"system": SOR_SYSTEM, "value": build.sor()}},
            {
                "name": "messageType",
                "valueCoding": {"system": canonicals.PAYLOADS, "code": build.HCO_1_2},
            },
        ],
        [
            {"name": "sorId", "valueIdentifier": {"value": build.sor()}},
            {"name": "messageType", "valueUri": build.HCO_1_2},
            {"name": "activeOnly", "valueBoolean": True},
        ],
    ],
)
def test_a_parameters_resource_asks_the_same(eas: Api, given: list[Json]) -> None:
    response = sent(eas, RECEIVERS, *given)

    assert found(response) == ["unit-1"]
    assert found(response, "include") == ["endpoint-1"]


def test_the_url_that_the_use_case_has_asks_the_same(eas: Api) -> None:
    path = "getReceivingOrganizationBySORID/EerCoreOrganization"

    response = asked(eas, path, identifer=build.sor(), MessageType=build.HCO_1_2)

    assert found(response) == ["unit-1"]


def test_body_and_url_may_ask_together(eas: Api) -> None:
    path = f"{RECEIVERS}?sorId={build.sor()}"

    assert found(sent(eas, path, text("messageType", build.ACK_2_0))) == []
    assert found(eas.ask("POST", path)) == ["unit-1"]


def test_several_units_come_in_the_order_asked_for_and_a_shared_endpoint_once(
    eas: Api, counter: Counter
) -> None:
    shared = [{"reference": "Endpoint/endpoint-1"}]
    build.put(counter, build.organization(2, endpoint=shared), build.organization(3))

    response = asked(eas, RECEIVERS, sorId=[build.sor(2), build.sor(3), build.sor(1)])

    assert found(response) == ["unit-2", "unit-3", "unit-1"]
    assert found(response, "include") == ["endpoint-1"]
    assert remarks(response) == [f"SOR id {build.sor(3)}: the unit has no endpoint for messages"]


def test_an_endpoint_receives_for_who_manages_it_too_but_not_to_the_letter(
    eas: Api, counter: Counter
) -> None:
    build.put(counter, build.organization(2), build.endpoint(2))
    to_the_letter = replace(counter, policy=Policy(is_message_type_literal=True))
    given = {"sorId": build.sor(2), "messageType": build.HCO_1_2}

    literal = api(to_the_letter)

    assert found(asked(eas, RECEIVERS, **given), "include") == ["endpoint-2"]
    assert found(asked(literal, RECEIVERS, **given)) == []
    assert reason(eas, **given) == "not-eligible"
    assert reason(literal, **given) == "no-endpoint"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"status": "suspended"}, "the endpoint is suspended"),
        ({"status": "off"}, "the endpoint is switched off"),
        ({"period": {"start": "2026-05-06"}}, "the endpoint's period has not begun"),
        ({"period": {"start": "2026-01-01", "end": "2026-05-04"}}, "the endpoint's period is over"),
    ],
)
def test_only_what_is_active_is_found_unless_everything_is_asked_for(
    eas: Api, counter: Counter, changed: Json, why: str
) -> None:
    build.put(counter, build.registered()[-1] | changed)
    given = {"sorId": build.sor(), "messageType": build.HCO_1_2}

    active = asked(eas, RECEIVERS, **given)
    every = asked(eas, RECEIVERS, activeOnly="false", **given)

    assert (found(active), found(active, "include")) == ([], [])
    assert remarks(active) == [f"SOR id {build.sor()}, HomeCareObservation 1.2: {why}"]
    assert (found(every), found(every, "include")) == (["unit-1"], ["endpoint-1"])
    assert remarks(every) == []


def test_a_closed_unit_is_found_only_where_everything_is_asked_for(
    eas: Api, counter: Counter
) -> None:
    build.put(counter, build.registered()[2] | {"active": False})

    active = asked(eas, RECEIVERS, sorId=build.sor())
    every = sent(
        eas, RECEIVERS, text("sorId", build.sor()), {"name": "activeOnly", "valueBoolean": False}
    )

    assert found(active) == []
    assert remarks(active) == [f"SOR id {build.sor()}: the unit is closed"]
    assert found(every) == ["unit-1"]


def test_endpoints_that_do_not_receive_the_message_are_left_out(eas: Api, counter: Counter) -> None:
    more = [build.endpoint(2, payloadType=build.payloads(build.ACK_2_0))]
    more[0]["managingOrganization"] = {"reference": "Organization/unit-1"}
    build.put(counter, *more)

    assert found(asked(eas, RECEIVERS, sorId=build.sor()), "include") == [
        "endpoint-1",
        "endpoint-2",
    ]
    one = asked(eas, RECEIVERS, sorId=build.sor(), messageType=build.ACK_2_0)
    assert found(one, "include") == ["endpoint-2"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"sorId": build.sor(9)}, f"SOR id {build.sor(9)}: the register does not know this number"),
        (
            {"sorId": build.sor(), "messageType": build.ACK_2_0},
            f"{UNIT}, Acknowledgement 2.0: the unit does not receive this message type",
        ),
        (
            {"sorId": build.sor(), "messageType": build.HCO_1_2[:-1]},
            f"{UNIT}, {build.HCO_1_2[:-1]}: {NO_SUCH_TYPE}",
        ),
        (
            {"sorId": build.sor(), "messageType": f"urn:other|{build.HCO_1_2}"},
            f"{UNIT}, {build.HCO_1_2}: {NO_SUCH_TYPE}",
        ),
    ],
)
def test_nothing_found_is_a_searchset_that_says_why(
    eas: Api, given: dict[str, str], why: str
) -> None:
    response = asked(eas, RECEIVERS, **given)

    assert (found(response), remarks(response)) == ([], [why])
    assert response.get_json(force=True)["total"] == 0


def test_why_nothing_is_found_is_said_in_danish_too(eas: Api) -> None:
    query = urlencode({"sorId": build.sor(9)})

    response = eas.get(f"{RECEIVERS}?{query}", headers={"Accept-Language": "da"})

    assert remarks(response) == [f"SOR-id {build.sor(9)}: registret kender ikke dette nummer"]


def test_who_owns_access_points_is_never_found(eas: Api, counter: Counter) -> None:
    odd = build.owner(
        91,
        identifier=[
            {"system": "http://cvr.dk", "value": build.cvr(91)},
            {"system": SOR_SYSTEM, "value": build.sor(91)},
        ],
    )
    build.put(counter, odd)

    response = asked(eas, RECEIVERS, sorId=build.sor(91), activeOnly="false")

    assert found(response) == []
    assert reason(eas, sorId=build.sor(91), messageType=build.HCO_1_2) == "unknown-unit"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "sorId is missing: the operation needs it"),
        ({"sorId": ""}, "sorId found without a value, expected one"),
        ({"sorId": "12"}, "SOR id '12': expected 11 digits or more"),
        ({"sorId": f"{build.sor()},"}, f"sorId={build.sor()}, found, expected values"),
        (
            {"identifier": f"{GLN_SYSTEM}|{build.gln()}"},
            f"identifier of '{GLN_SYSTEM}' found, expected one of {SOR_SYSTEM}",
        ),
        (
            {"sorId": build.sor(), "_count": "1"},
            "parameter _count found, expected sorId, messageType, activeOnly",
        ),
        (
            {"sorId": build.sor(), "activeOnly": "yes"},
            "activeOnly=yes found, expected true or false",
        ),
        (
            {"sorId": build.sor(), "activeOnly": ["true", "false"]},
            "activeOnly found 2 times, expected it once",
        ),
        (
            {"sorId": build.sor(), "messageType": f"{canonicals.PAYLOADS}|"},
            f"messageType '{canonicals.PAYLOADS}|' found, expected a code",
        ),
        (
            {"sorId": build.sor(), "messageType": "x" * 600},
            f"messageType '{'x' * 512}' found, expected a code",
        ),
        (
            {"sorId": ",".join(build.sor(number) for number in (1, 2)) + f",{build.sor(3)}" * 499},
            "501 SOR ids found, expected 500 at most",
        ),
    ],
)
def test_what_is_asked_wrongly_is_refused(eas: Api, given: dict[str, Any], said: str) -> None:
    assert refused(asked(eas, RECEIVERS, **given))[0] == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"resourceType": "Bundle"}, "resourceType 'Bundle' found, expected Parameters"),
        (
            {"resourceType": "Parameters", "parameter": [{"name": "sorId"}]},
            "no value found that can be read, expected valueString or the like",
        ),
        (
            {
                "resourceType": "Parameters",
                "parameter": [{"name": "sorId", "valuePeriod": {"start": "2026"}}],
            },
            "no value found that can be read, expected valueString or the like",
        ),
    ],
)
def test_a_body_that_asks_nothing_is_refused(eas: Api, body: Json, said: str) -> None:
    assert refused(eas.send("POST", RECEIVERS, body)) == [said]


# Whether, and why not


def test_a_unit_that_is_published_is_addressable(eas: Api, counter: Counter) -> None:
    published(counter)

    answer = told(asked(eas, ADDRESSABILITY, sorId=build.sor(), messageType=ALIAS))

    assert answer["addressable"] == [True]
    assert answer["reason"] == ["published"]
    assert answer["text"] == [f"{HCO}: the unit receives it, and its endpoint is published"]
    assert answer["organization"] == [
        {"reference": "Organization/unit-1", "display": "Lægehuset på Ærøvej 1"}
    ]
    assert answer["payload"] == [build.HCO_1_2]
    assert (answer["published"], answer["where"]) == ([True], [SMP])
    assert answer["publishedAt"] == ["2026-05-05T12:00:00.000000Z"]
    assert answer["validUntil"] == ["2029-01-29T12:00:00.000000Z"]
    assert answer["endpoint"] == [
        {
            "reference": [{"reference": "Endpoint/endpoint-1"}],
            "gln": [{"system": GLN_SYSTEM, "value": build.gln()}],
            "reason": ["published"],
        }
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"gln": build.gln()},
        {"identifier": f"{GLN_SYSTEM}|{build.gln()}"},
        {"identifier": f"http://www.gs1.org/gln|{build.gln()}"},
        {"identifier": f"{SOR_SYSTEM}|{build.sor()}"},
    ],
)
def test_a_unit_is_asked_for_by_its_sor_id_or_gln(
    eas: Api, counter: Counter, given: dict[str, str]
) -> None:
    published(counter)
    (name, written) = next(iter(given.items()))

    by_get = told(asked(eas, ADDRESSABILITY, messageType=build.HCO_1_2, **given))
    by_post = told(
        sent(eas, ADDRESSABILITY, text(name, written), text("messageType", build.HCO_1_2))
    )

    assert by_get == by_post
    assert by_get["addressable"] == [True]
    assert by_get["organization"][0]["reference"] == "Organization/unit-1"


@pytest.mark.parametrize(
    ("place", "changed", "expected"),
    [
        (2, {"active": False}, "unit-closed"),
        (3, {"status": "suspended"}, "endpoint-suspended"),
        (3, {"status": "error"}, "endpoint-error"),
        (3, {"status": "off"}, "endpoint-off"),
        (3, {"status": "test"}, "endpoint-test"),
        (3, {"status": "entered-in-error"}, "endpoint-entered-in-error"),
        (3, {"period": {"start": "2027-01-01"}}, "period-not-begun"),
        (3, {"period": {"start": "2026-01-01", "end": "2026-02-01"}}, "period-over"),
        (3, {"payloadType": build.payloads(build.ACK_2_0)}, "message-type-not-received"),
        (3, {"extension": []}, "not-eligible"),
        (1, {"status": "inactive"}, "not-eligible"),
    ],
)
def test_what_is_against_it_is_told(
    eas: Api, counter: Counter, place: int, changed: Json, expected: str
) -> None:
    published(counter)
    resource = build.registered()[place] | changed
    build.put(counter, {name: each for name, each in resource.items() if each != []})

    by_sor = reason(eas, sorId=build.sor(), messageType=build.HCO_1_2)
    by_gln = reason(eas, gln=build.gln(), messageType=build.HCO_1_2)

    assert (by_sor, by_gln) == (expected, expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"sorId": build.sor(8)}, "unknown-unit"),
        ({"gln": build.gln(8)}, "unknown-unit"),
        ({"sorId": build.sor(), "messageType": "urn:x"}, "message-type-unknown"),
        ({"sorId": build.sor(2)}, "no-endpoint"),
    ],
)
def test_who_or_what_is_not_there_is_told(
    eas: Api, counter: Counter, given: dict[str, str], expected: str
) -> None:
    build.put(counter, build.organization(2))

    assert reason(eas, **{"messageType": build.HCO_1_2, **given}) == expected


def test_every_obstacle_of_an_endpoint_is_told(eas: Api, counter: Counter) -> None:
    build.put(counter, build.access_point(status="inactive"), build.owner(active=False))

    answer = told(asked(eas, ADDRESSABILITY, sorId=build.sor(), messageType=build.HCO_1_2))

    assert answer["endpoint"][0]["obstacle"] == ["ap-inactive", "ap-owner-inactive"]
    assert answer["text"][0].endswith(
        "the endpoint cannot be published: the access point is not active and the access point's "
        "owner is not active"
    )


def test_an_endpoint_that_another_smp_answers_for_is_found_and_told_with_that_smp(
    eas: Api, counter: Counter
) -> None:
    uid = "CN=SMP of Prøvestyrelsen,C=DK"
    build.update(counter, build.endpoint(extension=[build.redirected(uid=uid)]))
    published(counter)

    answer = told(
        asked(eas, ADDRESSABILITY, sorId=build.sor(), messageType=build.HCO_1_2),
    )

    assert (answer["addressable"], answer["where"]) == ([True], [SMP])
    assert answer["endpoint"][0]["redirect"] == ["https://smp.other.example.dk"]
    receivers = asked(eas, RECEIVERS, sorId=build.sor(), messageType=build.HCO_1_2)
    assert found(receivers, "include") == ["endpoint-1"]


def test_the_sentence_is_in_the_language_asked_for(eas: Api) -> None:
    query = urlencode({"sorId": build.sor(), "messageType": build.HCO_1_2})

    answer = told(eas.get(f"{ADDRESSABILITY}?{query}", headers={"Accept-Language": "da"}))

    assert answer["text"] == [f"{HCO}: endpointet er endnu ikke publiceret"]


@pytest.mark.parametrize("path", [RECEIVERS, ADDRESSABILITY])
def test_the_answer_comes_in_xml_too(eas: Api, path: str) -> None:
    query = urlencode({"sorId": build.sor(), "messageType": build.HCO_1_2})

    json, xml = eas.get(f"{path}?{query}"), eas.get(f"{path}?{query}&_format=xml")

    assert xml.mimetype == web.FHIR_XML
    assert codec_xml.parse(xml.data) == codec_json.parse(json.data)


@pytest.mark.parametrize("path", [RECEIVERS, ADDRESSABILITY])
def test_a_question_may_be_in_xml(eas: Api, path: str) -> None:
    body = codec_xml.printed(
        {
            "resourceType": "Parameters",
            "parameter": [text("sorId", build.sor()), text("messageType", build.HCO_1_2)],
        }
    )

    response = eas.ask("POST", path, data=body, content_type=web.FHIR_XML)

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "none of them found, expected one of sorId, gln, identifier"),
        (
            {"sorId": build.sor(), "gln": build.gln()},
            "sorId, gln found, expected one of sorId, gln, identifier",
        ),
        ({"gln": "5790000000000"}, "GLN 5790000000000: check digit 0 found, 5 expected"),
        ({"sorId": "x"}, "SOR id 'x': expected 11 digits or more"),
        (
            {"identifier": build.sor()},
            f"identifier '{build.sor()}' found, expected {SOR_SYSTEM}|value or {GLN_SYSTEM}|value",
        ),
        (
            {"SORId": build.sor()},
            "parameter SORId found, expected sorId, gln, identifier, messageType",
        ),
        (
            {"sorId": build.sor(), "messageType": ["a", "b"]},
            "messageType found 2 times, expected it once",
        ),
    ],
)
def test_a_question_that_is_not_one_is_refused(eas: Api, given: dict[str, Any], said: str) -> None:
    given = {"messageType": build.HCO_1_2, **given}

    assert refused(asked(eas, ADDRESSABILITY, **given))[0] == said


@pytest.mark.parametrize("scope", ["system/Organization.rs", "system/Endpoint.s", "system/*.r"])
@pytest.mark.parametrize("path", [RECEIVERS, ADDRESSABILITY])
def test_who_may_not_search_for_both_is_not_answered(eas: Api, path: str, scope: str) -> None:
    given = {"sorId": build.sor(), "messageType": build.HCO_1_2}

    without = asked(eas.as_(web.token(scope=scope, roles=None)), path, **given)

    assert (without.status_code, web.outcome(without)) == (403, [("error", "forbidden")])
    assert asked(eas.as_(None), path, **given).status_code == 401


# What receipts say of each document


def now(eas: Api, code: str = build.HCO_1_2) -> tuple[str, bool]:
    answer = told(asked(eas, ADDRESSABILITY, gln=build.gln(), messageType=code))
    return answer["reason"][0], answer["published"][0]


def test_nothing_is_published_before_the_publisher_has_finished(eas: Api, counter: Counter) -> None:
    assert now(eas) == ("not-published-yet", False)

    report(counter, Step.STORED, Step.NAMED)
    assert now(eas) == ("not-published-yet", False)

    report(counter, Step.FINISHED)
    assert now(eas) == ("published", True)


def test_a_document_that_came_later_is_not_published_before_it_is_told(
    eas: Api, counter: Counter
) -> None:
    published(counter)
    more = build.payloads(build.HCO_1_2, build.ACK_2_0)
    build.put(counter, build.registered()[-1] | {"payloadType": more})

    assert now(eas) == ("published", True)
    assert now(eas, build.ACK_2_0) == ("not-published-yet", False)

    report(counter, Step.STORED, Step.FINISHED)
    assert now(eas, build.ACK_2_0) == ("published", True)


def test_what_was_suspended_when_the_publisher_finished_is_not_published(
    eas: Api, counter: Counter
) -> None:
    build.put(counter, build.registered()[-1] | {"status": "suspended"})
    report(counter, Step.FINISHED)
    build.put(counter, build.registered()[-1])

    assert now(eas) == ("not-published-yet", False)


def test_what_is_suspended_now_may_still_be_published(eas: Api, counter: Counter) -> None:
    published(counter)
    build.put(counter, build.registered()[-1] | {"status": "suspended"})

    assert now(eas) == ("endpoint-suspended", True)

    report(counter, Step.UNNAMED)
    assert now(eas) == ("endpoint-suspended", False)


def test_what_a_run_that_has_not_ended_saw_counts(eas: Api, counter: Counter) -> None:
    published(counter)
    build.put(counter, build.registered()[-1] | {"payloadType": build.payloads(build.RECEIPT)})
    report(counter, Step.STORED)
    build.put(counter, build.registered()[-1])

    assert now(eas) == ("not-published-yet", False)
    assert now(eas, build.RECEIPT) == ("published", True)


def test_an_access_point_that_was_not_active_then_counts(eas: Api, counter: Counter) -> None:
    build.put(counter, build.access_point(status="inactive"))
    report(counter, Step.FINISHED)
    build.put(counter, build.access_point())

    assert now(eas) == ("not-published-yet", False)


def test_a_period_that_had_not_begun_then_counts(
    eas: Api, counter: Counter, clock: build.Clock
) -> None:
    build.put(counter, build.registered()[-1] | {"period": {"start": LATER}})
    published(counter)
    clock.at += timedelta(minutes=2)
    assert now(eas) == ("not-published-yet", False)

    report(counter, Step.STORED, Step.FINISHED)
    assert now(eas) == ("published", True)


def test_an_endpoint_is_not_published_under_a_gln_that_it_did_not_have(
    eas: Api, counter: Counter
) -> None:
    other = {"identifier": [{"system": GLN_SYSTEM, "value": build.gln(5)}]}
    build.put(counter, build.registered()[-1] | other)
    report(counter, Step.FINISHED)
    build.put(counter, build.registered()[-1])

    assert now(eas) == ("not-published-yet", False)


def test_an_endpoint_that_was_not_there_then_is_not_published(eas: Api, counter: Counter) -> None:
    report(counter, Step.FINISHED, sequence=2)

    assert now(eas) == ("not-published-yet", False)


# A message type on its way out


def retired(**changes: Any) -> Iterator[Json]:
    old = build.message_definition(status="retired", date="2026-04-01", **changes)
    yield old
    successor = build.message_definition(
        id="hco-2.0",
        version="2.0",
        replaces=[f"{old['url']}|{old['version']}"],
        identifier=[old["identifier"][0] | {"value": build.HCO_1_1}],
    )
    yield successor


def test_a_retired_message_type_is_told_with_what_takes_its_place(
    eas: Api, counter: Counter
) -> None:
    build.put(counter, *retired())

    answer = told(asked(eas, ADDRESSABILITY, gln=build.gln(), messageType=build.HCO_1_2))

    assert answer["deprecated"] == [
        {"since": ["2026-03-31T22:00:00.000000Z"], "replacedBy": [build.HCO_1_1]}
    ]


def test_a_message_type_that_is_not_retired_is_not_told_so(eas: Api, counter: Counter) -> None:
    build.put(counter, build.message_definition())

    answer = told(asked(eas, ADDRESSABILITY, gln=build.gln(), messageType=build.HCO_1_2))

    assert "deprecated" not in answer


# How far publication has come


def publication(fhir: Api, query: str = "") -> dict[str, list[Any]]:
    return told(fhir.get(f"Endpoint/endpoint-1/$publication{query}"))


def test_the_receipts_of_the_participant_are_told_with_how_far_they_reach(
    eas: Api, counter: Counter
) -> None:
    report(counter, Step.STORED, sequence=4)
    before = publication(eas)
    report(counter, Step.FINISHED, sequence=4)
    after = publication(eas)

    looked_up = f"{SMP},192.0.2.1:53,192.0.2.2:53"
    name, at = participant(build.gln()), counter.now()
    receipts.receive(counter, [Receipt(name, 4, Step.VERIFIED, at, looked_up)])
    verified = publication(eas)["participant"][0]["receipt"][-1]

    assert (verified["step"], verified["where"]) == (["verified"], [looked_up])
    assert (before["reached"], after["reached"]) == ([False], [True])
    assert (after["version"], after["sequence"]) == ([1], [4])
    receipt = {"sequence": [4], "time": ["2026-05-05T12:00:00.000000Z"], "where": [SMP]}
    assert after["participant"] == [
        {
            "identifier": [participant(build.gln())],
            "reached": [True],
            "receipt": [{**receipt, "step": ["stored"]}, {**receipt, "step": ["finished"]}],
        }
    ]


def test_a_version_that_changed_the_gln_touches_both_participants(
    eas: Api, counter: Counter
) -> None:
    published(counter)
    other = {"identifier": [{"system": GLN_SYSTEM, "value": build.gln(5)}]}
    build.put(counter, build.registered()[-1] | other)
    report(counter, Step.FINISHED, number=5)

    newest, first = publication(eas), publication(eas, "?version=1")

    told_of = [(each["identifier"][0], each["reached"][0]) for each in newest["participant"]]
    assert told_of == [(participant(build.gln(5)), True), (participant(build.gln()), False)]
    assert (newest["reached"], first["reached"]) == ([False], [True])
    assert [each["identifier"] for each in first["participant"]] == [[participant(build.gln())]]


def test_a_deleted_endpoint_has_its_publication_too(eas: Api, counter: Counter) -> None:
    published(counter)
    build.put(counter, build.organization())
    build.remove(counter, "Endpoint/endpoint-1")

    assert (publication(eas)["version"], publication(eas)["reached"]) == ([2], [False])

    report(counter, Step.UNNAMED, Step.FINISHED)
    assert publication(eas)["reached"] == [True]


def test_another_id_of_an_endpoint_leads_to_its_publication(eas: Api, counter: Counter) -> None:
    by_gln = build.registered()[-1] | {"id": build.gln()}
    assert not build.loaded(counter, build.file(by_gln)).refused

    assert told(eas.get(f"Endpoint/{build.gln()}/$publication")) == publication(eas)


def test_publication_may_be_asked_for_in_a_body(eas: Api) -> None:
    answer = told(
        sent(eas, "Endpoint/endpoint-1/$publication", {"name": "version", "valueInteger": 1})
    )

    assert answer["version"] == [1]


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("nowhere/$publication", 404, "Endpoint/nowhere is not in the register"),
        ("endpoint-1/$publication?version=2", 404, "Endpoint/endpoint-1 has no version 2"),
        (
            "endpoint-1/$publication?version=x",
            400,
            "version=x found, expected the number of a version",
        ),
        ("endpoint-1/$publication?x=1", 400, "parameter x found, expected version"),
    ],
)
def test_what_has_no_publication_is_said(eas: Api, path: str, status: int, said: str) -> None:
    response = eas.get(f"Endpoint/{path}")

    assert response.status_code == status
    assert response.get_json(force=True)["issue"][0]["details"]["text"] == said


def test_who_may_not_read_endpoints_gets_no_publication(eas: Api) -> None:
    other = eas.as_(web.token(scope="system/Endpoint.s", roles=None))

    assert other.get("Endpoint/endpoint-1/$publication").status_code == 403


@pytest.mark.parametrize(
    "path", ["Endpoint/$publication", "Organization/unit-1/$addressability", "$addressability"]
)
def test_an_operation_is_asked_at_its_own_level(eas: Api, path: str) -> None:
    assert eas.get(path).status_code == 404
