"""What does the search string of a URL ask for?

FHIR R4 search, sections 3.1.1.4 (parameters) and 3.1.1.5 (token, reference). A parameter that is
not known is passed over and named, as `Prefer: handling=lenient` has it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.identifiers import Reference
from eer.domain.search import Clause, Query, Token, canonical_system
from eer.fhir.kind import Kind, TermKind

ID = "_id"
COUNT = "_count"
AFTER = "_after"
RESULT_PARAMETERS = frozenset({COUNT, AFTER, "_format", "_pretty"})
DEFAULT_COUNT = 50
MAXIMUM_COUNT = 500


@dataclass(frozen=True, slots=True)
class Search:
    """A query, the parameters it was made from, and those that mean nothing here."""

    query: Query
    used: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]


def search(kind: Kind, pairs: Iterable[tuple[str, str]], base_url: str) -> Search:
    """Read decoded name and value pairs; raise Malformed for a modifier or value that is none."""
    used: list[tuple[str, str]] = []
    ignored: list[str] = []
    clauses: list[Clause] = []
    count, after = DEFAULT_COUNT, None
    for name, value in pairs:
        if not value:
            continue
        if "\0" in name + value:
            text = f"{name!r}={value!r} found, expected text without NUL"
            raise Malformed(text, (error(IssueCode.VALUE, "", text),))
        if name == COUNT:
            count = _count(value)
        elif name == AFTER:
            after = value
        elif name not in RESULT_PARAMETERS:
            clause = _clause(kind, name, value, base_url)
            if clause is None:
                ignored.append(name)
            else:
                clauses.append(clause)
                used.append((name, value))
    return Search(Query(kind.type, tuple(clauses), count, after), tuple(used), tuple(ignored))


def _clause(kind: Kind, name: str, value: str, base_url: str) -> Clause | None:
    parameter, _, modifier = name.partition(":")
    if parameter != ID and parameter not in kind.terms:
        return None
    if modifier:
        text = f"modifier :{modifier} on {parameter} found, expected none: not supported yet"
        raise Malformed(text, (error(IssueCode.NOT_SUPPORTED, "", text),))
    values = list(_split(value, ","))
    if parameter == ID:
        return Clause(ID, tuple(_unescaped(each) for each in values))
    if kind.terms[parameter].kind is TermKind.TOKEN:
        return Clause(parameter, tuple(_token(each) for each in values))
    target = kind.terms[parameter].target
    return Clause(parameter, tuple(_reference(each, target, base_url) for each in values))


def _token(written: str) -> Token:
    """Read `code`, `system|code`, `|code` or `system|` (section 3.1.1.5.10)."""
    system, *rest = _split(written, "|")
    if not rest:
        return Token(None, _unescaped(system))
    code = _unescaped("|".join(rest))
    return Token(canonical_system(_unescaped(system)), code or None)


def _reference(written: str, target: str, base_url: str) -> Reference:
    """Read `id`, `Type/id` or a URL of ours (section 3.1.1.5.14)."""
    local = _unescaped(written).removeprefix(f"{base_url}/")
    return Reference.parse(local if "/" in local else f"{target}/{local}")


def _count(value: str) -> int:
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        text = f"{COUNT}={value} found, expected a whole number"
        raise Malformed(text, (error(IssueCode.VALUE, "", text),))
    return min(int(value), MAXIMUM_COUNT)


def _split(text: str, mark: str) -> Iterator[str]:
    """Cut at each *mark* that is not escaped by a backslash (section 3.1.1.4.0.1)."""
    end = re.escape(mark)
    yield from re.findall(rf"(?:^|{end})((?:\\.|[^\\{end}]|\\$)*)", text, re.DOTALL)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([,|$\\])", r"\1", text)
