"""How failures are told (R4 OperationOutcome; value sets issue-type and issue-severity)."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

import builders_fhir as build
import builders_web as web
from builders_fhir import Json
from builders_web import FHIR_JSON, FHIR_XML, Api
from eer.fhir import canonicals
from exchanges import body, refused, root, values

CODES = {
    *("invalid", "structure", "required", "value", "invariant", "security", "login", "unknown"),
    *("expired", "forbidden", "suppressed", "processing", "not-supported", "duplicate"),
    *("multiple-matches", "not-found", "deleted", "too-long", "code-invalid", "extension"),
    *("too-costly", "business-rule", "conflict", "transient", "lock-error", "no-store"),
    *("exception", "timeout", "incomplete", "throttled", "informational"),
}
STRICT = {"Prefer": "handling=strict"}
INSIDES = [
    *("Traceback", "sqlalchemy", "psycopg", "sqlite3", "SELECT ", "INSERT ", "UPDATE ", ".py"),
    *("pydantic", "werkzeug", "lxml", "Errno", "/work/", "/usr/", "0x", "<class"),
]
Act = Callable[[Api], TestResponse]


def send(text: bytes | str, media_type: str = FHIR_JSON) -> Act:
    return lambda fhir: fhir.put(build.device(), data=text, content_type=media_type)


def put(resource: Json, **headers: str) -> Act:
    return lambda fhir: fhir.put(resource, headers=headers)


def get(path: str, **headers: str) -> Act:
    return lambda fhir: fhir.get(path, headers=headers)


def of(caller: Callable[[], str | None], act: Act) -> Act:
    return lambda fhir: act(fhir.as_(caller()))


def expired() -> str:
    return web.token(exp=int((build.NOW - timedelta(hours=1)).timestamp()))


def two_access_points() -> Json:
    links = [build.linked(canonicals.AP_SYSTEM, "Device/ap-1") for _ in range(2)]
    return build.endpoint(1, extension=links)


MADE_BY_RULES = {"business-rule", "structure", "required", "invariant", "value"}
LOCKED_OUT = {"login", "expired", "security", "unknown"}
ENDED = {"start": "2026-05-05", "end": "2026-05-04"}

# Each failure: what is done, the status, and the codes one of which tells it.
FAILURES: dict[str, tuple[Act, int, set[str]]] = {
    "bad JSON": (send("{"), 400, {"structure"}),
    "bad XML": (send("<Device", FHIR_XML), 400, {"structure"}),
    "an element FHIR does not have": (put(build.device(colour="red")), 400, {"structure"}),
    "a bad value": (put(build.device(expirationDate="i går")), 400, {"value"}),
    "a missing element": (put(build.endpoint(1, status=None)), 400, {"required"}),
    "an unknown code": (put(build.device(status="bogus")), 400, {"code-invalid"}),
    "an invariant": (put(build.endpoint(1, period=ENDED)), 422, {"invariant"}),
    "a profile": (put(build.device(lotNumber="1")), 422, MADE_BY_RULES),
    "a rule": (put(two_access_points()), 422, MADE_BY_RULES),
    "an unknown type": (get("Patient/1"), 404, {"not-supported"}),
    "an unknown parameter": (get("Device?colour=red", **STRICT), 400, {"not-supported"}),
    "an unknown modifier": (get("Device?identifier:odd=x"), 400, {"not-supported"}),
    "an unknown operation": (get("Device/$odd"), 404, {"not-supported"}),
    "an unknown form": (get("Device", Accept="text/html"), 406, {"not-supported"}),
    "an unknown media type": (send("x", "text/plain"), 415, {"not-supported"}),
    "a method": (lambda fhir: fhir.ask("POST", "Device/x"), 405, {"not-supported"}),
    "a bad count": (get("Device?_count=x"), 400, {"value", "invalid"}),
    "an unknown id": (get("Device/nowhere"), 404, {"not-found"}),
    "an unknown path": (get("Device/x/y/z"), 404, {"not-found", "not-supported"}),
    "a deleted id": (get("Device/gone"), 410, {"deleted"}),
    "a version clash": (put(build.device(1), **{"If-Match": 'W/"9"'}), 412, {"conflict"}),
    "a referrer": (lambda fhir: fhir.delete("Organization/unit-1"), 409, {"conflict"}),
    "many matches": (
        lambda fhir: fhir.delete("Organization?active=true"),
        412,
        {"multiple-matches"},
    ),
    "a duplicate": (put(build.device(1, id="rival")), 409, {"duplicate"}),
    "no token": (of(lambda: None, get("Device")), 401, {"login"}),
    "a token that has expired": (of(expired, get("Device")), 401, LOCKED_OUT),
    "a token that is none": (of(lambda: "x.y.z", get("Device")), 401, LOCKED_OUT),
    "no scope": (of(lambda: web.token(scope=""), get("Device")), 403, {"forbidden"}),
    "another company": (
        of(lambda: web.token_of_company(2), put(build.organization(1, name="Et andet"))),
        403,
        {"forbidden"},
    ),
    "a body that is too large": (send(b" " * 20_000_000), 413, {"too-long"}),
}
# Whose text quotes what was sent, or stands at a place of it.
OF_A_BODY = [
    *("an element FHIR does not have", "a bad value", "a missing element", "an unknown code"),
    *("an invariant", "a profile", "a rule", "a duplicate"),
]


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the API over a register where each of these failures can happen."""
    for each in (
        *(build.organization(1), build.organization(2), build.endpoint(1), build.device(1)),
        *(build.owner(), build.access_point(), build.device(2, id="gone")),
    ):
        fhir.put(each)
    fhir.delete("Device/gone")
    return fhir


