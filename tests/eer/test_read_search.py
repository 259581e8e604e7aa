import pytest

import builders_fhir as build
import builders_plain as plain
from eer.domain.errors import Absent, IssueCode
from eer.domain.identifiers import Reference
from eer.fhir import cursor, params
from eer.register import read, search
from eer.register.counter import Counter
from eer.register.search import Page
from eer.store.records import Records

GLN = "https://www.gs1.org/gln"
OWNER = {"reference": "Organization/owner-90"}


def page(counter: Counter, type_name: str, *pairs: tuple[str, str]) -> Page:
    with counter.store.reading() as connection:
        records = Records(connection)
        asked = params.search(counter.terms(records), (type_name,), pairs)
        return search.page(records, asked)


def found(counter: Counter, type_name: str, *pairs: tuple[str, str]) -> list[str]:
    return [each.reference.id for each in page(counter, type_name, *pairs).matches]


@pytest.fixture
def filled(counter: Counter) -> Counter:
    build.put(counter, *build.registered(), build.organization(2), build.device())
    build.put(counter, build.endpoint(2, status="suspended"))
    return counter


def test_what_never_was_is_not_found(counter: Counter) -> None:
    for reference in (Reference("Device", "x"), Reference("Nonsense", "x")):
        with pytest.raises(Absent) as failure:
            read.read(counter, reference)
        assert failure.value.issues[0].code is IssueCode.NOT_FOUND


def test_every_version_can_be_read(counter: Counter) -> None:
    build.put(counter, build.device())
    build.put(counter, build.device(manufacturer="Et andet hus"))
    device = Reference("Device", "device-1")

    versions = [read.read_version(counter, device, number) for number in (1, 2)]

    assert [b"Et andet hus" in (each.body or b"") for each in versions] == [False, True]
    with pytest.raises(Absent, match="version 3"):
        read.read_version(counter, device, 3)


@pytest.mark.parametrize(
    ("type_name", "pairs", "expected"),
    [
        ("Endpoint", [], ["endpoint-1", "endpoint-2"]),
        ("Endpoint", [("_id", "endpoint-2")], ["endpoint-2"]),
        ("Endpoint", [("_id", "endpoint-2,endpoint-1,nowhere")], ["endpoint-1", "endpoint-2"]),
        ("Endpoint", [("_id", "Endpoint-1")], []),
        ("Endpoint", [("identifier", build.gln(1))], ["endpoint-1"]),
        ("Endpoint", [("identifier", f"{GLN}|{build.gln(1)}")], ["endpoint-1"]),
        ("Endpoint", [("identifier", f"http://www.gs1.org/gln|{build.gln(2)}")], ["endpoint-2"]),
        ("Endpoint", [("identifier", f"|{build.gln(1)}")], []),
        ("Endpoint", [("identifier", f"{GLN}|")], ["endpoint-1", "endpoint-2"]),
        ("Endpoint", [("identifier", f"urn:x|{build.gln(1)}")], []),
        ("Endpoint", [("identifier", ",")], []),
        ("Endpoint", [("identifier", f"{build.gln(1)},|x,{GLN}|")], ["endpoint-1", "endpoint-2"]),
        ("Endpoint", [("status", "active")], ["endpoint-1"]),
        ("Endpoint", [("status", "active,suspended")], ["endpoint-1", "endpoint-2"]),
        ("Endpoint", [("status", "active"), ("status", "suspended")], []),
        ("Endpoint", [("organization", "unit-2")], ["endpoint-2"]),
        ("Endpoint", [("organization", "Organization/unit-2")], ["endpoint-2"]),
        ("Endpoint", [("organization", f"{build.BASE}/Organization/unit-2")], ["endpoint-2"]),
        ("Endpoint", [("organization", "Device/unit-2")], []),
        ("Endpoint", [("organization", "unit-1"), ("status", "active")], ["endpoint-1"]),
        ("Device", [("identifier", "ap-1")], ["ap-1"]),
        ("Device", [("identifier", "|ap-1")], ["ap-1"]),
        ("Device", [("organization", "owner-90")], ["ap-1"]),
        ("Organization", [("identifier", build.sor(2))], ["unit-2"]),
        ("Organization", [("identifier", f"http://cvr.dk|{build.cvr(90)}")], ["owner-90"]),
        ("MessageDefinition", [], []),
    ],
)
def test_a_search_finds_what_matches(
    filled: Counter, type_name: str, pairs: list[tuple[str, str]], expected: list[str]
) -> None:
    assert found(filled, type_name, *pairs) == expected


@pytest.mark.parametrize(
    ("missing", "expected"), [("true", ["location-2"]), ("false", ["location-1", "location-3"])]
)
def test_what_is_named_by_an_identifier_or_a_text_alone_is_not_missing(
    filled: Counter, missing: str, expected: list[str]
) -> None:
    named = {"identifier": {"system": "urn:x", "value": "1"}}
    build.put(
        filled,
        plain.location(1, type=[{"text": "Havn"}], managingOrganization=named),
        plain.location(2, type=None, managingOrganization=None),
        plain.location(3, managingOrganization={"reference": "Organization/unit-2"}),
    )

    for name in ("organization", "type"):
        assert found(filled, "Location", (f"{name}:missing", missing)) == expected


