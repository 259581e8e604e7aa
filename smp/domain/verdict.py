"""What was found out about archives, and how is it told: in lines for people, as JSON?"""

from collections.abc import Sequence
from dataclasses import dataclass

from smp.domain.archived import Damaged, utc
from smp.domain.manifest import Manifest
from smp.domain.signed_by import SignedBy

MOST_SIGNERS = 20
"""How many signers of documents are told of one archive."""

MOST_FAULTS = 1000
"""How many faults are told of one archive: a wrong trust file would make one of each document."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is not as it should be: in which file of the archive, and what was expected."""

    file: str
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about one archive; *manifest* is None where it is not genuine.

    *gaps* are why it does not follow from the archives before it. *signer* is whose signature the
    manifest has, trusted or not, *document_signers* whose the documents have.
    """

    archive: str
    manifest: Manifest | None
    faults: tuple[Fault, ...] = ()
    gaps: tuple[Fault, ...] = ()
    signer: SignedBy | None = None
    document_signers: tuple[SignedBy, ...] = ()


def fault_of(damaged: Damaged) -> Fault:
    """Return the fault that *damaged* tells of."""
    return Fault(damaged.file, damaged.found, damaged.expected)


def code(verdicts: Sequence[Verdict]) -> int:
    """Return the exit code: 0 genuine and whole, 1 they do not belong together, 4 not genuine."""
    if any(each.faults for each in verdicts):
        return 4
    return 1 if any(each.gaps for each in verdicts) else 0


def as_json(verdicts: Sequence[Verdict], warning: str = "") -> dict[str, object]:
    """Return *verdicts* for machines."""
    return {
        "warning": warning or None,
        "outcome": {0: "genuine", 1: "not in order", 4: "untrusted"}[code(verdicts)],
        "archives": [
            {
                "archive": each.archive,
                "manifest": None if each.manifest is None else manifest_json(each.manifest),
                "signer": None if each.signer is None else each.signer.as_json(),
                "document_signers": [signer.as_json() for signer in each.document_signers],
                "faults": [_fault_json(fault) for fault in each.faults],
                "gaps": [_fault_json(fault) for fault in each.gaps],
            }
            for each in verdicts
        ],
    }


def manifest_json(manifest: Manifest) -> dict[str, object]:
    """Return what a manifest says, for machines."""
    since = manifest.since
    return {
        "kind": manifest.kind,
        "base_url": manifest.base_url,
        "sequence": manifest.sequence,
        "generation": manifest.generation,
        "time": utc(manifest.time),
        "since": None if since is None else since._asdict(),
        "counts": manifest.counts._asdict(),
    }


def lines(verdicts: Sequence[Verdict], warning: str = "") -> list[str]:
    """Return *verdicts* for people."""
    said = []
    for each in verdicts:
        if each.manifest is not None:
            said.append(f"archive  {each.archive}: {manifest_text(each.manifest)}")
        if each.signer is not None:
            said.append(f"signer   {each.archive}: {each.signer}")
        others = (signer for signer in each.document_signers if signer != each.signer)
        said += [f"signer   {each.archive}: of documents in it: {signer}" for signer in others]
        faults = (*each.faults, *each.gaps)
        said += [f"FAULT    {each.archive}: {_text(fault)}" for fault in faults]
        if len(each.faults) >= MOST_FAULTS:
            said.append(f"FAULT    {each.archive}: and perhaps more, which were not looked for")
    if warning:
        said.append(f"warning  {warning}")
    return [*said, _OUTCOMES[code(verdicts)]]


def manifest_text(manifest: Manifest) -> str:
    """Return what a manifest says, in words."""
    since, counts = manifest.since, manifest.counts
    kind = manifest.kind if since is None else f"{manifest.kind} since sequence {since.sequence}"
    return (
        f"{kind}, sequence {manifest.sequence}, generation {manifest.generation} of "
        f"{utc(manifest.time)}, {counts.documents} documents of {counts.participants} "
        f"participants, {counts.gone} gone, {manifest.base_url}"
    )


_OUTCOMES = {
    0: "genuine and whole",
    1: "genuine, but these archives do not follow from each other: get a full one",
    4: "not to be trusted",
}


def _fault_json(fault: Fault) -> dict[str, str]:
    return {"file": fault.file, "found": fault.found, "expected": fault.expected}


def _text(fault: Fault) -> str:
    return f"{fault.file}: {fault.found} found, {fault.expected} expected"
