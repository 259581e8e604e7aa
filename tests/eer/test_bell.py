"""Whoever waits for a version is told of it at once, and of nothing else."""

import psycopg
import pytest

import builders_fhir as build
from eer.domain.receipt import Receipt, Step
from eer.register import receipts
from eer.register.counter import Counter
from eer.store.bell import Bell
from eer.store.session import Store

LONG = 30.0


@pytest.fixture
def bell(store: Store) -> Bell:
    """Return a bell that has rung once: before that, anything may have been written."""
    bell = Bell(store)
    assert bell.rings(0)
    return bell


def test_a_version_rings_once(counter: Counter, bell: Bell) -> None:
    build.put(counter, build.device(1))
    build.put(counter, build.device(2))

    assert bell.rings(LONG)
    assert not bell.rings(0)
    bell.close()


def test_nothing_does_not_ring(bell: Bell) -> None:
    assert not bell.rings(0.01)
    bell.close()


def test_what_is_refused_does_not_ring(counter: Counter, bell: Bell) -> None:
    with counter.store.writing() as connection:
        connection.rollback()

    assert not bell.rings(0)
    bell.close()


def test_receipts_do_not_ring_where_the_database_tells(
    postgresql_store: Store, clock: build.Clock
) -> None:
    bell = Bell(postgresql_store)
    bell.rings(0)
    counter = build.register_over(postgresql_store, clock)

    receipts.receive(counter, [Receipt("x::y", 1, Step.FINISHED, clock(), "z")])

    assert not bell.rings(0)
    bell.close()


def test_a_broken_line_rings_and_is_made_anew(postgresql_store: Store, postgresql: str) -> None:
    bell = Bell(postgresql_store)
    bell.rings(0)
    with psycopg.connect(postgresql, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (bell._line.info.backend_pid,))

    assert bell.rings(0.01)
    assert bell.rings(LONG)
    assert not bell.rings(0)
    bell.close()
