"""The OpenAPI description says what is served, and all of it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.exceptions import HTTPException

from builders_fhir import Json
from builders_web import BASE, Api
from eer.fhir import canonicals, capability, kinds, openapi, openapi_operations
from eer.fhir.openapi import Offer
from eer.fhir.openapi_interactions import INTERACTIONS
from eer.fhir.operations import OPERATIONS, Operation, Parameter, Use
from eer.web import app, formats, receivers

EVERY = {**kinds.KINDS, **kinds.DEFINITIONS}


def _described(*operations: Operation) -> Json:
    return openapi.description(Offer(EVERY, app.ROUTES, operations, BASE, "1.0", 1000))


DESCRIPTION = _described(*OPERATIONS.values())
PATHS: Mapping[str, Json] = DESCRIPTION["paths"]
COMPONENTS: Mapping[str, Mapping[str, Json]] = DESCRIPTION["components"]
METHODS = ("get", "post", "put", "patch", "delete")


def _operations() -> Iterator[tuple[str, str, Json]]:
    for path, item in PATHS.items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _names(said: Json) -> list[str]:
    """The names of the parameters of an operation."""
    found = (each.get("$ref", "").rpartition("/")[2] for each in said["parameters"])
    return [COMPONENTS["parameters"][each]["name"] for each in found if each]


def _content(path: str, method: str) -> Mapping[str, Json]:
    found: Mapping[str, Json] = PATHS[path][method]["requestBody"]["content"]
    return found


@pytest.mark.slow
def test_the_description_is_one_of_openapi() -> None:
    OpenAPIV31SpecValidator(DESCRIPTION).validate()


def test_the_description_is_read_by_anybody(fhir: Api) -> None:
    first = fhir.as_(None).get("openapi.json")
    held = fhir.as_(None).get("openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, first.mimetype) == (200, "application/json")
    assert first.get_json()["servers"] == [{"url": BASE}]
    assert first.get_json()["paths"].keys() == PATHS.keys()
    assert (held.status_code, held.data) == (304, b"")
    assert fhir.ask("POST", "openapi.json").status_code == 404


def test_every_route_is_described_but_other_ways_to_the_same() -> None:
    elsewhere = {("", "POST"), ("", "GET"), (receivers.PUBLISHED_PATH, "GET")}
    routes = {
        (route.path, method)
        for route in app.ROUTES
        for method in route.methods
        if "$" not in route.path
    }

    assert routes - elsewhere == {(path, method) for method, path in INTERACTIONS}


def test_everything_that_is_described_is_served(fhir: Api) -> None:
    urls = fhir.client.application.url_map.bind("127.0.0.1:8080")

    for path, method, _ in _operations():
        written = path.replace("{id}", "x").replace("{vid}", "1")
        try:
            urls.match(f"/fhir{written}", method=method.upper())
        except HTTPException as fault:
            pytest.fail(f"{method} {path}: {fault}")


def test_nothing_else_is_served_at_what_is_described(fhir: Api) -> None:
    """A method that a path is not described with is 405, but where a path is a type's or an id."""
    undescribed = [
        (path, method)
        for path in PATHS
        for method in METHODS
        if method not in PATHS[path]
        and "$" not in path
        and path not in ("/openapi.json", "/metadata")
    ]

    for path, method in undescribed:
        written = path.replace("{id}", "x").replace("{vid}", "1").removeprefix("/")
        answer = fhir.send(method.upper(), written or "/", {})
        assert answer.status_code in (404, 405), (method, path)


def test_each_operation_has_a_name_of_its_own() -> None:
    names = [said["operationId"] for _, _, said in _operations()]

    assert len(set(names)) == len(names)
    assert all(each.isidentifier() for each in names)


@pytest.mark.parametrize("kind", EVERY.values(), ids=EVERY)
def test_the_search_parameters_of_a_type_are_described(kind: Any) -> None:
    wanted = {"_id", "_lastUpdated", *kind.all_terms}

    by_url = PATHS[f"/{kind.type}"]["get"]
    form = COMPONENTS["schemas"][f"{kind.type}Search"]["properties"]
    assert wanted < set(_names(by_url))
    assert wanted < form.keys()
    for name in wanted:
        said = COMPONENTS["parameters"][f"{kind.type}.{name}"]
        assert (said["in"], said["style"], said["explode"]) == ("query", "form", True)
        assert said["description"]


