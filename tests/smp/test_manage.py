"""Tools that know other SMPs write for legacy participants (statements 93 to 103)."""

import base64
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Semaphore
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

import builders_legacy as legacy
from builders import HOMECARE, NOW, RECEIPT, endpoint, gln, organization
from builders_smp import GOLDEN, access_point_certificate
from eer.domain.access import Principal, scopes
from eer.domain.errors import IssueCode, Malformed, Refused, error
from fakes.publishing import TTL, World, fresh_store
from smp.domain.clients import Client, Clients, hashed
from smp.domain.identifiers import document_path, group_path
from smp.manage import Desk
from smp.pki import certificate
from smp.web.callers import Callers, Proxy
from smp.web.guesses import FREE, LONGEST, Guesses
from smp.web.manage import BASIC, BEARER, LARGEST, Manage
from smp.xml.render import NAMESPACE

SECRET = "correct horse battery"
PEM = (GOLDEN / "smp-access-point.pem").read_text(encoding="ascii")
CLIENTS = Clients(
    {
        each.name: each
        for each in (
            Client("tool", hashed(SECRET, b"s" * 16), cvr=legacy.OWNER),
            Client("other", hashed(SECRET, b"t" * 16), cvr=legacy.OTHER),
            Client("boss", hashed(SECRET, b"u" * 16), is_operator=True),
            Client("few", hashed(SECRET, b"v" * 16), cvr=legacy.OWNER, glns=("571",)),
            Client("nobody", hashed(SECRET, b"w" * 16)),
            Client(
                "machine",
                certificate=sha256(access_point_certificate()).hexdigest(),
                cvr=legacy.OWNER,
            ),
        )
    }
)
GROUP = group_path(legacy.who(2))
DOCUMENT = document_path(legacy.who(2), legacy.key(2).document)
TOKENS = {
    "reader": Principal("r", "r", legacy.OWNER, scopes("system/*.rs"), frozenset()),
    "writer": Principal("w", "w", legacy.OWNER, scopes("system/*.cud"), frozenset()),
}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def code(self) -> str:
        """Return the BusinessCode of an ErrorResponse, which this must be then."""
        root = etree.fromstring(self.body.encode())
        names = [etree.QName(each).localname for each in root]
        assert etree.QName(root) == etree.QName("ec:services:SMP:1.0", "ErrorResponse")
        assert names == ["BusinessCode", "ErrorDescription", "ErrorUniqueId"]
        return root[0].text or ""

    @property
    def said(self) -> str:
        return etree.fromstring(self.body.encode())[1].text or ""


