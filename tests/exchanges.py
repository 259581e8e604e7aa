"""What several exchanges with the FHIR API say together, read without any codec of ours."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from lxml import etree
from werkzeug.test import TestResponse

from builders_fhir import Clock, Json
from builders_web import BASE, FHIR_XML, Api

FHIR = {"f": "http://hl7.org/fhir"}
SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}


def body(response: TestResponse) -> Json:
    """Return the JSON of an answer, whichever media type it is called by."""
    found: Json = response.get_json(force=True)
    return found


def refused(response: TestResponse, status: int) -> list[str]:
    """Return the codes of the errors of an answer, which has *status* and is an outcome."""
    found = body(response)
    assert (response.status_code, found["resourceType"]) == (status, "OperationOutcome"), found
    codes = [each["code"] for each in found["issue"] if each["severity"] in ("error", "fatal")]
    assert codes, found
    return codes


def done(response: TestResponse, status: int = 200) -> Json:
    """Return the JSON of an answer that has *status*."""
    assert response.status_code == status, response.get_data(as_text=True)
    return body(response)


def values(response: TestResponse, path: str) -> list[str]:
    """Return the value attributes that an XPath, its elements in *f*, finds in an XML answer."""
    assert response.mimetype == FHIR_XML, response.get_data(as_text=True)
    found = etree.fromstring(response.data).xpath(f"{path}/@value", namespaces=FHIR)
    assert isinstance(found, list)
    return [str(each) for each in found]


def root(response: TestResponse) -> str:
    """Return the name of an XML answer's root, which is FHIR's."""
    name = etree.QName(etree.fromstring(response.data))
    assert name.namespace == FHIR["f"]
    return name.localname


def links(bundle: Json) -> dict[str, str]:
    """Return the links of a Bundle by relation, each as a path below the base."""
    found = {each["relation"]: each["url"] for each in bundle["link"]}
    assert all(url.startswith(BASE) for url in found.values())
    return {name: url.removeprefix(BASE).removeprefix("/") for name, url in found.items()}


def pages(fhir: Api, path: str, between: Callable[[], Any] = lambda: None) -> Iterator[Json]:
    """Yield page after page, beginning with *path*; *between* two of them something is done."""
    following: str | None = path
    while following is not None:
        page = done(fhir.get(following))
        yield page
        following = links(page).get("next")
        between()


def entries(bundles: Iterator[Json] | Sequence[Json]) -> list[Json]:
    """Return the entries of Bundles, one after the other."""
    return [each for bundle in bundles for each in bundle.get("entry", ())]


def versions(found: Sequence[Json]) -> list[str]:
    """Return type, id and version of each entry of a history, as `Device/device-1 2`."""
    return [
        f"{each['fullUrl'].removeprefix(BASE + '/')} {each['response']['etag'][3:-1]}"
        for each in found
    ]


def matches(fhir: Api, path: str) -> list[str]:
    """Return the ids that a search finds, sorted."""
    found = entries(list(pages(fhir, path)))
    return sorted(each["resource"]["id"] for each in found if each["search"]["mode"] == "match")


def pass_on(clock: Clock, seconds: float = 10) -> None:
    """Let time pass, or with negative *seconds* step back."""
    clock.at += timedelta(seconds=seconds)


def at_once(fhir: Api, *acts: Callable[[Api], TestResponse]) -> list[TestResponse]:
    """Let all of *acts* begin together, each with a connection of its own."""
    barrier = Barrier(len(acts))

    def act(done: Callable[[Api], TestResponse]) -> TestResponse:
        api = Api(fhir.client.application.test_client(), fhir.token)
        barrier.wait(10)
        return done(api)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))
