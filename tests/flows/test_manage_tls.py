"""Tools connect to `smp manage` in TLS and are known by the certificates they show."""

import base64
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

import builders_legacy as legacy
from builders import gln
from builders_smp import program
from fakes.sml_certificates import Authority, Pair, bag
from flows.house import House, await_port, build, free_port, running
from smp.domain.identifiers import group_path
from smp.xml.render import NAMESPACE

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
TOOL = ("tool", PASSWORD)
PUT_JAVA = Path(__file__).parents[1] / "smp" / "jdk" / "Put.java"
WHO = group_path(legacy.who(2))
GROUP = (
    f'<ServiceGroup xmlns="{NAMESPACE}"><ParticipantIdentifier scheme="iso6523-actorid-upis">'
    f"0088:{gln(2)}</ParticipantIdentifier><ServiceMetadataReferenceCollection/></ServiceGroup>"
).encode()


@dataclass(frozen=True)
class Place:
    """Where `smp manage` listens, and who can show what there."""

    url: str
    authority: Path
    pairs: dict[str, Pair]

    def put(self, shows: str | None, **more: Any) -> int:
        """Write the group as whoever shows a certificate, or none; return the status."""
        context = ssl.create_default_context(cafile=self.authority)
        if shows is not None:
            context.load_cert_chain(*self.pairs[shows])
        with httpx.Client(base_url=self.url, verify=context, timeout=60) as client:
            return client.put(WHO, content=GROUP, **more).status_code


@dataclass(frozen=True)
class Ground:
    house: House
    authority: Path
    pairs: dict[str, Pair]

    @contextmanager
    def open(self, **changed: str) -> Iterator[Place]:
        port = free_port()
        environment = {**self.house.environment, **self.tls, **changed}
        house = House(environment, self.house.smp_port, self.house.dns_port)
        with running(house, "smp", "manage", "--bind", f"127.0.0.1:{port}", "--workers", "1"):
            await_port(port)
            yield Place(f"https://127.0.0.1:{port}", self.authority, self.pairs)

    @property
    def tls(self) -> dict[str, str]:
        server = self.pairs["server"]
        return {
            "SMP_MANAGE_TLS_CERTIFICATE_FILE": str(server.certificate),
            "SMP_MANAGE_TLS_KEY_FILE": str(server.key),
            "SMP_MANAGE_TLS_CLIENTS_FILE": str(self.authority),
        }


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("house")
    (folder / "strangers").mkdir()
    house = build(folder, SMP_MANAGE_CLIENTS_FILE=f"{folder}/clients.json")
    ours, strangers = Authority(folder, "ours"), Authority(folder / "strangers", "strangers")
    pairs = {
        "server": ours.pair("server"),
        "machine": ours.pair("machine"),
        "nobody": ours.pair("nobody"),
        "expired": ours.pair("expired", lives=timedelta(seconds=-1)),
        "stranger": strangers.pair("stranger"),
    }
    house.done("eer", "keys", "create")
    password = folder / "password"
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    add = ("smp", "manage", "credentials", "add")
    company = ("--cvr", str(legacy.OWNER))
    house.done(*add, "tool", *company, "--password-file", str(password))
    for name in ("machine", "expired", "stranger"):
        shown = str(pairs[name].certificate)
        house.done(*add, name, *company, "--certificate", shown)
    return Ground(house, ours.file, pairs)


@pytest.fixture(scope="module")
def optional(ground: Ground) -> Iterator[Place]:
    with ground.open() as place:
        yield place


@pytest.fixture(scope="module")
def mutual(ground: Ground) -> Iterator[Place]:
    with ground.open(SMP_MANAGE_PASSWORDS="false") as place:
        yield place


def test_a_client_is_known_by_the_certificate_it_shows(optional: Place, mutual: Place) -> None:
    for place in (optional, mutual):
        assert place.put("machine") in (200, 201)
        assert place.put("machine", auth=("somebody", "or other")) == 200


@pytest.mark.parametrize("shows", ["stranger", "expired"])
def test_a_certificate_of_another_authority_or_time_is_not_taken(
    optional: Place, mutual: Place, shows: str
) -> None:
    for place in (optional, mutual):
        with pytest.raises(httpx.TransportError):
            place.put(shows)
        with pytest.raises(httpx.TransportError):
            place.put(shows, auth=TOOL)


def test_where_passwords_count_a_certificate_need_not_be_shown(optional: Place) -> None:
    assert optional.put(None, auth=TOOL) in (200, 201)
    assert optional.put(None) == 401
    assert optional.put("nobody") == 401