class Tool:
    """A client of the management API, and the API over a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.moments = 3
        """How many times an answer may look whether it is public."""
        self.publishes = True
        self.proxy = Proxy(frozenset({"127.0.0.1"}), "Client-Cert")
        self.passwords = True
        self.seconds = 0.0
        self.guesses = Guesses(lambda: self.seconds)
        self.seats = Semaphore(2)
        self.judged: Callable[[bytes], Any] = certificate.read

    def ask(
        self, method: str, path: str, body: bytes = b"", by: str | None = "tool", **more: Any
    ) -> Reply:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote_to_bytes(path.partition("?")[0]).decode("latin-1"),
            "RAW_URI": path,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "CONTENT_LENGTH": str(len(body)),
        }
        if by is not None:
            said = base64.b64encode(f"{by}:{SECRET}".encode()).decode()
            environ["HTTP_AUTHORIZATION"] = f"Basic {said}"
        environ |= more
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: object) -> Any:
            told.update(status=int(status.split(maxsplit=1)[0]), headers=dict(headers))

        given = {name: value for name, value in environ.items() if value is not None}
        answer = b"".join(self.app()(given, start))
        assert told["headers"]["Content-Length"] == str(len(answer)) or method == "HEAD"
        return Reply(told["status"], told["headers"], answer.decode())

    def app(self) -> Manage:
        world = self.world

        def token(environ: dict[str, Any]) -> Principal:
            found = TOKENS.get(environ["HTTP_AUTHORIZATION"].partition(" ")[2])
            if found is None:
                raise Refused("no token", [error(IssueCode.LOGIN, "", "no token")])
            return found

        def patience() -> Callable[[], bool]:
            left = iter(range(self.moments))

            def wait() -> bool:
                if self.publishes:
                    world.publisher.publish_touched()
                return next(left, None) is not None

            return wait

        means = world.publisher.means
        desk = Desk(means.legacy, means.shelf, world.register, self.judged, world.clock)
        callers = Callers(
            lambda: CLIENTS,
            token,
            self.proxy.shown,
            self.guesses,
            self.passwords,
            self.proxy.addresses,
        )
        challenge = BASIC if self.passwords else BEARER
        return Manage(desk, callers, patience, lambda: "unique", self.seats, challenge)

    def put_group(self, number: int = 2, **more: Any) -> Reply:
        return self.ask("PUT", group_path(legacy.who(number)), group(number), **more)

    def put(self, number: int = 2, code: str = HOMECARE, **more: Any) -> Reply:
        key = legacy.key(number, code)
        body = more.pop("body", None) or sent(number, code)
        return self.ask("PUT", document_path(key.participant, key.document), body, **more)


def group(number: int = 2, inside: str = "", value: str = "") -> bytes:
    who = legacy.who(number)
    return (
        f'<ServiceGroup xmlns="{NAMESPACE}"><ParticipantIdentifier scheme="{who.scheme}">'
        f"{value or who.value}</ParticipantIdentifier><ServiceMetadataReferenceCollection>"
        f"{inside}</ServiceMetadataReferenceCollection></ServiceGroup>"
    ).encode()


def sent(number: int = 2, code: str = HOMECARE, **changes: str) -> bytes:
    """Return a ServiceMetadata as a tool prints it."""
    return etree.tostring(
        legacy.element(number, code, **changes), encoding="UTF-8", xml_declaration=True
    )


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[Tool]:
    """The register has the first participant, which is published; of others nobody wrote yet."""
    with fresh_store(tmp_path / "smp.sqlite") as store:
        world = World(store, endpoint(1))
        world.publisher.publish()
        yield Tool(world)


@pytest.fixture
def grouped(tool: Tool) -> Tool:
    """The second participant has a group."""
    assert tool.put_group().status == 201
    return tool


@pytest.mark.smp(99)
def test_the_first_put_is_201_the_second_200_and_after_a_delete_it_is_gone(tool: Tool) -> None:
    assert (tool.put_group().status, tool.put_group().status) == (201, 200)
    assert (tool.put().status, tool.put().status) == (201, 200)
    assert "https://legacy.example.dk/as4" in (tool.world.body(2) or "")
    assert len(tool.world.named(2)) == 2

    assert tool.put(2, RECEIPT).status == 201
    assert tool.ask("DELETE", DOCUMENT).status == 200

    assert tool.world.body(2) is None
    assert tool.world.body(2, RECEIPT) is not None
    gone = tool.ask("DELETE", DOCUMENT)
    assert (gone.status, gone.code) == (404, "NOT_FOUND")


@pytest.mark.smp(100)
def test_deleting_a_group_removes_its_documents_and_its_names(grouped: Tool) -> None:
    grouped.put()
    grouped.put(2, RECEIPT)

    assert grouped.ask("DELETE", GROUP).status == 200

    assert grouped.world.named(2) == set()
    grouped.world.clock.move(TTL)
    grouped.world.publisher.publish_touched()
    assert (grouped.world.body(2), grouped.world.group(2)) == (None, None)
    assert (grouped.ask("DELETE", GROUP).status, grouped.put().status) == (403, 403)
    for reply in (grouped.ask("DELETE", GROUP, by="boss"), grouped.put(by="boss")):
        assert (reply.status, "no ServiceGroup is written" in reply.said) == (404, True)


def test_deleting_all_documents_keeps_the_group(grouped: Tool) -> None:
    grouped.put()

    assert grouped.ask("DELETE", f"{GROUP}/services").status == 200
    assert grouped.world.named(2) == set()
    assert grouped.put().status == 201


@pytest.mark.parametrize(("number", "by"), [(1, "boss"), (2, "tool"), (3, "tool")])
def test_what_the_register_has_is_refused_with_a_sentence(
    grouped: Tool, number: int, by: str
) -> None:
    grouped.put()
    of_tool = replace(organization(number=3), cvr=legacy.OWNER)
    grouped.world.register.put(endpoint(2), replace(endpoint(3), organization=of_tool))
    where = document_path(legacy.who(number), legacy.key(number).document)

    for reply in (
        grouped.put_group(number, by=by),
        grouped.put(number, by=by),
        grouped.ask("DELETE", where, by=by),
        grouped.ask("DELETE", group_path(legacy.who(number)), by=by),
    ):
        assert (reply.status, reply.code) == (409, "OTHER_ERROR")
        assert f"{legacy.who(number)} is in the register" in reply.said


@pytest.mark.smp(93)
@pytest.mark.parametrize("body", [sent(3), sent(2, RECEIPT)])
def test_ids_in_the_body_are_those_of_the_address(grouped: Tool, body: bytes) -> None:
    reply = grouped.put(body=body)

    assert (reply.status, reply.code) == (400, "WRONG_FIELD")
    assert "which the address names" in reply.said


@pytest.mark.smp(93)
def test_ids_are_compared_without_case_and_decoded(grouped: Tool) -> None:
    path = DOCUMENT.replace("%3A", ":").replace("homecare", "HomeCare")

    assert grouped.ask("PUT", path, sent()).status == 201
    assert "homecareobservation" in (grouped.world.body(2) or "")
    assert grouped.put().status == 200


@pytest.mark.smp(93)
def test_a_group_is_of_whom_the_address_names(tool: Tool) -> None:
    reply = tool.ask("PUT", GROUP, group(3))

    assert (reply.status, reply.code) == (400, "WRONG_FIELD")


@pytest.mark.smp(94)
@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"no XML",
        b"<x/>",
        sent().replace(b"ProcessList>", b"Processes>"),
        sent().replace(NAMESPACE.encode(), b"http://busdox.org/serviceMetadata/publishing/1.0/"),
        group(),
        sent().replace(b"Z</ServiceActivationDate>", b"</ServiceActivationDate>"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused(grouped: Tool, body: bytes) -> None:
    reply = grouped.put(body=body)

    assert (reply.status, reply.code) == (400, "XSD_INVALID")


@pytest.mark.smp(95)
def test_a_group_with_references_is_refused(tool: Tool) -> None:
    listed = '<ServiceMetadataReference href="https://x.example.dk/a/services/b"/>'

    reply = tool.ask("PUT", GROUP, group(inside=listed))

    assert (reply.status, reply.code) == (400, "WRONG_FIELD")


def test_a_group_with_an_extension_is_refused_since_it_would_be_lost(tool: Tool) -> None:
    extended = group().replace(
        b"</ServiceGroup>", b'<Extension><x xmlns="urn:x"/></Extension></ServiceGroup>'
    )

    reply = tool.ask("PUT", GROUP, extended)

    assert (reply.status, reply.code) == (400, "OTHER_ERROR")


@pytest.mark.smp(96)
def test_a_transport_profile_twice_in_one_process_is_refused(grouped: Tool) -> None:
    root = etree.fromstring(sent())
    [listing] = root.iter(f"{{{NAMESPACE}}}ServiceEndpointList")
    listing.append(etree.fromstring(etree.tostring(listing[0])))

    assert grouped.put(body=etree.tostring(root)).status == 400


@pytest.mark.smp(97)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"2026-05-04T22:00:00Z", b"2029-01-26T09:52:09Z"),
        (b"2029-01-26T09:52:09Z", b"2026-08-03T12:00:00Z"),
    ],
)
def test_a_period_that_is_none_or_over_is_refused(
    grouped: Tool, before: bytes, after: bytes
) -> None:
    body = sent()
    assert before in body

    reply = grouped.put(body=body.replace(before, after))

    assert (reply.status, reply.code) == (400, "OUT_OF_RANGE")


@pytest.mark.smp(98)
def test_both_a_document_and_a_redirect_or_a_signature_are_refused(grouped: Tool) -> None:
    both = sent().replace(
        b"</ServiceMetadata>",
        b'<Redirect href="https://x.example.dk/a/services/b"><CertificateUID>CN=x'
        b"</CertificateUID></Redirect></ServiceMetadata>",
    )
    signature = sent().replace(
        b"</ServiceMetadata>",
        b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></ServiceMetadata>',
    )
    signed = (grouped.world.body(1) or "").encode()

    for body in (both, signature, signed):
        assert grouped.put(body=body).status == 400


def test_a_redirect_is_published_as_one(grouped: Tool) -> None:
    body = (
        f'<ServiceMetadata xmlns="{NAMESPACE}"><Redirect href="https://x.example.dk/a/services/b">'
        "<CertificateUID>CN=x</CertificateUID></Redirect></ServiceMetadata>"
    ).encode()

    assert grouped.put(body=body).status == 201
    assert "<Redirect " in (grouped.world.body(2) or "")


@pytest.mark.smp(31, 101)
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET", "PATCH"])
def test_who_is_not_known_is_told_that_and_nothing_else(
    grouped: Tool, number: int, method: str
) -> None:
    path = group_path(legacy.who(number))
    wrong = base64.b64encode(b"tool:wrong").decode()

    replies = [
        grouped.ask(method, path, b"x", by=None),
        grouped.ask(method, path, b"x", by="stranger"),
        grouped.ask(method, path, b"x", by=None, HTTP_AUTHORIZATION=f"Basic {wrong}"),
        grouped.ask(method, path, b"x", by=None, HTTP_AUTHORIZATION="Basic ?"),
        grouped.ask(method, path, b"x", by=None, HTTP_AUTHORIZATION="Basic eA=="),
        grouped.ask(method, path, b"x", by="machine"),
    ]

    assert {(each.status, each.code) for each in replies} == {(401, "UNAUTHORIZED")}
    assert {each.headers["WWW-Authenticate"].split()[0] for each in replies} == {"Basic"}
    assert len({each.body for each in replies}) == 1


def guess(tool: Tool, name: str = "tool", **more: Any) -> Reply:
    wrong = base64.b64encode(f"{name}:wrong".encode()).decode()
    return tool.put_group(by=None, HTTP_AUTHORIZATION=f"Basic {wrong}", **more)


def test_guesses_slow_down_and_whoever_is_right_is_let_in_again(tool: Tool) -> None:
    assert {guess(tool).status for _ in range(FREE)} == {401}

    slowed = tool.put_group()

    assert (slowed.status, slowed.code) == (429, "UNAUTHORIZED")
    assert slowed.headers["Retry-After"] == str(LONGEST)
    tool.seconds += 1
    assert guess(tool).status == 401
    tool.seconds += 1
    assert guess(tool).status == 429
    tool.seconds += LONGEST
    assert tool.put_group().status == 201
    assert {guess(tool).status for _ in range(FREE)} == {401}


def test_no_wait_is_longer_than_a_minute(tool: Tool) -> None:
    for _ in range(2 * FREE):
        tool.seconds += LONGEST
        assert guess(tool).status == 401

    tool.seconds += LONGEST
    assert tool.put_group().status == 201


def test_a_stranger_elsewhere_locks_nobody_out(tool: Tool) -> None:
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    for _ in range(2 * FREE):
        guess(tool, **elsewhere)

    assert guess(tool, **elsewhere).status == 429
    assert tool.put_group().status == 201
    assert tool.put_group(by="other", **elsewhere).status == 403
    assert tool.put_group(HTTP_CLIENT_CERT=quote(PEM)).status == 200


def test_behind_a_proxy_addresses_are_those_that_it_tells_last(tool: Tool) -> None:
    def told(by: str) -> dict[str, str]:
        return {"HTTP_X_FORWARDED_FOR": by}

    for number in range(2 * FREE):
        guess(tool, **told(f"198.51.100.{number}, 192.0.2.7"))
    assert guess(tool, **told("192.0.2.7")).status == 429
    assert tool.put_group(**told("192.0.2.8")).status == 201
    for number in range(2 * FREE):
        guess(tool, REMOTE_ADDR="203.0.113.1", **told(f"198.51.100.{number}"))
    assert guess(tool, REMOTE_ADDR="203.0.113.1", **told("x")).status == 429


def test_a_refusal_is_logged_with_who_it_was_and_from_where(
    tool: Tool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "smp.web.manage")

    guess(tool, "to\nol' address='192.0.2.1", REMOTE_ADDR="192.0.2.7")

    said = caplog.records[-1].getMessage()
    assert "refused status=401 id=unique" in said
    assert """name="to\\nol' address='192.0.2.1" address='192.0.2.7': """ in said
    assert "wrong" not in said


@pytest.mark.smp(101)
def test_who_is_known_and_has_no_right_is_told_403(grouped: Tool) -> None:
    grouped.put()

    for by in ("other", "few", "nobody"):
        for reply in (
            grouped.put_group(by=by),
            grouped.put(by=by),
            grouped.ask("DELETE", DOCUMENT, by=by),
            grouped.ask("DELETE", GROUP, by=by),
        ):
            assert (reply.status, reply.code) == (403, "UNAUTHORIZED")
    assert grouped.put_group(3, by="nobody").status == 403
    assert grouped.put_group(3, by="few").status == 403


@pytest.mark.smp(101)
def test_all_that_is_not_ones_own_is_told_alike(grouped: Tool) -> None:
    """The first is the register's, the second another's, the third nobody's."""
    grouped.put()

    def replies(number: int) -> set[str]:
        where = document_path(legacy.who(number), legacy.key(number).document)
        group = group_path(legacy.who(number))
        asked = [grouped.put(number, by="other")]
        asked += [grouped.ask("DELETE", path, by="other") for path in (where, group)]
        asked.append(grouped.ask("DELETE", f"{group}/services", by="other"))
        assert {(each.status, each.code) for each in asked} == {(403, "UNAUTHORIZED")}
        return {each.body.replace(gln(number), "GLN") for each in asked}

    [of_register] = replies(1)

    assert replies(2) == replies(3) == {of_register}
    for number in (1, 2):
        claimed = grouped.put_group(number, by="other")
        assert claimed.body.replace(gln(number), "GLN") == of_register


