"""How a resource changes as a whole (R4 http, update, conditional update, concurrency)."""

from email.utils import parsedate_to_datetime

import pytest

import builders_fhir as build
import builders_web as web
from builders_fhir import Clock, Json
from builders_web import BASE, Api
from examples import can
from exchanges import at_once, done, matches, pass_on, refused

CHANGED = build.device(manufacturer="Et andet hus")


@pytest.fixture
def filled(fhir: Api) -> Api:
    """Return the API over a register that holds a device."""
    fhir.put(build.device())
    return fhir


def version(fhir: Api, path: str = "Device/device-1") -> str:
    found: str = done(fhir.get(path))["meta"]["versionId"]
    return found


def versions_of(fhir: Api, path: str) -> int:
    total: int = done(fhir.get(f"{path}/_history"))["total"]
    return total


@pytest.mark.fhir(47)
@pytest.mark.parametrize(
    "resource",
    [build.device(id=None), build.device(id="other"), build.device(id="Device-1")],
    ids=["none", "another", "in capitals"],
)
def test_an_update_has_the_id_of_its_url(filled: Api, resource: Json) -> None:
    assert refused(filled.send("PUT", "Device/device-1", resource), 400)
    assert refused(filled.send("PUT", "Device/device-9", resource), 400)
    assert matches(filled, "Device") == ["device-1"]


@pytest.mark.fhir(48)
def test_an_update_answers_with_its_version_time_and_url(filled: Api, clock: Clock) -> None:
    pass_on(clock)

    response = filled.put(CHANGED)

    found = done(response)
    assert (found["manufacturer"], found["meta"]["versionId"]) == ("Et andet hus", "2")
    assert response.headers["ETag"] == 'W/"2"'
    assert parsedate_to_datetime(response.headers["Last-Modified"]) == clock.at
    assert response.headers["Content-Location"] == f"{BASE}/Device/device-1/_history/2"
    assert done(filled.get("Device/device-1/_history/1"))["manufacturer"] == "Systemhuset"


@pytest.mark.fhir(48)
def test_the_version_that_a_body_claims_is_passed_over(filled: Api) -> None:
    meta = {**CHANGED["meta"], "versionId": "41", "lastUpdated": "2001-01-01T00:00:00Z"}

    found = done(filled.put({**CHANGED, "meta": meta}))

    assert found["meta"]["versionId"] == "2"
    assert found["meta"]["lastUpdated"].startswith("2026-05-05")


@pytest.mark.fhir(49)
@pytest.mark.parametrize("name", ["device-1", "12345", "A.b-C", "x" * 64])
def test_an_operator_creates_under_an_id_of_their_own(fhir: Api, name: str) -> None:
    response = fhir.put(build.device(id=name))

    assert done(response, 201)["id"] == name
    assert response.headers["Location"] == f"{BASE}/Device/{name}/_history/1"
    assert response.headers["ETag"] == 'W/"1"'
    assert fhir.get(f"Device/{name}").status_code == 200


@pytest.mark.fhir(49)
def test_nobody_else_chooses_an_id(fhir: Api) -> None:
    company = fhir.as_(web.token_of_company(1))

    assert refused(company.put(build.organization(1)), 403) == ["forbidden"]
    assert fhir.get("Organization/unit-1").status_code == 404
    assert company.post(build.organization(1)).status_code == 201


@pytest.mark.fhir(50)
@pytest.mark.parametrize("expected", ['W/"1"', '"1"', "1"])
def test_an_update_of_the_expected_version_is_made(filled: Api, expected: str) -> None:
    response = filled.put(CHANGED, headers={"If-Match": expected})

    assert done(response)["meta"]["versionId"] == "2"


@pytest.mark.fhir(50, 130)
@pytest.mark.parametrize("expected", ['W/"2"', '"0"', "7", 'W/"11"'])
def test_an_update_of_another_version_changes_nothing(filled: Api, expected: str) -> None:
    response = filled.put(CHANGED, headers={"If-Match": expected})

    assert refused(response, 412) == ["conflict"]
    assert (version(filled), versions_of(filled, "Device/device-1")) == ("1", 1)


@pytest.mark.fhir(50)
@pytest.mark.parametrize("expected", ["", 'W/"x"', "W/1x"])
def test_an_expectation_that_cannot_be_read_changes_nothing(filled: Api, expected: str) -> None:
    response = filled.put(CHANGED, headers={"If-Match": expected})

    assert response.status_code in (400, 412)
    assert version(filled) == "1"


@pytest.mark.fhir(51)
@pytest.mark.parametrize("expected", ['W/"1"', '"1"', "*"])
def test_what_is_not_there_is_at_no_version(fhir: Api, expected: str) -> None:
    headers = {"If-Match": expected}

    assert refused(fhir.put(build.device(), headers=headers), 412)
    fhir.put(build.device(2))
    fhir.delete("Device/device-2")
    assert refused(fhir.put(build.device(2), headers={"If-Match": "*"}), 412)
    assert [fhir.get(f"Device/device-{n}").status_code for n in (1, 2)] == [404, 410]


