"""HAPI FHIR against the register: its Java client, and HL7's validator over all that we answer.

`make hapi`, with a JDK 17 and Maven. The remarks of the validator that are no fault of ours are
those of the table in docs/interfaces/fhir-clients.md; any other ends this with 1.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE.parent)]

from answers import Answer, read_back, walked  # noqa: E402 - their folder is known now
from builders_web import FHIR_JSON, FHIR_XML  # noqa: E402
from conftest import SHARED  # noqa: E402
from flows.served import new_unit, sample, serving  # noqa: E402

_EXPLAINED = ROOT / "docs" / "interfaces" / "fhir-clients.md"
_UNITS = 60


@dataclass(frozen=True)
class Remark:
    """What the validator says of one place of one answer."""

    question: str
    severity: str
    kind: str
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.severity} {self.kind}\n  {self.question}\n  {self.place}: {self.text}"


def main() -> int:
    """Run both; return the exit code."""
    if shutil.which("mvn") is None or shutil.which("java") is None:
        print("make hapi: wants mvn and java: apt-get install maven openjdk-17-jdk-headless")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        client = _interactions(Path(folder))
        remarks = _remarks(Path(folder))
    return 1 if _told(remarks) or client else 0


def _interactions(folder: Path) -> int:
    """Let HAPI's client loose on a served register; what it promises stands in src/test."""
    entry = [{"resource": new_unit()} for _ in range(_UNITS)]
    new = folder / "new.json"
    new.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entry}))
    (folder / "served").mkdir()
    with serving(folder / "served") as register:
        environment = {
            "EER_BASE_URL": register.base,
            "EER_TOKEN": register.token,
            "EER_NEW": str(new),
        }
        return _maven("test", environment)


def _remarks(folder: Path) -> list[Remark]:
    """Let the validator judge every answer of a walk over the sample and over the pilot."""
    asked = _written(folder)
    classpath = folder / "classpath"
    _maven("dependency:build-classpath", {}, f"-Dmdep.outputFile={classpath}")
    found = f"{HERE / 'target' / 'classes'}{os.pathsep}{classpath.read_text()}"
    print(f"Judging {len(asked)} answers, about a minute a hundred …", flush=True)
    ran = subprocess.run(
        ["java", "-cp", found, "eer.Judge", str(folder / "answers")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    rows = (line.split("\t") for line in ran.stdout.splitlines())
    return [Remark(asked[name], *rest) for name, *rest in rows]


def _written(folder: Path) -> Mapping[str, str]:
    """Write each answer into a file; return what each file answers."""
    answers = folder / "answers"
    answers.mkdir()
    asked: dict[str, str] = {}
    for form in (FHIR_JSON, FHIR_XML):
        for answer in _answers(folder, form):
            ending = "json" if answer.body.startswith(b"{") else "xml"
            name = f"{len(asked):04}.{ending}"
            (answers / name).write_bytes(answer.body)
            asked[name] = f"{answer.question} as {ending}"
    return asked


def _answers(folder: Path, form: str) -> Iterator[Answer]:
    ending = form.rpartition("+")[2]
    yield from walked(folder / f"sample-{ending}.sqlite", sample(), form)
    pilot = SHARED / "data" / "pp26-bundle.json"
    if pilot.exists():
        yield from read_back(folder / f"pilot-{ending}.sqlite", pilot, form)


def _told(remarks: Sequence[Remark]) -> bool:
    """Print how many remarks there are of each kind, and each that nothing explains."""
    explained = _explained()
    counts: Counter[str] = Counter()
    left = []
    for each in remarks:
        counts[f"{each.severity:<11} {each.kind}"] += 1
        where = explained.get(each.kind)
        if where is None or not where.search(f"{each.question} {each.place} {each.text}"):
            left.append(each)
    for kind, number in counts.most_common():
        print(f"{number:6} {kind}")
    for each in left:
        print(each)
    kinds = {each.kind for each in remarks}
    print(f"{len(remarks)} remarks, {len(left)} of them unexplained")
    for each in sorted(set(explained) - kinds):
        print(f"explained and not seen: {each}")
    return bool(left)


def _explained() -> Mapping[str, re.Pattern[str]]:
    """Return the kinds of remarks that the page explains, and where each may be."""
    text = _EXPLAINED.read_text(encoding="utf-8").partition("## HAPI")[2]
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", text, re.MULTILINE)
    return {kind: re.compile(where) for kind, where in rows}


def _maven(goal: str, environment: Mapping[str, str], *more: str) -> int:
    command = ["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), goal, *more]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