def test_an_operator_writes_for_everybody(grouped: Tool) -> None:
    assert grouped.put(by="boss").status == 201
    assert grouped.put_group(3, by="boss").status == 201
    assert grouped.put(3, by="tool").status == 403


def test_a_token_counts_as_for_the_register(tool: Tool) -> None:
    def by(name: str) -> Reply:
        return tool.put_group(by=None, HTTP_AUTHORIZATION=f"Bearer {name}")

    assert (by("nothing").status, by("reader").status, by("writer").status) == (401, 403, 201)


@pytest.mark.parametrize(
    "shown",
    [quote(PEM), f":{base64.b64encode(access_point_certificate()).decode()}:"],
)
def test_a_certificate_that_a_proxy_tells_of_is_enough(tool: Tool, shown: str) -> None:
    assert tool.put_group(by=None, HTTP_CLIENT_CERT=shown).status == 201


def test_whose_certificate_is_known_is_its_client_whatever_name_comes_with_it(tool: Tool) -> None:
    tool.put_group(3, by="other")

    for by in (None, "other", "stranger"):
        assert tool.put_group(by=by, HTTP_CLIENT_CERT=quote(PEM)).status in (200, 201)
        assert tool.put_group(3, by=by, HTTP_CLIENT_CERT=quote(PEM)).status == 403


