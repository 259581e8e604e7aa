"""How long does it take to sign, prove and store all documents anew, and in how much memory?

By the code of a run: portions go to a process for each core, and are stored as they come back.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.signing import planned
from builders_smp import NOW, Issuer
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
from smp.signing import Signing, proof
from smp.store.ledger import Ledger
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.store.stops import StopBook
from smp.wiring.signers import opened
from smp.xml import render

DOCUMENTS = 100_000
_BARE_SECONDS = 5


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
        register=FakeRegister(),
        shelf=Shelf(store, render.service_group),
        ledger=Ledger(store),
        stops=StopBook(store),
        locator=FakeLocator(),
        signer=here.signer,
        prove=here.prove,
        many=Cores(here, partial(opened, KeyFiles(file), signer.der), cores).many,
        ttl=TTL,
        clock=lambda: NOW,
    )
    run = Run(means, _plan(documents, signer.fingerprint), 1, 0, NAMING, TTL)
    begin = time.perf_counter()
    done = run.carry_out()
    took = time.perf_counter() - begin
    if done.signed != documents:
        sys.exit(f"signed {done.signed} of {documents}: {done.unproved}")
    return documents / took, _memory(cores)


def _plan(documents: int, signer: str) -> PublicationPlan:
    nothing: Plan[object, object] = Plan({}, {}, {})
    return PublicationPlan(
        documents=tuple(planned(number, signer) for number in range(documents)),
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


def _memory(cores: int) -> float:
    """Return megabytes: this process, and as much as the largest other for each core."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    other = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + cores * other) / 1024


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
