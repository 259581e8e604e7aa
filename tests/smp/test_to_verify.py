"""Who is to be looked up, as the database keeps it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from builders import NOW, gln
from smp.domain.identifiers import participants_of
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store
from smp.store.verifications import Verifications, Waiting

ONE, TWO, THREE = participants_of([gln(1), gln(2), gln(3)])
SECOND = timedelta(seconds=1)


@pytest.fixture
def book(database_url: str) -> Iterator[Verifications]:
    migrate(database_url)
    store = Store(database_url)
    yield Verifications(store)
    store.close()


def again(_: int) -> timedelta:
    return 10 * SECOND


def test_those_that_wait_the_longest_are_taken_first(book: Verifications) -> None:
    book.put({ONE}, 1, NOW + SECOND)
    book.put({TWO, THREE}, 2, NOW)

    assert set(book.take(NOW + SECOND, 2, 2, again)) == {TWO, THREE}


def test_who_was_taken_is_due_again_later(book: Verifications) -> None:
    book.put({ONE}, 1, NOW)
    tries: list[int] = []

    def later(number: int) -> timedelta:
        tries.append(number)
        return 10 * SECOND

    taken = [book.take(NOW + seconds * SECOND, 1, 9, later) for seconds in (0, 9, 10, 20)]

    assert taken == [{ONE: 1}, {}, {ONE: 1}, {ONE: 1}]
    assert tries == [0, 1, 2]


def test_what_publication_has_not_reached_is_not_taken(book: Verifications) -> None:
    book.put({ONE}, 7, NOW)

    assert book.take(NOW, 6, 9, again) == {}
    assert book.take(NOW, 7, 9, again) == {ONE: 7}


def test_a_newer_change_takes_the_place_of_the_one_before(book: Verifications) -> None:
    book.put({ONE}, 1, NOW)
    book.take(NOW, 1, 9, again)
    book.put({ONE, TWO}, 2, NOW + SECOND)

    book.done({ONE: 1, TWO: 2})

    assert book.take(NOW + SECOND, 2, 9, again) == {ONE: 2}


def test_who_waits_is_told_to_people_and_machines(book: Verifications) -> None:
    nobody = book.waiting()
    book.put({ONE, TWO}, 1, NOW)
    some = book.waiting()

    assert (nobody, some) == (Waiting(0, None), Waiting(2, NOW))
    assert nobody.lines() == ["verified   all that was changed"]
    assert some.lines() == [f"unverified 2 participants, the oldest since {NOW.isoformat()}"]
    assert some.as_json() == {"unverified": {"participants": 2, "since": NOW.isoformat()}}


def test_nobody_to_put_or_to_forget_is_no_matter(book: Verifications) -> None:
    book.put(set(), 1, NOW)
    book.done({})

    assert book.waiting().participants == 0