def test_where_passwords_do_not_count_they_are_not_asked_for(tool: Tool) -> None:
    tool.passwords = False

    refused = tool.put_group()

    assert (refused.status, refused.headers["WWW-Authenticate"][:6]) == (401, "Bearer")
    assert tool.put_group(HTTP_CLIENT_CERT=quote(PEM)).status == 201


@pytest.mark.parametrize("shown", ["", "?", "::", quote(PEM.replace("MI", "MJ", 1)), "Zm9v"])
def test_another_certificate_is_nobodys(tool: Tool, shown: str) -> None:
    assert tool.put_group(by=None, HTTP_CLIENT_CERT=shown).status == 401


@pytest.mark.parametrize("proxy", [Proxy(frozenset({"192.0.2.1"}), "Client-Cert"), Proxy()])
def test_a_certificate_that_anybody_else_tells_of_is_no_proof(tool: Tool, proxy: Proxy) -> None:
    tool.proxy = proxy

    assert tool.put_group(by=None, HTTP_CLIENT_CERT=quote(PEM)).status == 401


@pytest.mark.smp(102)
@pytest.mark.parametrize(
    "prolog",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]>',
        b'<!DOCTYPE x SYSTEM "http://example.dk/x.dtd">',
        b'<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_a_doctype_is_refused_with_whatever_is_in_it(grouped: Tool, prolog: bytes) -> None:
    body = prolog + sent().partition(b"?>\n")[2].replace(b"Pr\xc3\xb8ve", b"&b;", 1)

    reply = grouped.put(body=body)

    assert (reply.status, reply.code) == (400, "XSD_INVALID")
    assert "root:" not in reply.body


