"""A publication database with signed documents, and the archives that are made of it."""

import io
import json
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO

from builders import NOW
from builders_smp import AUTHORITY, BASE_URL, SIGNING_CERTIFICATE, service_metadata, signed, signer
from fakes.publishing import NAMING
from smp import verify
from smp.archive import container
from smp.archive.container import Member
from smp.domain.identifiers import DocumentKey
from smp.domain.manifest import INDEX, MANIFEST, SIGNATURE, Since
from smp.domain.metadata import Redirect, ServiceMetadata
from smp.domain.progress import Progress
from smp.domain.signed_by import Accepted
from smp.domain.state import Agreed, Version
from smp.domain.verdict import Verdict
from smp.export import Exported, Seal, export
from smp.pki import cms
from smp.store.ledger import Closing, Ledger
from smp.store.session import Store
from smp.store.shelf import Change, Shelf, Signed
from smp.verify import Judge
from smp.wiring.verify import check_of, trust_of
from smp.xml import render

_VERSION = Version("same", ("https://a.example.dk",), "first")


@dataclass(frozen=True)
class Stock:
    """What is published, changed as the publisher changes it; a finished run behind each change."""

    store: Store

    @classmethod
    def opened(cls, store: Store) -> "Stock":
        stock = cls(store)
        Ledger(store).agree(Agreed((BASE_URL,), (NAMING.publisher,), ("first",)))
        Ledger(store).prefer(["dk-medcom-messaging", "busdox-docid-qns"])
        return stock

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.store, render.service_group)

    def put(self, sequence: int, *keys: DocumentKey, at: datetime = NOW, uri: str = "") -> None:
        """Publish signed documents; *uri* is where they lead, if it matters."""
        put = tuple(Signed(each, _VERSION, document(each, uri)) for each in keys)
        self.shelf.apply(Change(put=put), BASE_URL, at)
        self.finish(sequence)

    def turn(self, sequence: int, where: DocumentKey, href: str, *, at: datetime = NOW) -> None:
        """Publish a redirect."""
        moved = ServiceMetadata(
            where.participant, where.document, (), Redirect(href, "CN=Another publisher")
        )
        change = Change(put=(Signed(where, _VERSION, signed(moved)),))
        self.shelf.apply(change, BASE_URL, at)
        self.finish(sequence)

    def drop(self, sequence: int, *keys: DocumentKey, at: datetime = NOW) -> None:
        self.shelf.apply(Change(drop=keys), BASE_URL, at)
        self.finish(sequence)

    def retire(self, sequence: int, *keys: DocumentKey, due: datetime) -> None:
        self.shelf.schedule(keys, due)
        self.finish(sequence)

    def finish(self, sequence: int) -> None:
        Ledger(self.store).finish(
            Progress(sequence, "s", "first", None),
            Closing(claimed=(), forgotten=(), publisher=NAMING.publisher, stops=0),
        )

    def export(self, out: Path, since: int | Since | None = None) -> Exported:
        return export(self.store, seal(), out, since)


def document(where: DocumentKey, uri: str = "") -> bytes:
    meant = service_metadata(participant=where.participant, document=where.document)
    body = signed(meant)
    if not uri:
        return body
    process = meant.processes[0]
    endpoints = tuple(replace(each, uri=uri) for each in process.endpoints)
    return signed(replace(meant, processes=(replace(process, endpoints=endpoints),)))


def seal(sign: Callable[[bytes], bytes] | None = None) -> Seal:
    chain = cms.chain(SIGNING_CERTIFICATE.read_bytes())
    ours = partial(cms.sign, chain=chain, sign_bytes=signer().sign_bytes)
    return Seal(cms.ders(chain), sign or ours)


def judge(trust_file: Path = AUTHORITY, at: datetime = NOW, *signers: str) -> Judge:
    accepted = Accepted(signers)
    return Judge(check_of(trust_file, accepted), trust_of(trust_file, accepted), at)


def verified(*paths: Path, signers: tuple[str, ...] = ()) -> list[Verdict]:
    return verify.verify(paths, judge(AUTHORITY, NOW, *signers))


def members(path: Path) -> dict[str, bytes]:
    """Read an archive as anybody would: with Python's tarfile."""
    with tarfile.open(path) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]


def rewritten(path: Path, out: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Write *path* anew with other files, each with its time, by the container's own rules."""
    with tarfile.open(path) as tar:
        times = {each.name: int(each.mtime) for each in tar}
    files = members(path)
    change(files)
    with out.open("wb") as file:
        for name, content in files.items():
            member = Member(name, len(content), times.get(name, 0))
            container.write(file, member, [content])
        container.finish(file)
    return out


def resigned(files: dict[str, bytes], **changes: object) -> None:
    """Let the manifest fit the other *files* and say what *changes* do; then sign it anew."""
    said = json.loads(files[MANIFEST])
    said["index"] |= {"sha256": sha256(files[INDEX]).hexdigest(), "size": len(files[INDEX])}
    if said["since"] is None:
        said["state"] = said["index"]["sha256"]
    said |= changes
    files[MANIFEST] = json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n"
    files[SIGNATURE] = seal().sign(files[MANIFEST])


def faults(verdicts: Iterable[Verdict]) -> list[tuple[str, str, str]]:
    return [(f.file, f.found, f.expected) for each in verdicts for f in each.faults]


def gaps(verdicts: Iterable[Verdict]) -> list[tuple[str, str, str]]:
    return [(f.file, f.found, f.expected) for each in verdicts for f in each.gaps]


def packed(files: Iterable[tuple[Member, bytes]]) -> IO[bytes]:
    """Return an archive in memory."""
    file = io.BytesIO()
    for member, content in files:
        container.write(file, member, [content])
    container.finish(file)
    file.seek(0)
    return file
