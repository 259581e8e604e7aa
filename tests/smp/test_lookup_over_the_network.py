"""A participant is looked up over real DNS and real HTTP, and is withdrawn meanwhile."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from sqlalchemy import Delete, Update, delete, update

from builders_smp import AUTHORITY, NOW, document_id, participant, service_metadata, signed
from eer.domain.plan import Plan
from fakes import documents
from smp import audit
from smp.audit import View
from smp.domain.findings import Books, Findings, Layer
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, ProcessId
from smp.domain.measure import Measure, Wanted
from smp.domain.naming import (
    Address,
    Cname,
    DnsName,
    Foreign,
    Naming,
    Naptr,
    cname_name,
    naptr_name,
)
from smp.domain.state import Agreed
from smp.looks import NameServer
from smp.lookup import locate
from smp.lookup.fetch import Fetcher
from smp.lookup.told import Outcome, StepName
from smp.pki import certificate, trust
from smp.sml.answers import Answers
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.openly import Server
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone
from smp.store import tables
from smp.store.documents import Documents
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.trace import AccessPoint, trace_document, trace_group
from smp.web.answer import Answer, Policy
from smp.web.app import application, create_app
from smp.wiring import sight
from smp.xml import render

ZONE = DnsName("sml.example.dk.")
KEY = TsigKey("publisher.", "hmac-sha256", b"0123456789abcdef0123456789abcdef")
LEGACY = Cname(DnsName("smp.publisher.example.dk."))
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

    @property
    def naming(self) -> Naming:
        return Naming(ZONE, self.base_url, LEGACY.target, Address("127.0.0.1"))

    def books(self) -> Books:
        stored = Shelf(self.store, render.service_group).documents()
        agreed = Agreed((self.base_url,), (LEGACY.target,), ("first",))
        return Books(stored, frozenset(), frozenset(), agreed)

    def audited(self, naming: Naming | None = None, books: Books | None = None) -> Findings:
        """Compare with one document, as the publisher would have it."""
        inside = sight.inside(self.access_point, Documents(self.store), self.base_url)
        answers = Answers(Server(*self.nameserver), timeout=5)
        view = View(
            self.zone.names,
            outside=sight.eyes(self.access_point, NOW),
            inside=sight.eyes(inside, NOW),
            servers=[NameServer(str(answers), answers.at)],
            serials={str(answers): lambda: answers.serial(ZONE)},
        )
        wanted = Wanted({DOCUMENT_KEY: service_metadata()}, naming or self.naming)
        measure = Measure(wanted, books or self.books())
        return audit.audit(lambda _: measure, view)


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
                cname_name(WHO, ZONE): LEGACY,
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


def test_an_answer_about_another_participant_is_not_trusted(town: Town) -> None:
    other = service_metadata(participant=participant("5790009000020"))
    documents.publish(town.store, {DOCUMENT_KEY: signed(other)}, at=NOW, base_url=town.base_url)

    trace = trace_document(WHO, DOCUMENT_KEY.document, town.access_point, NOW)

    assert trace.outcome is Outcome.UNTRUSTED
    assert trace.failed is not None
    assert trace.failed.name is StepName.IDS


def test_an_expression_that_doubles_the_url_is_not_trusted(town: Town) -> None:
    name, right = naptr_name(WHO, ZONE), Naptr(town.base_url)
    doubling = Foreign(f'NAPTR 100 10 "U" "Meta:SMP" "!.*!{town.base_url}!" .')
    town.zone.apply(Plan({}, {name: (right, doubling)}, {}))

    trace = trace_document(WHO, DOCUMENT_KEY.document, town.access_point, NOW)

    assert trace.outcome is Outcome.UNTRUSTED
    assert trace.failed is not None
    assert trace.failed.name is StepName.NAPTR


def test_an_audit_finds_nothing_where_all_is_as_wanted(town: Town) -> None:
    assert town.audited().differences == ()


def test_an_audit_finds_what_was_withdrawn_behind_its_back(town: Town) -> None:
    before = town.books()
    documents.withdraw(town.store, [DOCUMENT_KEY], at=NOW, base_url=town.base_url)

    told, untold = town.audited(), town.audited(books=before)

    assert [each.layer for each in told.differences] == [Layer.STORED]
    assert [each.layer for each in untold.differences] == [Layer.STORED]
    assert untold.differences[0].document is None


def test_an_audit_finds_bytes_that_were_tampered_with(town: Town) -> None:
    body = signed().replace(b"https://ap.example.dk", b"https://ap.example.xy")
    documents.publish(town.store, {DOCUMENT_KEY: body}, at=NOW, base_url=town.base_url)

    (finding,) = town.audited().differences

    assert (finding.document, finding.layer) == (DOCUMENT_KEY.document, Layer.CONTENT)


@pytest.mark.parametrize(
    ("tamper", "document", "layer"),
    [
        (update(tables.document).values(body=b"<x/>"), DOCUMENT_KEY.document, Layer.CONTENT),
        (update(tables.service_group).values(body=b"<x/>"), None, Layer.CONTENT),
        (delete(tables.service_group), None, Layer.STORED),
    ],
)
def test_an_audit_finds_what_was_tampered_with_behind_a_cache(
    town: Town, tamper: Update | Delete, document: DocumentId | None, layer: Layer
) -> None:
    fresh = town.audited()
    with town.store.writing() as connection:
        connection.execute(tamper)

    (finding,) = town.audited().differences
    trace = trace_document(WHO, DOCUMENT_KEY.document, town.access_point, NOW)

    assert fresh.differences == ()
    assert trace.outcome is Outcome.FOUND
    assert (finding.document, finding.layer) == (document, layer)


def test_an_audit_finds_names_that_went_and_names_that_linger(town: Town) -> None:
    stray = DnsName(f"stray.{ZONE}")
    town.zone.apply(Plan({stray: Naptr(town.base_url)}, {}, {cname_name(WHO, ZONE): LEGACY}))

    differences = town.audited().differences

    assert [(each.participant, each.layer) for each in differences] == [
        (None, Layer.DNS),
        (WHO, Layer.DNS),
    ]


def test_an_audit_looks_at_the_public_url_wherever_a_name_leads(town: Town) -> None:
    name, elsewhere = naptr_name(WHO, ZONE), Naptr("https://smp.example.dk")
    town.zone.apply(Plan({}, {name: (Naptr(town.base_url), elsewhere)}, {}))
    client = sight.inside(town.access_point, Documents(town.store), town.base_url)

    (finding,) = replace(town, access_point=client).audited().differences

    assert (finding.layer, finding.name, finding.answered) == (Layer.DNS, name, True)


def test_an_audit_that_may_not_read_the_zone_says_so_and_goes_on(town: Town) -> None:
    stranger = replace(KEY, secret=b"another secret of thirty-two ...")
    zone = Zone(ZONE, primary=town.nameserver, servers=[town.nameserver], key=stranger, ttl=60)
    documents.withdraw(town.store, [DOCUMENT_KEY], at=NOW, base_url=town.base_url)

    unheard, stored = replace(town, zone=zone).audited().differences

    assert (unheard.layer, unheard.answered) == (Layer.DNS, False)
    assert stored.layer is Layer.STORED