def test_definitions_are_described_as_read_only() -> None:
    for name in kinds.DEFINITIONS:
        own = {path: item for path, item in PATHS.items() if path.split("/")[1] == name}
        assert set(own) == {f"/{name}", f"/{name}/{{id}}", f"/{name}/_search"}
        assert "put" not in own[f"/{name}/{{id}}"]
        assert "post" not in own[f"/{name}"]


def test_the_headers_of_conditions_are_described() -> None:
    item, whole = PATHS["/Device/{id}"], PATHS["/Device"]

    assert {"If-Match", "If-None-Match", "Prefer"} < set(_names(item["put"]))
    assert {"If-None-Match", "If-Modified-Since", "Accept-Language"} < set(_names(item["get"]))
    assert {"If-None-Exist", "Prefer"} < set(_names(whole["post"]))
    assert "identifier" in _names(whole["delete"])


def test_a_resource_is_sent_and_comes_in_both_forms() -> None:
    content = _content("/Device", "post")
    answer = PATHS["/Device/{id}"]["get"]["responses"]["200"]["content"]

    schema = COMPONENTS["schemas"]["Device"]
    assert set(content) == set(answer) == {"application/fhir+json", "application/fhir+xml"}
    assert content["application/fhir+json"]["schema"]["$ref"].endswith("/Device")
    assert schema["properties"]["resourceType"] == {"const": "Device"}
    assert "entered-in-error" in schema["properties"]["status"]["enum"]
    assert schema["properties"]["deviceName"]["items"]["$ref"].endswith("/Device.deviceName")


def test_patches_are_sent_as_they_are_taken() -> None:
    assert tuple(_content("/Device/{id}", "patch")) == formats.PATCHES == capability.PATCH_FORMATS


def test_every_failure_is_an_outcome() -> None:
    for _, _, said in _operations():
        for status, answer in said["responses"].items():
            if int(status) >= 400:
                found = COMPONENTS["responses"][answer["$ref"].rpartition("/")[2]]
                schema = found["content"]["application/fhir+json"]["schema"]
                assert schema["$ref"].endswith("/OperationOutcome")


def test_a_token_is_wanted_but_for_the_descriptions() -> None:
    open_to_all = [path for path, _, said in _operations() if said.get("security") == []]

    assert DESCRIPTION["security"] == [{"bearer": []}]
    assert open_to_all == ["/metadata", "/openapi.json"]


ASKED = Operation(
    "isHere",
    canonicals.operation("Organization-isHere"),
    ("Organization", "Device"),
    at_type=True,
    parameters=(
        Parameter("id", Use.IN, 1, None, "string", "Which ones."),
        Parameter("at", Use.IN, 0, 1, "dateTime", "When."),
        Parameter("near", Use.IN, 0, 1, "Reference", "Near what."),
        Parameter("here", Use.OUT, 1, 1, "boolean", "Whether it is."),
    ),
    describes="Say whether it is here.",
)


def test_an_operation_is_asked_by_url_and_by_parameters() -> None:
    said = {(path, method): each for path, method, each in openapi_operations.said(ASKED, ())}

    assert set(said) == {
        (f"/{name}/$isHere", method)
        for name in ("Organization", "Device")
        for method in ("GET", "POST")
    }
    by_url = said["/Device/$isHere", "GET"]["parameters"][:2]
    assert [(each["name"], each["required"]) for each in by_url] == [("id", True), ("at", False)]
    assert by_url[0]["schema"] == {"type": "array", "items": {"type": "string"}}
    assert by_url[1]["schema"] == {"type": "string"}
    content = said["/Device/$isHere", "POST"]["requestBody"]["content"]
    assert content["application/fhir+json"]["schema"]["$ref"].endswith("/Parameters")
    answer = said["/Device/$isHere", "GET"]["responses"]["200"]["content"]
    assert answer["application/fhir+json"]["schema"]["$ref"].endswith("/Parameters")


def test_an_operation_that_changes_something_is_not_asked_by_get() -> None:
    changing = Operation("turn", "urn:x", ("Device",), at_instance=True, affects_state=True)

    ((path, method, _),) = openapi_operations.said(changing, ())

    assert (path, method) == ("/Device/{id}/$turn", "POST")


def test_an_operation_that_returns_a_resource_answers_with_it() -> None:
    returned = Parameter("return", Use.OUT, 1, 1, "Patient", "Who has it.")
    asked = Operation("whose", "urn:x", ("Device",), at_type=True, parameters=(returned,))

    described = _described(asked)

    answer = described["paths"]["/Device/$whose"]["get"]["responses"]["200"]
    assert answer["content"]["application/fhir+json"]["schema"]["$ref"].endswith("/Patient")
    assert "Patient" in described["components"]["schemas"]
