"""What the program defines itself is read and found, and cannot be written."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

import builders_fhir as build
import builders_web as web
from builders_fhir import Json
from builders_web import BASE, FHIR_XML, Api
from eer.domain import moment
from eer.domain.errors import Malformed
from eer.domain.identifiers import is_resource_id
from eer.domain.search import (
    Address,
    Clause,
    Condition,
    Ids,
    Indexed,
    Match,
    Missing,
    Not,
    Pair,
    Position,
    Prefix,
    Query,
    Stretch,
    Text,
    Token,
    Updated,
)
from eer.fhir import canonicals, codec_xml, kind, kinds, plain, scan, structure
from eer.fhir.extensions import EXTENSIONS, Extension
from eer.fhir.operations import OPERATIONS, Operation, Parameter, Use
from eer.fhir.release import RELEASED
from eer.fhir.types import operation_definition, structure_definition
from exchanges import body, done, links, matches, pages, refused, root

EVERY = {
    f"{name}/{each}": resource
    for name in kinds.DEFINITIONS
    for each, resource in kinds.definitions(name).items()
}
_EER = "http://medcomehmi.dk/ig/eer/StructureDefinition"
_OF_KEY = f"Organization.extension('{_EER}/smp-mtls-key').extension"
EXPRESSIONS = {
    "MessageType": "Organization.endpoint.resolve().payloadType.coding",
    "SmpParticipantId": f"Endpoint.extension('{_EER}/smp-participant-id').value",
    "SmpReceiverServiceId": f"Endpoint.extension('{_EER}/smp-receiver-service-id').value",
    "SmpOrganizationId": f"Organization.extension('{_EER}/smp-organization-id').value",
    "SmpMtlsCertificateId": f"{_OF_KEY}('{_EER}/smp-certificate-id').value",
    "SmpCertificateSubject": f"{_OF_KEY}('{_EER}/smp-certificate-subject').value",
    "SmpCertificateId": (
        f"Device.extension('{_EER}/smp-public-key').extension('{_EER}/smp-certificate-id').value"
    ),
}


# What is defined.


@pytest.mark.parametrize("definition", EVERY.values(), ids=EVERY.keys())
def test_a_definition_is_a_resource_of_fhir(definition: Json) -> None:
    name = definition["name"]

    assert structure.issues(definition) == []
    assert is_resource_id(definition["id"])
    assert definition["url"].rpartition("/")[2] == definition["id"]
    assert re.fullmatch(r"[A-Z]([A-Za-z0-9_]){0,254}", name)
    assert definition["description"]
    assert codec_xml.parse(codec_xml.printed(definition)) == definition


def test_no_two_definitions_have_one_url() -> None:
    urls = [each["url"] for each in EVERY.values()]

    assert len(set(urls)) == len(urls)


def test_the_search_parameters_of_eer_are_defined() -> None:
    found = {
        each["name"]: each["expression"] for each in kinds.definitions("SearchParameter").values()
    }

    assert found.items() >= EXPRESSIONS.items()
    for name in EXPRESSIONS:
        url = f"http://medcomehmi.dk/ig/eer/SearchParameter/SearchParameter-{name}"
        assert EVERY[f"SearchParameter/SearchParameter-{name}"]["url"] == url


def test_every_parameter_and_operation_that_is_not_hl7s_is_defined() -> None:
    terms = (term for each in kinds.KINDS.values() for term in each.terms.values())
    named = {term.definition for term in terms} | {each.definition for each in OPERATIONS.values()}
    defined = {
        each["url"] for each in EVERY.values() if each["resourceType"] != "StructureDefinition"
    }

    assert {each for each in named if not each.startswith("http://hl7.org/fhir/")} == defined


def test_every_extension_of_ours_is_defined() -> None:
    ours = {
        each
        for each in vars(canonicals).values()
        if isinstance(each, str) and each.startswith(f"{canonicals.OUR_ROOT}/StructureDefinition/")
    }

    defined = {each["url"] for each in kinds.definitions("StructureDefinition").values()}
    assert defined == ours == {each.url for each in EXTENSIONS}


def test_a_parameter_of_two_types_is_defined_once() -> None:
    of_message = kinds.KINDS["Organization"].terms["messageType"]
    shared = {
        name: plain.kind(name, {"messageType": of_message}) for name in ("Device", "Endpoint")
    }

    fixed = kinds.DEFINITIONS["SearchParameter"].fixed

    assert fixed is not None
    (found,) = fixed(shared)
    assert found["base"] == ["Device", "Endpoint"]


def test_a_parameter_that_leads_to_types_says_which() -> None:
    owner = kind.reference(f"{canonicals.OUR_ROOT}/SearchParameter/owner", "owner", "Organization")

    fixed = kinds.DEFINITIONS["SearchParameter"].fixed

    assert fixed is not None
    (found,) = fixed({"Device": plain.kind("Device", {"owner": owner})})
    assert (found["code"], found["target"]) == ("owner", ["Organization"])
    assert found["expression"] == "Device.owner"


def test_an_operation_is_defined_with_all_it_takes_and_gives() -> None:
    inner = Parameter("code", Use.OUT, 1, 1, "code", "Which.")
    asked = Operation(
        "isHere",
        canonicals.operation("Organization-isHere"),
        ("Organization",),
        at_type=True,
        parameters=(
            Parameter("id", Use.IN, 0, None, "string", "Which ones."),
            Parameter("reason", Use.OUT, 0, 1, "", "Why not.", (inner,)),
        ),
        describes="Say whether it is here.",
    )

    found = operation_definition.printed(asked)

    assert structure.issues(found) == []
    assert found["url"] == f"{canonicals.OUR_ROOT}/OperationDefinition/Organization-isHere"
    assert (found["id"], found["code"]) == ("Organization-isHere", "isHere")
    assert (found["system"], found["type"], found["instance"]) == (False, True, False)
    assert [(each["min"], each["max"]) for each in found["parameter"]] == [(0, "*"), (0, "1")]
    assert found["parameter"][1]["part"][0]["type"] == "code"
    assert "type" not in found["parameter"][1]


def test_an_operation_of_all_types_is_one_of_any_resource() -> None:
    found = operation_definition.printed(OPERATIONS["validate"])

    assert found["resource"] == ["Resource"]
    assert structure.issues(found) == []


@pytest.mark.parametrize(("most", "written"), [(None, "*"), (1, "1")])
def test_an_extension_is_defined_as_it_stands_in_a_resource(most: int | None, written: str) -> None:
    url = f"{canonicals.OUR_ROOT}/StructureDefinition/seen-by"
    found = structure_definition.printed(
        Extension(url, ("Device", "Endpoint"), "Reference", most, "Who saw it.", ("Organization",))
    )

    snapshot = {each["path"]: each for each in found["snapshot"]["element"]}
    assert structure.issues(found) == []
    assert [each["expression"] for each in found["context"]] == ["Device", "Endpoint"]
    assert snapshot["Extension"]["max"] == written
    assert snapshot["Extension.url"]["fixedUri"] == url
    assert snapshot["Extension.value[x]"]["type"] == [
        {
            "code": "Reference",
            "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Organization"],
        }
    ]
    assert all(each["definition"] and "base" in each for each in snapshot.values())


# Reading.


def test_a_definition_is_read_with_a_tag_of_its_content(fhir: Api) -> None:
    path = "SearchParameter/SearchParameter-MessageType"

    first = fhir.get(path)
    held = fhir.get(path, headers={"If-None-Match": first.headers["ETag"]})
    part = fhir.get(f"{path}?_elements=code")

    assert done(first) == EVERY[path]
    assert "Last-Modified" not in first.headers
    assert (held.status_code, held.data) == (304, b"")
    assert part.headers["ETag"] != first.headers["ETag"]
    assert done(part).keys() >= {"code", "url", "meta"}
    assert "expression" not in done(part)


def test_a_definition_is_read_in_both_forms(fhir: Api) -> None:
    path = "StructureDefinition/transport-profile"

    in_xml = fhir.get(path, headers={"Accept": FHIR_XML})

    assert (in_xml.mimetype, root(in_xml)) == (FHIR_XML, "StructureDefinition")
    assert codec_xml.parse(in_xml.data) == EVERY[path]
    assert fhir.ask("HEAD", path).status_code == 200


@pytest.mark.parametrize("id_", ["nothing", "a_b", "x" * 70, "%00"])
def test_a_definition_that_is_not_there_is_not_found(fhir: Api, id_: str) -> None:
    assert refused(fhir.get(f"OperationDefinition/{id_}"), 404) == ["not-found"]


def test_definitions_are_read_by_who_may_read_them(fhir: Api) -> None:
    narrow = fhir.as_(web.token(scope="system/SearchParameter.rs"))
    other = fhir.as_(web.token(scope="system/Device.cruds"))

    for path in ("SearchParameter/SearchParameter-MessageType", "SearchParameter"):
        assert refused(fhir.as_(None).get(path), 401)
        assert refused(other.get(path), 403)
        assert narrow.get(path).status_code == 200


# Searching.

SEARCHES = [
    ("SearchParameter?code=messageType", ["SearchParameter-MessageType"]),
    (
        "SearchParameter?code=smp-certificate-id&base=Organization",
        ["SearchParameter-SmpMtlsCertificateId"],
    ),
    (
        "SearchParameter?base=Endpoint&type=token",
        ["SearchParameter-SmpParticipantId", "SearchParameter-SmpReceiverServiceId"],
    ),
    (
        "SearchParameter?base:not=Organization&code:not=smp-participant-id,smp-receiver-service-id",
        ["SearchParameter-SmpCertificateId"],
    ),
    ("SearchParameter?name:exact=messagetype", []),
    ("SearchParameter?name=messagetype", ["SearchParameter-MessageType"]),
    ("SearchParameter?name:contains=Mtls", ["SearchParameter-SmpMtlsCertificateId"]),
    ("SearchParameter?name:exact=MessageType", ["SearchParameter-MessageType"]),
    ("SearchParameter?target:missing=false", []),
    ("SearchParameter?status=draft", []),
    ("SearchParameter?_id=SearchParameter-MessageType,nothing", ["SearchParameter-MessageType"]),
    (
        "SearchParameter?url=http://medcomehmi.dk/ig/eer/SearchParameter/SearchParameter-MessageType",
        ["SearchParameter-MessageType"],
    ),
    ("SearchParameter?url=http://medcomehmi.dk/ig/eer", []),
    ("SearchParameter?url:below=http://medcomehmi.dk/ig/e&status=active", []),
    (
        f"StructureDefinition?url:below={canonicals.OUR_ROOT}&_id=transport-profile",
        ["transport-profile"],
    ),
    (f"StructureDefinition?url={canonicals.TRANSPORT_PROFILE}", ["transport-profile"]),
    (
        f"StructureDefinition?url:above={canonicals.TRANSPORT_PROFILE}/x&kind=complex-type",
        ["transport-profile"],
    ),
    ("StructureDefinition?type=Extension&_id=transport-profile", ["transport-profile"]),
    ("StructureDefinition?kind=resource", []),
    (f"StructureDefinition?_lastUpdated=lt{RELEASED}", []),
    (f"StructureDefinition?_lastUpdated={RELEASED}&_id=transport-profile", ["transport-profile"]),
]


@pytest.mark.parametrize(("path", "expected"), SEARCHES, ids=[each for each, _ in SEARCHES])
def test_definitions_are_found_by_what_they_say(
    fhir: Api, path: str, expected: Sequence[str]
) -> None:
    found = done(fhir.get(path))

    assert matches(fhir, path) == expected
    assert found["total"] == len(expected)
    assert found["link"][0]["url"].startswith(f"{BASE}/{path.partition('?')[0]}")


def test_a_search_for_definitions_may_be_posted(fhir: Api) -> None:
    form = {"data": "code=messageType", "content_type": "application/x-www-form-urlencoded"}

    found = done(fhir.ask("POST", "SearchParameter/_search?_count=5", **form))

    assert [each["resource"]["code"] for each in found["entry"]] == ["messageType"]


def test_definitions_come_in_pages(fhir: Api) -> None:
    every = sorted(kinds.definitions("SearchParameter"))

    found = list(pages(fhir, "SearchParameter?_count=2"))

    assert [len(each["entry"]) for each in found[:-1]] == [2] * (len(found) - 1)
    assert [e["resource"]["id"] for each in found for e in each["entry"]] == every
    assert {each["total"] for each in found} == {len(every)}


def test_a_page_of_definitions_belongs_to_its_search(fhir: Api) -> None:
    following = links(done(fhir.get("SearchParameter?_count=2")))["next"]

    answer = fhir.get(f"{following}&code=messageType")

    assert refused(answer, 400) == ["value"]


def test_definitions_are_counted_and_shown_in_part(fhir: Api) -> None:
    counted = done(fhir.get("SearchParameter?_summary=count&_total=none"))
    in_part = done(fhir.get("SearchParameter?_elements=code&_total=none"))

    assert counted["total"] == len(kinds.definitions("SearchParameter"))
    assert "entry" not in counted
    assert counted["total"] == done(fhir.get("SearchParameter?_count=0"))["total"]
    assert "total" not in in_part
    assert all("expression" not in each["resource"] for each in in_part["entry"])


@pytest.mark.parametrize("asked", ["_sort=code", "colour=red", "_include=x:y"])
def test_what_definitions_are_not_searched_by_is_passed_over_and_said(
    fhir: Api, asked: str
) -> None:
    found = done(fhir.get(f"SearchParameter?{asked}"))
    strict = fhir.get(f"SearchParameter?{asked}", headers={"Prefer": "handling=strict"})

    assert asked not in found["link"][0]["url"]
    assert found["entry"][-1]["search"]["mode"] == "outcome"
    assert refused(strict, 400) == ["not-supported"]


@pytest.mark.parametrize(
    "asked", ["base.name=x", "_has:Device:organization:name=x", "_tag:in=http://nothing.example"]
)
def test_a_search_that_cannot_be_of_definitions_is_refused(fhir: Api, asked: str) -> None:
    assert refused(fhir.get(f"SearchParameter?{asked}"), 400)


# What is not served.

WRITES = [
    ("POST", "SearchParameter", "GET, HEAD"),
    ("PUT", "SearchParameter?url=x", "GET, HEAD"),
    ("PUT", "SearchParameter/x", "GET, HEAD"),
    ("PATCH", "OperationDefinition/x", "GET, HEAD"),
    ("DELETE", "StructureDefinition/transport-profile", "GET, HEAD"),
    ("PUT", "SearchParameter/_search", "GET, HEAD, POST"),
    ("GET", "SearchParameter/_history", "OPTIONS"),
    ("GET", "SearchParameter/SearchParameter-MessageType/_history", "OPTIONS"),
    ("GET", "SearchParameter/SearchParameter-MessageType/_history/1", "OPTIONS"),
]


@pytest.mark.parametrize(("method", "path", "allowed"), WRITES)
def test_what_is_not_served_for_definitions_is_405_and_names_what_is(
    fhir: Api, method: str, path: str, allowed: str
) -> None:
    answer = fhir.send(method, path, {"resourceType": "SearchParameter"})

    assert refused(answer, 405) == ["not-supported"]
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["SearchParameter/$validate", "SearchParameter/x/$validate"])
def test_no_operation_is_asked_of_definitions(fhir: Api, path: str) -> None:
    answer = fhir.send("POST", path, {"resourceType": "Parameters"})

    assert refused(answer, 404) == ["not-supported"]


def test_definitions_are_no_part_of_what_is_searched_and_historied_as_a_whole(fhir: Api) -> None:
    fhir.put(build.device())

    assert matches(fhir, "") == ["device-1"]
    assert refused(fhir.get("?_type=SearchParameter"), 400) == ["not-supported"]
    assert done(fhir.get("_history"))["total"] == 1


def _batch(*asked: tuple[str, str], kind: str = "batch") -> Json:
    entries = [
        {
            "request": {"method": method, "url": url},
            **({"resource": {"resourceType": "SearchParameter"}} if method != "GET" else {}),
        }
        for method, url in asked
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def test_a_batch_reads_and_finds_definitions_and_writes_none(fhir: Api) -> None:
    path = "SearchParameter/SearchParameter-MessageType"
    asked = [
        ("GET", path),
        ("GET", "SearchParameter?code=messageType"),
        ("GET", "SearchParameter/nothing"),
        ("GET", "SearchParameter/_history"),
        ("GET", f"{path}/_history/1"),
        ("PUT", path),
    ]

    found = done(fhir.send("POST", "", _batch(*asked)))["entry"]

    statuses = [each["response"]["status"][:3] for each in found]
    assert statuses == ["200", "200", "404", "405", "405", "405"]
    assert found[0]["resource"] == EVERY[path]
    assert found[1]["resource"]["total"] == 1
    assert found[0]["response"]["etag"] == fhir.get(path).headers["ETag"]


def test_a_batch_reads_no_definition_that_the_client_has(fhir: Api) -> None:
    path = "SearchParameter/SearchParameter-MessageType"
    batch = _batch(("GET", path))
    batch["entry"][0]["request"]["ifNoneMatch"] = fhir.get(path).headers["ETag"]

    (found,) = done(fhir.send("POST", "", batch))["entry"]

    assert found["response"]["status"] == "304 Not Modified"
    assert "resource" not in found


def test_a_transaction_that_writes_a_definition_is_refused(fhir: Api) -> None:
    answer = fhir.send("POST", "", _batch(("PUT", "SearchParameter/x"), kind="transaction"))

    assert refused(answer, 405) == ["not-supported"]
    assert answer.headers["Allow"] == "GET, HEAD"
    assert "SearchParameter" in body(answer)["issue"][0]["details"]["text"]


# Searching without a database.

VALUES = (
    Indexed("code", Token("", "messageType")),
    Indexed("name", Text("Æble")),
    Indexed("url", Address("http://x.example/a/b")),
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Ids(("x", "y")), True),
        (Not(Ids(("y",))), True),
        (Missing("code", Token, is_missing=False), True),
        (Missing("base", Token, is_missing=False), False),
        (Missing("base", Token, is_missing=True), True),
        (Clause("code", (Token(None, "a"), Token(None, "messageType"))), True),
        (Clause("code", (Token("", "messageType"),)), True),
        (Clause("code", (Token("", None),)), True),
        (Clause("code", (Token("s", "messageType"),)), False),
        (Clause("code", ()), False),
        (Clause("base", (Token(None, "messageType"),)), False),
        (Clause("name", (Text("aeb"),)), True),
        (Clause("name", (Text("ble"),)), False),
        (Clause("name", (Text("ble", Match.CONTAINS),)), True),
        (Clause("name", (Text("æble", Match.EXACT),)), False),
        (Clause("name", (Text("Æble", Match.EXACT),)), True),
        (Clause("name", (Address("Æble"),)), False),
        (Clause("url", (Address("http://x.example/a"),)), False),
        (Clause("url", (Address("http://x.example/a", "below"),)), True),
        (Clause("url", (Address("http://x.example/a/b", "below"),)), True),
        (Clause("url", (Address("http://x.example/a/", "below"),)), True),
        (Clause("url", (Address("http://x.example/a/b/c", "above"),)), True),
        (Clause("url", (Address("http://x.example/a", "above"),)), False),
    ],
)
def test_a_condition_holds_where_a_value_agrees(condition: Condition, *, expected: bool) -> None:
    assert scan.holds(condition, "x", VALUES) is expected


def test_a_condition_that_definitions_cannot_meet_is_refused() -> None:
    with pytest.raises(Malformed, match="not searched by"):
        scan.holds(Pair("code", ()), "x", VALUES)


def test_a_value_of_another_kind_never_agrees() -> None:
    assert not scan.holds(Clause("code", (Stretch(None, None),)), "x", VALUES)


@pytest.mark.parametrize("prefix", Prefix)
def test_times_lie_as_those_in_the_database_do(fhir: Api, prefix: Prefix) -> None:
    assert fhir.put(build.device()).status_code == 201  # at noon of the fifth of May
    noon = Indexed(scan.UPDATED, Stretch(build.NOW, build.NOW + timedelta(milliseconds=1)))

    for written in ("2026", "2026-05", "2026-05-04", "2026-05-05", "2026-05-06", "2027"):
        condition = Updated((Stretch(*moment.stretch(written), prefix),))
        found = matches(fhir, f"Device?_lastUpdated={prefix}{written}")
        assert scan.holds(condition, "x", (noon,)) is bool(found), written


def test_a_time_that_is_open_has_no_end() -> None:
    open_ended = (Indexed(scan.UPDATED, Stretch(build.NOW, None)),)
    year = Stretch(*moment.stretch("2099"), Prefix.APPROXIMATELY)

    assert scan.holds(Updated((year,)), "x", open_ended)
    assert scan.holds(Updated((Stretch(None, None),)), "x", open_ended)


def test_a_page_begins_behind_the_one_before() -> None:
    resources: dict[str, Sequence[Indexed]] = dict.fromkeys("dbca", ())

    first = scan.page(Query(("T",), (), 3), resources)
    second = scan.page(Query(("T",), (), 3, after=first.next), resources)

    assert (first.ids, first.total, first.next) == (("a", "b", "c"), 4, Position((), "T", "c"))
    assert (second.ids, second.total, second.next) == (("d",), 4, None)


def test_a_scan_and_the_database_find_the_same(fhir: Api) -> None:
    """A definition's own values, searched for in both ways, as CodeSystems are stored."""
    told = [_as_code_system(each) for each in kinds.definitions("SearchParameter").values()]
    for each in told:
        assert fhir.put(each).status_code == 201
    for query in (
        "name=mess",
        "name:contains=smp",
        "name:exact=MessageType",
        "description:contains=key",
        "url:below=http://medcomehmi.dk/ig",
        "url:below=http://medcomehmi.dk/i",
        "status=active",
        f"url:above={told[0]['url']}/x",
        "status:not=active",
        "name:missing=true",
        "status=|active",
        "status=x|active",
        "_id=SearchParameter-MessageType",
        "_id:not=SearchParameter-MessageType",
    ):
        assert matches(fhir, f"SearchParameter?{query}") == matches(fhir, f"CodeSystem?{query}")


def _as_code_system(definition: Json) -> dict[str, Any]:
    shared = ("id", "url", "name", "status", "description")
    kept = {name: definition[name] for name in shared}
    return {"resourceType": "CodeSystem", "content": "complete", **kept}


def test_definitions_are_stored_nowhere() -> None:
    assert set(kinds.KINDS).isdisjoint(kinds.DEFINITIONS)
