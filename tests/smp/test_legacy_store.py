"""The book of what tools write, in the databases that are supported."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

import builders_legacy as legacy
from builders import HOMECARE, NOW, RECEIPT, gln
from smp.domain.legacy import Group, Legacy, Written
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    migrate(database_url)
    store = Store(database_url)
    yield store
    store.close()


def test_what_was_written_is_read_and_its_owner_too(store: Store) -> None:
    legacy.put(store, 2, begins=NOW, ends=NOW + timedelta(days=1))
    number = legacy.put(store, 3)

    found = legacy.book(store).documents([gln(2)])

    assert found == (Legacy(legacy.key(2), legacy.meant(2), NOW, NOW + timedelta(days=1)),)
    assert len(legacy.book(store).documents()) == 2
    assert legacy.book(store).written() == Written(number, frozenset({gln(2), gln(3)}))
    assert legacy.book(store).is_pending(number)
    with legacy.book(store).writing("x", NOW) as pen:
        assert pen.group(gln(2)) == Group(gln(2), legacy.OWNER)
        assert pen.group(gln(4)) is None


def test_a_document_is_one_in_any_spelling(store: Store) -> None:
    legacy.put(store, 2)
    with legacy.book(store).writing("x", NOW) as pen:
        key = legacy.key(2, HOMECARE.upper())
        assert not pen.put(Legacy(key, legacy.meant(2)))
        assert pen.delete(legacy.key(2))
        assert not pen.delete(legacy.key(2))

    assert legacy.book(store).documents() == ()


def test_a_participant_goes_with_all_its_documents_and_nobody_else(store: Store) -> None:
    legacy.put(store, 2)
    legacy.put(store, 2, RECEIPT)
    legacy.put(store, 3)

    with legacy.book(store).writing("x", NOW) as pen:
        assert pen.delete_group(gln(2)) == 2

    assert [each.key for each in legacy.book(store).documents()] == [legacy.key(3)]
    assert legacy.book(store).revision() == pen.number


def test_what_was_written_lately_and_no_run_has_finished_is_told(store: Store) -> None:
    legacy.put(store, 2)

    assert legacy.book(store).lately(NOW - timedelta(seconds=1)) == {gln(2)}
    assert legacy.book(store).lately(NOW) == frozenset()
