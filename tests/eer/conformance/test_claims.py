"""Each claim of the CapabilityStatement is tried; what is not claimed must not work.

A test goes over all types and tells every claim that is not true at once.
"""

import json
from collections.abc import Callable, Mapping
from email.utils import format_datetime

import pytest
from werkzeug.test import TestResponse

import builders_fhir as build
from builders_fhir import Clock, Json
from builders_web import FHIR_JSON, FHIR_XML, Api
from eer.fhir import canonicals
from examples import TYPES, can, example, filled_with_each, stated
from exchanges import done, pass_on, refused

pytestmark = pytest.mark.fhir(125)

JSON_PATCH = "application/json-patch+json"
FORM = "application/x-www-form-urlencoded"
Interaction = Callable[[Api, str, str], TestResponse]


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the API over a register that holds two resources of each type it takes."""
    return filled_with_each(fhir)


def held(fhir: Api, name: str, number: int = 1) -> str:
    """Return the id of a resource of a type: the example, or what the server holds itself."""
    own: str = example(name, number)["id"]
    if fhir.get(f"{name}/{own}").status_code == 200:
        return own
    found = fhir.get(name).get_json(force=True).get("entry", [])
    return str(found[0]["resource"]["id"]) if found else own


def patch(fhir: Api, path: str, change: object, media_type: str) -> TestResponse:
    data = change if isinstance(change, str) else json.dumps(change)
    return fhir.ask("PATCH", path, data=data, content_type=media_type)


def a_patch(name: str) -> list[Json]:
    return [{"op": "test", "path": "/resourceType", "value": name}]


INTERACTIONS: Mapping[str, Interaction] = {
    "read": lambda fhir, name, id_: fhir.get(f"{name}/{id_}"),
    "vread": lambda fhir, name, id_: fhir.get(f"{name}/{id_}/_history/1"),
    "history-instance": lambda fhir, name, id_: fhir.get(f"{name}/{id_}/_history"),
    "history-type": lambda fhir, name, _: fhir.get(f"{name}/_history"),
    "search-type": lambda fhir, name, _: fhir.get(name),
    "create": lambda fhir, name, _: fhir.post(example(name, 2)),
    "update": lambda fhir, name, _: fhir.put(example(name, 1)),
    "patch": lambda fhir, name, id_: patch(fhir, f"{name}/{id_}", a_patch(name), JSON_PATCH),
    "delete": lambda fhir, name, _: fhir.delete(f"{name}/{held(fhir, name, 3)}"),
}


def test_every_interaction_works_where_it_is_claimed_and_nowhere_else(filled: Api) -> None:
    lies: list[tuple[str, str, int]] = []

    for each in stated(filled):
        name = each["type"]
        for code, interact in INTERACTIONS.items():
            status = interact(filled, name, held(filled, name)).status_code
            expected = (200, 201) if can(each, code) else (404, 405)
            lies += [] if status in expected else [(name, code, status)]

    assert lies == []


def test_a_search_that_is_claimed_may_be_posted(filled: Api) -> None:
    for each in stated(filled):
        if can(each, "search-type"):
            path = f"{each['type']}/_search"
            found = done(filled.ask("POST", path, data="_count=1", content_type=FORM))
            assert (found["type"], "total" in found) == ("searchset", True), path


OTHERS = ("Patient", "Practitioner", "Bundle", "Binary", "Basic", "Subscription", "AuditEvent")


def test_a_type_that_is_not_claimed_is_not_kept(fhir: Api) -> None:
    unclaimed = {*TYPES, *OTHERS} - {each["type"] for each in stated(fhir)}

    assert set(OTHERS) <= unclaimed
    for name in unclaimed:
        for interact in INTERACTIONS.values():
            assert refused(interact(fhir, name, "x"), 404) == ["not-supported"], name


WHOLE: Mapping[str, Callable[[Api], TestResponse]] = {
    "transaction": lambda fhir: fhir.send("POST", "", build.transaction(build.device(9))),
    "batch": lambda fhir: fhir.send(
        "POST", "", build.transaction(build.device(9)) | {"type": "batch"}
    ),
    "search-system": lambda fhir: fhir.get("?_type=Organization,Device"),
    "history-system": lambda fhir: fhir.get("_history"),
}


def test_the_whole_server_does_what_it_claims(filled: Api) -> None:
    (rest,) = done(filled.get("metadata"))["rest"]

    works = {code for code, act in WHOLE.items() if act(filled).status_code == 200}

    assert works == {each["code"] for each in rest["interaction"]}


# Versions and conditions


def changed(name: str, number: int = 1) -> Json:
    """Return an example that says something else: every resource may have a language."""
    return example(name, number) | {"language": "da"}


def anonymous(name: str) -> Json:
    return {member: value for member, value in changed(name).items() if member != "id"}


# Each claim with what makes it true; *one* and *two* are ids of what is held.
CONDITIONS: Mapping[str, tuple[set[object], Callable[[Api, str, str, str], TestResponse]]] = {
    "conditionalCreate": (
        {True},
        lambda fhir, name, one, _: fhir.post(
            anonymous(name), headers={"If-None-Exist": f"_id={one}"}
        ),
    ),
    "conditionalUpdate": (
        {True},
        lambda fhir, name, one, _: fhir.send("PUT", f"{name}?_id={one}", anonymous(name)),
    ),
    "conditionalDelete of several": (
        {"multiple"},
        lambda fhir, name, one, two: fhir.delete(f"{name}?_id={one},{two}"),
    ),
    "conditionalDelete": (
        {"single", "multiple"},
        lambda fhir, name, _, two: fhir.delete(f"{name}?_id={two}"),
    ),
    "updateCreate": ({True}, lambda fhir, name, _, __: fhir.put(example(name, 4))),
}


def test_every_condition_holds_where_it_is_claimed_and_nowhere_else(filled: Api) -> None:
    lies: list[tuple[str, str, int]] = []

    for each in stated(filled):
        name = each["type"]
        one, two = held(filled, name), held(filled, name, 3)
        for condition, (true, act) in CONDITIONS.items():
            claim = each.get(condition.partition(" ")[0]) in true
            status = act(filled, name, one, two).status_code
            lies += [] if (status in (200, 201)) == claim else [(name, condition, status)]

    assert lies == []


def test_what_cannot_be_written_claims_no_conditions(fhir: Api) -> None:
    for each in stated(fhir):
        for flag, code in (
            ("conditionalCreate", "create"),
            ("conditionalUpdate", "update"),
            ("updateCreate", "update"),
        ):
            assert can(each, code) or not each.get(flag, False), (each["type"], flag)
        if not can(each, "delete"):
            assert each.get("conditionalDelete", "not-supported") == "not-supported"


def test_every_type_has_the_versions_it_claims(filled: Api) -> None:
    for each in stated(filled):
        if can(each, "update"):
            path = f"{each['type']}/{held(filled, each['type'])}"
            before = done(filled.get(path))["meta"]["versionId"]
            after = done(filled.put(changed(each["type"])))["meta"]["versionId"]
            assert (before != after) == (each["versioning"] != "no-version"), path
            old = filled.get(f"{path}/_history/{before}").status_code
            assert (old == 200) == each["readHistory"], path
            if each["versioning"] == "versioned-update":
                stale = {"If-Match": f'W/"{before}"'}
                again = filled.put(example(each["type"], 1), headers=stale)
                assert again.status_code == 412, path


def test_every_type_is_read_on_the_conditions_it_claims(filled: Api, clock: Clock) -> None:
    pass_on(clock)
    lies: list[tuple[str, str, int]] = []

    for each in stated(filled):
        path = f"{each['type']}/{held(filled, each['type'])}"
        first = filled.get(path)
        if first.status_code != 200:
            continue  # nothing is held of it, so nothing can be read
        claim = each.get("conditionalRead", "not-supported")
        now = format_datetime(clock.at, usegmt=True)
        for header, value, able in (
            ("If-None-Match", first.headers["ETag"], "not-match"),
            ("If-Modified-Since", now, "modified-since"),
        ):
            status = filled.get(path, headers={header: value}).status_code
            expected = 304 if claim in ("full-support", able) else 200
            lies += [] if status == expected else [(each["type"], header, status)]

    assert lies == []


# Operations, patches, forms, definitions

OPERATIONS: Mapping[str, Callable[[Api, str], TestResponse]] = {
    "validate": lambda fhir, name: fhir.send("POST", f"{name}/$validate", example(name, 1)),
    "getEerReceiverDataBySORId": lambda fhir, name: fhir.get(
        f"{name}/$getEerReceiverDataBySORId?sorId={build.sor(1)}"
    ),
    "addressability": lambda fhir, name: fhir.get(
        f"{name}/$addressability?sorId={build.sor(1)}"
        f"&messageType={build.HCO_1_2.replace('#', '%23')}"
    ),
    "publication": lambda fhir, name: fhir.get(f"{name}/{example(name, 1)['id']}/$publication"),
}


def test_every_operation_works_where_it_is_claimed_and_nowhere_else(filled: Api) -> None:
    claimed = {
        each["type"]: {operation["name"] for operation in each.get("operation", [])}
        for each in stated(filled)
    }
    lies: list[tuple[str, str, int]] = []

    for each, own in claimed.items():
        for name in OPERATIONS.keys() | own:
            act = OPERATIONS.get(name)
            response = act(filled, each) if act else filled.get(f"{each}/${name}")
            status = response.status_code
            lies += [] if status == (200 if name in own else 404) else [(each, name, status)]

    assert lies == []
    assert refused(filled.get("Device/$nothing"), 404) == ["not-supported"]


PATCHES: Mapping[str, Callable[[str], object]] = {
    JSON_PATCH: a_patch,
    "application/merge-patch+json": lambda _: {},
    FHIR_JSON: lambda _: {"resourceType": "Parameters"},
    FHIR_XML: lambda _: '<Parameters xmlns="http://hl7.org/fhir"/>',
    "application/json": lambda _: {},
    "application/xml-patch+xml": lambda _: "<diff/>",
}


def test_every_form_of_patch_works_that_is_claimed_and_no_other(filled: Api) -> None:
    claimed = set(done(filled.get("metadata"))["patchFormat"])

    answers = {
        media_type: patch(filled, "Device/device-1", change("Device"), media_type).status_code
        for media_type, change in PATCHES.items()
    }

    assert claimed <= PATCHES.keys()
    assert answers == {each: 200 if each in claimed else 415 for each in PATCHES}


def test_every_form_is_answered_that_is_claimed_and_no_other(filled: Api) -> None:
    claimed = done(filled.get("metadata"))["format"]

    for each in claimed:
        if "/" in each:
            answer = filled.get("Device/device-1", headers={"Accept": each})
        else:
            answer = filled.get(f"Device/device-1?_format={each}")
        assert answer.status_code == 200, each
    for each in ("text/turtle", "application/fhir+turtle", "text/html"):
        assert each not in claimed
        assert filled.get("Device/device-1", headers={"Accept": each}).status_code == 406


def test_every_definition_of_ours_can_be_read(fhir: Api) -> None:
    (rest,) = done(fhir.get("metadata"))["rest"]
    lies: list[str] = []

    for each in (rest, *rest["resource"]):
        for part, kind in (
            ("searchParam", "SearchParameter"),
            ("operation", "OperationDefinition"),
        ):
            for claim in each.get(part, []):
                url = claim["definition"]
                if url.startswith(canonicals.OUR_ROOT):
                    response = fhir.get(f"{kind}?url={url}")
                    lies += [] if response.get_json(force=True).get("total") == 1 else [url]

    assert lies == []
