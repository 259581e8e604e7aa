"""Does a signed document hold, by our own verifier, by xmlsec1 and by the JDK?

Each is told the same: whom to trust, at which time, and to take nothing but a certificate in
KeyInfo for who signed. All want one reference to the whole document: for xmlsec1 that is an option,
for the JDK a look at what was validated.
"""

import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from builders_smp import program
from eer.domain.errors import Malformed, Refused
from smp.pki import trust
from smp.pki.verify import Verified, verify
from smp.xml import parse

_JDK = Path(__file__).parent / "smp" / "jdk" / "Verify.java"
_AT_ONCE = 2


@dataclass(frozen=True)
class Trusted:
    """Whom to trust: PEM *files* with one certificate each, at a time."""

    files: tuple[Path, ...]
    at: datetime


@dataclass(frozen=True)
class Said:
    """What the JDK says of a file: *fault* is empty when it is valid."""

    fault: str
    subject: str


Judge = Callable[[Sequence[Path], Trusted], set[Path]]
"""Returns those of some files that hold."""


def verified(body: bytes, trusted: Trusted) -> Verified:
    """Return what an access point of ours may believe; raise Malformed or Refused."""
    found = verify(parse.document(body))
    anchors = trust.anchors(b"".join(file.read_bytes() for file in trusted.files))
    trust.check(found.certificate, anchors, trusted.at, found.others)
    return found


def by_us(paths: Sequence[Path], trusted: Trusted) -> set[Path]:
    """Judge by the signature alone: what else an access point looks at could hide a mistake."""
    held = set()
    for path in paths:
        try:
            verified(path.read_bytes(), trusted)
        except (Malformed, Refused):
            continue
        held.add(path)
    return held


def by_xmlsec1(paths: Sequence[Path], trusted: Trusted) -> set[Path]:
    """All at once if all of them hold; it ends with the first that does not."""
    command = [
        *(program("xmlsec1", "xmlsec1"), "--verify", "--enabled-key-data", "x509"),
        *("--enabled-reference-uris", "empty"),
        *("--verification-gmt-time", f"{trusted.at:%Y-%m-%d %H:%M:%S}"),
        *(word for file in trusted.files for word in ("--trusted-pem", str(file))),
    ]

    def holds(some: Iterable[Path]) -> bool:
        ran = subprocess.run([*command, *map(str, some)], capture_output=True, check=False)
        return ran.returncode == 0

    if holds(paths):
        return set(paths)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        said = pool.map(holds, ([path] for path in paths))
        return {path for path, held in zip(paths, said, strict=True) if held}


def jdk(paths: Sequence[Path], trusted: Trusted) -> Mapping[Path, Said]:
    """Return what the JDK says of each."""
    anchors = ",".join(map(str, trusted.files))
    java = program("java", "default-jdk-headless")
    ran = subprocess.run(
        [java, str(_JDK), anchors, f"{trusted.at:%Y-%m-%dT%H:%M:%SZ}", *map(str, paths)],
        capture_output=True,
        check=True,
    )
    lines = [line.split("\t") for line in ran.stdout.decode().splitlines()]
    return {
        Path(path): Said("" if fault == "valid" else fault, subject)
        for path, fault, subject in lines
    }


def by_jdk(paths: Sequence[Path], trusted: Trusted) -> set[Path]:
    return {path for path, said in jdk(paths, trusted).items() if not said.fault}


JUDGES: Mapping[str, Judge] = {"ours": by_us, "xmlsec1": by_xmlsec1, "the JDK": by_jdk}


def held(paths: Sequence[Path], trusted: Trusted) -> Mapping[str, set[Path]]:
    """Return what holds by each judge."""
    return {name: judge(paths, trusted) for name, judge in JUDGES.items()}
