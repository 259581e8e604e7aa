"""The public face: which bytes answer which path, alike under every kind of server."""

import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders_smp import BASE_URL, GLN, NOW, document_id, participant, service_metadata, signed
from eer.domain.errors import Unavailable
from fakes import documents
from fakes.servers import free_port
from smp.domain.identifiers import (
    DocumentId,
    DocumentKey,
    Identifier,
    ParticipantId,
    document_path,
    group_path,
)
from smp.store.documents import Documents, Published
from smp.store.session import Store
from smp.web.answer import Answer, Policy
from smp.web.app import application, create_app
from smp.wiring import serve as serving

PARTICIPANT = participant()
DOCUMENT = document_id()
BUSDOX = document_id(scheme="busdox-docid-qns")
GROUP = group_path(PARTICIPANT)
METADATA = document_path(PARTICIPANT, DOCUMENT)
LETTERS = ParticipantId(Identifier("iso6523-actorid-upis", "9915:Prøve"))
SLASHED = DocumentId(Identifier("dk-medcom-messaging", "urn:a/b"))
PLUS = DocumentId(Identifier("dk-medcom-messaging", "urn:pdf+xml"))
BLANK = DocumentId(Identifier("dk-medcom-messaging", "urn:pdf xml"))
PERCENT = DocumentId(Identifier("dk-medcom-messaging", "urn:100%25"))
STYLES = ("sent", "decoded")

Get = Callable[..., "Reply"]


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


def body_of(key: DocumentKey) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<x>{key}</x>'.encode()


def reply(serve: Any, target: str, style: str, method: str = "GET", **headers: str) -> Reply:
    path = target
    if not target.startswith("/"):
        path = "/" + target.partition("://")[2].partition("/")[2]
    path, _, query = path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1", "replace")).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": None,
        "wsgi.errors": sys.stderr,
    }
    if style == "sent":
        environ["RAW_URI"] = target
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    started: list[Any] = []
    body = b"".join(serve(environ, lambda *answer: started.extend(answer)))
    return Reply(int(started[0].split()[0]), dict(started[1]), body)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = documents.empty_store(tmp_path_factory.mktemp("smp") / "smp.db")
    keys = [
        *(DocumentKey(PARTICIPANT, document) for document in (DOCUMENT, BUSDOX)),
        *(DocumentKey(LETTERS, document) for document in (SLASHED, PLUS, BLANK, PERCENT)),
    ]
    bodies = {key: body_of(key) for key in keys}
    bodies[keys[0]] = signed(service_metadata(document=DOCUMENT))
    documents.publish(store, bodies, at=NOW, base_url=BASE_URL)
    yield store
    store.close()


