"""`smp serve` behind nginx as documented: the same answers, a second old at most."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from flows import nginx
from flows.house import House, build, open_face, running
from sample import register
from smp.domain.identifiers import DocumentKey

pytestmark = [pytest.mark.slow, pytest.mark.debian]

_PATIENCE = 20


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that has published everything; its public face is not open."""
    folder = tmp_path_factory.mktemp("house")
    built = build(folder)
    with running(built, "smp", "nameserver", "--bind", f"127.0.0.1:{built.dns_port}"):
        built.load(register.write(folder / "sample", datetime.now(UTC)))
        nginx.await_port(built.dns_port)
        built.publisher().publish()
        yield built


@pytest.fixture
def front(house: House, tmp_path: Path) -> Iterator[httpx.Client]:
    """Whoever asks nginx in front of it."""
    with (
        nginx.cached(tmp_path / "nginx", house.smp_port) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield client


def keys(house: House) -> list[DocumentKey]:
    return sorted(house.publisher().means.shelf.documents())


def path(key: DocumentKey, safe: str = "") -> str:
    participant, document = (quote(str(each), safe) for each in (key.participant, key.document))
    return f"/{participant}/services/{document}"


def said(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """Return what an answer says, but for what belongs to the connection."""
    apart = {"date", "server", "connection", "keep-alive", "accept-ranges"}
    kept = {name: value for name, value in answer.headers.items() if name not in apart}
    return answer.status_code, answer.content, kept


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("safe", ["", ":", "!$&'()*+,;=:@/"])
def test_nginx_answers_as_the_process_behind_it_does(
    house: House, front: httpx.Client, method: str, safe: str
) -> None:
    paths = [path(key, safe) for key in keys(house)[:12]]
    paths += ["/iso6523-actorid-upis::0088:5790009000068", "/nobody::0088:1", "//", "/a//b/%2F%23"]
    with open_face(house), httpx.Client(base_url=f"http://127.0.0.1:{house.smp_port}") as plain:
        for each in (*paths, f"{paths[0]}?a=b"):
            expected = said(plain.request(method, each))
            assert said(front.request(method, each)) == expected, each
            assert said(front.request(method, each)) == expected, each


def test_what_was_kept_is_not_sent_to_who_has_it(house: House, front: httpx.Client) -> None:
    with open_face(house):
        first = front.get(path(keys(house)[0]))
        headers = {"If-None-Match": first.headers["ETag"]}
        again = front.get(path(keys(house)[0]), headers=headers)

    assert (again.status_code, again.content) == (304, b"")


def test_what_is_kept_is_answered_while_nobody_stands_behind(
    house: House, front: httpx.Client
) -> None:
    first, second = map(path, keys(house)[:2])
    with open_face(house):
        served = front.get(first)

    assert served.status_code == 200
    assert said(front.get(first)) == said(served)
    assert front.get(second).status_code == 502


def test_a_stop_is_seen_behind_nginx_within_two_seconds(house: House, front: httpx.Client) -> None:
    key = keys(house)[0]
    participant = key.participant.value.removeprefix("0088:")
    with open_face(house):
        assert front.get(path(key)).status_code == 200
        house.done("smp", "stop", participant, "--reason", "the key was stolen")
        gone = time.monotonic()
        while front.get(path(key)).status_code == 200:
            assert time.monotonic() < gone + _PATIENCE
        took = time.monotonic() - gone
        house.done("smp", "stop", participant, "--release", "--reason", "over")

    assert took < 2
