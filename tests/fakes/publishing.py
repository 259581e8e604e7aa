"""A publisher over fakes and a real database, with a clock that a test moves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

import builders
from eer.domain.model import Endpoint
from eer.domain.plan import Limits
from fakes.locator import FakeLocator
from fakes.register import FakeRegister
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, ProcessId, participants_of
from smp.domain.mapping import Terms
from smp.domain.naming import Address, DnsName, Naming, names
from smp.means import Means
from smp.publish import Publisher
from smp.stop import Brake
from smp.store import tables
from smp.store.documents import Documents
from smp.store.ledger import Ledger
from smp.store.legacy import LegacyBook
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.store.stops import StopBook
from smp.store.verifications import Verifications
from smp.xml import render, written

ZONE = DnsName("sml.example.dk.")
NAMING = Naming(
    zone=ZONE,
    base_url="https://smp.example.dk",
    publisher=DnsName(f"smp.publisher.{ZONE}"),
    publisher_record=Address("192.0.2.7"),
)
TERMS = Terms(
    document_schemes=("dk-medcom-messaging", "busdox-docid-qns"),
    processes=(ProcessId(Identifier("dk-medcom-messaging", "urn:ehmi:sdn-emergence")),),
    transport_profiles=("bdxr-transport-ebms3-as4-v1p0", "peppol-transport-as4-v2_0"),
    certificate_uid=lambda der: f"CN={der.hex()}",
)
TTL = timedelta(seconds=60)


@dataclass
class FakeSigner:
    """Signs with a comment that bears its name."""

    fingerprint: str = "first"
    signed: int = 0
    not_after: datetime | None = None

    def sign(self, root: Any) -> bytes:
        self.signed += 1
        return render.printed(root) + f"<!--{self.fingerprint}-->".encode()


@dataclass
class Clock:
    """Stands still until it is moved."""

    at: datetime = builders.NOW

    def __call__(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


def brake(publisher: Publisher) -> Brake:
    """Return what stops in the name of somebody on call; names go by a run of *publisher*."""
    return Brake(publisher.means, publisher.terms, publisher.publish_touched, "vagt")


class World:
    """Everything around a publisher, and what the public sees of it."""

    def __init__(self, store: Store, *endpoints: Endpoint) -> None:
        self.store = store
        self.register = FakeRegister(*endpoints)
        self.locator = FakeLocator()
        self.signer = FakeSigner()
        self.clock = Clock()
        self.proved: list[bytes] = []
        self.steps = 0
        """How many steps were done."""
        self.on_step: Callable[[int], None] = lambda _: None
        """Called with that number behind each step: a test may raise there."""
        self.documents = Documents(store)
        self.verifications = Verifications(store)
        self.publisher = Publisher(
            Means(
                register=self.register,
                shelf=Shelf(store, render.service_group),
                ledger=Ledger(store),
                stops=StopBook(store),
                legacy=LegacyBook(store, written.read),
                locator=self.locator,
                signer=self.signer,
                prove=lambda _, body: self.proved.append(body),
                ttl=TTL,
                clock=self.clock,
                after_step=self._after_step,
                to_verify=lambda who, at: self.verifications.put(who, at, self.clock()),
            ),
            TERMS,
            NAMING,
            Limits(),
        )

    @property
    def brake(self) -> Brake:
        """Return the brake in the name of somebody on call."""
        return brake(self.publisher)

    def having(self, **parts: Any) -> Publisher:
        """Return the publisher with other parts or other means."""
        own = {name: part for name, part in parts.items() if hasattr(self.publisher, name)}
        means = {name: part for name, part in parts.items() if name not in own}
        return replace(self.publisher, means=replace(self.publisher.means, **means), **own)

    def based(self, base_url: str) -> Publisher:
        return self.having(naming=replace(NAMING, base_url=base_url))

    def signed_by(self, fingerprint: str) -> Publisher:
        return self.having(signer=FakeSigner(fingerprint))

    def _after_step(self) -> None:
        self.steps += 1
        self.on_step(self.steps)

    def named(self, number: int) -> set[DnsName]:
        """Return the names that the *number*th participant has in the zone."""
        return set(names(participants_of([builders.gln(number)]), NAMING)) & set(self.locator.found)

    def body(self, number: int, code: str = builders.HOMECARE) -> str | None:
        """Return the document that the public sees."""
        found = self.documents.document(f"0088:{builders.gln(number)}", code)
        return None if found is None else found.body.decode()

    def group(self, number: int) -> str | None:
        found = self.documents.group(f"0088:{builders.gln(number)}")
        return None if found is None else found.body.decode()

    def see(self) -> dict[str, Any]:
        """Return all that is public: documents, groups and names."""
        with self.store.asking() as connection:
            documents = connection.execute(
                tables.document.select().order_by(*tables.document.primary_key.columns)
            ).all()
            groups = connection.execute(
                tables.service_group.select().order_by(tables.service_group.c.participant)
            ).all()
        return {
            "documents": [(row.participant, row.document, row.body) for row in documents],
            "groups": [(row.participant, row.body) for row in groups],
            "names": dict(self.locator.found),
        }


def key(number: int, code: str = builders.HOMECARE, scheme: int = 0) -> DocumentKey:
    [participant] = participants_of([builders.gln(number)])
    return DocumentKey(participant, DocumentId(Identifier(TERMS.document_schemes[scheme], code)))


@contextmanager
def fresh_store(file: Path) -> Iterator[Store]:
    """Give a new database with its schema, made without the migrations."""
    store = Store(f"sqlite:///{file}")
    tables.METADATA.create_all(store.engine)
    with store.writing() as connection:
        connection.execute(insert(tables.generation), [{"number": 0}])
    yield store
    store.close()
