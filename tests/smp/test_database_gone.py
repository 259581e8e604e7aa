"""The publication database is really gone: lookups go on from memory, and a run goes on later."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from builders import HOMECARE, endpoint, gln
from eer.domain.errors import Unavailable
from fakes.publishing import TERMS, World
from smp.domain.identifiers import DocumentId, Identifier, document_path, participants_of
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store
from smp.web.answer import Answer


@pytest.fixture
def world(postgresql: str) -> Iterator[World]:
    """A publisher over a database of PostgreSQL that can be taken away."""
    with psycopg.connect(postgresql, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS gone WITH (FORCE)")
        server.execute("CREATE DATABASE gone")
    url = make_url(postgresql).set(drivername="postgresql+psycopg", database="gone")
    there = url.render_as_string(hide_password=False)
    migrate(there)
    with closing(Store(there)) as store:
        yield World(store, endpoint(1), endpoint(2))


@contextmanager
def gone(postgresql: str) -> Iterator[None]:
    """Let nobody be connected to the database, nor connect to it."""
    with psycopg.connect(postgresql, autocommit=True) as server:
        server.execute("ALTER DATABASE gone WITH ALLOW_CONNECTIONS false")
        server.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'gone'"
        )
        yield
        server.execute("ALTER DATABASE gone WITH ALLOW_CONNECTIONS true")


def path(number: int) -> str:
    [who] = participants_of([gln(number)])
    return document_path(who, DocumentId(Identifier(TERMS.document_schemes[0], HOMECARE)))


def status(answer: Answer, target: str) -> int:
    said: list[Any] = []
    environ = {"REQUEST_METHOD": "GET", "RAW_URI": target, "PATH_INFO": target}
    answer(environ, lambda *begun: said.extend(begun))  # type: ignore[arg-type]  # it writes nothing
    return int(said[0].split()[0])


def test_what_is_remembered_is_answered_while_the_database_is_gone_and_all_when_it_is_back(
    postgresql: str, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.publisher.publish()
    at = [0.0]
    answer = Answer(world.documents, lambda: at[0])
    assert status(answer, path(1)) == 200
    with gone(postgresql):
        at[0] += 1
        amid = [status(answer, path(1)), status(answer, path(2)), status(answer, path(1))]
        was_cut_off = answer.is_cut_off
    at[0] += 5

    assert amid == [200, 503, 200]
    assert was_cut_off
    assert len([each for each in caplog.records if "memory only" in each.message]) == 1
    assert [status(answer, path(number)) for number in (1, 2)] == [200, 200]
    assert not answer.is_cut_off


def test_a_run_whose_database_goes_behind_any_step_is_finished_by_the_next(
    postgresql: str, world: World
) -> None:
    """Each run comes to another step before the database is gone, until one arrives."""
    runs = 1
    while taken_away(postgresql, world, runs):
        assert not (world.named(1) and world.body(1) is None), "no name without a document"
        runs += 1

    assert runs > 3
    assert world.named(1)
    assert world.named(2)
    assert world.publisher.plan().is_empty


def taken_away(postgresql: str, world: World, last: int) -> bool:
    """Publish until behind the step *last*, when the database goes; return whether it came so."""
    with ExitStack() as stack:

        def leave(step: int) -> None:
            if step == last:
                stack.enter_context(gone(postgresql))

        world.steps, world.on_step = 0, leave
        try:
            world.publisher.publish()
        except Unavailable:
            return True
    return False
