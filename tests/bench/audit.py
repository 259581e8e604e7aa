"""How long does a full audit of a whole country take, and how much of it is asking alone?

A house with everybody published: names in BIND, documents at `smp serve`. The
reference asks the same questions by httpx and dnspython, as many at a time, and looks at nothing.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import dns.message
import dns.query
import httpx

from bench import bound, change
from flows.house import BIN, House
from smp.domain.identifiers import DocumentKey, ParticipantId, document_path, group_path
from smp.domain.naming import participant_names

PARTICIPANTS = 15_000
_AT_ONCE = 8


def measure(participants: int = PARTICIPANTS) -> None:
    """Print the seconds and the memory of one audit that finds everything right."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with bound.house(folder) as house:
            change.filled(house, folder, participants)
            publisher = house.publisher()
            publisher.publish()
            keys = list(publisher.means.shelf.documents())
            bare = _seconds(lambda: _asked(house, keys))
            took = _seconds(lambda: _audited(house))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    count = len({key.participant for key in keys})
    print(f"audit of {count:,} participants with {len(keys):,} documents, all as they should be")
    print(f"  asking for all of it alone     {bare:8,.1f} s")
    print(
        f"  smp audit                      {took:8,.1f} s  {bare / took:.2f} of the speed of "
        f"asking  {count / took:,.0f} participants/s"
    )
    print(f"  memory at most, of any process {memory:8,.0f} MB")


def _audited(house: House) -> None:
    """Nothing may differ, and nobody may be left out."""
    said = subprocess.run(
        [str(BIN / "smp"), "audit"],
        env={**os.environ, **house.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode != 0:
        sys.exit(f"smp audit: {said.returncode}\n{said.stdout}\n{said.stderr}")


def _asked(house: House, keys: Iterable[DocumentKey]) -> None:
    by_participant: dict[ParticipantId, list[DocumentKey]] = {}
    for key in keys:
        by_participant.setdefault(key.participant, []).append(key)
    base = house.environment["SMP_BASE_URL"]
    with httpx.Client(base_url=base, timeout=30) as client:

        def ask(who: ParticipantId) -> None:
            names = participant_names(who, bound.ZONE)
            for name, kind in zip(names, ("NAPTR", "CNAME"), strict=True):
                query = dns.message.make_query(name, kind)
                dns.query.udp(query, "127.0.0.1", port=house.dns_port, timeout=10)
            for path in _paths(who, by_participant[who]):
                client.get(path).raise_for_status()

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(ask, by_participant):
                pass


def _paths(who: ParticipantId, keys: Iterable[DocumentKey]) -> Iterator[str]:
    return chain([group_path(who)], (document_path(who, key.document) for key in keys))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
