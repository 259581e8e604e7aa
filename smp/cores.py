"""How do all cores sign at once, in bounded memory, and in the order of the plan?

Each core is a process of its own that opens the key once: most of a document's time goes into XML,
which threads do not share. Of what is signed, only a few portions wait to be stored.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice

from eer.domain.errors import Unavailable
from smp.domain.publication import PutDocument
from smp.signing import Made, Making, Portions, Signing, one_by_one

WORTHWHILE = 500
"""Fewer documents are signed sooner than the processes have begun."""

_AHEAD = 4
"""Portions for each process that are under way: one may be late without the others waiting."""

_OPENED: list[Signing] = []
"""What this process signs with, if it is one of those begun here."""


@dataclass(frozen=True, slots=True)
class Cores:
    """So many *processes*, each of which opens what it signs with by *opening*.

    *opening* travels to them, so it is a function of a module or a partial of one. What is not
    worthwhile is signed *here*.
    """

    here: Signing
    opening: Callable[[], Signing]
    processes: int
    worthwhile: int = WORTHWHILE

    def many(self, portions: Portions) -> Making:
        """Sign and prove *portions*; raises Unavailable when a process ends, and what they raise.

        Each is given when it and those before it are done.
        """
        count = min(self.processes, len(portions))
        if count == 1 or sum(map(len, portions)) < self.worthwhile:
            yield from self.here.made(portions)
            return
        executor = ProcessPoolExecutor(
            count, multiprocessing.get_context("spawn"), _begin, (self.opening,)
        )
        try:
            yield from _in_order(executor, portions, count * _AHEAD)
        except BrokenProcessPool:
            raise Unavailable(
                "a process that signs has ended: what is stored stays; publish again for the rest"
            ) from None
        finally:
            executor.shutdown(cancel_futures=True)


def _in_order(executor: Executor, portions: Portions, ahead: int) -> Making:
    waiting: deque[Future[list[Made]]] = deque()
    coming = iter(portions)
    for portion in islice(coming, ahead):
        waiting.append(executor.submit(_make, portion))
    while waiting:
        yield waiting.popleft().result()
        for portion in islice(coming, 1):
            waiting.append(executor.submit(_make, portion))


def _begin(opening: Callable[[], Signing]) -> None:
    """An interrupt is the parent's to see to; without a parent there is nobody to sign for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _OPENED.append(opening())


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(portion: Sequence[PutDocument]) -> list[Made]:
    return one_by_one(_OPENED[-1], portion)
