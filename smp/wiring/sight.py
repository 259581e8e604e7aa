"""What audits see with: the stores, every name server by itself, and the public URL."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus

from eer.domain.eligibility import Reason
from eer.domain.errors import Absent
from smp.audit import View
from smp.domain.findings import Books
from smp.domain.identifiers import ParticipantId, split_path
from smp.domain.mapping import Terms
from smp.domain.naming import DnsName, Naming, Record, cname_name, naptr_name
from smp.domain.state import Agreed
from smp.looks import Eyes, NameServer
from smp.lookup import locate
from smp.lookup.fetch import Fetched
from smp.lookup.locate import Kind, Located
from smp.patience import Pace, Patience
from smp.settings.lookup import Lookup
from smp.settings.publishing import Publishing
from smp.sml import openly
from smp.sml.answers import Answers
from smp.sml.openly import Server
from smp.store.documents import Documents
from smp.store.ledger import Ledger
from smp.store.public import Public
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.trace import AccessPoint, trace_answer, trace_document, trace_group
from smp.wiring import lookup
from smp.xml import render

_GRACE = 60.0
_DNS_AVERAGE, _HTTP_AVERAGE = 0.5, 2.0
"""Seconds that an answer may take on average, after that minute."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How long is asked: seconds for one *answer* of a name server, and for the *whole* of it.

    Who did not answer *tries* times in a row, or is slow, is asked no further; nor is anybody when
    *is_ending*.
    """

    answer: float
    tries: int
    whole: float = math.inf
    is_ending: Callable[[], bool] = lambda: False

    def patience(self) -> Callable[[str, float], Patience]:
        """Return what makes patience with somebody, of so many seconds an answer, from now on."""
        until = time.monotonic() + self.whole

        def is_over() -> bool:
            return self.is_ending() or time.monotonic() > until

        return lambda whom, average: Patience(
            whom, Pace(self.tries, average, _GRACE), time.monotonic, is_over
        )


@dataclass(frozen=True, slots=True)
class Sights:
    """What can be seen, by the *settings*: the *store*, and what *client* fetches."""

    settings: Publishing
    store: Store
    client: AccessPoint

    def view(
        self,
        at: datetime,
        bound: Bound,
        *,
        names: Callable[[], Mapping[DnsName, Record]] | None = None,
        is_public: bool = False,
    ) -> View:
        """Return a view of the time *at*; where it *is_public*, only of what clients look up.

        Then it is not enough that a cache has leave to answer as it does.
        """
        naming, patience = self.settings.naming, bound.patience()
        ours = () if self.settings.sml_url is not None else (self.settings.nameserver,)
        public = self._public()
        asked = {
            each: (Answers(each, bound.answer), patience(f"name server {each}", _DNS_AVERAGE))
            for each in (*public, *openly.everywhere(Server(*each) for each in ours))
        }
        base_url = _base_url(naming)
        own = inside(self.client, Documents(self.store), naming.base_url)
        outside = eyes(_patient(self.client, base_url, patience(base_url, _HTTP_AVERAGE)), at)
        kept = timedelta(seconds=self.settings.max_age)
        return View(
            names=names,
            outside=outside if is_public else replace(outside, as_of=at - kept),
            inside=None if is_public else own_eyes(own, at),
            servers=tuple(_server(*asked[each]) for each in public),
            serials={}
            if is_public
            else {
                str(answers): partial(trying.ask, partial(answers.serial, naming.zone))
                for answers, trying in asked.values()
            },
        )

    def servers(self) -> tuple[str, ...]:
        """Return the name servers that the public asks, as findings name them."""
        return tuple(map(str, self._public()))

    def _public(self) -> tuple[Server, ...]:
        return tuple(openly.everywhere(Server(*each) for each in self.settings.nameservers))

    def books(self, participants: frozenset[ParticipantId] | None = None) -> Books:
        """Return what is written down of *participants* or of everybody, and all names."""
        names = Ledger(self.store).names()
        return replace(self.books_of(participants), names=names.participants, own=names.publisher)

    def books_of(self, participants: frozenset[ParticipantId] | None) -> Books:
        """Return which documents of *participants* are and were stored, but nothing of names."""
        public = Public(self.store)
        return Books(
            stored=Shelf(self.store, render.service_group).documents(participants),
            names=frozenset(),
            own=frozenset(),
            agreed=self._agreed(),
            served=public.served(participants),
            withdrawn=public.withdrawn(participants),
        )

    def _agreed(self) -> Agreed:
        """The base of the settings is ours as well, whether anything was published there or not."""
        agreed = Ledger(self.store).agreed().under(self.settings.naming.publisher)
        return replace(agreed, bases=(*agreed.bases, self.settings.base_url))


@contextmanager
def access_point(settings: Publishing, terms: Terms) -> Iterator[AccessPoint]:
    """Give one that goes only to where the names that are published should lead.

    It minds expired certificates no more than the publisher does.
    """
    naming = settings.naming
    shared = Lookup.model_fields.keys() & Publishing.model_fields.keys()
    client = Lookup.model_construct(**{name: getattr(settings, name) for name in shared})

    def located(participant: ParticipantId) -> Located:
        if naming.naptr:
            name = naptr_name(participant, naming.zone)
            return Located(name, 0, naming.base_url, Kind.NAPTR, "as it should be")
        name = cname_name(participant, naming.zone)
        return Located(name, 0, _base_url(naming), Kind.CNAME, "as it should be")

    with lookup.access_point(client, settings.nameservers) as found:
        yield replace(
            found,
            locate=located,
            # What tools wrote may be of other processes than ours; its content is compared anyway.
            speaks_all=True,
            tolerates_expired=Reason.CERTIFICATE_EXPIRED in terms.tolerated,
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


def _base_url(naming: Naming) -> str:
    return naming.base_url if naming.naptr else locate.legacy_url(naming.publisher)


def _server(answers: Answers, patience: Patience) -> NameServer:
    return NameServer(
        str(answers), lambda name, kind: patience.ask(partial(answers.at, name, kind))
    )


def _patient(access_point: AccessPoint, base_url: str, patience: Patience) -> AccessPoint:
    """Return *access_point* with *patience* for *base_url*, and with other SMPs as it had."""

    def fetch(url: str) -> Fetched:
        if url.startswith(f"{base_url}/"):
            return patience.ask(partial(access_point.fetch, url))
        return access_point.fetch(url)

    return replace(access_point, fetch=fetch)
