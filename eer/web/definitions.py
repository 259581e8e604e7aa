"""How are the definitions read and found that the program offers of itself?

FHIR R4 http, read and search: nothing else is served for them, and anything else is 405.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

from eer.domain import access
from eer.domain.access import Interaction, Principal
from eer.domain.errors import Absent
from eer.domain.identifiers import Reference
from eer.domain.search import Indexed
from eer.domain.wording import say
from eer.fhir import codec_json, index, kinds, params, path, results, scan, terminology
from eer.fhir.clauses import Terms
from eer.fhir.element import Json
from eer.fhir.params import Pair, Search
from eer.fhir.request import Answer
from eer.fhir.request import Request as Entry
from eer.web import answers, formats, prefer, search
from eer.web.parts import Parts
from eer.web.search import Told

View = Callable[..., Response]

READS = ("GET", "HEAD")
_INSTANCE = 2


def view(served: Mapping[str, View]) -> View:
    """Return the view of a path where each method of *served* is answered, and no other."""

    def answer(**named: str) -> Response:
        found = served.get(request.method)
        if found is None:
            raise MethodNotAllowed(sorted(served) or ["OPTIONS"])
        return found(**named)

    return answer


def read(parts: Parts) -> Callable[[str, str], Response]:
    """Return the view of `GET [base]/[type]/[id]`."""

    def answer(type_name: str, resource_id: str) -> Response:
        by = parts.gate.principal(request)
        return answers.of_fixed(_body(type_name, resource_id, by))

    return answer


def search_type(parts: Parts) -> Callable[[str], Response]:
    """Return the view of `GET [base]/[type]?…` and of `GET` and `POST [base]/[type]/_search`."""

    def answer(type_name: str) -> Response:
        wanted = formats.wanted(request)
        preferred = prefer.preferred(request)
        by = parts.gate.principal(request)
        asked = _asked(parts, type_name, search.given(parts), by)
        if preferred.is_strict:
            search.check_strict(asked)
        body = _found(parts, type_name, asked, search.formats_of(request))
        return preferred.on(wanted.response(body))

    return answer


def entry(parts: Parts, asked: Entry, by: Principal) -> Answer:
    """Return what a read of a batch or a transaction comes to; raise MethodNotAllowed for more."""
    type_name, *rest = asked.path
    if len(asked.path) > _INSTANCE or "_history" in rest:
        raise not_served(type_name)
    if not rest:
        body = _found(parts, type_name, _asked(parts, type_name, asked.query, by))
        return Answer(status="200 OK", resource=body)
    body = _body(type_name, rest[0], by)
    tag = answers.tag_of(body)
    if answers.names(asked.if_none_match, tag):
        return Answer(status="304 Not Modified", etag=tag)
    return Answer(status="200 OK", etag=tag, resource=body)


def not_served(type_name: str) -> MethodNotAllowed:
    """Return the failure of what is asked of a definition beside reading and finding it."""
    text = say("{type} is defined by the server: it is read and searched only", type=type_name)
    return MethodNotAllowed(READS, text)


def _body(type_name: str, resource_id: str, by: Principal) -> bytes:
    access.check_scope(by, Interaction.READ, type_name)
    found = kinds.definitions(type_name).get(resource_id)
    if found is None:
        name = f"{type_name}/{resource_id}"
        raise Absent(say("{name} is not in the register", name=name))
    return codec_json.printed(dict(found))


def _asked(parts: Parts, type_name: str, pairs: Iterable[Pair], by: Principal) -> Search:
    """Read a search; definitions come in the order of their ids and in no other."""
    access.check_scope(by, Interaction.SEARCH, type_name)
    given = list(pairs)
    passed = [each for each in given if each[0] == results.SORT]
    terms = Terms(kinds.DEFINITIONS, parts.base_url, terminology.shipped)
    found = params.search(terms, (type_name,), [each for each in given if each not in passed])
    return replace(found, ignored=(*found.ignored, *passed))


def _found(parts: Parts, type_name: str, asked: Search, more: Sequence[Pair] = ()) -> bytes:
    resources = kinds.definitions(type_name)
    page = scan.page(asked.query, {name: _indexed(json) for name, json in resources.items()})
    is_count = asked.results.is_count
    is_untold = asked.results.total is results.Total.NONE and not is_count
    shown = Told(
        matches=tuple(
            (Reference(type_name, each), codec_json.printed(dict(resources[each])))
            for each in (() if is_count else page.ids)
        ),
        total=None if is_untold else page.total,
        next=None if is_count else page.next,
    )
    url = f"{parts.base_url}/{type_name}"
    return search.told(parts, url, asked, shown, formats.spoken(request), more)


def _indexed(json: Json) -> tuple[Indexed, ...]:
    kind = kinds.DEFINITIONS[json["resourceType"]]
    times = path.found(json, kind.type, "meta.lastUpdated")
    updated = (each for time in times for each in index.dates(scan.UPDATED, time))
    return (*kind.indexed(json), *updated)
