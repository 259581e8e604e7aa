"""Which path of FHIRPath is this, as far as FHIRPath Patch needs paths?

FHIR R4 fhirpatch.html; FHIRPath 2.0, grammar. Understood are a type as root, members, `[n]`,
`first()`, `last()`, `extension('url')`, `ofType(T)` and `where(…)` with members that equal
literals, joined by `and`. Anything else is refused by what was found.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.wording import Sentence, say
from eer.fhir import number

MOST_CHARACTERS = 1000

LAST = -1

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<quoted>`(?:[^`\\]|\\.)+`)
      | (?P<text>'(?:[^'\\]|\\.)*')
      | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
      | (?P<mark>\$this|.)
      | (?P<end>\Z)
    )""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPED = {"f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_INDEX = re.compile(r"[0-9]{1,9}", re.ASCII)
_FUNCTIONS = "extension, first, last, ofType, where"


@dataclass(frozen=True, slots=True)
class Child:
    """Go to the elements with a name; a choice has the name without its type."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """Keep one of what was found, counted from 0, or the LAST."""

    place: int


@dataclass(frozen=True, slots=True)
class OfType:
    """Keep what is of a type."""

    type: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What *steps* lead to, the element itself without any, equals *literal*."""

    steps: tuple[Child | Index, ...]
    literal: str | float  # a boolean is a number for Python


@dataclass(frozen=True, slots=True)
class Where:
    """Keep what fulfils all conditions."""

    conditions: tuple[Condition, ...]


Step = Child | Index | OfType | Where


@dataclass(frozen=True, slots=True)
class Path:
    """A path as written, the type it starts from, and its steps."""

    text: str
    root: str
    steps: tuple[Step, ...]


def parse(text: str) -> Path:
    """Read *text*; raise Malformed, which says where it goes wrong."""
    if len(text) > MOST_CHARACTERS:
        sentence = say(
            "a path of {found} characters found, expected {most} at most",
            found=len(text),
            most=MOST_CHARACTERS,
        )
        raise Malformed(sentence, (error(IssueCode.TOO_LONG, "", sentence),))
    reader = _Reader(text)
    root = reader.name()
    steps: list[Step] = []
    while reader.kind != "end":
        if reader.takes("["):
            steps.append(_index(reader))
        else:
            reader.expect(".")
            steps += _member(reader)
    return Path(text, root, tuple(steps))


class _Reader:
    """Walks over the tokens of a path: *kind* and *found* are those of the next one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _TOKEN.finditer(text)
        self._advance()

    def take(self) -> str:
        taken = self.found
        self._advance()
        return taken

    def takes(self, token: str) -> bool:
        """Go past *token* if it is next, and say whether it was."""
        if self.kind not in ("mark", "name") or self.found != token:
            return False
        self._advance()
        return True

    def expect(self, mark: str) -> None:
        if not self.takes(mark):
            self.refuse(mark)

    def name(self) -> str:
        if self.kind == "quoted":
            return _unescaped(self.take()[1:-1])
        return self.take() if self.kind == "name" else self.refuse("name")

    def string(self) -> str:
        return _unescaped(self.take()[1:-1]) if self.kind == "text" else self.refuse("'text'")

    def refuse(self, expected: str) -> NoReturn:
        """Raise Malformed; *expected* is written as a path would have it."""
        if self.kind == "end":
            raise _malformed(
                say(
                    "{path} ends too early, expected {expected}", path=self._text, expected=expected
                )
            )
        raise _malformed(
            say(
                "{path}, character {place}: {found} found, expected {expected}",
                path=self._text,
                place=self._place,
                found=self.found,
                expected=expected,
            )
        )

    def _advance(self) -> None:
        token = next(self._tokens)
        self.kind = str(token.lastgroup)
        self.found = token[self.kind]
        self._place = token.start(self.kind) + 1


def _index(reader: _Reader) -> Index:
    if not _INDEX.fullmatch(reader.found):
        reader.refuse("0, 1, 2, …")
    index = Index(int(reader.take()))
    reader.expect("]")
    return index


def _member(reader: _Reader) -> list[Step]:
    """Read a member, or a function with its argument."""
    is_function_name = reader.kind == "name"
    name = reader.name()
    if not (is_function_name and reader.takes("(")):
        return [Child(name)]
    steps = _function(name, reader)
    reader.expect(")")
    return steps


def _function(name: str, reader: _Reader) -> list[Step]:
    match name:
        case "first":
            return [Index(0)]
        case "last":
            return [Index(LAST)]
        case "extension":
            condition = Condition((Child("url"),), reader.string())
            return [Child("extension"), Where((condition,))]
        case "ofType":
            return [OfType(reader.name())]
        case "where":
            return [_where(reader)]
    raise _malformed(
        say("{found}() found, expected one of {expected}", found=name, expected=_FUNCTIONS)
    )


def _where(reader: _Reader) -> Where:
    conditions = [_condition(reader)]
    while reader.takes("and"):
        conditions.append(_condition(reader))
    return Where(tuple(conditions))


def _condition(reader: _Reader) -> Condition:
    steps: list[Child | Index] = []
    if not reader.takes("$this"):
        steps.append(Child(reader.name()))
    while not reader.takes("="):
        if reader.takes("["):
            steps.append(_index(reader))
        elif reader.takes("."):
            steps.append(Child(reader.name()))
        else:
            reader.refuse("=")
    return Condition(tuple(steps), _literal(reader))


def _literal(reader: _Reader) -> str | float:
    if reader.kind == "number":
        return number.parse(reader.take())
    for text, truth in (("true", True), ("false", False)):
        if reader.takes(text):
            return truth
    return reader.string()


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(
        lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2]), text
    )


def _malformed(text: Sentence) -> Malformed:
    return Malformed(text, (error(IssueCode.VALUE, "", text),))
