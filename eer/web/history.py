"""FHIR history, as https://hl7.org/fhir/R4/http.html#history has it; IHE ITI-91."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlencode

from flask import Response, request

from eer.domain import access
from eer.domain.access import Interaction
from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.search import Stretch
from eer.domain.wording import say
from eer.fhir import histories, kinds, primitives, written
from eer.fhir.histories import Told
from eer.fhir.params import Pair
from eer.fhir.results import DEFAULT_COUNT, MAXIMUM_COUNT
from eer.register import history
from eer.register.history import Page, Span
from eer.store.records import Records
from eer.store.rows import Version
from eer.web import answers, formats, held
from eer.web.parts import Parts

_SINCE, _AT, _COUNT, _BEFORE = "_since", "_at", "_count", "_before"
_FORMAT = "_format"
_KNOWN = (_SINCE, _AT, _COUNT, _BEFORE)


def of_instance(parts: Parts) -> Callable[[str, str], Response]:
    """Return the view of `GET [base]/[type]/[id]/_history`."""

    def answer(type_name: str, resource_id: str) -> Response:
        reference = answers.reference(type_name, resource_id)
        access.check_scope(parts.gate.principal(request), Interaction.READ, type_name)
        return _answered(parts, reference.type, reference.id)

    return answer


def of_type(parts: Parts) -> Callable[[str], Response]:
    """Return the view of `GET [base]/[type]/_history`."""

    def answer(type_name: str) -> Response:
        kinds.kind_of(type_name)
        access.check_scope(parts.gate.principal(request), Interaction.SEARCH, type_name)
        return _answered(parts, type_name, None)

    return answer


def of_all(parts: Parts) -> Callable[[], Response]:
    """Return the view of `GET [base]/_history`."""

    def answer() -> Response:
        by = parts.gate.principal(request)
        for each in kinds.KINDS:
            access.check_scope(by, Interaction.SEARCH, each)
        return _answered(parts, None, None)

    return answer


def span_of(pairs: Sequence[Pair]) -> Span:
    """Read what a history is asked by; raise Malformed for a value that is none."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found and name in _KNOWN:
            raise _bad(say("{name} found twice, expected it once", name=name))
        found[name] = value
    count = _whole(found, _COUNT)
    since = _instant(found[_SINCE]) if found.get(_SINCE) else None
    at = written.stretch(found[_AT]) if found.get(_AT) else None
    return Span(
        count=DEFAULT_COUNT if count is None else min(count, MAXIMUM_COUNT),
        since=since,
        at=at,
        before=_whole(found, _BEFORE),
    )


def printed(parts: Parts, url: str, page: Page, pairs: Sequence[Pair], span: Span) -> bytes:
    """Return a page as a Bundle."""
    return histories.printed(
        parts.base_url,
        [_told(each) for each in page.versions],
        total=page.total,
        links=list(_links(url, page, pairs, span)),
    )


def _answered(parts: Parts, type_name: str | None, resource_id: str | None) -> Response:
    def made(records: Records) -> Response:
        wanted = formats.wanted(request)
        pairs = list(request.args.items(multi=True))
        span = span_of(pairs)
        page = history.page(records, type_name, resource_id, span)
        path = "".join(f"/{each}" for each in (type_name, resource_id) if each is not None)
        body = printed(parts, f"{parts.base_url}{path}/_history", page, pairs, span)
        response = wanted.response(body)
        if page.versions and span.before is None:
            newest = page.versions[0]
            response.headers["ETag"] = f'W/"{newest.sequence}"'
            response.headers["Last-Modified"] = answers.http_date(newest.at)
        return response

    return held.steady(parts, made)


def _told(version: Version) -> Told:
    return Told(
        reference=version.reference,
        number=version.number,
        at=version.at,
        method=version.method,
        is_new=version.number == 1,
        body=version.body,
    )


def _links(url: str, page: Page, pairs: Sequence[Pair], span: Span) -> Iterator[Pair]:
    used = [each for each in pairs if each[0] in (*_KNOWN, _FORMAT) and each[1]]
    if _COUNT in dict(used):
        used = [(name, str(span.count) if name == _COUNT else value) for name, value in used]
    yield "self", f"{url}?{urlencode(used)}" if used else url
    if page.has_more:
        rest = [each for each in used if each[0] != _BEFORE]
        behind = (_BEFORE, str(page.versions[-1].sequence))
        yield "next", f"{url}?{urlencode([*rest, behind])}"


def _instant(text: str) -> Stretch:
    """Read an instant, which has seconds and a zone (R4 datatypes); `+` may come as a blank."""
    if primitives.fault("instant", text.replace(" ", "+")) is not None:
        raise _bad(
            say("{name}={found} found, expected a time with its zone", name=_SINCE, found=text)
        )
    return written.stretch(text.replace(" ", "+"))


def _whole(found: Mapping[str, str], name: str) -> int | None:
    text = found.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - 64 bits
        raise _bad(say("{name}={found} found, expected a whole number", name=name, found=text))
    return int(text)


def _bad(text: str) -> Malformed:
    return Malformed(text, (error(IssueCode.VALUE, "", text),))
