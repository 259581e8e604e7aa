"""A participant is looked up over real DNS and real HTTP, and is withdrawn meanwhile."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from builders_smp import AUTHORITY, NOW, document_id, participant, service_metadata, signed
from eer.domain.plan import Plan
from fakes import documents
from smp import audit
from smp.audit import Layer, View
from smp.domain.identifiers import DocumentKey, Identifier, ProcessId
from smp.domain.naming import Cname, DnsName, Naptr, cname_name, naptr_name
from smp.lookup import locate
from smp.lookup.fetch import Fetcher
from smp.lookup.told import Outcome, StepName
from smp.pki import certificate, trust
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone
from smp.store.documents import Documents
from smp.store.session import Store
from smp.trace import AccessPoint, trace_document, trace_group
from smp.web.answer import Answer, Policy
from smp.web.app import application, create_app

ZONE = DnsName("sml.example.dk.")
KEY = TsigKey("publisher.", "hmac-sha256", b"0123456789abcdef0123456789abcdef")
WHO = participant()
DOCUMENT_KEY = DocumentKey(WHO, document_id())


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Tell nobody."""


@dataclass(frozen=True)
class Town:
    """A name server with its zone, an SMP with its documents, and an access point."""

    nameserver: tuple[str, int]
    zone: Zone
    store: Store
    base_url: str
    access_point: AccessPoint

    def view(self) -> View:
        return View(
            self.base_url,
            lambda who: trace_group(who, self.access_point),
            lambda key: trace_document(key.participant, key.document, self.access_point, NOW),
            lambda key: key == DOCUMENT_KEY,
        )


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    store = documents.empty_store(tmp_path / "smp.db")
    found = Documents(store)
    serve = application(Answer(found, time.monotonic, Policy(fresh=0)), create_app(found))
    names = Nameserver(Authority(ZONE, tmp_path / "zone", KEY, ttl=60), ("127.0.0.1", 0))
    names.start()
    with make_server("127.0.0.1", 0, serve, handler_class=Quiet) as web:
        thread = Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with Fetcher(time.monotonic) as fetcher:
                yield _town(names, store, f"http://127.0.0.1:{web.server_port}", fetcher)
        finally:
            web.shutdown()
            thread.join()
            names.stop()
            store.close()


def _town(names: Nameserver, store: Store, base_url: str, fetcher: Fetcher) -> Town:
    asking, anchors = locate.resolver([names.address]), trust.anchors(AUTHORITY.read_bytes())
    access_point = AccessPoint(
        zone=ZONE,
        processes=(ProcessId(Identifier("dk-medcom-messaging", "urn:ehmi:sdn-emergence")),),
        transport_profiles=("bdxr-transport-ebms3-as4-v1p0",),
        locate=lambda who: locate.locate(who, ZONE, asking),
        fetch=fetcher.fetch,
        trust=lambda verified, at: trust.check(verified.certificate, anchors, at),
        certificate=certificate.read,
    )
    zone = Zone(ZONE, primary=names.address, servers=[names.address], key=KEY, ttl=60)
    town = Town(names.address, zone, store, base_url, access_point)
    documents.publish(store, {DOCUMENT_KEY: signed()}, at=NOW, base_url=base_url)
    zone.apply(
        Plan(
            add={
                naptr_name(WHO, ZONE): Naptr(base_url),
                cname_name(WHO, ZONE): Cname(DnsName("smp.publisher.example.dk.")),
            },
            replace={},
            drop={},
        )
    )
    return town


def test_a_published_participant_is_found(town: Town) -> None:
    document = trace_document(WHO, DOCUMENT_KEY.document, town.access_point, NOW)
    group = trace_group(WHO, town.access_point)

    assert (document.outcome, document.said) == (Outcome.FOUND, service_metadata())
    assert document.steps[1].facts["ttl"] == 60
    assert group.steps[-1].facts["documents"] == (str(DOCUMENT_KEY.document),)


def test_a_withdrawn_document_is_not_found_at_its_url(town: Town) -> None:
    documents.withdraw(town.store, [DOCUMENT_KEY], at=NOW, base_url=town.base_url)

    trace = trace_document(WHO, DOCUMENT_KEY.document, town.access_point, NOW)

    assert trace.outcome is Outcome.NOT_FOUND
    assert trace.failed is not None
    assert trace.failed.name is StepName.STATUS


def test_a_withdrawn_name_is_not_found_in_dns(town: Town) -> None:
    town.zone.apply(Plan({}, {}, {naptr_name(WHO, ZONE): Naptr(town.base_url)}))

    trace = trace_group(WHO, town.access_point)

    assert trace.outcome is Outcome.NOT_FOUND
    assert trace.failed is not None
    assert trace.failed.name is StepName.NAPTR


def test_the_legacy_name_leads_to_the_publisher(town: Town) -> None:
    located = locate.locate_by_cname(WHO, ZONE, locate.resolver([town.nameserver]))

    assert located.base_url == "http://smp.publisher.example.dk"


def test_an_audit_finds_what_was_withdrawn_behind_its_back(town: Town) -> None:
    wanted = {DOCUMENT_KEY: service_metadata()}
    before = audit.audit(wanted, [participant("5790009000020")], town.view())

    documents.withdraw(town.store, [DOCUMENT_KEY], at=NOW, base_url=town.base_url)
    after = audit.audit(wanted, (), town.view())

    assert before.differences == ()
    assert [each.layer for each in after.differences] == [Layer.HTTP]
