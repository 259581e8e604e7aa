"""What does the FHIR API answer to a search? Its pages, taken apart."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from werkzeug.test import TestResponse

import builders_fhir as build
from builders_fhir import Json
from builders_web import BASE, Api
from eer.fhir import canonicals

FORM = "application/x-www-form-urlencoded"
STRICT = {"Prefer": "handling=strict"}

# What stands for itself in a query written in a test; the rest is percent-encoded.
_PLAIN = "/?&=:,|$%\\*;"


def quoted(text: str) -> str:
    """Return *text*, a code or a URL, so that it stands for itself in a query."""
    return quote(text, safe="")


def registered(fhir: Api, *resources: Json) -> Api:
    """Put each of *resources* in turn, and return the API over the register that holds them."""
    for each in resources:
        response = fhir.put(each)
        assert response.status_code in (200, 201), (build.ref(each), response.get_json())
    return fhir


def directory(fhir: Api) -> Api:
    """Put a region, a unit of it with an endpoint, a closed unit, an access point and a device."""
    unit = build.organization(1, partOf={"reference": "Organization/unit-3"})
    listed = unit | {"endpoint": [{"reference": "Endpoint/endpoint-1"}]}
    return registered(
        fhir,
        build.owner(),
        build.access_point(),
        build.device(),
        build.organization(3, name="Region Fyn", type=[build.concept(canonicals.HIERARCHY, "IE")]),
        unit,
        build.organization(2, name="Plejehjemmet Åhaven", active=False),
        build.endpoint(1, extension=[build.linked(canonicals.AP_SYSTEM, "Device/ap-1")]),
        build.endpoint(2, status="suspended", name=None),
        listed,
    )


def asked(fhir: Api, path: str, **more: Any) -> TestResponse:
    """Search by GET; *path* is written plainly and encoded here."""
    return fhir.get(quote(path, safe=_PLAIN), **more)


def strictly(fhir: Api, path: str) -> TestResponse:
    """Search by GET, with what is not understood refused."""
    return asked(fhir, path, headers=STRICT)


def sent(fhir: Api, path: str, form: str, **more: Any) -> TestResponse:
    """Search by POST: what of the search stands in *path*, and what in the *form*."""
    more = {"content_type": FORM, "data": quote(form, safe=_PLAIN), **more}
    return fhir.ask("POST", quote(path, safe=_PLAIN), **more)


def page(fhir: Api, path: str) -> Json:
    """Search by GET and return the searchset."""
    return read(asked(fhir, path))


def read(response: TestResponse) -> Json:
    """Return the searchset of an answer that is one."""
    body: Json = response.get_json(force=True)
    assert response.status_code == 200, body
    assert (body["resourceType"], body["type"]) == ("Bundle", "searchset")
    return body


def found(fhir: Api, path: str) -> list[str]:
    """Search by GET and return the ids of the matches in their order."""
    return matches(page(fhir, path))


def findings(fhir: Api, searches: Iterable[str], below: str = "") -> dict[str, list[str]]:
    """Return what each of *searches* finds; each goes on from *below*."""
    return {each: found(fhir, f"{below}{each}") for each in searches}


def matches(bundle: Json) -> list[str]:
    return [each["resource"]["id"] for each in _entries(bundle, "match")]


def included(bundle: Json) -> list[str]:
    """Return what came along, as sorted `Type/id`."""
    return sorted(str(build.ref(each["resource"])) for each in _entries(bundle, "include"))


def resources(bundle: Json) -> list[Json]:
    return [each["resource"] for each in _entries(bundle, "match")]


def remarks(bundle: Json) -> list[tuple[str, str]]:
    """Return severity and code of everything told of the search itself."""
    outcomes = [each["resource"] for each in _entries(bundle, "outcome")]
    return [(issue["severity"], issue["code"]) for each in outcomes for issue in each["issue"]]


def link(bundle: Json, relation: str) -> str | None:
    """Return the path below the base of a page's link, None when it has none."""
    links = {each["relation"]: each["url"] for each in bundle["link"]}
    url: str | None = links.get(relation)
    assert url is None or url.startswith(BASE)
    return None if url is None else url.removeprefix(BASE).removeprefix("/")


def answer(bundle: Json) -> Json:
    """Return what a page says, without what may differ between two that say the same."""
    return {
        "total": bundle.get("total"),
        "matches": matches(bundle),
        "included": included(bundle),
        "remarks": remarks(bundle),
        "self": link(bundle, "self"),
    }


def used(bundle: Json) -> list[tuple[str, str]]:
    """Return the parameters that the self link says were used, without the size of the page."""
    path = link(bundle, "self")
    assert path is not None
    return [pair for pair in parse_qsl(urlsplit(path).query) if pair[0] != "_count"]


def walk(fhir: Api, path: str) -> Iterator[Json]:
    """Yield the page of *path* and all that follow it."""
    bundle = page(fhir, path)
    yield bundle
    while (following := link(bundle, "next")) is not None:
        bundle = read(fhir.get(following))
        yield bundle


def _entries(bundle: Json, mode: str) -> list[Json]:
    return [each for each in bundle.get("entry", []) if each["search"]["mode"] == mode]
