"""`smp manage`: where tools that know other SMPs write; it holds no key but those of its gate."""

import os
import secrets
import ssl
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import BoundedSemaphore
from wsgiref.types import WSGIApplication

from eer.domain.errors import Absent, Malformed, Unavailable
from eer.settings import Settings, is_this_machine
from eer.wiring import directory, gate, server, tls
from eer.wiring import parts as register_parts
from eer.wiring.server import Place
from eer.wiring.tls import Tls
from eer.wiring.worker import Patience
from smp.domain import clients
from smp.domain.clients import Client, Clients
from smp.manage import Desk
from smp.pki import certificate
from smp.settings.managing import Managing
from smp.store.legacy import LegacyBook
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.web.callers import Callers, Proxy, Shown
from smp.web.guesses import Guesses
from smp.web.manage import BASIC, BEARER, Manage
from smp.wiring import certificates, parts
from smp.xml import render, written

_SHORTEST = 8
_MOMENT = 0.1
"""Seconds after which a waiting answer looks whether the publisher has come to it."""


def application(settings: Managing, register: Settings) -> WSGIApplication:
    """Return the WSGI application; raises as its parts do."""
    found = directory.register(register)
    store = Store(settings.database_url)
    desk = Desk(
        LegacyBook(store, written.read),
        Shelf(store, render.service_group),
        found,
        certificates.judge(found, register),
        parts.now,
    )
    callers = Callers(
        lambda: read_clients(settings.manage_clients_file),
        gate.gate(register).of,
        _shown(settings),
        Guesses(time.monotonic),
        settings.manage_passwords,
        _proxies(settings),
    )
    return Manage(
        desk,
        callers,
        lambda: patience(settings.manage_wait, time.monotonic, time.sleep),
        lambda: f"{parts.now().isoformat()}:{uuid.uuid4()}",
        BoundedSemaphore(server.THREADS // 2),
        BASIC if settings.manage_passwords else BEARER,
    )


def _shown(settings: Managing) -> Shown:
    """Return what tells of clients' certificates: TLS of our own, or else a proxy, never both."""
    if _tls(settings) is not None:
        return tls.shown
    return Proxy(frozenset(settings.manage_proxies), settings.manage_certificate_header or "").shown


def _proxies(settings: Managing) -> frozenset[str]:
    """Return who is believed from where it was asked: nobody, where no proxy is told of."""
    is_behind = settings.manage_behind_tls or settings.manage_certificate_header is not None
    return frozenset(settings.manage_proxies if is_behind and _tls(settings) is None else ())


def _tls(settings: Managing) -> Tls | None:
    """Return how TLS is spoken here; with passwords a certificate need not be shown."""
    certificate, key = settings.manage_tls_certificate_file, settings.manage_tls_key_file
    if certificate is None or key is None:
        return None
    clients = settings.manage_tls_clients_file
    return Tls(certificate, key, clients, is_mutual=not settings.manage_passwords)


def serve(settings: Managing, register: Settings, place: Place) -> None:
    """Serve until told to stop.

    Raises Malformed where what clients show could be read on its way, Absent when no client is
    known, Unavailable when the address is taken or a database does not answer; and as TLS does.
    """
    if not (is_this_machine(place.host) or _tls(settings) or settings.manage_behind_tls):
        raise Malformed(
            f"{place.host}: passwords and tokens would be read on their way; set "
            "SMP_MANAGE_TLS_CERTIFICATE_FILE and SMP_MANAGE_TLS_KEY_FILE, or SMP_MANAGE_BEHIND_TLS "
            "where a proxy speaks TLS, or bind to loopback"
        )
    if not read_clients(settings.manage_clients_file).by_name:
        raise Absent(
            f"{settings.manage_clients_file}: no client may write; "
            "add one with smp manage credentials add NAME"
        )
    store = Store(settings.database_url)
    LegacyBook(store, written.read).revision()
    store.close()
    application(settings, register)
    patience = Patience(whole=Patience().whole + settings.manage_wait)
    encrypted = replace(place, tls=_tls(settings), patience=patience)
    server.run(lambda: application(settings, register), encrypted, "smp manage")


def patience(
    seconds: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Callable[[], bool]:
    """Return what waits a little and says whether less than *seconds* have passed."""
    until = clock() + seconds

    def wait() -> bool:
        left = until - clock()
        sleep(max(0, min(left, _MOMENT)))
        return left > 0

    return wait


def read_clients(path: Path) -> Clients:
    """Return the clients of a file, none where it is not; raises Malformed and Unavailable."""
    try:
        return clients.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Clients({})
    except Malformed as fault:
        raise Malformed(f"{path}: {fault.text}") from None
    except OSError as fault:
        raise Unavailable(f"{path}: cannot be read ({fault.strerror})") from None


def knowing(client: Client, password: str) -> Client:
    """Return *client* with a password; raises Malformed for one that is too short."""
    if len(password) < _SHORTEST:
        raise Malformed(f"a password of {len(password)} characters: expected {_SHORTEST} or more")
    return replace(client, password=clients.hashed(password, secrets.token_bytes(16)))


def showing(client: Client, file: Path) -> Client:
    """Return *client* with the certificate of a PEM file; raises Malformed when it is none."""
    try:
        der = ssl.PEM_cert_to_DER_cert(file.read_text(encoding="ascii").strip())
        certificate.read(der)
    except (ValueError, Malformed) as fault:
        raise Malformed(f"{file}: expected one certificate in PEM ({fault})") from None
    return replace(client, certificate=sha256(der).hexdigest())


def forget(settings: Managing, gln: str) -> int:
    """Take away all that tools have written of *gln*; raises Absent when there is nothing."""
    store = Store(settings.database_url)
    try:
        with LegacyBook(store, written.read).writing(register_parts.user(), parts.now()) as pen:
            if pen.group(gln) is None:
                raise Absent(f"{gln}: no tool has written anything of it")
            return pen.delete_group(gln)
    finally:
        store.close()


def add_client(path: Path, client: Client) -> None:
    """Write a client into the file, which its owner alone may read, in the place of its name."""
    text = clients.printed(read_clients(path).with_(client))
    new = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(path)
    except OSError as fault:
        raise Unavailable(f"{path}: cannot be written ({fault.strerror})") from None
