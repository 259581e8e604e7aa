"""A publication database with what a test wants published: the real one, on a file of SQLite."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from smp.domain.identifiers import DocumentKey
from smp.domain.publication import Version
from smp.store import tables
from smp.store.session import Store
from smp.store.shelf import Change, Shelf, Signed
from smp.xml import render

SCHEMES = ("dk-medcom-messaging", "busdox-docid-qns")


def empty_store(file: Path) -> Store:
    """Return a new database that knows its document schemes and has no documents."""
    store = Store(f"sqlite:///{file}")
    tables.METADATA.create_all(store.engine)
    with store.writing() as connection:
        connection.execute(tables.generation.delete())
        connection.execute(tables.generation.insert(), [{"number": 1}])
        connection.execute(tables.document_scheme.delete())
        connection.execute(
            tables.document_scheme.insert(),
            [{"scheme": scheme, "position": place} for place, scheme in enumerate(SCHEMES)],
        )
    return store


def publish(
    store: Store, bodies: Mapping[DocumentKey, bytes], *, at: datetime, base_url: str
) -> None:
    """Make *bodies* public, with the groups of whom they belong to."""
    put = tuple(
        Signed(key, Version("0" * 64, ("https://ap.example.dk/as4",), "0" * 64), body)
        for key, body in bodies.items()
    )
    Shelf(store, render.service_group).apply(Change(put=put), base_url, at)


def withdraw(store: Store, keys: Iterable[DocumentKey], *, at: datetime, base_url: str) -> None:
    """Let *keys* be public no longer."""
    Shelf(store, render.service_group).apply(Change(drop=tuple(keys)), base_url, at)
