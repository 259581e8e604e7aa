"""How long does it take to sign, prove and store all documents anew, and in how much memory?

By the code of a run: portions go to a process for each core, and are stored as they come back.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.signing import planned
from builders_smp import NOW, Issuer
from eer.domain.receipt import Receipt
from fakes.locator import FakeLocator
from fakes.publishing import NAMING, TTL
from fakes.register import FakeRegister
from smp.cores import Cores
from smp.domain.publication import Held, PublicationPlan
from smp.domain.split import Plan
from smp.enact import Run
from smp.means import Means
from smp.pki.key import KeyFiles
from smp.pki.sign import Signer
from smp.signing import Signing, opened, proof
from smp.store.ledger import Ledger
from smp.store.legacy import LegacyBook
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.store.stops import StopBook
from smp.xml import render, written


class Forgetful(FakeRegister):
    """A register elsewhere: what it is told takes no memory here."""

    def receive(self, receipts: Sequence[Receipt]) -> None:
        """Take note of how many there were."""
        self.told += len(receipts)


DOCUMENTS = 100_000
_BARE_SECONDS = 5
_EACH = 7
"""Documents of a participant: the 100,000 of 15,000."""


def measure(documents: int = DOCUMENTS) -> None:
    """Print documents a second, as a share of what all cores sign, and the most memory at once."""
    cores = multiprocessing.cpu_count()
    with tempfile.TemporaryDirectory() as folder:
        bare = _bare(cores)
        rate, memory = _measured(Path(folder), documents, cores)
    print(f"all {documents:,} documents anew, {cores} cores: bare RSA-3072 on all {bare:,.0f}/s")
    print(f"  sign, prove and store          {rate:8,.0f}/s  {rate / bare:.2f} of bare (reach 0.5)")
    print(f"  memory at most, all processes  {memory:8,.0f} MB  (reach: under 500)")


def _measured(folder: Path, documents: int, cores: int) -> tuple[float, float]:
    key = generate_private_key(65537, 3072)
    file = folder / "signer.key"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signer = Signer(key, Issuer(key).itself())
    here = Signing(signer, proof(signer))
    migrate(url := f"sqlite:///{folder / 'publication.db'}")
    store = Store(url)
    means = Means(
        register=Forgetful(),
        shelf=Shelf(store, render.service_group),
        ledger=Ledger(store),
        stops=StopBook(store),
        legacy=LegacyBook(store, written.read),
        locator=FakeLocator(),
        signer=here.signer,
        prove=here.prove,
        many=Cores(here, partial(opened, KeyFiles(file), signer.der), cores).many,
        ttl=TTL,
        clock=lambda: NOW,
    )
    memory: dict[int | None, float] = {}

    def look() -> None:
        processes = [os.getpid(), *(each.pid for each in multiprocessing.active_children())]
        memory.update({pid: _most(pid) for pid in processes if pid is not None})

    means = replace(means, after_step=look)
    run = Run(means, _plan(documents, signer.fingerprint), 1, 0, NAMING, TTL)
    begin = time.perf_counter()
    done = run.carry_out()
    took = time.perf_counter() - begin
    if done.signed != documents:
        sys.exit(f"signed {done.signed} of {documents}: {done.unproved}")
    return documents / took, sum(memory.values())


def _plan(documents: int, signer: str) -> PublicationPlan:
    nothing: Plan[object, object] = Plan({}, {}, {})
    return PublicationPlan(
        documents=tuple(planned(number, signer, _EACH) for number in range(documents)),
        names=(),
        schedules=(),
        retires=(),
        held=Held((), nothing, nothing),  # type: ignore[arg-type]  # of nothing
        conflicts=(),
        retirements=(),
        owners={},
        claimed=frozenset(),
        forgotten=frozenset(),
    )


def _most(pid: int) -> float:
    """Return the most megabytes that a process had; what it was forked from does not count."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    [most] = [line for line in status.splitlines() if line.startswith("VmHWM:")] or ["VmHWM: 0"]
    return int(most.split()[1]) / 1024


def _bare(cores: int) -> float:
    with multiprocessing.get_context("spawn").Pool(cores) as pool:
        return sum(pool.map(_bare_of_one, range(cores)))


def _bare_of_one(_number: int) -> float:
    key, scheme, digest = generate_private_key(65537, 3072), padding.PKCS1v15(), SHA256()
    begin, signed = time.perf_counter(), 0
    while time.perf_counter() - begin < _BARE_SECONDS:
        for _ in range(50):
            key.sign(b"bare", scheme, digest)
        signed += 50
    return signed / (time.perf_counter() - begin)


if __name__ == "__main__":
    measure(*map(int, sys.argv[1:]))