@pytest.mark.smp(102)
@pytest.mark.parametrize("length", [None, "", str(LARGEST + 1)])
def test_a_body_that_is_too_long_is_refused_however_it_is_announced(
    grouped: Tool, length: str | None
) -> None:
    body = sent() + b" " * LARGEST

    reply = grouped.put(body=body, CONTENT_LENGTH=length)

    assert (reply.status, reply.code) == (413, "INVALID_INPUT_DATA")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("declared", ["", "<?xml version='1.0' encoding='UTF-8'?>"])
def test_whatever_is_not_in_utf_8_is_refused(grouped: Tool, encoding: str, declared: str) -> None:
    text = declared + etree.tostring(legacy.element(2), encoding="unicode")

    reply = grouped.put(body=text.encode(encoding))

    assert (reply.status, reply.code) == (400, "XSD_INVALID")
    assert "expected UTF-8" in reply.said
    assert grouped.put(body=text.encode("utf-8-sig")).status == 201


@pytest.mark.parametrize(
    "media_type",
    [None, "", "text/xml", "application/xml", "Text/XML; charset=UTF-8", "text/xml;charset=utf-8"],
)
def test_xml_is_taken_under_the_names_that_tools_give_it(
    tool: Tool, media_type: str | None
) -> None:
    assert tool.put_group(CONTENT_TYPE=media_type).status == 201
    assert tool.put(CONTENT_TYPE=media_type).status == 201


