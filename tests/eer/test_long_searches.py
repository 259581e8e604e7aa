"""A search that is too long for a link has pages all the same, for a day."""

from datetime import timedelta
from urllib.parse import urlencode

import builders_fhir as build
import builders_web as web
from builders_fhir import Clock
from builders_web import BASE, Api, outcome

FORM = "application/x-www-form-urlencoded"


def walked(fhir: Api, body: str) -> tuple[list[str], list[str]]:
    """Return the ids of all pages, and the links that led to them."""
    page = fhir.ask("POST", "Device/_search", data=body, content_type=FORM).get_json()
    assert "entry" in page, page
    ids, links = [], []
    while True:
        ids += [each["resource"]["id"] for each in page["entry"]]
        following = [each["url"] for each in page["link"] if each["relation"] == "next"]
        if not following:
            return ids, links
        links += following
        page = fhir.get(following[0].removeprefix(f"{BASE}/")).get_json()


def test_a_long_search_is_walked_by_short_links(fhir: Api) -> None:
    for number in range(1, 6):
        fhir.put(build.device(number))
    names = ",".join(f"device-{number}" for number in range(1, 1001))

    ids, links = walked(fhir, urlencode({"identifier": names, "_count": "2", "_sort": "-_id"}))

    assert ids == ["device-5", "device-4", "device-3", "device-2", "device-1"]
    assert max(map(len, links)) < 400


def test_what_is_forgotten_is_said_so(fhir: Api, clock: Clock) -> None:
    for number in range(1, 4):
        fhir.put(build.device(number))
    names = ",".join(f"device-{number}" for number in range(1, 1001))
    first = urlencode({"identifier": names, "_count": "1"})
    other = urlencode({"_id": names, "_count": "1"})
    _, links = walked(fhir, first)

    clock.at += timedelta(days=2)
    later = fhir.as_(web.token(exp=int((clock.at + timedelta(minutes=5)).timestamp())))
    walked(later, other)  # whoever is remembered next sweeps

    response = later.get(links[0].removeprefix(f"{BASE}/"))
    assert response.status_code == 400
    assert outcome(response) == [("error", "value")]
