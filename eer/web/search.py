"""FHIR search over one type, as https://hl7.org/fhir/R4/http.html#search has it."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from flask import Response, request

from eer.domain import access
from eer.domain.access import Interaction
from eer.domain.errors import Issue, IssueCode, warning
from eer.fhir import kinds, params, searchset
from eer.fhir.params import Search
from eer.register import search
from eer.register.counter import Counter
from eer.register.search import Page
from eer.web import formats
from eer.web.gate import Gate


def view(counter: Counter, gate: Gate, base_url: str) -> Callable[[str], Response]:
    """Return the view of `GET [base]/[type]?…`."""

    def answer(type_name: str) -> Response:
        kind = kinds.kind_of(type_name)
        access.check_scope(gate.principal(request), Interaction.SEARCH, type_name)
        asked = params.search(kind, request.args.items(multi=True), base_url)
        page = search.search(counter, asked.query)
        bundle = searchset.printed(
            base_url,
            ((each.reference, each.body or b"") for each in page.matches),
            total=page.total,
            links=list(_links(asked, page, f"{base_url}/{type_name}")),
            remarks=_remarks(asked),
        )
        return formats.wanted(request).response(bundle)

    return answer


def _links(asked: Search, page: Page, url: str) -> Iterator[tuple[str, str]]:
    """The self link says what was understood; the next one goes on behind the last id."""
    count = (params.COUNT, str(asked.query.count))
    here = [(params.AFTER, asked.query.after)] if asked.query.after else []
    yield "self", f"{url}?{urlencode([*asked.used, count, *here])}"
    if page.has_more and page.matches:
        behind = (params.AFTER, page.matches[-1].reference.id)
        yield "next", f"{url}?{urlencode([*asked.used, count, behind])}"


def _remarks(asked: Search) -> tuple[Issue, ...]:
    return tuple(
        warning(IssueCode.NOT_SUPPORTED, "", f"parameter {name} is not known and was passed over")
        for name in asked.ignored
    )