@pytest.mark.parametrize(
    "media_type", ["application/json", "text/html", "multipart/form-data", "x"]
)
def test_what_calls_itself_something_else_is_refused(grouped: Tool, media_type: str) -> None:
    for reply in (
        grouped.put_group(3, CONTENT_TYPE=media_type),
        grouped.put(CONTENT_TYPE=media_type),
    ):
        assert (reply.status, reply.code) == (415, "INVALID_INPUT_DATA")
        assert f"{media_type}: expected text/xml or application/xml" in reply.said
    assert grouped.ask("DELETE", GROUP, CONTENT_TYPE=media_type).status == 200


@pytest.mark.smp(103)
@pytest.mark.parametrize(
    "who",
    [
        f"iso6523-actorid-upis::0088:{gln()[:-1]}x",
        f"iso6523-actorid-upis::9915:{gln()}",
        f"x::0088:{gln()}",
        gln(),
        "%ff",
    ],
)
def test_who_is_no_participant_of_ours_is_refused(tool: Tool, who: str) -> None:
    for path in (f"/{who}", f"/{who}/services/a::b"):
        assert tool.ask("PUT", path, group()).status == 400
        assert tool.ask("DELETE", path).status == 400


def test_a_document_without_a_scheme_or_a_name_is_refused(grouped: Tool) -> None:
    for path in (f"{GROUP}/services/x", f"{GROUP}/services/", f"{GROUP}/services"):
        reply = grouped.ask("PUT", path, sent())
        assert (reply.status, reply.code) == (400, "WRONG_FIELD")


def test_an_address_or_a_certificate_that_nobody_can_use_is_refused(grouped: Tool) -> None:
    for uri in ("mailto:x@example.dk", "https://", "http://[x", "nowhere"):
        reply = grouped.put(body=sent(uri=uri))
        assert reply.status == 400
    whole = base64.b64encode(access_point_certificate())
    reply = grouped.put(body=sent().replace(whole, b"MAMCAQc="))
    assert (reply.status, reply.code) == (400, "FORMAT_ERROR")

    def untrusted(_: bytes) -> Any:
        raise Refused("CN=x is untrusted")

    grouped.judged = untrusted
    assert "CN=x is untrusted" in grouped.put().said


