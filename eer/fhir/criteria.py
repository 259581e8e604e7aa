"""Which condition does one parameter of a search make?

FHIR R4 search, sections 3.1.1.4.4 (modifiers), 3.1.1.4.13 (chains) and 3.1.1.4.14 (`_has`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.search import (
    Address,
    Amount,
    Chain,
    Clause,
    Condition,
    Either,
    Ids,
    Match,
    Missing,
    Not,
    Pair,
    Pointer,
    Reverse,
    Stretch,
    Text,
    Token,
    Updated,
    Value,
)
from eer.domain.wording import Sentence, say
from eer.fhir import index, written
from eer.fhir.kind import Kind, Term, TermKind
from eer.fhir.terminology import Vocabulary

ID, LAST_UPDATED, HAS = "_id", "_lastUpdated", "_has"

_DEEPEST = 8
_OF_TOKENS = ("not", "text", "in", "not-in", "of-type", "missing")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a search is understood by: the kinds, our base URL, the known codes and value sets.

    *vocabulary* is asked for only where a search needs it: it may have to be read. *is_literal*
    holds `messageType` to what its definition says: Organization.endpoint alone.
    """

    kinds: Mapping[str, Kind]
    base_url: str
    vocabulary: Callable[[], Vocabulary]
    is_literal: bool = False


def condition(terms: Terms, kind: Kind, name: str, text: str) -> Condition | None:
    """Return what the parameter *name* with the value *text* asks of resources of *kind*.

    None is a parameter that *kind* does not have. Raises Malformed for a modifier or a value that
    cannot be read.
    """
    return _condition(terms, kind, name, text, 0)


def _condition(terms: Terms, kind: Kind, name: str, text: str, depth: int) -> Condition | None:
    if depth > _DEEPEST:
        raise _bad(
            IssueCode.TOO_COSTLY, say("a chain found, expected {most} steps at most", most=_DEEPEST)
        )
    if name.startswith(f"{HAS}:"):
        return _reverse(terms, kind, name, text, depth)
    head, dot, rest = name.partition(".")
    if dot:
        return _chain(terms, kind, head, rest, text, depth)
    parameter, _, modifier = name.partition(":")
    if parameter in (ID, LAST_UPDATED):
        return _of_the_table(parameter, modifier, text)
    term = kind.all_terms.get(parameter)
    if term is None:
        return None
    return _routed(terms, term, _of_term(terms, parameter, term, modifier, text))


def _routed(terms: Terms, term: Term, meant: Condition) -> Condition:
    """Say a clause in the terms of the parameters it stands for."""
    if isinstance(meant, Not):
        return Not(_routed(terms, term, meant.inner))
    if not isinstance(meant, Clause | Missing) or term.routes is None:
        return meant
    if isinstance(meant, Missing) and meant.is_missing:
        return Not(_routed(terms, term, replace(meant, is_missing=False)))
    routes = term.routes(meant)
    return routes[0] if terms.is_literal else Either(routes)


def _of_the_table(parameter: str, modifier: str, text: str) -> Condition:
    values = list(written.split(text, ","))
    if modifier == "not" and parameter == ID:
        return Not(_of_the_table(parameter, "", text))
    if modifier == "missing":
        return Ids(()) if _is_true(parameter, text) else Not(Ids(()))
    if modifier:
        raise _unknown_modifier(parameter, modifier)
    if parameter == ID:
        return Ids(tuple(written.unescaped(each) for each in values))
    return Updated(tuple(written.stretch(each) for each in values))


def _of_term(terms: Terms, parameter: str, term: Term, modifier: str, text: str) -> Condition:
    if modifier == "missing":
        is_pair = term.kind is TermKind.COMPOSITE
        name, kind = (f"{parameter}:1", TermKind.TOKEN) if is_pair else (parameter, term.kind)
        return Missing(name, kind_of_values(kind), is_missing=_is_true(parameter, text))
    values = [each for each in written.split(text, ",") if each]
    if term.kind is TermKind.COMPOSITE:
        return _pair(terms, parameter, term, modifier, values)
    read = _READERS[term.kind]
    return read(terms, parameter, term, modifier, values)


def kind_of_values(kind: TermKind) -> type[Value]:
    """Return the kind of value that a parameter of some type is indexed by."""
    return _VALUES[kind]


_VALUES: Mapping[TermKind, type[Value]] = {
    TermKind.TOKEN: Token,
    TermKind.REFERENCE: Pointer,
    TermKind.STRING: Text,
    TermKind.DATE: Stretch,
    TermKind.URI: Address,
    TermKind.QUANTITY: Amount,
}


def _token(terms: Terms, parameter: str, term: Term, modifier: str, values: list[str]) -> Condition:
    if modifier == "text":
        texts = tuple(Text(written.unescaped(each), Match.CONTAINS) for each in values)
        return Clause(parameter + index.TEXT, texts)
    if modifier in ("in", "not-in"):
        held = tuple(code for each in values for code in _codes_of(terms, written.unescaped(each)))
        found = Clause(parameter, held)
        return Not(found) if modifier == "not-in" else found
    if modifier == "of-type":
        return Clause(parameter + index.OF_TYPE, tuple(written.of_type(each) for each in values))
    if modifier not in ("", "not"):
        raise _unknown_modifier(parameter, modifier, *_OF_TOKENS)
    meant = [other for each in values for other in term.alternatives(written.token(each))]
    found = Clause(parameter, tuple(dict.fromkeys(meant)))
    return Not(found) if modifier == "not" else found


