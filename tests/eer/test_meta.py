import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given

import builders_fhir as build
from eer.fhir import codec_json, meta
from strategies import resources

AT = datetime(2026, 5, 5, 12, 0, 0, 123456, tzinfo=UTC)


def stamped(json_in: build.Json) -> build.Json:
    found: build.Json = json.loads(meta.stamped(json_in, "the-id", 7, AT))
    return found


def test_id_version_and_time_are_the_registers() -> None:
    sent = build.endpoint(id="theirs", meta={"versionId": "99", "lastUpdated": "1999-01-01"})

    found = stamped(sent)

    assert found["id"] == "the-id"
    assert found["meta"] == {"versionId": "7", "lastUpdated": "2026-05-05T12:00:00.123456Z"}


def test_everything_else_is_kept_as_it_came() -> None:
    tag = {"tag": [{"system": "urn:x", "code": "pilot"}], "profile": ["urn:p"], "source": "urn:s"}
    sent = build.endpoint(meta=tag)

    found = stamped(sent)

    assert {k: v for k, v in found["meta"].items() if k in tag} == tag
    assert {k: v for k, v in found.items() if k not in ("id", "meta")} == {
        k: v for k, v in sent.items() if k not in ("id", "meta")
    }


def test_the_order_of_members_and_the_spelling_of_numbers_are_kept() -> None:
    body = b'{"resourceType":"Basic","b":1.10,"id":"x","a":[2.0,1e2]}'

    found = meta.stamped(codec_json.parse(body), "x", 1, AT)

    assert found.endswith(b'"b":1.10,"a":[2.0,1e2]}')


@given(resources("Endpoint", "Organization", "Device", "MessageDefinition"))
def test_stamping_changes_nothing_a_resource_says(json_in: build.Json) -> None:
    found = codec_json.parse(meta.stamped(json_in, "the-id", 3, AT))

    assert meta.content(found) == meta.content(json_in)


def test_the_order_of_members_says_nothing_and_that_of_items_does() -> None:
    one = {"resourceType": "Basic", "a": [{"x": 1, "y": 2}, 3], "b": 1}
    other = {"b": 1, "a": [{"y": 2, "x": 1}, 3], "resourceType": "Basic"}

    assert meta.content(one) == meta.content(other)
    assert meta.content(one) != meta.content(one | {"a": [3, {"x": 1, "y": 2}]})


def test_a_profile_is_something_a_resource_says() -> None:
    assert meta.content(build.device()) != meta.content(build.device(meta=None))


def test_an_instant_is_told_in_utc() -> None:
    at = datetime(2026, 5, 5, 14, tzinfo=timezone(timedelta(hours=2)))

    assert meta.instant(at) == "2026-05-05T12:00:00.000000Z"
