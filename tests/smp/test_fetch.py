import contextlib
import gzip
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from builders_smp import document_id, participant
from eer.domain.errors import Absent, Malformed, Refused, Unavailable
from fakes import broken_tls
from fakes.servers import free_port
from smp.lookup import fetch
from smp.lookup.fetch import Fetched, Fetcher


@contextmanager
def smp(
    status: int = 200, body: bytes = b"<x/>", headers: tuple[tuple[str, str], ...] = ()
) -> Iterator[tuple[str, list[str]]]:
    """Run an SMP that answers always the same; give its base URL and the paths asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in (*headers, ("Content-Type", "text/xml")):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                return  # the client has had enough

        def log_message(self, *_: object) -> None:
            """Tell nobody."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def trickling(beginning: bytes) -> Iterator[str]:
    """Run a server that answers *beginning*, and then a letter now and then without end."""
    enough = Event()

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(ConnectionError):
            connection.sendall(beginning)
            while not enough.wait(0.02):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve, args=[listening])
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            enough.set()
            thread.join()


def fetched(url: str, seconds: float = 5.0) -> Fetched:
    with Fetcher(time.monotonic, seconds) as fetcher:
        return fetcher.fetch(url)


def test_what_stands_there_is_fetched_as_it_is() -> None:
    with smp(body=b"<x>\r\n</x>") as (base, _):
        assert fetched(base) == Fetched(200, "text/xml", b"<x>\r\n</x>")


def test_a_url_is_sent_as_it_was_built() -> None:
    with smp() as (base, asked):
        url = fetch.document_url(base, participant(), document_id())
        fetched(url)

    assert asked == [url.removeprefix(base)]
    assert "%3A%3A0088%3A" in url
    assert "%23%23" in url


def test_a_group_is_found_below_a_base_with_a_path() -> None:
    url = fetch.group_url("https://smp.example.dk/smp", participant())

    assert url == "https://smp.example.dk/smp/iso6523-actorid-upis%3A%3A0088%3A5790009000013"


def test_a_404_is_absent() -> None:
    with smp(404) as (base, _), pytest.raises(Absent, match="404"):
        fetched(base)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_unavailable(status: int) -> None:
    with smp(status) as (base, _), pytest.raises(Unavailable, match=str(status)):
        fetched(base)


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 405, 410])
def test_any_other_status_is_refused(status: int) -> None:
    with smp(status, b"") as (base, _), pytest.raises(Refused, match=str(status)):
        fetched(base)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_not_followed(status: int) -> None:
    with (
        smp(status, headers=(("Location", "/elsewhere"),)) as (base, asked),
        pytest.raises(Refused, match="/elsewhere"),
    ):
        fetched(f"{base}/here")

    assert asked == ["/here"]


def test_an_answer_without_end_is_refused() -> None:
    with (
        smp(body=b"x" * (fetch.LARGEST + 1)) as (base, _),
        pytest.raises(Refused, match=f"more than {fetch.LARGEST}"),
    ):
        fetched(base)


def test_an_answer_of_the_largest_size_is_taken() -> None:
    with smp(body=b"x" * fetch.LARGEST) as (base, _):
        assert len(fetched(base).body) == fetch.LARGEST


def test_a_compressed_answer_is_refused() -> None:
    with (
        smp(body=gzip.compress(b"x"), headers=(("Content-Encoding", "gzip"),)) as (base, _),
        pytest.raises(Refused, match="compressed"),
    ):
        fetched(base)


def test_nobody_at_the_port_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="try again"):
        fetched(f"http://127.0.0.1:{free_port()}/")


def test_a_silent_server_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        with pytest.raises(Unavailable):
            fetched(url, seconds=0.1)


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"],
)
def test_a_server_that_trickles_is_unavailable(beginning: bytes) -> None:
    with (
        trickling(beginning) as url,
        pytest.raises(Unavailable, match=r"not all answered in 0\.2 seconds"),
    ):
        fetched(url, seconds=0.2)


def test_waiting_for_ones_turn_counts_as_well() -> None:
    seconds = iter((0.0, 10.0))
    with (
        smp() as (base, _),
        Fetcher(lambda: next(seconds), 10.0) as fetcher,
        pytest.raises(Unavailable, match="not all answered in 10 seconds"),
    ):
        fetcher.fetch(base)


def test_several_threads_fetch_at_once() -> None:
    with smp() as (base, asked), Fetcher(time.monotonic) as fetcher, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: fetcher.fetch(f"{base}/{number}"), range(16)))

    assert answers == [Fetched(200, "text/xml", b"<x/>")] * 16
    assert sorted(asked) == sorted(f"/{number}" for number in range(16))


def test_a_server_that_breaks_off_is_unavailable() -> None:
    with smp(headers=(("Content-Length", "9999"),)) as (base, _), pytest.raises(Unavailable):
        fetched(base)


@pytest.mark.parametrize("url", ["ftp://smp.example.dk/", "smp.example.dk", "http://:80/", ""])
def test_what_is_no_url_is_malformed(url: str) -> None:
    with pytest.raises(Malformed):
        fetched(url)


@pytest.mark.parametrize("how", broken_tls.BROKEN)
def test_tls_that_fails_at_any_point_is_no_answer(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken_tls.server(tmp_path, broken_tls.BROKEN[how]) as (url, authority):
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        with pytest.raises(Unavailable, match="try again later") as raised:
            fetched(url)

    assert raised.value.text.startswith(f"{url}: ")


def test_a_certificate_of_nobody_who_is_trusted_is_no_answer(tmp_path: Path) -> None:
    with (
        broken_tls.server(tmp_path, broken_tls.breaks_off) as (url, _),
        pytest.raises(Unavailable, match="certificate verify failed"),
    ):
        fetched(url)
