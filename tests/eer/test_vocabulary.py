"""Code lists are data: what is loaded takes the place of what is shipped."""

from pathlib import Path
from typing import Any

import pytest

import builders_bundle as bundles
import builders_fhir as build
from builders_web import BASE, Api
from eer.domain.errors import Failure, IssueCode, Refused
from eer.fhir import canonicals, terminology
from eer.register import transaction, write
from eer.register.change import Change, Delete, Outcome, Put
from eer.register.counter import Counter
from eer.register.intent import Update
from eer.settings import Settings
from eer.store.records import Records
from eer.wiring import load, payloads, schema

HCO_1_3 = build.HCO_1_2.replace("1.2", "1.3")
SHIPPED = terminology.shipped().codes(canonicals.PAYLOADS)
UNIT = build.organization(1, endpoint=[{"reference": "Endpoint/endpoint-1"}])
NEW = build.endpoint(payloadType=build.payloads(HCO_1_3, build.RECEIPT))


def system(codes: dict[str, str] | None = None, **changes: Any) -> build.Json:
    """Return the list of payload types: what is shipped, and HomeCareObservation 1.3."""
    listed = {**SHIPPED, HCO_1_3: "HomeCareObservation 1.3"} if codes is None else codes
    found = {
        "resourceType": "CodeSystem",
        "id": "payloads",
        "url": canonicals.PAYLOADS,
        "status": "active",
        "content": "complete",
        "concept": [{"code": code, "display": text} for code, text in listed.items()],
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def value_set(**changes: Any) -> build.Json:
    found = {
        "resourceType": "ValueSet",
        "id": "home-care",
        "url": "https://terminology.example.dk/ValueSet/home-care",
        "status": "active",
        "compose": {
            "include": [{"system": canonicals.PAYLOADS, "concept": [{"code": build.HCO_1_2}]}]
        },
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def said(*outcomes: Outcome) -> list[tuple[str, str]]:
    assert not any(issue.is_error for each in outcomes for issue in each.issues)
    return [(issue.expression, str(issue.text)) for each in outcomes for issue in each.issues]


def known(counter: Counter) -> terminology.Codes:
    with counter.store.reading() as connection:
        return counter.vocabularies.of(Records(connection)).codes(canonicals.PAYLOADS)


# What is loaded is what is known


def test_a_code_that_is_not_known_is_refused_by_its_name(counter: Counter) -> None:
    with pytest.raises(Refused) as failure:
        build.put(counter, UNIT, NEW)

    (issue,) = [each for each in failure.value.issues if each.is_error]
    assert (issue.code, issue.expression) == (IssueCode.CODE_INVALID, "Endpoint.payloadType[0]")
    assert issue.text.startswith(f"{HCO_1_3!r} is not a code of {canonicals.PAYLOADS}; did you")


def test_a_code_of_a_loaded_system_is_taken_by_the_next_write(counter: Counter) -> None:
    report = build.loaded(counter, build.file(system()))

    assert (report.created, report.warnings) == (("CodeSystem/payloads",), ())
    assert said(*build.put(counter, UNIT, NEW)) == []


def test_it_is_taken_within_the_same_transaction(counter: Counter) -> None:
    assert said(*build.put(counter, UNIT, NEW, system())) == []


def test_it_is_taken_within_the_same_file(counter: Counter) -> None:
    report = build.loaded(counter, build.file(build.collection(NEW, UNIT, system())))

    assert (report.refused, len(report.created)) == ((), 3)


def test_what_comes_with_a_system_that_is_refused_is_refused_too(counter: Counter) -> None:
    broken = system()
    broken["concept"].append({"code": HCO_1_3})

    report = build.loaded(counter, build.file(build.collection(NEW, UNIT, broken)))

    assert [refusal.name for refusal in report.refused] == [
        "CodeSystem/payloads",
        "Endpoint/endpoint-1",
        "Organization/unit-1",
    ]


def test_the_nearest_code_is_that_of_the_loaded_system(counter: Counter) -> None:
    build.put(counter, system())
    single = HCO_1_3.replace("::", ":")

    with pytest.raises(Refused, match="did you mean") as failure:
        build.put(counter, UNIT, build.endpoint(payloadType=build.payloads(single)))

    assert f"did you mean {HCO_1_3}?" in failure.value.text


def test_codes_below_other_codes_are_known_too(counter: Counter) -> None:
    nested = system()
    last = nested["concept"].pop()
    nested["concept"][0]["concept"] = [last]

    assert said(*build.put(counter, nested, UNIT, NEW)) == []


def test_a_definition_of_a_loaded_payload_is_right(counter: Counter) -> None:
    named = build.message_definition()["identifier"][0] | {"value": HCO_1_3}

    assert said(*build.put(counter, system(), build.message_definition(identifier=[named]))) == []


def test_each_process_sees_what_another_one_loaded(counter: Counter) -> None:
    elsewhere = build.register_over(counter.store, build.Clock())
    assert HCO_1_3 not in known(elsewhere)

    build.put(counter, system())

    assert HCO_1_3 in known(elsewhere)


# And back


@pytest.mark.parametrize("status", ["retired", "draft"])
def test_a_system_that_is_not_active_leaves_what_is_shipped(counter: Counter, status: str) -> None:
    build.put(counter, system())
    build.put(counter, system(status=status))

    assert known(counter) == SHIPPED


def test_a_system_that_is_retired_counts_no_more_in_the_same_transaction(
    counter: Counter,
) -> None:
    build.put(counter, system())

    with pytest.raises(Refused, match="is not a code of"):
        build.put(counter, system(status="retired"), UNIT, NEW)


def test_a_system_that_is_deleted_counts_no_more_in_the_same_transaction(
    counter: Counter,
) -> None:
    build.put(counter, system())
    changes = [Delete(build.ref(system())), *(Put(build.ref(each), each) for each in (UNIT, NEW))]

    with pytest.raises(Refused, match="is not a code of"):
        transaction.commit(counter, changes, build.THE_OPERATOR)
    build.remove(counter, "CodeSystem/payloads")

    assert known(counter) == SHIPPED


def test_a_transaction_that_fails_leaves_no_code_behind(fhir: Api, counter: Counter) -> None:
    """Its sequence is taken by the next one, whose codes are others, in another process."""
    failing = bundles.transaction(
        bundles.update(system()),
        bundles.update(value_set()),
        bundles.get(f"Endpoint?payload-type:in={value_set()['url']}"),
        bundles.get("Endpoint/nobody"),
    )
    assert bundles.sent(fhir, failing).status_code == 404

    elsewhere = build.register_over(counter.store, build.Clock())
    build.put(elsewhere, build.device(), system({build.RECEIPT: "Kvittering"}))

    assert known(counter) == {build.RECEIPT: "Kvittering"}


# Who still uses what goes


def test_a_system_that_drops_what_endpoints_offer_names_them(counter: Counter) -> None:
    build.put(counter, system(), UNIT, NEW)

    (outcome,) = build.put(counter, system(SHIPPED))

    text = (
        f"{HCO_1_3} is no code of {canonicals.PAYLOADS} any more, but Endpoint/endpoint-1 have it: "
        "they cannot be written before they let go of it"
    )
    assert said(outcome) == [("CodeSystem.concept", text)]


def test_many_are_named_in_part(counter: Counter) -> None:
    build.put(counter, system())
    for number in range(1, 7):
        build.put(
            counter,
            build.organization(number),
            build.endpoint(number) | {"payloadType": build.payloads(HCO_1_3)},
        )

    (outcome,) = build.put(counter, system(SHIPPED))

    ((_, text),) = said(outcome)
    assert "but Endpoint/endpoint-1, Endpoint/endpoint-2, Endpoint/endpoint-3 and 3 more have" in (
        text
    )


@pytest.mark.parametrize("end", ["retired", "renamed", "deleted"])
def test_who_ends_a_system_hears_who_still_uses_it(counter: Counter, end: str) -> None:
    build.put(counter, system(), UNIT, NEW)
    ends: dict[str, Change] = {
        "retired": Put(build.ref(system()), system(status="retired")),
        "renamed": Put(build.ref(system()), system(url="https://terminology.example.dk/other")),
        "deleted": Delete(build.ref(system())),
    }

    (outcome,) = transaction.commit(counter, [ends[end]], build.THE_OPERATOR)

    assert [place for place, _ in said(outcome)] == ["CodeSystem.concept"]


def test_an_endpoint_that_lets_go_in_the_same_transaction_is_not_named(counter: Counter) -> None:
    build.put(counter, system(), UNIT, NEW)

    assert said(*build.put(counter, system(SHIPPED), build.endpoint())) == []


@pytest.mark.parametrize(
    ("url", "left", "user"),
    [
        (canonicals.CONNECTION_TYPES, "vansMessaging", "Endpoint/endpoint-1"),
        (canonicals.DEVICE_TYPES, "AP", "Device/device-1"),
        (canonicals.HIERARCHY, "IE", "Organization/unit-1"),
    ],
)
def test_the_other_lists_name_their_users_too(
    counter: Counter, url: str, left: str, user: str
) -> None:
    build.put(counter, UNIT, build.endpoint(), build.device())

    (outcome,) = build.put(counter, system({left: left}, url=url))

    assert [user in text for _, text in said(outcome)] == [True]


def test_a_list_that_nothing_is_judged_by_drops_what_it_will(counter: Counter) -> None:
    other = "https://terminology.example.dk/CodeSystem/colours"
    build.put(counter, system({"red": "rød", "blue": "blå"}, url=other))

    assert said(*build.put(counter, system({"red": "rød"}, url=other))) == []


# What cannot be used


@pytest.mark.parametrize(
    ("changes", "place", "sentence"),
    [
        ({"url": None}, "CodeSystem.url", "no url found"),
        ({"content": "fragment"}, "CodeSystem.content", "content 'fragment' found"),
        (
            {"content": "supplement", "supplements": canonicals.PAYLOADS},
            "CodeSystem.content",
            "content 'supplement' found",
        ),
        (
            {"content": "not-present", "concept": None},
            "CodeSystem.content",
            "content 'not-present' found",
        ),
        ({"concept": None}, "CodeSystem.concept", "no code found"),
        ({"status": "draft"}, "CodeSystem.status", "status 'draft' found"),
    ],
)
def test_a_system_that_cannot_be_used_is_kept_and_says_why(
    counter: Counter, changes: dict[str, Any], place: str, sentence: str
) -> None:
    (outcome,) = build.put(counter, system(**changes))

    ((found, text),) = said(outcome)
    assert found == place
    assert text.startswith(sentence)
    assert known(counter) == SHIPPED


def test_a_system_that_is_retired_needs_no_explanation(counter: Counter) -> None:
    assert said(*build.put(counter, system(status="retired"))) == []


def test_a_system_that_has_a_code_twice_is_refused(counter: Counter) -> None:
    twice = system()
    twice["concept"][0]["concept"] = [{"code": HCO_1_3}]

    with pytest.raises(Refused) as failure:
        build.put(counter, twice)

    (issue,) = failure.value.issues
    assert (issue.code, issue.expression) == (IssueCode.INVARIANT, "CodeSystem.concept")
    assert issue.text == f"{HCO_1_3} found more than once, expected each code once (csd-1)"


def test_one_system_may_stand_in_the_register_once(counter: Counter) -> None:
    build.put(counter, system())

    with pytest.raises(Failure, match="is held by CodeSystem/payloads"):
        write.perform(
            counter,
            Update(type="CodeSystem", id="again", json=system(id="again")),
            build.THE_OPERATOR,
        )


def test_a_system_loaded_under_another_id_takes_the_place_of_the_first(counter: Counter) -> None:
    build.loaded(counter, build.file(system(SHIPPED)))

    report = build.loaded(counter, build.file(system(id="again")))

    assert report.updated == ("CodeSystem/payloads",)
    assert HCO_1_3 in known(counter)


# Value sets


def test_a_value_set_is_looked_into_by_searches(fhir: Api) -> None:
    for each in (build.organization(1), build.endpoint(), value_set()):
        fhir.put(each)

    def matches(url: str) -> int:
        found = fhir.get(f"Endpoint?payload-type:in={url}&_summary=count").get_json()
        return int(found["total"])

    assert matches(value_set()["url"]) == 1


def test_a_value_set_may_take_a_whole_loaded_system(counter: Counter) -> None:
    whole = value_set(compose={"include": [{"system": "urn:colours"}]})
    build.put(counter, system({"red": "rød"}, url="urn:colours"), whole)

    with counter.store.reading() as connection:
        held = counter.vocabularies.of(Records(connection)).value_sets[whole["url"]]

    assert [token.code for token in held] == ["red"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"url": None}, "ValueSet.url"),
        ({"status": "draft"}, "ValueSet.status"),
        (
            {
                "compose": {
                    "include": [
                        {
                            "system": canonicals.PAYLOADS,
                            "filter": [{"property": "code", "op": "=", "value": "x"}],
                        }
                    ]
                }
            },
            "ValueSet.compose.include[0].filter",
        ),
        (
            {
                "compose": {
                    "include": [{"system": canonicals.PAYLOADS}],
                    "exclude": [{"valueSet": ["https://terminology.example.dk/ValueSet/x"]}],
                }
            },
            "ValueSet.compose.exclude[0].valueSet",
        ),
    ],
)
def test_a_value_set_that_is_not_understood_says_so(
    counter: Counter, changes: dict[str, Any], place: str
) -> None:
    assert [found for found, _ in said(*build.put(counter, value_set(**changes)))] == [place]


def test_an_expansion_is_understood_whatever_it_was_made_of(counter: Counter) -> None:
    filtered = {
        "include": [{"system": "urn:x", "filter": [{"property": "p", "op": "=", "value": "v"}]}]
    }
    expansion = {
        "timestamp": "2026-01-01T00:00:00Z",
        "contains": [{"system": "urn:x", "code": "a"}],
    }

    assert said(*build.put(counter, value_set(compose=filtered, expansion=expansion))) == []


# The names of payloads


def test_payloads_have_the_names_that_the_register_knows(
    tmp_path: Path,
) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'register.sqlite'}", base_url=BASE)
    schema.migrate(settings)
    file = tmp_path / "payloads.json"
    file.write_bytes(build.file(system())[1])

    load.load_files(settings, [file], lambda _: None)

    assert payloads.by_display(settings)["HomeCareObservation 1.3"] == HCO_1_3
    assert "HomeCareObservation 1.3" not in payloads.by_display()
    assert payloads.by_display()["HomeCareObservation 1.2"] == build.HCO_1_2
