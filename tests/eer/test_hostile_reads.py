"""What nobody should ask, and what must not come of it when somebody does."""

import logging
from dataclasses import replace

import pytest
from sqlalchemy import create_engine

import builders_fhir as build
from builders_fhir import Clock, register_over
from builders_web import Api, Json, api, outcome, token
from eer.domain.identifiers import Reference
from eer.domain.policy import Policy
from eer.fhir import patch, patch_step, payloads
from eer.register import search
from eer.register.counter import Counter
from eer.store.records import Records
from eer.store.session import Store
from eer.web import bundle

_FORM = {"content_type": "application/x-www-form-urlencoded"}


def _bundle(kind: str, *entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def _get(url: str) -> Json:
    return {"request": {"method": "GET", "url": url}}


def test_a_transaction_may_read_a_search_that_is_too_long_for_a_link(fhir: Api) -> None:
    for number in (1, 2):
        assert fhir.put(build.organization(number)).status_code == 201
    others = ",".join(f"urn:of:nobody|{number:020}" for number in range(200))

    asked = _get(f"Organization?_count=1&identifier:not={others}")
    answer = fhir.send("POST", "", _bundle("transaction", asked))

    assert answer.status_code == 200
    links = answer.get_json(force=True)["entry"][0]["resource"]["link"]
    following = next(each["url"] for each in links if each["relation"] == "next")
    assert "_remembered=" in following
    page = fhir.get(following.partition("/fhir/")[2]).get_json(force=True)
    assert [each["resource"]["id"] for each in page["entry"]] == ["unit-2"]


@pytest.mark.parametrize("kind", ["fhirpath", "json"])
def test_a_patch_of_very_many_operations_is_refused_before_it_keeps_others_waiting(
    fhir: Api, kind: str
) -> None:
    fhir.put(build.organization())
    many = patch.MOST_OPERATIONS + 1
    if kind == "json":
        body: object = [{"op": "test", "path": "/active", "value": True}] * many
        answer = fhir.ask(
            "PATCH",
            "Organization/unit-1",
            json=body,
            headers={"Content-Type": "application/json-patch+json"},
        )
    else:
        parts: Json = {"resourceType": "Parameters", "parameter": [{"name": "operation"}] * many}
        answer = fhir.send("PATCH", "Organization/unit-1", parts)
    assert answer.status_code == 400
    assert outcome(answer) == [("error", "too-costly")]


@pytest.mark.parametrize("number", ["²", "1234567890"])
def test_a_version_that_is_no_number_fails_its_own_entry_alone(fhir: Api, number: str) -> None:
    fhir.put(build.organization())
    url = f"Organization/unit-1/_history/{number}"
    answer = fhir.send("POST", "", _bundle("batch", _get(url), _get("Organization/unit-1")))
    entries = answer.get_json(force=True)["entry"]
    assert [each["response"]["status"][:3] for each in entries] == ["404", "200"]


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_entries_that_are_no_list_are_refused_and_not_passed_over(fhir: Api, kind: str) -> None:
    fhir.put(build.organization())
    entry = {"request": {"method": "DELETE", "url": "Organization/unit-1"}}
    bundle = {"resourceType": "Bundle", "type": kind, "entry": entry}
    assert fhir.send("POST", "", bundle).status_code == 400


def test_a_search_over_named_types_finds_those_alone_in_a_bundle_too(fhir: Api) -> None:
    fhir.put(build.organization())
    bundle = _bundle("batch", _get("?_type=Endpoint"), _get("?_type=Organization"))
    first, second = fhir.send("POST", "", bundle).get_json(force=True)["entry"]
    assert first["resource"]["total"] == 0
    assert second["resource"]["total"] == 1
    assert "_type=Organization" in second["resource"]["link"][0]["url"]


def test_nothing_of_the_database_is_told_when_it_does_not_answer(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = Store(create_engine("postgresql+psycopg://who:what@127.0.0.1:1/where"))
    fhir = api(register_over(nowhere, clock))
    batch = _bundle("batch", {"resource": build.organization(), **_post("Organization")})
    with caplog.at_level(logging.ERROR):
        answers = [fhir.get("Organization/x"), fhir.client.get("/ready")]
        told = [each.get_data(as_text=True) for each in answers]
        told.append(fhir.send("POST", "", batch).get_data(as_text=True))
    assert [each.status_code for each in answers] == [503, 503]
    assert not [each for each in told if "127.0.0.1" in each or "port" in each]
    assert "127.0.0.1" in caplog.text
    nowhere.close()


def _post(url: str) -> Json:
    return {"request": {"method": "POST", "url": url}}


def test_what_was_deleted_is_hidden_in_a_batch_too(counter: Counter) -> None:
    fhir = api(replace(counter, policy=Policy(hides_deleted=True)))
    fhir.put(build.organization())
    fhir.delete("Organization/unit-1")
    answer = fhir.send("POST", "", _bundle("batch", _get("Organization/unit-1")))
    assert answer.get_json(force=True)["entry"][0]["response"]["status"] == "404 Not Found"


@pytest.mark.parametrize("criteria", ["identifier:not=,", "_id:not=,", "name=,&active=true"])
def test_criteria_without_a_value_never_choose_what_is_deleted(fhir: Api, criteria: str) -> None:
    fhir.put(build.organization())
    assert fhir.delete(f"Organization?{criteria}").status_code == 400
    assert fhir.get("Organization/unit-1").status_code == 200


def test_criteria_of_a_write_follow_other_ids_as_those_of_a_search_do(
    fhir: Api, counter: Counter
) -> None:
    fhir.put(build.organization())
    fhir.put(build.endpoint())
    with counter.store.writing() as connection:
        alias = Reference("Organization", "another")
        Records(connection).put_alias(alias, Reference("Organization", "unit-1"))
    criteria = "organization=Organization/another"
    assert fhir.get(f"Endpoint?{criteria}").get_json(force=True)["total"] == 1

    again = build.endpoint(2, id=None, managingOrganization={"reference": "Organization/unit-1"})
    answer = fhir.post(again, headers={"If-None-Exist": criteria})

    assert answer.status_code == 200
    assert answer.get_json(force=True)["id"] == "endpoint-1"


def test_criteria_in_a_reference_need_the_scope_of_a_search(fhir: Api) -> None:
    fhir.put(build.organization())
    criteria = f"Organization?identifier={build.sor()}"
    new = build.endpoint(id=None, managingOrganization={"reference": criteria})
    bundle = _bundle("transaction", {"resource": new, **_post("Endpoint")})
    caller = fhir.as_(token(scope="system/Endpoint.cruds"))
    assert caller.send("POST", "", bundle).status_code == 403
    assert fhir.send("POST", "", bundle).status_code == 200


def test_what_is_left_out_of_what_comes_along_is_told(
    fhir: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_INCLUDED", 2)
    for number in (1, 2, 3):
        fhir.put(build.organization(number))
        if number > 1:
            fhir.put(build.organization(number, partOf={"reference": "Organization/unit-1"}))
    asked = "Organization?_id=unit-1&_revinclude=Organization:partof"
    assert _modes(fhir, asked) == ["match", "include", "include"]

    fhir.put(build.organization(4, partOf={"reference": "Organization/unit-1"}))
    assert _modes(fhir, asked) == ["match", "include", "include", "outcome"]


def _modes(fhir: Api, asked: str) -> list[str]:
    entries = fhir.get(asked).get_json(force=True)["entry"]
    return [each["search"]["mode"] for each in entries]


@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_another_version_of_the_acknowledgement_is_another_message(version: str) -> None:
    asked = payloads.Token(None, build.RECEIPT.removesuffix("1.0") + version)
    assert [each.code for each in payloads.alternatives(asked)] == [asked.code]


def test_a_code_whose_halves_differ_stands_for_neither_message() -> None:
    mixed = build.HCO_1_2.replace("fhir:homecareobservation-", "fhir:hospitalnotification-")
    found = payloads.alternatives(payloads.Token(None, mixed))
    assert [each.code for each in found] == [mixed]


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_bundle_is_not_answered_with_more_than_a_client_can_hold(
    fhir: Api, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    fhir.put(build.organization())
    size = len(fhir.get("Organization/unit-1").get_data())
    monkeypatch.setattr(bundle, "MOST_BYTES", 2 * size)
    answer = fhir.send("POST", "", _bundle(kind, *[_get("Organization/unit-1")] * 3))
    if kind == "transaction":
        assert answer.status_code == 422
        assert outcome(answer) == [("error", "too-costly")]
    else:
        entries = answer.get_json(force=True)["entry"]
        assert [each["response"]["status"][:3] for each in entries] == ["200", "200", "422"]


def test_many_operations_on_a_large_resource_are_refused(
    fhir: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    fhir.put(build.organization())
    monkeypatch.setattr(patch_step, "MOST_WORK", 1_000)
    one = {"op": "test", "path": "/active", "value": True}
    form = {"content_type": "application/json-patch+json"}
    assert fhir.ask("PATCH", "Organization/unit-1", json=[one], **form).status_code == 200
    answer = fhir.ask("PATCH", "Organization/unit-1", json=[one] * 2, **form)
    assert answer.status_code == 422
    assert outcome(answer) == [("error", "too-costly")]


def test_a_base_that_is_named_like_a_type_leads_nobody_astray(fhir: Api) -> None:
    above = {
        "fullUrl": "https://Organization/fhir/Organization/above",
        "resource": build.organization(1, id="above"),
        **_post("Organization"),
    }
    partly = build.organization(2, id=None, partOf={"reference": "Organization/above"})
    answer = fhir.send(
        "POST", "", _bundle("transaction", above, {"resource": partly, **_post("Organization")})
    )
    assert answer.status_code == 200
