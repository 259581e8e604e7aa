"""What a search finds is what looking at every resource finds, page by page, on every database."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import builders_fhir as build
import builders_web as web
import scan
import searches
import strategies_register
import strategies_search
from builders_fhir import Clock, Json
from builders_web import Api
from eer.register.change import Delete, Put
from eer.register.transaction import commit
from eer.store.session import Store
from registers import emptied
from scan import PARAMETERS, Ask, Chain, Condition, Register
from strategies_search import Search

# Not shrunk: each try fills a register, and what fails is one search, which the assertion shows.
ORACLE = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
Fill = Callable[[list[Json], list[Json]], tuple[Register, Api]]


def pair(type_name: str, condition: Condition) -> tuple[str, str]:
    """Return the name and the value by which a condition is asked for."""
    if isinstance(condition, Chain):
        (target,) = PARAMETERS[type_name][condition.name].targets
        name, value = pair(target, condition.inner)
        of = f":{condition.type}" if condition.type else ""
        return f"{condition.name}{of}.{name}", value
    if isinstance(condition, Ask):
        kind = PARAMETERS[type_name][condition.name].kind
        modifier = f":{condition.modifier}" if condition.modifier else ""
        values = (_written(kind, condition, each) for each in condition.values)
        return condition.name + modifier, ",".join(values)
    name, value = pair(condition.type, condition.inner)
    return f"_has:{condition.type}:{condition.name}:{name}", value


def _written(kind: str, asked: Ask, value: Any) -> str:
    if isinstance(value, str):
        return _escaped(value)
    if asked.modifier == "of-type":
        return "|".join(_escaped(each) for each in value)
    if kind == "date":
        return "".join(value)
    if kind == "amount":
        return _amount(value)
    if kind.startswith("context:"):
        of_type, other = value
        written = _amount(other) if kind == "context:amount" else _token(other)
        return f"{_token(of_type)}${written}"
    return _token(value)


def _token(value: tuple[str | None, str | None]) -> str:
    system, code = value
    start = "" if system is None else f"{_escaped(system)}|"
    return start + _escaped(code or "")


def _amount(value: tuple[str, str, str | None, str | None]) -> str:
    prefix, number, system, code = value
    unit = "" if code is None else f"|{_escaped(system or '')}|{_escaped(code)}"
    return f"{prefix}{number}{unit}"


def _escaped(text: str) -> str:
    for mark in "\\,|$":
        text = text.replace(mark, f"\\{mark}")
    return text


def written(asked: Search) -> tuple[str, str]:
    """Return the path and the parameters of a search."""
    pairs = [pair(asked.types[0], each) for each in asked.conditions]
    if asked.sort:
        keys = (f"{'-' * is_descending}{name}" for name, is_descending in asked.sort)
        pairs.append(("_sort", ",".join(keys)))
    for each in asked.includes:
        name = "_revinclude" if each.is_reverse else "_include"
        target = f":{each.target}" if each.target else ""
        pairs.append((name + ":iterate" * each.iterate, f"{each.source}:{each.name}{target}"))
    pairs.append(("_count", str(asked.count)))
    if len(asked.types) == 1:
        return asked.types[0], urlencode(pairs)
    return "", urlencode([("_type", ",".join(asked.types)), *pairs])


@pytest.fixture
def filled(store: Store) -> Fill:
    """Return what fills a register and lets it become another one; it returns what that says.

    So some resources are there in their second version, some in their first, and some are gone.
    """

    def fill(before: list[Json], after: list[Json]) -> tuple[Register, Api]:
        emptied(store)
        clock = Clock()
        counter = build.register_over(store, clock)
        build.put(counter, *before)
        clock.at += timedelta(minutes=1)
        kept = {build.ref(each) for each in after}
        gone = [Delete(build.ref(each)) for each in before if build.ref(each) not in kept]
        puts = [Put(build.ref(each), each) for each in after]
        commit(counter, [*puts, *gone], build.THE_OPERATOR)
        return {str(each): build.current(counter, str(each)) for each in kept}, web.api(counter)

    return fill


def walked(fhir: Api, path: str, query: str, *, by_post: bool) -> Iterator[Json]:
    """Yield the pages of a search that asks for nothing that is not understood."""
    if by_post:
        form = {"data": query, "content_type": searches.FORM}
        response = fhir.ask("POST", f"{path}/_search".lstrip("/"), headers=searches.STRICT, **form)
    else:
        response = fhir.get(f"{path}?{query}", headers=searches.STRICT)
    bundle = searches.read(response)
    yield bundle
    while (following := searches.link(bundle, "next")) is not None:
        bundle = searches.read(fhir.get(following, headers=searches.STRICT))
        yield bundle


@ORACLE
@given(
    before=strategies_register.registers(),
    after=strategies_register.registers(),
    several=st.lists(strategies_search.searches(), min_size=20, max_size=20),
)
def test_a_search_finds_what_looking_at_each_finds(
    filled: Fill, before: list[Json], after: list[Json], several: list[Search]
) -> None:
    register, fhir = filled(before, after)
    for asked in several:
        expected = scan.matching(register, asked.types, asked.conditions, asked.sort)
        path, query = written(asked)

        pages = list(walked(fhir, path, query, by_post=asked.by_post))

        found = [[scan.name_of(each) for each in searches.resources(page)] for page in pages]
        assert [each for page in found for each in page] == expected, (asked, query)
        assert {page["total"] for page in pages} == {len(expected)}, asked
        for page, matches in zip(pages, found, strict=True):
            along = scan.along(register, matches, asked.includes)
            assert searches.included(page) == sorted(along), (asked, query)
