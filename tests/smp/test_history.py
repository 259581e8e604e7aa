"""What changed when is known from the migration on, and at no cost to what is read."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import func, insert, select, text

from builders import NOW
from builders_archive import Stock, document, verified
from builders_smp import BASE_URL
from eer.domain.errors import Refused
from fakes.publishing import key
from smp.domain.manifest import Counts
from smp.domain.metadata import ServiceGroup
from smp.domain.state import Served
from smp.domain.verdict import code
from smp.store import history, tables
from smp.store.documents import Documents
from smp.store.migrations.upgrade import migrate
from smp.store.public import Public
from smp.store.session import Store
from smp.store.stops import StopBook


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    yield store
    store.close()


def to_revision(store: Store, revision: str) -> None:
    with store.writing() as connection:
        config = Config()
        config.set_main_option("script_location", "smp.store:migrations")
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def fill_as_before(store: Store) -> None:
    """Put in what an older release had published: one document of sequence 5."""
    body = document(key(1))
    served = {"body": body, "etag": '"x"', "last_modified": int(NOW.timestamp())}
    place = {
        "participant_value": key(1).participant.value.lower(),
        "participant_scheme": key(1).participant.scheme,
        "participant": str(key(1).participant),
    }
    group = Stock(store).shelf._print_group
    row = {
        **place,
        **served,
        "document_value": key(1).document.value.lower(),
        "document_scheme": key(1).document.scheme,
        "document": str(key(1).document),
        "digest": "d",
        "addresses": "",
        "signer": "s",
    }
    listing = group(ServiceGroup(key(1).participant, (key(1).document,), BASE_URL))
    with store.writing() as connection:
        for table, values in (
            ("document", row),
            ("service_group", {**place, **served, "body": listing, "base_url": BASE_URL}),
            ("agreed", {"kind": "base", "value": BASE_URL, "number": 0}),
            ("progress", {"sequence": 5, "settings": "s", "signer": "s", "unfinished": ""}),
        ):
            names = ", ".join(values)
            bound = ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({bound})"), values)  # noqa: S608 - names of this test
        connection.execute(text("UPDATE generation SET number = 40"))


def test_what_an_older_release_published_is_exported(store: Store, tmp_path: Path) -> None:
    to_revision(store, "0003")
    fill_as_before(store)

    to_revision(store, "head")

    stock = Stock(store)
    full = stock.export(tmp_path / "full.tar").manifest
    stock.put(6, key(2), at=NOW + timedelta(days=1))
    delta = stock.export(tmp_path / "delta.tar", since=5).manifest
    assert (full.sequence, full.generation, full.time) == (5, 40, NOW)
    assert delta.counts == Counts(1, 1, 0)
    assert code(verified(tmp_path / "full.tar", tmp_path / "delta.tar")) == 0
    with pytest.raises(Refused, match="not known any more"):
        stock.export(tmp_path / "before.tar", since=4)


def test_a_database_that_was_never_used_migrates(store: Store) -> None:
    to_revision(store, "0003")

    to_revision(store, "head")

    assert Documents(store).generation() == 0


def rows(store: Store, name: str) -> int:
    table = tables.METADATA.tables[name]
    with store.asking() as connection:
        number: int = connection.execute(select(func.count()).select_from(table)).scalar_one()
        return number


def test_what_went_is_written_down_once(database_url: str, store: Store) -> None:
    migrate(database_url)
    stock = Stock.opened(store)
    stock.put(1, key(1), key(2))

    for sequence in range(2, 6, 2):
        stock.drop(sequence, key(1))
        stock.put(sequence + 1, key(1))
    stock.drop(9, key(1))

    assert rows(store, "withdrawn") == 2


def test_what_went_long_ago_is_forgotten(database_url: str, store: Store) -> None:
    migrate(database_url)
    stock = Stock.opened(store)
    stock.put(1, key(1), key(2))
    stock.drop(2, key(1))
    milestones = rows(store, "milestone")

    stock.drop(3, key(2), at=NOW + history.KEPT + timedelta(seconds=1))

    assert rows(store, "withdrawn") == 2
    assert (milestones, rows(store, "milestone")) == (2, 1)


def test_a_run_that_changed_nothing_leaves_nothing(database_url: str, store: Store) -> None:
    migrate(database_url)
    stock = Stock.opened(store)
    stock.put(1, key(1))

    for sequence in range(2, 20):
        stock.finish(sequence)

    assert rows(store, "milestone") == 1


def test_a_retirement_is_a_change_of_what_is_public(database_url: str, store: Store) -> None:
    migrate(database_url)
    stock = Stock.opened(store)
    stock.put(1, key(1))
    before = Documents(store).generation()

    stock.retire(2, key(1), due=NOW)

    assert Documents(store).generation() == before + 1


def test_an_older_release_may_still_write(database_url: str, store: Store) -> None:
    """The columns are new to it: what it puts in is told in every delta."""
    migrate(database_url)
    stock = Stock.opened(store)
    stock.put(1, key(1))
    with store.writing() as connection:
        columns = [each for each in tables.document.c if each.name != "generation"]
        row = connection.execute(select(*columns)).mappings().one()
        connection.execute(tables.document.delete())
        connection.execute(insert(tables.document), dict(row))

    with store.snapshot() as connection:
        found = connection.execute(select(tables.document.c.generation)).scalar()

    assert found is None


def test_what_is_served_and_what_was_withdrawn_is_told_for_audits(
    store: Store, database_url: str
) -> None:
    migrate(database_url)
    stock = Stock.opened(store)
    stock.put(1, key(1), key(2))
    stock.drop(2, key(1), at=NOW + timedelta(seconds=1))
    public = Public(store)

    (served,) = public.served([key(2).participant]).items()

    digest = sha256(document(key(2))).hexdigest()[:32]
    assert served == (key(2), Served(digest, "first", NOW.replace(microsecond=0)))
    assert {(each.participant, each.document) for each in public.withdrawn()} == {
        (key(1).participant, None),
        (key(1).participant, key(1).document),
    }
    assert public.withdrawn([key(2).participant]) == ()
    assert len(Public(store, most=1).withdrawn()) == 1
    assert StopBook(store).lately(NOW) == frozenset()
