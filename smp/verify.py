"""Is what stands in archives genuine and whole, without asking anybody?

A full archive and the deltas behind it, in their order. Everything is read once, in the order of
the files, and little of it is held at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

from eer.domain.errors import Malformed, Refused
from smp.archive.container import Member
from smp.archive.opened import Archive, Check, Signature, counted, member_of, opened, told
from smp.domain.archived import LARGEST_FILE, Damaged, Entry, folder_of, merged
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId
from smp.domain.manifest import MANIFEST, Kind, gap
from smp.domain.metadata import ServiceGroup
from smp.domain.signed_by import SignedBy
from smp.domain.verdict import MOST_FAULTS, MOST_SIGNERS, Fault, Verdict, fault_of
from smp.pki import signed_by
from smp.pki import verify as signatures
from smp.pki.verify import Verified
from smp.xml import parse, validate


@dataclass(frozen=True)
class Judge:
    """Whom to trust, at which time: *check* for archives, *trust* for the documents in them."""

    check: Check
    trust: Callable[[Verified, datetime], None]
    at: datetime


def verify(paths: Sequence[Path], judge: Judge) -> list[Verdict]:
    """Look at a full archive and the deltas behind it; raise Absent or Unavailable for no file."""
    verdicts: list[Verdict] = []
    archives: list[Archive] = []
    with ExitStack() as stack:
        for path in paths:
            seen: list[SignedBy] = []
            try:
                archive = stack.enter_context(opened(path, _noting(judge.check, seen)))
            except Damaged as damaged:
                signer = seen[0] if seen else None
                verdicts.append(Verdict(str(path), None, (fault_of(damaged),), signer=signer))
                continue
            archives.append(archive)
            verdicts.append(_verdict(archive, judge))
        if any(each.faults for each in verdicts):
            return verdicts
        return [
            replace(verdict, gaps=found)
            for verdict, found in zip(verdicts, _gaps(archives), strict=True)
        ]


def _noting(check: Check, seen: list[SignedBy]) -> Check:
    """Return *check* as one that notes who signed, also where that is all there is to tell."""

    def noting(content: bytes, signature: bytes) -> Signature:
        found = check(content, signature)
        seen.append(found.by)
        return found

    return noting


def _verdict(archive: Archive, judge: Judge) -> Verdict:
    household = _Household(archive.manifest.kind)
    faults = tuple(islice(_faults(archive, judge, household), MOST_FAULTS))
    return Verdict(
        str(archive.path),
        archive.manifest,
        faults,
        signer=archive.signer,
        document_signers=tuple(household.signers),
    )


def _gaps(archives: Sequence[Archive]) -> list[tuple[Fault, ...]]:
    """Return for each archive why it does not follow; the last answers for what comes of all."""
    manifests = [archive.manifest for archive in archives]
    found = list(map(gap, (None, *manifests), manifests))
    if found and not any(found):
        found[-1] = _state_gap(archives)
    return [() if each is None else (fault_of(each),) for each in found]


def _state_gap(archives: Sequence[Archive]) -> Damaged | None:
    """Say whether all together are the state that the last one tells of."""
    digest, expected = sha256(), archives[-1].manifest.state
    for line in merged([archive.lines() for archive in archives]):
        digest.update(line.raw)
    if digest.hexdigest() == expected:
        return None
    return Damaged(MANIFEST, f"a state of SHA-256 {digest.hexdigest()}", expected)


def _faults(archive: Archive, judge: Judge, household: "_Household") -> Iterator[Fault]:
    """Where the order of the files is lost, that is the last fault: what follows means nothing."""
    try:
        counts = counted(archive.lines())
        if counts != archive.manifest.counts:
            yield Fault(MANIFEST, f"{archive.manifest.counts}", f"{counts}, as the index has")
        yield from _walk(archive, judge, household)
    except Damaged as damaged:
        yield fault_of(damaged)


def _walk(archive: Archive, judge: Judge, household: "_Household") -> Iterator[Fault]:
    """Go along index and files, both in the order of their names."""
    member = archive.reader.member()
    for _, entry in archive.lines():
        if entry.content is None:
            continue
        household.add(entry)
        while member is not None and member.name < entry.file:
            yield _extra(member)
            member = _passed(archive, member)
        if member is None or member.name > entry.file:
            yield Fault(entry.file, "no file", "the one that the index has")
            continue
        expected = member_of(entry.file, entry.content)
        if member == expected:
            body = b"".join(archive.reader.content(member))
            yield from _judged(entry, entry.content.sha256, body, judge, household)
            member = archive.reader.member()
        else:
            yield Fault(entry.file, told(member), told(expected))
            member = _passed(archive, member)
    while member is not None:
        yield _extra(member)
        member = _passed(archive, member)


def _extra(member: Member) -> Fault:
    return Fault(member.name, "a file", "none, the index does not have it")


def _passed(archive: Archive, member: Member) -> Member | None:
    """Return the member behind *member*, whose content is not looked at."""
    if member.size > LARGEST_FILE:
        raise Damaged(member.name, f"{member.size} bytes", f"at most {LARGEST_FILE}")
    for _ in archive.reader.content(member):
        pass
    return archive.reader.member()


@dataclass
class _Household:
    """The documents of one participant that have gone by: its group comes behind them.

    And who has signed any document so far.
    """

    kind: Kind
    folder: str = ""
    documents: set[str] = field(default_factory=set)
    signers: dict[SignedBy, None] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Let an entry go by, whatever its file is like: it is judged by itself."""
        folder = folder_of(entry.participant)
        if folder != self.folder:
            self.folder, self.documents = folder, set()
        if entry.document is not None:
            self.documents.add(str(entry.document))

    def note(self, verified: Verified) -> None:
        """Note who signed a document, whoever that is."""
        if len(self.signers) < MOST_SIGNERS:
            self.signers[signed_by.read(verified.certificate)] = None

    def check(self, group: ServiceGroup) -> None:
        """Raise Refused unless *group* lists what went by: all of it where all stands here."""
        listed = {str(document) for document in group.documents}
        missing = self.documents - listed
        if self.kind is Kind.FULL:
            missing |= listed - self.documents
        if missing:
            raise Refused(f"other documents than stand beside it, first {min(missing)}")


def _judged(
    entry: Entry, sha: str, body: bytes, judge: Judge, household: _Household
) -> Iterator[Fault]:
    digest = sha256(body).hexdigest()
    if digest != sha:
        yield Fault(entry.file, f"SHA-256 {digest}", sha)
        return
    try:
        root = parse.document(body)
        validate.check(root)
        if entry.document is None:
            group = parse.service_group(root)
            _check_same(entry.participant, group.participant)
            household.check(group)
        else:
            verified = signatures.verify(root)
            household.note(verified)
            _check_document(entry.participant, entry.document, verified, judge)
    except (Malformed, Refused) as fault:
        yield Fault(entry.file, fault.text, "what the index says, signed by somebody trusted")


def _check_document(
    participant: ParticipantId, document: DocumentId, verified: Verified, judge: Judge
) -> None:
    """One that leads to another publisher does not say of whom it is."""
    judge.trust(verified, judge.at)
    if parse.redirect(verified.signed) is None:
        said = parse.service_metadata(verified.signed)
        _check_same(participant, said.participant)
        _check_same(document, said.document)


def _check_same(expected: Identifier, said: Identifier) -> None:
    if said != expected:
        raise Refused(f"{said}, which is not {expected}")