def test_a_composite_is_missing_where_its_last_part_is(counter: Counter) -> None:
    used = {"code": {"code": "workflow"}, "valueCodeableConcept": {"text": "messaging"}}
    build.put(counter, plain.code_system(useContext=[used]))

    for name, expected in (("context-type-quantity", ["colours"]), ("context-type-value", [])):
        assert found(counter, "CodeSystem", (f"{name}:missing", "true")) == expected


def test_a_search_is_sorted_by_where_references_lead(filled: Counter) -> None:
    units = [{"reference": f"Organization/unit-{number}"} for number in (1, 2)]
    build.put(
        filled,
        *(plain.location(n, managingOrganization=to) for n, to in ((1, units[1]), (2, units[0]))),
        plain.location(3, managingOrganization=None),
    )

    assert found(filled, "Location", ("_sort", "organization")) == [
        *("location-2", "location-1", "location-3")
    ]


def test_what_is_deleted_or_changed_is_found_as_it_is_now(filled: Counter) -> None:
    build.put(filled, build.endpoint(2, identifier=build.endpoint(3)["identifier"]))

    assert found(filled, "Endpoint", ("identifier", build.gln(2))) == []
    assert found(filled, "Endpoint", ("identifier", build.gln(3))) == ["endpoint-2"]


@pytest.mark.parametrize("written", ["overlay", "Organization/overlay", "unit-1"])
def test_another_id_of_what_is_pointed_at_finds_it(filled: Counter, written: str) -> None:
    build.loaded(filled, build.file(build.organization(1, id="overlay")))

    assert found(filled, "Endpoint", ("organization", written)) == ["endpoint-1"]


def test_what_comes_along_comes_once_and_in_one_order(filled: Counter) -> None:
    led = [{"reference": f"Endpoint/endpoint-{number}"} for number in (2, 1)]
    build.put(filled, *(build.organization(number, endpoint=led) for number in (1, 2)))

    found_page = page(filled, "Organization", ("_include", "Organization:endpoint"))
    reverse = page(filled, "Organization", ("_revinclude", "Endpoint:organization"))

    for each in (found_page, reverse):
        assert [one.reference.id for one in each.included] == ["endpoint-1", "endpoint-2"]


def test_another_id_is_not_found_itself(filled: Counter) -> None:
    build.loaded(filled, build.file(build.organization(1, id="overlay")))

    assert found(filled, "Organization", ("_id", "overlay")) == []


def test_pages_give_each_once_in_the_order_of_bytes(counter: Counter) -> None:
    names = ["b", "B", "a", "-", "0", "a.b", "ab", "a-b", "Z", "9", "A"]
    build.put(counter, *(build.device(id=n, identifier=[{"value": n}]) for n in names))
    seen: list[str] = []
    more: list[tuple[str, str]] = []

    for _ in names:
        found_page = page(counter, "Device", ("_count", "3"), *more)
        seen += [each.reference.id for each in found_page.matches]
        assert found_page.total == len(names)
        if found_page.next is None:
            break
        more = [("_page", cursor.printed(found_page.next, [("_type", "Device")]))]

    assert seen == sorted(names)


def test_a_page_of_none_says_how_many_there_are(filled: Counter) -> None:
    found_page = page(filled, "Endpoint", ("_count", "0"))

    assert (found_page.matches, found_page.total) == ((), 2)


@pytest.mark.parametrize("form", ["{}", "urn:x|{}", "urn:x{}|"])
def test_a_long_list_of_values_is_searched_through(filled: Counter, form: str) -> None:
    values = ",".join(form.format(number) for number in range(3000))

    assert found(filled, "Endpoint", ("identifier", f"{values},{build.gln(1)}")) == ["endpoint-1"]
    assert found(filled, "Endpoint", ("_id", f"{values},endpoint-1")) == ["endpoint-1"]


@pytest.mark.parametrize("value", ["' OR 1=1 --", "%", "_", '"', ";", "\\", "é", "🦴", "\x1b"])
def test_no_value_is_more_than_a_value(filled: Counter, value: str) -> None:
    for name in ("identifier", "_id", "status", "name", "url", "title:contains", "name:exact"):
        assert found(filled, "MessageDefinition", (name, value)) == []


def test_a_thousand_that_come_along_lead_on(counter: Counter) -> None:
    names = [f"place-{number}" for number in range(700)]
    places: list[build.Json] = [
        {"resourceType": "Location", "id": name, "partOf": {"reference": "Location/top"}}
        for name in names
    ]
    top = {"resourceType": "Location", "id": "top", "managingOrganization": OWNER}
    build.put(counter, build.owner(), top, *places)

    includes = (("_revinclude", "Location:partof"), ("_include:iterate", "Location:organization"))
    found_page = page(counter, "Location", ("_id", "top"), *includes)

    assert len(found_page.included) == 701