@pytest.fixture(params=STYLES)
def style(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def get(store: Store, style: str) -> Get:
    """Return what asks the whole application, as gunicorn or as granian would."""
    found = Documents(store)
    serve = application(Answer(found, lambda: 0.0), create_app(found))
    return lambda target, method="GET", **headers: reply(serve, target, style, method, **headers)


def own(tmp_path: Path) -> Store:
    """Return a store of the test's own, with one document."""
    store = documents.empty_store(tmp_path / "own.db")
    key = DocumentKey(PARTICIPANT, DOCUMENT)
    documents.publish(store, {key: body_of(key)}, at=NOW, base_url=BASE_URL)
    return store


@pytest.mark.smp(1)
def test_a_registered_participant_is_answered(get: Get) -> None:
    found = get(GROUP)

    assert found.status == 200
    assert b"<ServiceGroup " in found.body


@pytest.mark.smp(2)
def test_a_registered_service_is_answered_with_the_stored_bytes(get: Get) -> None:
    found = get(METADATA)

    assert found.status == 200
    assert found.body == signed(service_metadata(document=DOCUMENT))


@pytest.mark.smp(3)
def test_an_unknown_participant_is_not_found(get: Get) -> None:
    assert get(group_path(participant("5790009000020"))).status == 404


@pytest.mark.smp(4)
def test_an_unknown_document_is_not_found(get: Get) -> None:
    assert get(document_path(PARTICIPANT, document_id(version="9.9"))).status == 404


@pytest.mark.smp(5)
def test_a_participant_without_a_service_is_not_found(tmp_path: Path, style: str) -> None:
    store = own(tmp_path)
    documents.withdraw(store, [DocumentKey(PARTICIPANT, DOCUMENT)], at=NOW, base_url=BASE_URL)

    found = reply(Answer(Documents(store), lambda: 0.0), GROUP, style)

    assert found.status == 404


class Broken(Documents):
    """What has a fault that nobody thought of."""

    def group(self, participant: str) -> Published | None:
        raise RuntimeError(f"a secret about {participant}")


@pytest.mark.smp(6)
def test_an_unexpected_exception_is_a_500_that_tells_nothing(
    store: Store, style: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Broken(store)

    with caplog.at_level(logging.ERROR):
        found = reply(application(Answer(broken, lambda: 0.0), create_app(broken)), GROUP, style)

    assert (found.status, found.body) == (500, b"500 Internal Server Error\n")
    assert "a secret" in caplog.text


@pytest.mark.smp(7)
@pytest.mark.parametrize(
    "target",
    [
        *(
            "/",
            "//",
            "///",
            GROUP + "/",
            "/" + GROUP,
            METADATA + "/",
            METADATA.replace("/s", "//s"),
        ),
        *(
            GROUP.replace("iso", "ISO"),
            "/health/",
            "/./",
            "/../",
            GROUP + "/services",
            "/services/",
        ),
        *(GROUP + "/services/", f"http://smp.example.dk{GROUP}", f"https://smp.example.dk{GROUP}"),
    ],
)
def test_nothing_is_ever_redirected(get: Get, target: str) -> None:
    assert get(target).status in (200, 404)


@pytest.mark.smp(8)
def test_an_answer_is_text_xml(get: Get) -> None:
    assert get(GROUP).headers["Content-Type"].startswith("text/xml")
    assert get(METADATA).headers["Content-Type"].startswith("text/xml")


@pytest.mark.smp(9)
def test_the_charset_is_utf_8(get: Get) -> None:
    assert get(METADATA).headers["Content-Type"].partition("charset=")[2].lower() == "utf-8"


@pytest.mark.smp(10)
@pytest.mark.parametrize("target", [GROUP, METADATA, "/nobody", "/health"])
def test_head_is_get_without_a_body(get: Get, target: str) -> None:
    with_body, without = get(target), get(target, "HEAD")

    assert (without.status, without.headers) == (with_body.status, with_body.headers)
    assert without.body == b""


@pytest.mark.smp(11)
@pytest.mark.parametrize("target", [GROUP, METADATA, "/nobody", "/health", "/"])
def test_content_length_is_that_of_the_body(get: Get, target: str) -> None:
    found = get(target)

    assert found.headers["Content-Length"] == str(len(found.body))


@pytest.mark.smp(12)
def test_escaped_and_plain_colons_are_the_same(get: Get) -> None:
    assert get(METADATA.replace("%3A", ":")).body == get(METADATA).body


@pytest.mark.smp(13)
def test_lower_case_hex_is_the_same(get: Get) -> None:
    assert get(METADATA.replace("%3A", "%3a").replace("%2F", "%2f")).body == get(METADATA).body


@pytest.mark.smp(14)
def test_an_escaped_number_sign_is_part_of_the_document(get: Get) -> None:
    assert "%23%23" in METADATA
    assert get(METADATA).status == 200
    assert get(METADATA.replace("%23%23", "%23")).status == 404


@pytest.mark.smp(15)
def test_an_escaped_slash_is_part_of_the_document(get: Get) -> None:
    path = document_path(LETTERS, SLASHED)

    assert "%2F" in path
    assert get(path).body == body_of(DocumentKey(LETTERS, SLASHED))


@pytest.mark.smp(16)
def test_a_plus_is_a_plus_and_an_escaped_blank_a_blank(get: Get) -> None:
    plus, blank = document_path(LETTERS, PLUS), document_path(LETTERS, BLANK)

    assert get(plus.replace("%2B", "+")).body == body_of(DocumentKey(LETTERS, PLUS))
    assert get(plus).body == body_of(DocumentKey(LETTERS, PLUS))
    assert get(blank).body == body_of(DocumentKey(LETTERS, BLANK))


@pytest.mark.smp(17)
@pytest.mark.parametrize(
    "tail", ["%", "%4", "%zz", "%ff", "%c3", "%ed%a0%80", "%00", "%0d%0a", "%u00e6", "%25"]
)
def test_invalid_escapes_are_never_a_500(get: Get, tail: str) -> None:
    assert get(f"{METADATA}{tail}").status in (400, 404)
    assert get(f"/{tail}").status in (400, 404)


@pytest.mark.smp(17)
@given(st.text(st.characters(max_codepoint=255, exclude_characters="?"), max_size=40))
def test_no_path_whatever_is_a_500_or_a_redirect(store: Store, tail: str) -> None:
    answer = Answer(Documents(store), lambda: 0.0)

    statuses = {reply(answer, f"/{tail}", style).status for style in STYLES}

    assert len(statuses) == 1
    assert statuses <= {200, 400, 404}


@pytest.mark.smp(17)
def test_a_path_that_is_no_octets_is_malformed(store: Store) -> None:
    assert reply(Answer(Documents(store), lambda: 0.0), "http://x/☃", "sent").status == 400


@pytest.mark.smp(18)
def test_an_empty_scheme_finds_the_value(get: Get) -> None:
    assert (
        get(f"{GROUP}/services/%3A%3A{quote(DOCUMENT.value, safe='')}").body == get(METADATA).body
    )


@pytest.mark.smp(19)
def test_a_document_without_scheme_finds_the_value(get: Get) -> None:
    assert get(f"{GROUP}/services/{quote(DOCUMENT.value, safe='')}").body == get(METADATA).body


@pytest.mark.smp(20)
def test_a_participant_without_scheme_is_found(get: Get) -> None:
    assert get(f"/0088:{GLN}").body == get(GROUP).body


@pytest.mark.smp(21)
def test_a_participant_with_scheme_is_found(get: Get) -> None:
    assert get(f"/iso6523-actorid-upis::0088:{GLN}").body == get(GROUP).body


@pytest.mark.smp(22)
def test_a_participant_is_found_in_any_case(get: Get) -> None:
    path = group_path(ParticipantId(Identifier("ISO6523-ACTORID-UPIS", "9915:PRØVE")))

    assert get(path).status == 200
    assert get(path).body == get(group_path(LETTERS)).body


@pytest.mark.smp(23)
def test_a_document_is_found_in_any_case(get: Get) -> None:
    loud = DocumentId(Identifier(DOCUMENT.scheme.upper(), DOCUMENT.value.upper()))

    assert get(document_path(PARTICIPANT, loud)).body == get(METADATA).body


@pytest.mark.smp(25)
def test_a_scheme_ends_at_the_first_double_colon(get: Get) -> None:
    assert get(document_path(PARTICIPANT, BUSDOX)).body == body_of(DocumentKey(PARTICIPANT, BUSDOX))


@pytest.mark.smp(25)
def test_an_escaped_percent_sign_is_one_and_not_an_escape(get: Get) -> None:
    assert get(document_path(LETTERS, PERCENT)).body == body_of(DocumentKey(LETTERS, PERCENT))


@pytest.mark.smp(26)
@pytest.mark.parametrize("target", [GROUP, METADATA, "/health", "/"])
def test_a_base_path_is_answered_as_without_it(store: Store, style: str, target: str) -> None:
    found = Documents(store)
    serve = application(Answer(found, lambda: 0.0, Policy(prefix="/smp")), create_app(found))

    below, without = reply(serve, f"/smp{target}", style), reply(serve, target, style)

    assert below.status == 200
    assert below.body == without.body


@pytest.mark.smp(27)
def test_a_query_does_not_matter(get: Get) -> None:
    assert get(f"{METADATA}?x=1").body == get(METADATA).body
    assert get(f"{GROUP}?").body == get(GROUP).body


@pytest.mark.smp(28)
def test_any_host_is_served(get: Get) -> None:
    found = get(METADATA, host="b-c872728caf5cfc50df155735c9bfa000.iso6523-actorid-upis.example.dk")

    assert found.status == 200


@pytest.mark.smp(29)
@pytest.mark.parametrize("later", [timedelta(), timedelta(days=1)])
def test_not_modified_since_is_a_304_without_a_body(get: Get, later: timedelta) -> None:
    found = get(METADATA, if_modified_since=format_datetime(NOW + later, usegmt=True))

    assert (found.status, found.body) == (304, b"")
    assert found.headers["ETag"] == get(METADATA).headers["ETag"]


@pytest.mark.smp(29)
@pytest.mark.parametrize(
    "date", [format_datetime(NOW - timedelta(seconds=1), usegmt=True), "x", ""]
)
def test_modified_since_or_an_unreadable_date_is_a_200(get: Get, date: str) -> None:
    assert get(METADATA, if_modified_since=date).status == 200


@pytest.mark.smp(29)
def test_a_known_etag_is_a_304_and_another_one_goes_before_the_date(get: Get) -> None:
    etag, date = get(METADATA).headers["ETag"], format_datetime(NOW, usegmt=True)

    assert get(METADATA, if_none_match=f'"x", {etag}').status == 304
    assert get(METADATA, if_none_match="*").status == 304
    assert get(METADATA, if_none_match='"x"', if_modified_since=date).status == 200


@pytest.mark.smp(30)
def test_last_modified_and_etag_change_with_the_bytes(tmp_path: Path, style: str) -> None:
    store, seconds = own(tmp_path), iter(range(10))
    serve = Answer(Documents(store), lambda: float(next(seconds)))
    before = reply(serve, METADATA, style)

    key = DocumentKey(PARTICIPANT, DOCUMENT)
    documents.publish(store, {key: b"<y/>"}, at=NOW, base_url=BASE_URL)
    after = reply(serve, METADATA, style)

    assert after.body == b"<y/>"
    assert after.headers["Last-Modified"] != before.headers["Last-Modified"]
    assert after.headers["ETag"] != before.headers["ETag"]


@pytest.mark.smp(31)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("target", [GROUP, METADATA, "/nobody"])
def test_what_is_no_read_is_not_allowed(get: Get, method: str, target: str) -> None:
    found = get(target, method)

    assert found.status == 405
    assert found.headers["Allow"] == "GET, HEAD"


def test_the_fixed_paths_are_answered(get: Get) -> None:
    assert [get(path).status for path in ("/", "/health", "/ready")] == [200, 200, 200]
    assert get("/health", "POST").status == 405


class Silent(Documents):
    """A database that does not answer."""

    def generation(self) -> int:
        raise Unavailable("the publication database does not answer")


def test_a_silent_database_is_not_an_unknown_participant(store: Store, style: str) -> None:
    silent = Silent(store)
    serve = application(Answer(silent, lambda: 0.0), create_app(silent))

    assert reply(serve, METADATA, style).status == 503
    assert reply(serve, "/ready", style).status == 503
    assert reply(serve, "/health", style).status == 200


class Failing(Documents):
    """A database that may fall silent, and answers again."""

    is_silent = False
    asked = 0

    def generation(self) -> int:
        self.asked += 1
        self._check()
        return super().generation()

    def document(self, participant: str, document: str) -> Published | None:
        self._check()
        return super().document(participant, document)

    def _check(self) -> None:
        if self.is_silent:
            raise Unavailable("the publication database does not answer")


def test_lookups_go_on_from_memory_while_the_database_is_silent(
    store: Store, style: str, caplog: pytest.LogCaptureFixture
) -> None:
    at, failing = [0.0], Failing(store)
    answer = Answer(failing, lambda: at[0])
    serve = application(answer, create_app(failing))
    known = reply(serve, METADATA, style)

    failing.is_silent = True
    at[0] += 1
    asked = failing.asked
    found = [reply(serve, METADATA, style) for _ in range(5)]

    assert all(each == known for each in found)
    assert reply(serve, GROUP.replace("0088", "9915"), style).status in (404, 503)
    assert reply(serve, f"{METADATA}x", style).status == 503
    assert failing.asked == asked + 1
    assert answer.is_cut_off
    [said] = [each.message for each in caplog.records if "memory only" in each.message]
    assert said.startswith("cut off database=publication, answering from memory only: the publi")

    failing.is_silent = False
    at[0] += 2
    assert reply(serve, METADATA, style) == known
    assert not answer.is_cut_off


class Counting(Documents):
    """Counts how often a document is read from the database."""

    reads = 0

    def document(self, participant: str, document: str) -> Published | None:
        self.reads += 1
        return super().document(participant, document)


def test_what_was_asked_before_is_not_read_again(store: Store, style: str) -> None:
    counting = Counting(store)
    answer = Answer(counting, lambda: 0.0)

    first, second = (reply(answer, METADATA, style) for _ in range(2))

    assert (first, counting.reads) == (second, 1)


def test_what_is_absent_pushes_nothing_out_of_memory(store: Store, style: str) -> None:
    counting = Counting(store)
    answer = Answer(counting, lambda: 0.0, Policy(entries=1))
    reply(answer, METADATA, style)

    for number in range(5):
        reply(answer, f"{METADATA}{number}", style)
    reply(answer, METADATA, style)

    assert counting.reads == 1 + 5


def test_a_withdrawal_is_seen_after_a_tenth_of_a_second(tmp_path: Path, style: str) -> None:
    store, now = own(tmp_path), [0.0]
    answer = Answer(Documents(store), lambda: now[0])
    before = reply(answer, METADATA, style)

    documents.withdraw(store, [DocumentKey(PARTICIPANT, DOCUMENT)], at=NOW, base_url=BASE_URL)
    now[0] = 0.1
    after = reply(answer, METADATA, style)

    assert (before.status, after.status) == (200, 404)


class Slow(Documents):
    """Something is published while it reads: it still has the old bytes."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.store = store

    def document(self, participant: str, document: str) -> Published | None:
        found = super().document(participant, document)
        if found is not None and found.body != b"<new/>":
            key = DocumentKey(PARTICIPANT, DOCUMENT)
            documents.publish(self.store, {key: b"<new/>"}, at=NOW, base_url=BASE_URL)
        return found


def test_an_answer_overtaken_by_a_change_is_not_kept(tmp_path: Path, style: str) -> None:
    seconds = iter(range(10))
    answer = Answer(Slow(own(tmp_path)), lambda: float(next(seconds)))

    first, second = (reply(answer, METADATA, style) for _ in range(2))

    assert first.body != b"<new/>"
    assert second.body == b"<new/>"


def test_caches_are_told_how_long_and_never_to_keep_what_is_absent(
    store: Store, style: str
) -> None:
    answer = Answer(Documents(store), lambda: 0.0, Policy(max_age=7))

    assert reply(answer, METADATA, style).headers["Cache-Control"] == "max-age=7"
    assert reply(answer, "/nobody", style).headers["Cache-Control"] == "no-store"


def test_the_settings_say_how_long_and_which_schemes_heed_case(
    store: Store, style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMP_DATABASE_URL", str(store.engine.url))
    monkeypatch.setenv("SMP_BASE_URL", f"{BASE_URL}/smp/")
    monkeypatch.setenv("SMP_MAX_AGE", "0")
    monkeypatch.setenv("SMP_CASE_SENSITIVE_SCHEMES", "other, DK-MedCom-Messaging")
    serve = serving.application()
    loud = DocumentId(Identifier(DOCUMENT.scheme.upper(), DOCUMENT.value.upper()))

    exact = reply(serve, f"/smp{METADATA}", style)

    assert (exact.status, exact.headers["Cache-Control"]) == (200, "max-age=0")
    assert reply(serve, document_path(PARTICIPANT, loud), style).status == 404


TARGETS = (
    *(GROUP, METADATA, METADATA.replace("%3A", ":"), METADATA.replace("%3A", "%3a")),
    *(f"{METADATA}?x=1", f"http://other.example.dk{METADATA}", document_path(LETTERS, SLASHED)),
    *(document_path(LETTERS, PLUS).replace("%2B", "+"), document_path(LETTERS, PERCENT)),
    *(
        f"{METADATA}%zz",
        f"{METADATA}%ff",
        f"{METADATA}%00",
        "//",
        GROUP + "/",
        "/nobody",
        "/health",
    ),
    *(document_path(LETTERS, SLASHED).replace("/services/", "%2Fservices%2F"), "/%252F"),
    *(METADATA.replace("%3A%3A", "::").replace("%3A", "%3a"), f"/{GROUP}", f"//{METADATA}"),
    *(f"{GROUP}/services/{quote(DOCUMENT.value)}", f"{GROUP}/services/::{quote(DOCUMENT.value)}"),
    *(GROUP.replace("iso", "ISO"), f"/0088:{GLN}", f"/::0088:{GLN}", f"/x/..{GROUP}", f"/.{GROUP}"),
    *(f"{GROUP}//services/x", f"{METADATA}/", f"{GROUP};a=b", f"{METADATA}%20", "/%20", "/%"),
    *(f"https://smp.example.dk{GROUP}?a", "http://smp.example.dk", "/%00", f"{GROUP}?/services/x"),
)
SERVERS = {
    "gunicorn": [
        *("gunicorn", "--worker-class", "gthread", "--threads", "2", "--bind", "127.0.0.1:{port}"),
        "smp.wiring.serve:application()",
    ],
    "granian": [
        *("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "{port}", "--no-ws"),
        *("--factory", "smp.wiring.serve:application"),
    ],
}


@pytest.fixture(scope="module", params=SERVERS)
def port(request: pytest.FixtureRequest, store: Store) -> Iterator[int]:
    """Return the port at which a real server serves *store*."""
    number = free_port()
    words = [word.format(port=number) for word in SERVERS[request.param]]
    with subprocess.Popen(
        [sys.executable, "-m", *words],
        env={"SMP_DATABASE_URL": str(store.engine.url), "PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _await(number, server)
            yield number
        finally:
            server.terminate()


def _await(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", port), 0.05).close()
        except OSError:
            _pause(0.05)
            continue
        return
    pytest.fail("the server does not listen")


def _pause(seconds: float) -> None:
    """Wait between two looks without taking the processor from who is looked for."""
    with socket.socket() as nobody:
        nobody.settimeout(seconds)
        nobody.bind(("127.0.0.1", 0))
        nobody.listen()
        try:
            nobody.accept()
        except TimeoutError:
            return


def over_the_wire(port: int, target: str, method: str = "GET", header: str = "") -> Reply:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(
            f"{method} {target} HTTP/1.1\r\nHost: other.example.dk\r\nConnection: close\r\n"
            f"{header}\r\n".encode()
        )
        with connection.makefile("rb") as answer:
            raw = answer.read()
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    version, status = first.split()[:2]
    assert version == "HTTP/1.1"
    headers = {name.title(): value for name, _, value in (line.partition(": ") for line in rest)}
    return Reply(int(status), headers, body)


@pytest.mark.smp(7, 11, 12, 13, 14, 15, 16, 17, 27, 28)
@pytest.mark.slow
def test_real_servers_answer_as_the_application_does(port: int, store: Store) -> None:
    found = Documents(store)
    serve = application(Answer(found, lambda: 0.0), create_app(found))

    answers = {target: over_the_wire(port, target) for target in TARGETS}

    expected = {target: reply(serve, target, "decoded") for target in TARGETS}
    assert {target: (each.status, each.body) for target, each in expected.items()} == {
        target: (each.status, each.body) for target, each in answers.items()
    }
    assert [answers[target].status for target in TARGETS[:9]] == [200] * 9
    assert all(
        answers[target].headers["Content-Length"] == str(len(answers[target].body))
        for target in TARGETS
    )


@pytest.mark.smp(10, 29, 31)
@pytest.mark.slow
def test_real_servers_answer_head_and_conditions(port: int) -> None:
    whole = over_the_wire(port, METADATA)
    head = over_the_wire(port, METADATA, "HEAD")
    known = over_the_wire(port, METADATA, header=f"If-None-Match: {whole.headers['Etag']}\r\n")
    put = over_the_wire(port, METADATA, "PUT", "Content-Length: 0\r\n")

    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]
    assert (known.status, known.body) == (304, b"")
    assert (put.status, put.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.smp(11)
@pytest.mark.slow
def test_a_line_that_is_kept_has_no_byte_between_two_answers(port: int) -> None:
    """What is asked in one go: bodies that are not read, answers that have none."""
    whole = over_the_wire(port, METADATA)
    known = f"If-None-Match: {whole.headers['Etag']}\r\n"
    asked = [
        *(("GET", METADATA, "", 200), ("HEAD", METADATA, "", 200), ("GET", METADATA, known, 304)),
        *(("HEAD", METADATA, known, 304), ("GET", "/nobody", "", 404), ("GET", METADATA, "", 200)),
    ]
    host = "Host: smp.example.dk\r\n"
    sent = "".join(
        f"{method} {path} HTTP/1.1\r\n{host}{more}\r\n" for method, path, more, _ in asked
    )

    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(sent.encode())
        with line.makefile("rb") as answers:
            for method, _, _, status in asked:
                assert answers.readline().split()[:2] == [b"HTTP/1.1", str(status).encode()]
                headers = dict(iter(lambda: _header(answers.readline()), ("", "")))
                if method == "GET" and status != 304:
                    body = answers.read(int(headers["content-length"]))
                    assert status == 404 or body == whole.body


def _header(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").strip().partition(":")
    return name.lower(), value.strip()
