"""FHIR R4 search: pages that follow each other, whoever writes meanwhile.

https://hl7.org/fhir/R4/http.html#paging
"""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

import builders_fhir as build
import builders_web as web
import searches
from builders_fhir import Json
from builders_web import Api

Write = Callable[[Api, int], None]

SORTS = [
    *("_id", "-_id", "manufacturer", "-manufacturer", "_lastUpdated", "-_lastUpdated"),
    *("status,-manufacturer", "url", "-url,manufacturer"),
]


def device(number: int, **changes: str) -> Json:
    """Return one of several devices; only some have a URL, and few makers make them all."""
    said = {"manufacturer": f"Hus {number % 3}", "status": "inactive" if number % 2 else "active"}
    url = {} if number % 4 else {"url": f"https://d{number}.example.dk"}
    return build.device(number, **said, **url) | changes


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(fhir, *(device(number) for number in range(10, 22)))


def seen(pages: list[Json]) -> list[str]:
    return [each for page in pages for each in searches.matches(page)]


@pytest.mark.fhir(94)
@pytest.mark.parametrize("sort", SORTS)
def test_the_pages_together_are_the_whole(filled: Api, sort: str) -> None:
    whole = searches.found(filled, f"Device?_sort={sort}")

    assert len(set(whole)) == 12
    for count in (1, 5, 11, 12, 13):
        pages = list(searches.walk(filled, f"Device?_sort={sort}&_count={count}"))
        assert seen(pages) == whole
        assert len(pages) == -(-12 // count)
        assert {page["total"] for page in pages} == {12}


@pytest.mark.fhir(94)
def test_a_page_is_followed_only_when_there_is_more(filled: Api) -> None:
    assert searches.link(searches.page(filled, "Device?_count=12"), "next") is None
    assert searches.link(searches.page(filled, "Device?_count=11"), "next") is not None
    assert searches.link(searches.page(filled, "Device?_id=nowhere"), "next") is None


@pytest.mark.fhir(94)
def test_the_pages_keep_to_what_was_asked(filled: Api) -> None:
    search = "Device?status=active&manufacturer=Hus 0,Hus 1&_count=1&_sort=-_id"

    pages = list(searches.walk(filled, search))

    assert seen(pages) == ["device-18", "device-16", "device-12", "device-10"]
    assert all(len(searches.matches(page)) == 1 for page in pages)


@pytest.mark.fhir(71, 94)
def test_a_search_by_post_has_pages_that_are_got(filled: Api) -> None:
    first = searches.read(searches.sent(filled, "Device/_search?_count=5", "_sort=manufacturer"))

    pages = [first, *searches.walk(filled, searches.link(first, "next") or "")]

    assert seen(pages) == searches.found(filled, "Device?_sort=manufacturer")


@pytest.mark.fhir(94)
def test_a_page_can_be_had_again(filled: Api) -> None:
    path = searches.link(searches.page(filled, "Device?_count=5"), "next") or ""

    first, again = (searches.answer(searches.read(filled.get(path))) for _ in range(2))

    assert first == again
    assert searches.answer(searches.read(filled.get(first["self"])))["matches"] == first["matches"]


@pytest.mark.fhir(94)
def test_a_link_says_nothing_of_who_asks(filled: Api) -> None:
    links = searches.page(filled, "Device?_count=5")["link"]

    assert filled.token is not None
    assert filled.token not in str(links)


def cursor(fhir: Api, search: str) -> tuple[str, str]:
    """Return the parameter of the next link that the self link does not have."""
    bundle = searches.page(fhir, search)
    here, following = (
        parse_qsl(urlsplit(searches.link(bundle, relation) or "").query, keep_blank_values=True)
        for relation in ("self", "next")
    )
    ((name, value),) = [pair for pair in following if pair not in here]
    return name, value


GARBLED: list[Callable[[str], str]] = [
    lambda text: text[:-1],
    lambda text: text[1:],
    lambda text: text + "A",
    lambda text: text[::-1],
    lambda text: text[: len(text) // 2],
    lambda text: text[:-2] + ("BB" if text.endswith("AA") else "AA"),
    lambda _: "x",
    lambda _: "device-12",
    lambda _: "' OR 1=1 --",
    lambda _: "🦴",
    lambda _: "A" * 5000,
    lambda _: "%00",
]


@pytest.mark.fhir(94)
def test_a_link_that_was_tampered_with_is_refused_in_words(filled: Api) -> None:
    search = "Device?_count=5&_sort=manufacturer"
    name, value = cursor(filled, search)

    for garble in GARBLED:
        response = filled.get(f"{search}&{urlencode({name: garble(value)})}")
        assert response.status_code in (400, 410)
        assert [severity for severity, _ in web.outcome(response)] == ["error"]


@pytest.mark.fhir(94)
def test_the_link_of_one_search_is_none_of_another(filled: Api) -> None:
    name, value = cursor(filled, "Device?_count=5&_sort=url")
    others = (
        *("Device?_sort=manufacturer", "Device?_sort=-url", "Device?status=active&_sort=url"),
        *("Device?_sort=url&manufacturer=Hus", "Device?", "Organization?_sort=name", "Endpoint?"),
    )

    for other in others:
        response = filled.get(f"{other}&_count=5&{urlencode({name: value})}")
        assert response.status_code == 400, other
        assert [severity for severity, _ in web.outcome(response)] == ["error"]


def adds(fhir: Api, turn: int) -> None:
    """Put one before and one behind every page."""
    for number in (turn, 90 + turn):
        searches.registered(fhir, device(number, manufacturer="AAA" if number < 50 else "ZZZ"))


def removes(fhir: Api, turn: int) -> None:
    """Delete from the front and from the back."""
    for number in (10 + turn, 21 - turn):
        assert fhir.delete(f"Device/device-{number}").status_code == 200


def renames(fhir: Api, turn: int) -> None:
    """Move one from the front to the end of the order, and one the other way."""
    searches.registered(
        fhir,
        device(10 + turn, manufacturer="ZZZ", url="https://zzz.example.dk", status="inactive"),
        device(21 - turn, manufacturer="AAA", url="https://aaa.example.dk", status="active"),
    )


def everything(fhir: Api, turn: int) -> None:
    adds(fhir, turn)
    (renames if turn % 2 else removes)(fhir, turn)


@pytest.mark.fhir(94, 95)
@pytest.mark.parametrize("write", [adds, removes, renames, everything])
@pytest.mark.parametrize("sort", SORTS)
def test_each_untouched_resource_is_seen_once_whoever_writes(
    filled: Api, sort: str, write: Write
) -> None:
    pages: list[Json] = []

    for turn, page in enumerate(searches.walk(filled, f"Device?_sort={sort}&_count=4")):
        pages.append(page)
        if turn < 4:
            write(filled, turn)

    untouched = [f"device-{number}" for number in range(14, 18)]
    assert sorted(each for each in seen(pages) if each in untouched) == untouched


@pytest.mark.fhir(94, 95)
@pytest.mark.parametrize("sort", ["_id", "manufacturer", "url", "-_lastUpdated"])
def test_a_link_outlives_the_resource_it_stands_behind(filled: Api, sort: str) -> None:
    first = searches.page(filled, f"Device?_sort={sort}&_count=4")
    whole = searches.found(filled, f"Device?_sort={sort}")
    for each in searches.matches(first):
        assert filled.delete(f"Device/{each}").status_code == 200

    rest = list(searches.walk(filled, searches.link(first, "next") or ""))

    assert seen([first, *rest]) == whole


@pytest.mark.fhir(95, 97)
def test_pages_over_types_lose_nothing_to_writers(filled: Api) -> None:
    searches.registered(filled, *(build.organization(number) for number in range(4)))
    units = [f"unit-{number}" for number in range(4)]
    pages: list[Json] = []

    for turn, page in enumerate(searches.walk(filled, "?_type=Organization,Device&_count=3")):
        pages.append(page)
        if turn < 4:
            adds(filled, turn)

    assert sorted(each for each in seen(pages) if each in units) == units
    assert len(seen(pages)) == len(set(seen(pages)))