def told(response: TestResponse) -> list[Json]:
    issues: list[Json] = body(response)["issue"]
    return issues


@pytest.mark.fhir(130)
@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_has_its_status_and_its_code(filled: Api, name: str) -> None:
    act, status, codes = FAILURES[name]

    assert set(refused(act(filled), status)) & codes


@pytest.mark.fhir(129)
@pytest.mark.parametrize("name", FAILURES)
def test_each_issue_has_severity_code_and_text(filled: Api, name: str) -> None:
    issues = told(FAILURES[name][0](filled))

    for each in issues:
        assert each["severity"] in ("fatal", "error", "warning", "information")
        assert each["code"] in CODES
        assert len(each["details"]["text"]) > 10
        assert "location" not in each


@pytest.mark.fhir(129)
@pytest.mark.parametrize("name", FAILURES)
def test_no_issue_shows_our_insides(filled: Api, name: str) -> None:
    answer = FAILURES[name][0](filled).get_data(as_text=True)

    assert [each for each in INSIDES if each in answer] == []


@pytest.mark.fhir(129)
@pytest.mark.parametrize("name", OF_A_BODY)
def test_each_issue_about_a_body_has_its_place(filled: Api, name: str) -> None:
    for each in told(FAILURES[name][0](filled)):
        (place,) = each["expression"]
        assert place.partition(".")[0] in ("Device", "Endpoint")


@pytest.mark.fhir(129)
def test_an_issue_says_what_was_found_and_what_was_expected(filled: Api) -> None:
    response = filled.put(build.device(status="bogus"))

    (issue,) = told(response)
    assert "bogus" in issue["details"]["text"]
    assert issue["expression"] == ["Device.status"]


def texts(filled: Api, name: str, language: str | None) -> list[str]:
    """Return what is told of a failure to somebody who prefers *language*."""
    told_to = filled.client.environ_base
    told_to.pop("HTTP_ACCEPT_LANGUAGE", None)
    if language is not None:
        told_to["HTTP_ACCEPT_LANGUAGE"] = language
    response = FAILURES[name][0](filled)
    return [each["details"]["text"] for each in told(response)]


@pytest.mark.fhir(129)
@pytest.mark.parametrize("name", FAILURES)
def test_each_issue_is_told_in_danish_to_danes(filled: Api, name: str) -> None:
    english, danish = texts(filled, name, None), texts(filled, name, "da")

    assert len(danish) == len(english)
    assert not set(danish) & set(english)


@pytest.mark.fhir(129)
@pytest.mark.parametrize(
    ("language", "spoken"),
    [
        *((each, "da") for each in ("da", "da-DK", "DA", "da, en;q=0.8", "en;q=0.3, da;q=0.7")),
        *((each, "en") for each in (None, "en", "en-GB, da;q=0.5", "*", "fr", "sv, nb", "x;y;z")),
        *(("fr, da;q=0.1", "da"), ("da;q=0", "en")),
    ],
)
def test_the_language_is_the_one_that_is_preferred(
    filled: Api, language: str | None, spoken: str
) -> None:
    english, danish = (texts(filled, "an unknown id", each) for each in ("en", "da"))

    assert texts(filled, "an unknown id", language) == {"en": english, "da": danish}[spoken]
    assert english != danish


@pytest.mark.fhir(129)
def test_warnings_are_told_in_danish_too(filled: Api) -> None:
    unlisted = build.endpoint(1, name="Et andet navn")
    headers = {"Prefer": "return=OperationOutcome", "Accept-Language": "da"}

    response = filled.put(unlisted, headers=headers)

    found = [each for each in told(response) if each["severity"] == "warning"]
    assert response.status_code == 200
    assert found
    assert "does not name" not in json.dumps(found)


@pytest.mark.fhir(129)
def test_an_outcome_in_xml_says_the_same(filled: Api) -> None:
    response = filled.put(build.device(status="bogus"), headers={"Accept": FHIR_XML})

    assert root(response) == "OperationOutcome"
    assert values(response, "f:issue/f:severity") == ["error"]
    assert values(response, "f:issue/f:code") == ["code-invalid"]
    assert values(response, "f:issue/f:expression") == ["Device.status"]
    assert "bogus" in values(response, "f:issue/f:details/f:text")[0]
