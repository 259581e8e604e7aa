"""What a page shows of a terminal: is what is typed there answered with what is shown?

A session is a block of text that begins with `$ `. In what is shown, `…` stands for anything in a
line, behind eight hexadecimal digits for the others, and on a line of its own for any number of
lines. Times, digests, processes and numbers behind
a point differ from run to run; a digest or a process that is typed later is the one that was found.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flows.house import BIN

_BLOCK = re.compile(r"^```text\n(\$ .*?)^```$", re.DOTALL | re.MULTILINE)
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
_DIGEST = r"(?<![\w-])[0-9a-f]{16,64}(?!\w)"
_PROCESS = r"(?<=process )\d+ on [^\s)]+"
_FRACTION = r"\d+\.\d+(?:e[+-]\d+)?(?= s\b|$)"
_SHORT = r"\b[0-9a-f]{8}…"
_CHANGING = re.compile(f"({_TIME})|({_DIGEST})|({_PROCESS})|({_FRACTION})|({_SHORT})|(…)")
_PATTERNS = (_TIME, _DIGEST, _PROCESS, _FRACTION, "[0-9a-f]{9,}", ".*")


@dataclass(frozen=True)
class Command:
    """What is typed, and which lines are shown of its answer."""

    typed: str
    shown: tuple[str, ...]


Session = tuple[Command, ...]


def sessions(page: Path, heading: str) -> list[Session]:
    """Return the sessions of a page below a heading, up to the next heading of its rank or more."""
    text = page.read_text(encoding="utf-8")
    rank = heading.split(" ", maxsplit=1)[0]
    section = text.split(f"\n{heading}\n")[1]
    section = re.split(rf"^#{{1,{len(rank)}}} ", section, maxsplit=1, flags=re.MULTILINE)[0]
    return [tuple(_commands(block)) for block in _BLOCK.findall(section)]


def _commands(block: str) -> Iterator[Command]:
    for each in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        typed, *shown = each.rstrip("\n").split("\n")
        yield Command(typed, tuple(line for line in shown if line))


@dataclass
class Terminal:
    """A shell in *folder*; *here* tells for words of the page what stands for them here."""

    folder: Path
    environment: Mapping[str, str]
    here: dict[str, str] = field(default_factory=dict)
    status: int = 0
    _found: dict[str, str] = field(default_factory=dict)

    def play(self, session: Session) -> None:
        """Type each command of a session; its answer is what is shown."""
        for command in session:
            printed = self.printed(command.typed)
            different = self._difference(list(command.shown), printed)
            told = "\n".join([f"$ {command.typed}", *printed])
            assert different is None, (
                f"shown and not printed: {different}\nwhat was printed:\n{told}"
            )

    def printed(self, typed: str) -> list[str]:
        """Return what a command prints, in the words of the page."""
        for theirs, ours in {**self.here, **self._found}.items():
            typed = typed.replace(theirs, ours)
        ran = subprocess.run(
            ["/bin/sh", "-c", f"(exit {self.status})\n{typed}"],
            cwd=self.folder,
            env={**os.environ, **self.environment, "PATH": _path(self.environment)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self.status, said = ran.returncode, ran.stdout
        for theirs, ours in self.here.items():
            said = said.replace(ours, theirs)
        return [line.rstrip() for line in said.splitlines() if line.strip()]

    def _difference(self, shown: list[str], printed: list[str]) -> str | None:
        """Return the first line that is shown and was not printed; None when all are as shown."""
        rest, skips = list(printed), False
        for line in shown:
            if line == "…":
                skips = True
                continue
            while rest and skips and not self._is_as_shown(line, rest[0]):
                rest.pop(0)
            if not rest or not self._is_as_shown(line, rest.pop(0)):
                return line
            skips = False
        return f"(nothing behind {shown[-1:]})" if rest and not skips else None

    def _is_as_shown(self, shown: str, printed: str) -> bool:
        pattern, at, changing = "", 0, []
        for found in _CHANGING.finditer(shown):
            kind = found.lastindex or 0
            pattern += re.escape(shown[at : found.start()]) + f"({_PATTERNS[kind - 1]})"
            at = found.end()
            changing.append(found.group())
        matched = re.fullmatch(pattern + re.escape(shown[at:]), printed)
        if matched is None:
            return False
        for theirs, ours in zip(changing, matched.groups(), strict=True):
            if re.fullmatch(_DIGEST, theirs):
                self._found[theirs] = ours
            elif " on " in theirs:
                self._found[theirs.split(" ")[0]] = ours.split(" ")[0]
        return True


def _path(environment: Mapping[str, str]) -> str:
    before = environment.get("PATH", os.environ["PATH"])
    return os.pathsep.join((str(BIN), before, "/usr/sbin"))
