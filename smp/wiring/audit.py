"""`smp audit`: everybody looked up, and compared with what the register wants published."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from eer.domain.eligibility import Reason
from eer.domain.errors import Absent
from eer.settings import Settings
from eer.wiring import directory
from smp import audit
from smp.audit import Eyes, Findings, View, Wanted
from smp.domain import legacy, mapping
from smp.domain.findings import Books
from smp.domain.identifiers import ParticipantId, split_path
from smp.domain.mapping import Terms
from smp.domain.naming import naptr_name
from smp.lookup import locate
from smp.lookup.fetch import Fetched
from smp.lookup.locate import Kind, Located
from smp.settings import Lookup, Publishing
from smp.store.documents import Documents
from smp.store.ledger import Ledger
from smp.store.legacy import LegacyBook
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.store.stops import StopBook
from smp.trace import AccessPoint, trace_answer, trace_document, trace_group
from smp.wiring import lookup, parts, publish, zone
from smp.xml import render, written

_AT_ONCE = 8


def look(settings: Publishing, register: Settings) -> Findings:
    """Look everybody up once and return what differs."""
    at = parts.now()
    terms = publish.terms(settings, register)
    with (
        closing(Store(settings.database_url)) as store,
        _access_point(settings, terms) as access_point,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        stops = StopBook(store).stops()
        found = stops.over(directory.register(register).directory(None))
        stock = legacy.stock(LegacyBook(store, written.read).documents(), found, stops.participants)
        documents = {**stock.wanted(at), **mapping.documents(found, terms, at)}
        wanted = Wanted(documents, settings.naming)
        view = View(
            names=zone.locator(settings, Ledger(store)).names,
            outside=eyes(access_point, at),
            inside=own_eyes(inside(access_point, Documents(store), settings.base_url), at),
        )
        return audit.audit(wanted, _books(store, settings), view, pool.map)


def repair(settings: Publishing, register: Settings) -> tuple[Findings, Findings]:
    """Look, publish everything if anything differs, and look again."""
    publisher = publish.publisher(settings, register)
    return audit.repair(
        lambda: look(settings, register), lambda renew: publisher.publish_all(renew=renew)
    )


def _books(store: Store, settings: Publishing) -> Books:
    """The base of the settings is ours as well, whether anything was published there or not."""
    ledger = Ledger(store)
    names, agreed = ledger.names(), ledger.agreed().under(settings.naming.publisher)
    return Books(
        stored=Shelf(store, render.service_group).documents(),
        names=names.participants,
        own=names.publisher,
        agreed=replace(agreed, bases=(*agreed.bases, settings.base_url)),
    )


def eyes(access_point: AccessPoint, at: datetime) -> Eyes:
    """Return the eyes of *access_point* at the time *at*."""
    return Eyes(
        group=lambda participant: trace_group(participant, access_point),
        document=lambda key: trace_document(key.participant, key.document, access_point, at),
    )


def own_eyes(access_point: AccessPoint, at: datetime) -> Eyes:
    """Return the same for what *access_point* reads here: a redirect is not followed."""
    return Eyes(
        group=lambda participant: trace_group(participant, access_point),
        document=lambda key: trace_answer(key.participant, key.document, access_point, at),
    )


def inside(access_point: AccessPoint, documents: Documents, base_url: str) -> AccessPoint:
    """Return *access_point* as one that reads what is stored, by the same paths."""

    def located(participant: ParticipantId) -> Located:
        name = naptr_name(participant, access_point.zone)
        return Located(name, 0, base_url, Kind.NAPTR, "not asked for")

    def fetched(url: str) -> Fetched:
        participant, document = split_path(url.removeprefix(base_url))
        found = (
            documents.group(participant)
            if document is None
            else documents.document(participant, document)
        )
        if found is None:
            raise Absent(f"{url}: not stored")
        return Fetched(HTTPStatus.OK, "", found.body)

    return replace(access_point, locate=located, fetch=fetched)


@contextmanager
def _access_point(settings: Publishing, terms: Terms) -> Iterator[AccessPoint]:
    """Give one that follows the kind of names published, and those only to our base URL.

    It minds expired certificates no more than the publisher does.
    """
    naming = settings.naming
    by = locate.locate if naming.naptr else locate.locate_by_cname
    base_url = naming.base_url if naming.naptr else locate.legacy_url(naming.publisher)
    asking = locate.resolver(settings.nameservers)

    def located(participant: ParticipantId) -> Located:
        return audit.expected(base_url, by(participant, naming.zone, asking))

    client = Lookup.model_construct(
        **{name: getattr(settings, name) for name in Lookup.model_fields}
    )
    with lookup.access_point(client, settings.nameservers) as access_point:
        yield replace(
            access_point,
            locate=located,
            # What tools wrote may be of other processes than ours; its content is compared anyway.
            speaks_all=True,
            tolerates_expired=Reason.CERTIFICATE_EXPIRED in terms.tolerated,
        )
