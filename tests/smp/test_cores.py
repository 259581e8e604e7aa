"""Many processes sign what one would, in the same order, and leave nothing behind."""

import os
import select
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from builders import endpoint
from builders_smp import (
    SIGNING_KEY,
    document_id,
    service_metadata,
    signer,
)
from eer.domain.errors import Refused, Unavailable
from fakes.publishing import World, fresh_store
from fakes.signing import dies, planned
from smp.cores import Cores, _in_order
from smp.domain.publication import PutDocument
from smp.pki.key import KeyFiles
from smp.signing import Made, Signing, opened, proof
from smp.xml import render

ROOT = Path(__file__).parents[2]
HERE = Signing(signer(), proof(signer()))


def steps(count: int) -> list[PutDocument]:
    return [planned(service_metadata(document=document_id(f"message-{n}"))) for n in range(count)]


def portions(count: int, of: int) -> list[list[PutDocument]]:
    every = steps(count * of)
    return [every[start : start + of] for start in range(0, len(every), of)]


def opening(key: Path = SIGNING_KEY) -> partial[Signing]:
    return partial(opened, KeyFiles(key), signer().der)


def cores(opens: Any = None, *, worthwhile: int = 1, processes: int = 2) -> Cores:
    return Cores(HERE, opens or opening(), processes, worthwhile)


def expected(of: Sequence[Sequence[PutDocument]]) -> list[list[bytes]]:
    return [[signer().sign(render.service_metadata(each.meant)) for each in some] for some in of]


@pytest.mark.slow
def test_several_processes_sign_the_same_bytes_in_the_same_order() -> None:
    some = [*portions(5, 3), []]

    assert expected(some) == list(cores().many(some))


@pytest.mark.slow
def test_a_document_that_does_not_come_out_as_meant_is_told_by_the_process_that_signed_it() -> None:
    one, other = steps(2)
    wrong = replace(one, version=other.version)

    [[first], [second]] = cores().many([[wrong], [other]])

    assert isinstance(first, Refused)
    assert isinstance(second, bytes)


@pytest.mark.slow
def test_each_process_reads_the_key_once(tmp_path: Path) -> None:
    key = tmp_path / "signer.key"
    key.write_bytes(SIGNING_KEY.read_bytes())
    some = portions(20, 1)

    made = cores(opening(key)).many(some)
    first = [next(made) for _ in range(10)]
    key.unlink()

    assert expected(some) == [*first, *made]


@pytest.mark.slow
def test_a_process_that_ends_is_something_to_try_again() -> None:
    with pytest.raises(Unavailable, match="publish again for the rest"):
        list(cores(dies).many(portions(2, 1)))


@pytest.mark.slow
def test_a_process_that_cannot_open_the_key_is_something_to_try_again(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="publish again"):
        list(cores(opening(tmp_path / "none.key")).many(portions(2, 1)))


@pytest.mark.parametrize(
    ("worthwhile", "processes"), [(100, 2), (1, 1)], ids=["few documents", "one core"]
)
def test_what_is_not_worth_a_process_is_signed_here(worthwhile: int, processes: int) -> None:
    def never() -> Signing:
        raise AssertionError

    some = portions(2, 2)

    assert expected(some) == list(
        cores(never, worthwhile=worthwhile, processes=processes).many(some)
    )


@pytest.mark.slow
def test_all_cores_publish_what_one_would(tmp_path: Path) -> None:
    seen = []
    for name, many in (("one", None), ("all", cores().many)):
        with fresh_store(tmp_path / f"{name}.sqlite") as store:
            world = World(store, *(endpoint(number) for number in range(1, 40)))
            publisher = world.having(signer=HERE.signer, prove=HERE.prove, many=many)

            report = publisher.publish()

            assert (report.signed, report.unproved) == (156, {})
            seen.append(world.see())

    assert seen[0] == seen[1]


@pytest.mark.slow
def test_processes_that_sign_end_with_whom_they_sign_for() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-m", "flows.signing"],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    with parent.stdin, parent.stdout as said:
        workers = [os.pidfd_open(int(pid)) for pid in said.readline().split()]
        parent.kill()
        parent.wait()

    assert len(workers) == 2
    for worker in workers:
        assert select.select([worker], [], [], 30)[0] == [worker]
        os.close(worker)


class Counting(Executor):
    """Lets threads do it, and counts what it was given."""

    def __init__(self) -> None:
        self.given = 0
        self._pool = ThreadPoolExecutor(1)

    def submit(self, *given: Any, **named: Any) -> Future[list[Made]]:  # type: ignore[override]
        self.given += 1
        del given, named
        return self._pool.submit(list)


def test_only_a_few_portions_wait_to_be_stored() -> None:
    executor = Counting()
    seen = []

    for done, _ in enumerate(_in_order(executor, portions(20, 1), 4)):
        seen.append(executor.given - done)

    assert len(seen) == 20
    assert max(seen) <= 5