def test_an_expired_certificate_is_refused(grouped: Tool) -> None:
    grouped.judged = lambda der: replace(certificate.read(der), not_after=NOW)

    reply = grouped.put(body=sent())

    assert (reply.status, reply.code) == (400, "OUT_OF_RANGE")


def test_a_document_goes_when_its_certificate_expires(grouped: Tool) -> None:
    grouped.judged = lambda der: replace(certificate.read(der), not_after=NOW + timedelta(hours=1))
    assert grouped.put().status == 201

    grouped.world.clock.move(timedelta(hours=1))
    grouped.world.publisher.publish_touched()

    assert grouped.world.named(2) == set()


def test_a_document_of_the_future_is_written_and_not_public(grouped: Tool) -> None:
    body = sent().replace(b"2026-05-04T22:00:00Z", b"2026-12-01T00:00:00Z")

    assert grouped.put(body=body).status == 201
    assert grouped.world.body(2) is None


def test_a_publisher_that_does_not_come_is_waited_for_so_long_and_no_longer(grouped: Tool) -> None:
    grouped.publishes = False

    reply = grouped.put()

    assert reply.status == 202
    assert "not public yet" in reply.body
    grouped.world.publisher.publish_touched()
    assert grouped.world.body(2) is not None
    assert grouped.put().status == 202


def test_no_more_wait_than_there_are_seats_and_the_rest_is_told(grouped: Tool) -> None:
    grouped.publishes = False
    with grouped.seats, grouped.seats:
        reply = grouped.put()
        assert (reply.status, "so many wait" in reply.body) == (202, True)
    grouped.publishes = True

    assert grouped.put().status == 200
    with grouped.seats, grouped.seats:
        assert grouped.put_group().status == 200


def test_what_the_publisher_does_not_publish_is_not_called_public(grouped: Tool) -> None:
    body = sent().replace(b"Pr\xc3\xb8ve", b"Anden", 1)
    grouped.put()

    def stays(*_: object) -> None:
        raise Malformed("not as meant")

    grouped.world.publisher = grouped.world.having(prove=stays)

    assert grouped.put(body=body).status == 202


@pytest.mark.parametrize("prefix", ["", "/smp-1"])
def test_what_domismp_clients_put_around_a_name_is_understood(tool: Tool, prefix: str) -> None:
    reply = tool.ask("PUT", f"{prefix}{GROUP}?create-in-sml=false", group(), HTTP_DOMAIN="x")

    assert reply.status == 201


@pytest.mark.parametrize("header", ["HTTP_SERVICEGROUP_OWNER", "HTTP_RESOURCE_ADMIN"])
def test_an_operator_writes_a_group_for_whom_it_names(tool: Tool, header: str) -> None:
    assert tool.put_group(by="boss", **{header: "other"}).status == 201
    assert (tool.put(by="other").status, tool.put(by="tool").status) == (201, 403)

    assert tool.put_group(by="boss").status == 200
    assert tool.put(by="other").status == 200
    assert tool.put_group(by="boss", **{header: "tool"}).status == 200
    assert (tool.put(by="other").status, tool.put(by="tool").status) == (403, 200)

    assert tool.put_group(by="boss", **{header: "boss"}).status == 200
    assert (tool.put(by="tool").status, tool.put(by="boss").status) == (403, 200)


def test_others_name_their_own_company_alone_and_hear_nothing_of_names(grouped: Tool) -> None:
    def named(by: str, name: str, number: int = 3) -> Reply:
        return grouped.put_group(number, by=by, HTTP_SERVICEGROUP_OWNER=name)

    assert named("tool", "machine").status == 201
    refused = [named("tool", name, 2) for name in ("other", "boss", "stranger")]
    assert {(each.status, each.code) for each in refused} == {(403, "UNAUTHORIZED")}
    unknown = named("boss", "stranger")
    assert (unknown.status, unknown.code) == (400, "WRONG_FIELD")
    assert "expected the name of a client" in unknown.said