def _string(_: Terms, parameter: str, term: Term, modifier: str, values: list[str]) -> Condition:
    matches = {"": Match.PREFIX, "contains": Match.CONTAINS, "exact": Match.EXACT}
    if modifier not in matches:
        raise _unknown_modifier(parameter, modifier, "contains", "exact", "missing")
    texts = (term.respelled(written.unescaped(each)) for each in values)
    return Clause(parameter, tuple(Text(each, matches[modifier]) for each in texts))


def _reference(
    terms: Terms, parameter: str, term: Term, modifier: str, values: list[str]
) -> Condition:
    if modifier == "identifier":
        tokens = tuple(written.token(each) for each in values)
        return Clause(parameter + index.IDENTIFIER, tokens)
    if modifier and modifier not in term.targets:
        raise _unknown_modifier(parameter, modifier, "identifier", "missing", *term.targets)
    types = (modifier,) if modifier else term.targets
    found = (written.pointer(each, terms.base_url, types) for each in values)
    return Clause(parameter, tuple(one for each in found for one in each))


def _date(_: Terms, parameter: str, __: Term, modifier: str, values: list[str]) -> Condition:
    if modifier:
        raise _unknown_modifier(parameter, modifier)
    return Clause(parameter, tuple(written.stretch(each) for each in values))


def _quantity(_: Terms, parameter: str, __: Term, modifier: str, values: list[str]) -> Condition:
    if modifier:
        raise _unknown_modifier(parameter, modifier)
    return Clause(parameter, tuple(written.amount(each) for each in values))


def _uri(_: Terms, parameter: str, __: Term, modifier: str, values: list[str]) -> Condition:
    if modifier not in ("", "above", "below"):
        raise _unknown_modifier(parameter, modifier, "above", "below", "missing")
    uris = (written.unescaped(each) for each in values)
    return Clause(parameter, tuple(Address(each, modifier) for each in uris))


def _pair(terms: Terms, parameter: str, term: Term, modifier: str, values: list[str]) -> Condition:
    if modifier:
        raise _unknown_modifier(parameter, modifier)
    pairs: list[tuple[Value, Value]] = []
    for each in values:
        halves = list(written.split(each, "$"))
        if len(halves) != len(term.parts):
            raise _bad(
                IssueCode.VALUE,
                say(
                    "{name}={found} found, expected two values parted by $",
                    name=parameter,
                    found=each,
                ),
            )
        one, other = (
            _READERS[part.kind](terms, parameter, part, "", [half])
            for part, half in zip(term.parts, halves, strict=True)
        )
        if isinstance(one, Clause) and isinstance(other, Clause):
            pairs += [(first, second) for first in one.any_of for second in other.any_of]
    return Pair(parameter, tuple(pairs))


_READERS = {
    TermKind.TOKEN: _token,
    TermKind.REFERENCE: _reference,
    TermKind.STRING: _string,
    TermKind.DATE: _date,
    TermKind.URI: _uri,
    TermKind.QUANTITY: _quantity,
}


def _chain(
    terms: Terms, kind: Kind, head: str, rest: str, text: str, depth: int
) -> Condition | None:
    parameter, _, of = head.partition(":")
    term = kind.all_terms.get(parameter)
    if term is None:
        return None
    if term.kind is not TermKind.REFERENCE:
        raise _bad(
            IssueCode.NOT_SUPPORTED,
            say("{name} found before a dot, expected a reference", name=parameter),
        )
    if of and of not in term.targets:
        raise _unknown_modifier(parameter, of, *term.targets)
    links: list[Condition] = []
    for target in [of] if of else term.targets:
        if target in terms.kinds:
            inner = _condition(terms, terms.kinds[target], rest, text, depth + 1)
            if inner is not None:
                links.append(Chain(parameter, target, inner))
    if not links:
        return None
    return links[0] if len(links) == 1 else Either(tuple(links))


def _reverse(terms: Terms, kind: Kind, name: str, text: str, depth: int) -> Condition | None:
    parts = name.split(":", 3)
    if len(parts) < 4:  # noqa: PLR2004 - the four it has
        raise _bad(
            IssueCode.VALUE,
            say("{name} found, expected _has:Type:reference:parameter", name=name),
        )
    _, source, parameter, rest = parts
    other = terms.kinds.get(source)
    term = other.all_terms.get(parameter) if other else None
    if other is None or term is None or kind.type not in term.targets:
        raise _bad(
            IssueCode.NOT_SUPPORTED,
            say(
                "{name} found, expected a reference from {source} to {type}, not {parameter}",
                name=name,
                source=source,
                parameter=parameter,
                type=kind.type,
            ),
        )
    inner = _condition(terms, other, rest, text, depth + 1)
    return None if inner is None else Reverse(source, parameter, inner)


def _codes_of(terms: Terms, url: str) -> Iterable[Token]:
    held = terms.vocabulary().value_sets.get(url.partition("|")[0])
    if held is None:
        raise _bad(
            IssueCode.NOT_FOUND,
            say("value set {url} found, expected one that is held here", url=url),
        )
    return held


def _is_true(parameter: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise _bad(
            IssueCode.VALUE,
            say("{name}:missing={found} found, expected true or false", name=parameter, found=text),
        )
    return text == "true"


def _unknown_modifier(parameter: str, modifier: str, *known: str) -> Malformed:
    if known:
        text = say(
            "{name}:{modifier} found, expected no modifier or one of {expected}",
            name=parameter,
            modifier=modifier,
            expected=", ".join(f":{each}" for each in known),
        )
    else:
        text = say(
            "{name}:{modifier} found, expected no modifier", name=parameter, modifier=modifier
        )
    return _bad(IssueCode.NOT_SUPPORTED, text)


def _bad(code: IssueCode, text: Sentence) -> Malformed:
    return Malformed(text, (error(code, "", text),))
