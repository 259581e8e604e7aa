"""FHIR search, as https://hl7.org/fhir/R4/http.html#search has it: by GET and by POST."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Request, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from eer.domain import access
from eer.domain.access import Interaction, Principal
from eer.domain.errors import Issue, IssueCode, Malformed, error, warning
from eer.domain.search import Position
from eer.domain.wording import say
from eer.fhir import cursor, kinds, params, results, searchset, subset
from eer.fhir.language import Language
from eer.fhir.outcome import outcome
from eer.fhir.params import Pair, Search
from eer.fhir.searchset import Found
from eer.register import long_searches, search
from eer.register.search import Page
from eer.store.records import Records
from eer.store.rows import Version
from eer.web import formats, held, prefer
from eer.web.parts import Parts

_FORM = "application/x-www-form-urlencoded"
_TYPES = "_type"
_REMEMBERED = "_remembered"
_LONGEST_LINK = 3_000
"""Less than any server or proxy on the way takes for a request line."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a page is told by: matches, what comes along, how many match, where the next begins.

    *is_cut* and *writer* as register/search.py has them.
    """

    matches: tuple[Found, ...]
    included: tuple[Found, ...] = ()
    total: int | None = None
    next: Position | None = None
    is_cut: bool = False
    writer: Records | None = None


def view(parts: Parts) -> Callable[[str], Response]:
    """Return the view of `GET [base]/[type]?…` and of `GET` and `POST [base]/[type]/_search`."""

    def answer(type_name: str) -> Response:
        kinds.kind_of(type_name)
        return _answered(parts, (type_name,), given(parts), f"/{type_name}")

    return answer


def of_all(parts: Parts) -> Callable[[], Response]:
    """Return the view of `GET [base]?…` and `POST [base]/_search`, over several types."""

    def answer() -> Response:
        types, pairs = types_of(given(parts))
        return _answered(parts, types or tuple(kinds.KINDS), pairs, "", types)

    return answer


def types_of(asked: Iterable[Pair]) -> tuple[tuple[str, ...], list[Pair]]:
    """Return the types that a search over several names, and its other parameters."""
    types: list[str] = []
    pairs: list[Pair] = []
    for name, value in asked:
        if name == _TYPES:
            types += value.split(",")
        else:
            pairs.append((name, value))
    for each in types:
        _check_kept(each)
    return tuple(dict.fromkeys(types)), pairs


def naming(types: Sequence[str]) -> list[Pair]:
    """Return what the links of a search over several types name them by."""
    return [(_TYPES, ",".join(types))] if types else []


def searched(
    parts: Parts,
    records: Records,
    types: Sequence[str],
    pairs: Iterable[Pair],
    by: Principal,
    *,
    is_strict: bool = False,
) -> tuple[Search, Page]:
    """Return what a search asks for and the page it comes to, as *records* see it."""
    for each in types:
        access.check_scope(by, Interaction.SEARCH, each)
    asked = params.search(parts.counter.terms(records), types, pairs)
    if is_strict:
        check_strict(asked)
    return asked, search.page(records, asked)


def check_strict(asked: Search) -> None:
    """Raise Malformed when something of a search would be passed over."""
    if asked.ignored:
        issues = [_unknown(each) for each in asked.ignored]
        raise Malformed(issues[0].text, [error(i.code, i.expression, i.text) for i in issues])


def printed(
    parts: Parts, url: str, asked: Search, page: Page, language: Language, more: Sequence[Pair] = ()
) -> bytes:
    """Return a page as a Bundle; *more* are the pairs of the links that no search knows."""
    matches, included = map(_bodies, (page.matches, page.included))
    shown = Told(matches, included, page.total, page.next, page.is_cut, page.writer)
    return told(parts, url, asked, shown, language, more)


def told(
    parts: Parts, url: str, asked: Search, page: Told, language: Language, more: Sequence[Pair]
) -> bytes:
    """Return a page as a Bundle, of each resource what is wanted."""
    remarks = tuple(_remarks(asked, page))
    return searchset.printed(
        parts.base_url,
        _shown(page.matches, asked),
        included=_shown(page.included, asked),
        total=page.total,
        links=list(_links(parts, url, asked, page, more)),
        remarks=outcome(remarks, language) if remarks else None,
    )


def formats_of(asked: Request) -> list[Pair]:
    """Return the pairs of a URL that its links repeat, so that they are answered alike."""
    return [("_format", value) for name, value in asked.args.items() if name == "_format"]


def pairs_of(asked: Request) -> list[Pair]:
    """Return the parameters of the URL and, by POST, of the body."""
    pairs = list(asked.args.items(multi=True))
    if asked.method != "POST":
        return pairs
    if asked.mimetype != _FORM and asked.get_data():
        text = say(
            "Content-Type: {found} found, expected {expected}",
            found=asked.headers.get("Content-Type") or say("nothing"),
            expected=_FORM,
        )
        raise UnsupportedMediaType(text)
    return [*pairs, *asked.form.items(multi=True)]


def given(parts: Parts) -> list[Pair]:
    """Return the parameters of the request, and those that its link stands for."""
    pairs: list[Pair] = []
    for name, value in pairs_of(request):
        pairs += (
            long_searches.recall(parts.counter, value) if name == _REMEMBERED else [(name, value)]
        )
    return pairs


def _answered(
    parts: Parts, types: Sequence[str], pairs: Iterable[Pair], path: str, named: Sequence[str] = ()
) -> Response:
    by = parts.gate.principal(request)

    def made(records: Records) -> Response:
        wanted = formats.wanted(request)
        preferred = prefer.preferred(request)
        asked, page = searched(parts, records, types, pairs, by, is_strict=preferred.is_strict)
        more = [*naming(named), *formats_of(request)]
        url = f"{parts.base_url}{path}"
        body = printed(parts, url, asked, page, formats.spoken(request), more)
        return preferred.on(wanted.response(body))

    return held.steady(parts, made)


def _check_kept(type_name: str) -> None:
    if type_name not in kinds.KINDS:
        text = say(
            "{name}={found} found, expected among {expected}",
            name=_TYPES,
            found=type_name,
            expected=", ".join(kinds.KINDS),
        )
        raise results.bad(IssueCode.NOT_SUPPORTED, text)


def _bodies(versions: Iterable[Version]) -> tuple[Found, ...]:
    return tuple((each.reference, each.body or b"") for each in versions)


def _shown(found: Iterable[Found], asked: Search) -> Iterator[Found]:
    for reference, body in found:
        yield reference, subset.subset(body, asked.results)


def _links(
    parts: Parts, url: str, asked: Search, page: Told, more: Sequence[Pair]
) -> Iterator[Pair]:
    """The self link says what was understood; the next one goes on behind the last match."""
    query = _query([*asked.used, *more])
    yield "self", f"{url}?{query}" if query else url
    if page.next is not None:
        rest = [*(each for each in asked.used if each[0] != results.PAGE), *more]
        here = (results.PAGE, cursor.printed(page.next, asked.of_search))
        link = f"{url}?{_query([*rest, here])}"
        if len(link) > _LONGEST_LINK:
            kept = (_REMEMBERED, long_searches.remember(parts.counter, rest, page.writer))
            link = f"{url}?{_query([kept, here])}"
        yield "next", link


def _query(pairs: Sequence[Pair]) -> str:
    """Return a query whose commas stand as they are: validators read the values undecoded."""
    return urlencode(pairs, safe=",")


def _remarks(asked: Search, page: Told) -> Iterator[Issue]:
    yield from (_unknown(each) for each in asked.ignored)
    if page.is_cut:
        text = say(
            "more than {most} resources come along, and only those are here: ask with a smaller "
            "_count, or search for them",
            most=search.MOST_INCLUDED,
        )
        yield warning(IssueCode.TOO_COSTLY, "", text)
    names = [name for name, _ in asked.used]
    if asked.query.types == ("Device",) and "identifier" in names and page.total == 0:
        text = say("no device has this identifier")  # UC1 and UC2 of EER expect to be told
        yield warning(IssueCode.NOT_FOUND, "", text)


def _unknown(pair: Pair) -> Issue:
    name, value = pair
    if name.partition(":")[0] in (results.SORT, results.INCLUDE, results.REVINCLUDE):
        text = say("{name}={value} is not known here and was passed over", name=name, value=value)
    else:
        text = say("parameter {name} is not known here and was passed over", name=name)
    return warning(IssueCode.NOT_SUPPORTED, "", text)
