"""How much of bare RSA-3072 signing is left when documents are signed, proved and stored?"""

import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from builders_smp import BASE_URL, NOW, Issuer, document_id, participant, service_metadata
from eer.domain.identifiers import gln_check_digit
from smp.domain.identifiers import DocumentKey
from smp.domain.metadata import ServiceMetadata
from smp.domain.publication import PutDocument
from smp.domain.state import Version
from smp.pki.sign import Signer
from smp.signing import Signing, one_by_one, proof
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store
from smp.store.shelf import Change, Shelf, Signed
from smp.xml import render

_ROUNDS = 9
_BATCH = 100
_KEY = generate_private_key(65537, 3072)
_SIGNER = Signer(_KEY, Issuer(_KEY).itself())


@dataclass(frozen=True)
class Rates:
    """Documents a second of one process: bare signing, signing alone, the whole chain."""

    bare: float
    sign: float
    chain: float


def measure() -> None:
    """Print the rates of one process, and of one on each core at the same time."""
    cores = multiprocessing.cpu_count()
    _tell("one core", [rates()])
    with multiprocessing.Pool(cores) as pool:
        _tell(f"{cores} cores", pool.map(_in_process, range(cores)))


def rates() -> Rates:
    """Measure the three in turn, several rounds, and return the median of each."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'publication.db'}"
        migrate(url)
        shelf = Shelf(Store(url), render.service_group)
        rounds: list[tuple[float, float, float]] = []
        for number in range(_ROUNDS):
            steps = [planned(number * _BATCH + place) for place in range(_BATCH)]
            rounds.append(
                (
                    _rate(lambda: _bare(_BATCH)),
                    _rate(lambda steps=steps: _sign(steps)),  # type: ignore[misc]  # bound now
                    _rate(lambda steps=steps: _chain(steps, shelf, NOW)),  # type: ignore[misc]
                )
            )
    return Rates(*(statistics.median(column) for column in zip(*rounds[1:], strict=True)))


def _in_process(_number: int) -> Rates:
    return rates()


def _bare(times: int) -> None:
    scheme, digest = padding.PKCS1v15(), SHA256()
    for number in range(times):
        _KEY.sign(str(number).encode(), scheme, digest)


def _sign(steps: Sequence[PutDocument]) -> None:
    for step in steps:
        _SIGNER.sign(render.service_metadata(step.meant))


def _chain(steps: Sequence[PutDocument], shelf: Shelf, at: datetime) -> None:
    """Render, sign, verify, compare, check against the schema, store: as a run does it.

    The digest that tells whether there is anything to do was taken when planning.
    """
    made = one_by_one(Signing(_SIGNER, proof(_SIGNER)), steps)
    signed = (
        Signed(step.key, step.version, body)
        for step, body in zip(steps, made, strict=True)
        if isinstance(body, bytes)
    )
    shelf.apply(Change(put=tuple(signed)), BASE_URL, at)


def planned(number: int, signer: str = _SIGNER.fingerprint, each: int = 1) -> PutDocument:
    """Return the step that signs the *number*th document, as a plan has it.

    So many are *each* participant's.
    """
    meant = _meta(number // each, f"1.{number % each}")
    digest = sha256(render.unsigned_bytes(meant)).hexdigest()
    key = DocumentKey(meant.participant, meant.document)
    return PutDocument(key, meant, Version(digest, meant.addresses, signer), None)


def _meta(number: int, version: str) -> ServiceMetadata:
    twelve = f"57900{number:07}"
    gln = twelve + gln_check_digit(twelve)
    return service_metadata(participant=participant(gln), document=document_id(version=version))


def _rate(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return _BATCH / (time.perf_counter() - begin)


def _tell(where: str, each: Sequence[Rates]) -> None:
    bare, sign, chain = (sum(getattr(r, name) for r in each) for name in ("bare", "sign", "chain"))
    print(f"signing, {where}: bare cryptography RSA-3072 {bare:,.0f}/s")
    print(
        f"  render and sign                {sign:8,.0f}/s  {sign / bare:.2f} of bare (reach 0.65)"
    )
    print(
        f"  sign, verify, check, store     {chain:8,.0f}/s  {chain / bare:.2f} of bare (reach 0.5)"
    )