@pytest.mark.fhir(51)
def test_that_it_is_there_may_be_all_that_is_expected(filled: Api) -> None:
    assert filled.put(CHANGED, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.fhir(51)
def test_that_it_is_not_there_may_be_expected(filled: Api) -> None:
    headers = {"If-None-Match": "*"}

    assert refused(filled.put(CHANGED, headers=headers), 412)
    assert version(filled) == "1"
    assert filled.put(build.device(2), headers=headers).status_code == 201


@pytest.mark.fhir(52)
def test_an_update_without_an_expectation_is_made(filled: Api) -> None:
    assert filled.put(CHANGED).status_code == 200
    stated = done(filled.get("metadata"))["rest"][0]["resource"]
    written = [each for each in stated if can(each, "update")]
    assert {each["versioning"] for each in written} <= {"versioned", "versioned-update"}


@pytest.mark.fhir(53)
def test_an_update_brings_back_what_was_deleted(filled: Api) -> None:
    filled.delete("Device/device-1")

    response = filled.put(build.device())

    assert done(response, 201)["meta"]["versionId"] == "3"
    assert response.headers["Location"] == f"{BASE}/Device/device-1/_history/3"
    assert filled.get("Device/device-1").status_code == 200
    assert filled.get("Device/device-1/_history/2").status_code == 410


@pytest.mark.fhir(54)
def test_an_update_that_says_the_same_makes_no_version(filled: Api, clock: Clock) -> None:
    before = done(filled.get("Device/device-1"))
    pass_on(clock)

    for same in (before, build.device(), dict(reversed(build.device().items()))):
        response = filled.put(same)

        assert (response.status_code, response.headers["ETag"]) == (200, 'W/"1"')
        assert done(response) == before
    assert versions_of(filled, "Device/device-1") == 1


@pytest.mark.fhir(54)
def test_a_change_of_order_in_a_list_is_a_change(fhir: Api) -> None:
    two = [{"value": "a"}, {"value": "b"}]
    fhir.put(build.device(identifier=two))

    assert done(fhir.put(build.device(identifier=two[::-1])))["meta"]["versionId"] == "2"


def conditional(fhir: Api, resource: Json, criteria: str = "identifier=device-1") -> int:
    return fhir.send("PUT", f"Device?{criteria}", resource).status_code


@pytest.mark.fhir(55)
def test_a_conditional_update_creates_what_nothing_matches(fhir: Api) -> None:
    response = fhir.send("PUT", "Device?identifier=device-1", build.device(id=None))

    assert done(response, 201)["id"] == "minted-1"
    assert response.headers["Location"] == f"{BASE}/Device/minted-1/_history/1"


@pytest.mark.fhir(55)
def test_a_conditional_update_creates_under_the_id_an_operator_gives(fhir: Api) -> None:
    response = fhir.send("PUT", "Device?identifier=device-1", build.device())

    assert response.headers["Location"] == f"{BASE}/Device/device-1/_history/1"
    assert response.status_code == 201


@pytest.mark.fhir(55)
def test_a_conditional_update_of_another_may_not_give_an_id(fhir: Api) -> None:
    company = fhir.as_(web.token_of_company(1))
    path = f"Organization?identifier={build.sor(1)}"

    with_id = company.send("PUT", path, build.organization(1))
    without = company.send("PUT", path, build.organization(1, id=None))

    assert (with_id.status_code, without.status_code) == (403, 201)


@pytest.mark.fhir(55)
@pytest.mark.parametrize("name", [None, "device-1"])
def test_a_conditional_update_changes_the_one_that_matches(filled: Api, name: str | None) -> None:
    changed = build.device(id=name, manufacturer="Et andet hus")

    response = filled.send("PUT", "Device?identifier=device-1", changed)

    assert (response.status_code, response.headers["ETag"]) == (200, 'W/"2"')
    found = done(filled.get("Device/device-1"))
    assert (found["manufacturer"], found["id"]) == ("Et andet hus", "device-1")


@pytest.mark.fhir(55, 130)
def test_a_conditional_update_of_another_or_of_several_changes_nothing(filled: Api) -> None:
    filled.put(build.device(2))
    many = filled.send("PUT", "Device?status=active", build.device(id=None))

    assert refused(many, 412) == ["multiple-matches"]
    assert conditional(filled, build.device(id="other")) == 400
    assert conditional(filled, build.device(id="device-2")) == 400
    assert matches(filled, "Device") == ["device-1", "device-2"]
    assert version(filled) == version(filled, "Device/device-2") == "1"


@pytest.mark.fhir(55)
@pytest.mark.parametrize(
    "criteria",
    ["identifier=", "colour=red", "identifier=device-1&colour=red", "_count=1", "_sort=_id"],
)
def test_a_condition_that_is_none_changes_nothing(filled: Api, criteria: str) -> None:
    assert refused(filled.send("PUT", f"Device?{criteria}", CHANGED), 400)
    assert version(filled) == "1"


@pytest.mark.fhir(55, 44)
def test_conditional_updates_at_the_same_time_make_one_resource(fhir: Api) -> None:
    path = "Device?identifier=device-1"

    answers = at_once(
        fhir,
        *(
            lambda api, n=n: api.send("PUT", path, build.device(id=None, manufacturer=f"Hus {n}"))
            for n in range(4)
        ),
    )

    assert sorted(each.status_code for each in answers) == [200, 200, 200, 201]
    assert len(matches(fhir, "Device")) == 1


@pytest.mark.fhir(56)
def test_of_updates_at_the_same_time_one_wins(filled: Api) -> None:
    headers = {"If-Match": 'W/"1"'}

    answers = at_once(
        filled,
        *(
            lambda api, n=n: api.put(build.device(manufacturer=f"Hus {n}"), headers=headers)
            for n in range(6)
        ),
    )

    assert sorted(each.status_code for each in answers) == [200, 412, 412, 412, 412, 412]
    (winner,) = (each for each in answers if each.status_code == 200)
    assert done(filled.get("Device/device-1")) == done(winner)
    assert version(filled) == "2"