def test_where_passwords_do_not_count_nobody_comes_in_without_a_certificate(mutual: Place) -> None:
    with pytest.raises(httpx.TransportError):
        mutual.put(None, auth=TOOL)
    assert mutual.put("nobody", auth=TOOL) == 401


def test_a_certificate_in_a_header_is_worth_nothing_in_tls(
    optional: Place, mutual: Place, ground: Ground
) -> None:
    pem = ground.pairs["machine"].certificate.read_text(encoding="ascii")
    field = f":{base64.b64encode(ssl.PEM_cert_to_DER_cert(pem)).decode()}:"
    for told in (field, quote(pem)):
        headers = {"Client-Cert": told, "SSLClientCert": told, "X-SSL-Client-Cert": told}
        assert optional.put(None, headers=headers) == 401
        assert mutual.put("nobody", headers=headers) == 401


def test_nobody_is_answered_without_tls(optional: Place) -> None:
    with httpx.Client(base_url=optional.url.replace("https", "http")) as client:
        try:
            status = client.put(WHO, content=GROUP, auth=TOOL).status_code
        except httpx.TransportError:
            status = 0

    assert status in (0, 400, 403)
    assert optional.put("machine") in (200, 201)


def test_strangers_who_do_not_end_their_handshake_keep_nobody_out(mutual: Place) -> None:
    host, port = mutual.url.removeprefix("https://").split(":")
    beginning = b"\x16\x03\x01\x02"
    with ExitStack() as lines:
        for _ in range(8):
            line = lines.enter_context(socket.create_connection((host, int(port))))
            line.sendall(beginning)

        assert mutual.put("machine") in (200, 201)


def test_a_certificate_that_is_renewed_is_shown_without_a_new_start(
    optional: Place, ground: Ground
) -> None:
    def shown() -> str:
        host, port = optional.url.removeprefix("https://").split(":")
        return ssl.get_server_certificate((host, int(port)), ca_certs=str(ground.authority))

    server, before = ground.pairs["server"], shown()
    renewed = ground.pairs["machine"]
    kept = [file.read_bytes() for file in server]
    try:
        for old, new in zip(server, renewed, strict=True):
            old.write_bytes(new.read_bytes())
        assert shown() == renewed.certificate.read_text(encoding="ascii") != before
    finally:
        for file, content in zip(server, kept, strict=True):
            file.write_bytes(content)


@pytest.mark.debian
def test_the_jdks_client_is_known_by_its_certificate(
    optional: Place, mutual: Place, tmp_path: Path
) -> None:
    java = program("java", "default-jdk-headless")
    body = tmp_path / "group.xml"
    body.write_bytes(GROUP)

    def put(place: Place, shows: str) -> str:
        own = bag(place.pairs[shows])
        command = (java, PUT_JAVA, place.url + WHO, body, place.authority, own)
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return ran.stdout.strip() or ran.stderr

    assert put(optional, "machine") in ("200", "201")
    assert put(mutual, "machine") in ("200", "201")
    assert "SSL" in put(mutual, "stranger")


@pytest.mark.parametrize("host", ["192.0.2.1", "[::]"])
def test_what_clients_show_is_not_taken_over_an_open_line(ground: Ground, host: str) -> None:
    ran = ground.house.run("smp", "manage", "--bind", f"{host}:{free_port()}")

    assert ran.returncode == 2
    assert "SMP_MANAGE_BEHIND_TLS" in ran.stderr


def test_an_open_line_is_taken_where_a_proxy_speaks_tls(ground: Ground) -> None:
    environment = {**ground.house.environment, "SMP_MANAGE_BEHIND_TLS": "true"}
    house = House(environment, ground.house.smp_port, ground.house.dns_port)

    ran = house.run("smp", "manage", "--bind", f"192.0.2.1:{free_port()}")

    assert "cannot be listened on" in ran.stderr  # it is no address of this machine


@pytest.mark.parametrize("wrong", ["KEY_FILE", "CERTIFICATE_FILE", "CLIENTS_FILE"])
def test_files_that_are_not_what_they_should_be_are_said_so_before_anything_listens(
    ground: Ground, tmp_path: Path, wrong: str
) -> None:
    spoilt = tmp_path / "spoilt.pem"
    spoilt.write_text("spoilt", encoding="ascii")
    for file, code in ((spoilt, 2), (tmp_path / "missing.pem", 3)):
        environment = {
            **ground.house.environment,
            **ground.tls,
            f"SMP_MANAGE_TLS_{wrong}": str(file),
        }
        house = House(environment, ground.house.smp_port, ground.house.dns_port)
        ran = house.run("smp", "manage", "--bind", f"127.0.0.1:{free_port()}")

        assert ran.returncode == code
        assert str(file) in ran.stderr