def test_nothing_is_published_that_was_not_to_be_public(tool: Tool) -> None:
    assert tool.put_group(HTTP_RESOURCE_VISIBILITY="public").status == 201
    for reply in (
        tool.put_group(HTTP_RESOURCE_VISIBILITY="PRIVATE"),
        tool.put(HTTP_RESOURCE_VISIBILITY="INTERNAL"),
    ):
        assert (reply.status, "is PUBLIC" in reply.said) == (400, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/list/tool"),
        ("GET", f"/complete{GROUP}"),
        ("GET", "/servicegroupids/all"),
        ("PUT", f"/businesscard{GROUP}"),
        ("DELETE", f"/businesscard{GROUP}"),
        ("PUT", "/exchange/import/xml/v1/tool"),
        ("PUT", f"/migration/outbound/start{GROUP}"),
    ],
)
def test_what_else_phoss_smp_has_is_said_not_to_be_here(
    grouped: Tool, method: str, path: str
) -> None:
    reply = grouped.ask(method, path, b"<x/>")

    assert (reply.status, reply.code) == (404, "NOT_FOUND")
    assert "not served" in reply.said


def test_one_process_of_a_document_is_not_deleted_alone(grouped: Tool) -> None:
    grouped.put()

    reply = grouped.ask("DELETE", f"{DOCUMENT}/dk-medcom-messaging::urn:ehmi:sdn-emergence")

    assert (reply.status, "not there" in reply.said) == (404, True)
    assert grouped.world.body(2) is not None


def test_servers_that_hand_over_the_decoded_path_are_served_alike(grouped: Tool) -> None:
    assert grouped.put(RAW_URI=None).status == 201
    assert grouped.ask("PUT", "", RAW_URI=None).status == 400


def test_reads_are_the_public_ones_alone(grouped: Tool) -> None:
    for method in ("GET", "POST", "HEAD"):
        reply = grouped.ask(method, GROUP)
        assert (reply.status, reply.headers["Allow"]) == (405, "PUT, DELETE")


def test_health_is_told_to_everybody_and_readiness_asks_the_database(tool: Tool) -> None:
    assert tool.ask("GET", "/health", by=None).status == 200
    assert tool.ask("GET", "/ready", by=None).status == 200
    with tool.world.store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE legacy_write")
    reply = tool.ask("GET", "/ready", by=None)
    assert (reply.status, reply.code) == (503, "TECHNICAL")
    assert "legacy_write" not in reply.body
    assert tool.ask("GET", "/health", by=None).status == 200


def test_a_register_that_does_not_answer_is_waited_for_by_the_client(tool: Tool) -> None:
    tool.world.register.silent = True

    reply = tool.put_group()

    assert (reply.status, reply.headers["Retry-After"]) == (503, "5")


def test_what_nobody_expected_says_nothing_of_itself(
    tool: Tool, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: bytes) -> Any:
        raise RuntimeError("a secret")

    tool.put_group()
    tool.judged = fail

    reply = tool.put()

    assert (reply.status, reply.code) == (500, "TECHNICAL")
    assert "secret" not in reply.body
    assert "a secret" in caplog.text


def test_whatever_is_asked_for_is_answered_in_xml(tool: Tool) -> None:
    @given(text=st.text(max_size=60).filter(lambda text: text not in ("health", "ready")))
    def asked(text: str) -> None:
        reply = tool.ask("PUT", f"/{quote(text, safe='/')}", b"<x/>")
        assert reply.status in (400, 404)
        assert reply.code

    asked()


def test_the_documents_of_the_pilot_are_taken_as_they_are(tool: Tool, shared: Path) -> None:
    files = sorted((shared / "data" / "smp-examples").glob("*-oasis-*-*.xml"))
    assert files
    for file in files:
        root = etree.parse(file).getroot()
        said = {etree.QName(each).localname: each for each in root.iter() if each.get("scheme")}
        who, what = said["ParticipantIdentifier"], said["DocumentIdentifier"]
        path = f"/{quote(who.get('scheme', ''))}::{who.text}"
        group = (
            f'<ServiceGroup xmlns="{NAMESPACE}"><ParticipantIdentifier scheme="'
            f'{who.get("scheme")}">{who.text}</ParticipantIdentifier>'
            "<ServiceMetadataReferenceCollection/></ServiceGroup>"
        )
        assert tool.ask("PUT", path, group.encode()).status in (200, 201)
        name = quote(f"{what.get('scheme')}::{what.text}", safe="")

        reply = tool.ask("PUT", f"{path}/services/{name}", file.read_bytes())

        assert reply.status == 201, reply.body
