"""Which condition does one search parameter make of its modifier and its values?

FHIR R4 search, sections 3.1.1.4.4 (modifiers) and 3.1.1.5 (each type of parameter).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.search import (
    Address,
    Amount,
    Clause,
    Condition,
    Either,
    Match,
    Missing,
    Not,
    Pair,
    Pointer,
    Stretch,
    Text,
    Token,
    Value,
)
from eer.domain.wording import Sentence, say
from eer.fhir import index, written
from eer.fhir.kind import Kind, Term, TermKind
from eer.fhir.terminology import Vocabulary

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


def clause(terms: Terms, parameter: str, term: Term, modifier: str, text: str) -> Condition:
    """Return what a parameter with a modifier asks for; raise Malformed when it cannot be read."""
    if modifier == "missing":
        return _missing(parameter, term, is_missing=is_true(parameter, text))
    values = [each for each in written.split(text, ",") if each]
    if term.kind is TermKind.COMPOSITE:
        return _pair(terms, parameter, term, modifier, values)
    read = _READERS[term.kind]
    return read(terms, parameter, term, modifier, values)


def _missing(parameter: str, term: Term, *, is_missing: bool) -> Condition:
    """What only a modifier looks at is there too; a composite is where its last part is."""
    if term.kind is TermKind.COMPOSITE:
        return _missing(f"{parameter}:{len(term.parts)}", term.parts[-1], is_missing=is_missing)
    plain = Missing(parameter, kind_of_values(term.kind), is_missing=is_missing)
    aside = _ASIDE.get(term.kind)
    if aside is None or term.routes is not None:
        return plain
    ending, values = aside
    found = Either(
        (replace(plain, is_missing=False), Missing(parameter + ending, values, is_missing=False))
    )
    return Not(found) if is_missing else found


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


_ASIDE: Mapping[TermKind, tuple[str, type[Value]]] = {
    TermKind.TOKEN: (index.TEXT, Text),
    TermKind.REFERENCE: (index.IDENTIFIER, Token),
}


def _token(terms: Terms, parameter: str, term: Term, modifier: str, values: list[str]) -> Condition:
    if modifier == "text":
        texts = _texts(map(written.unescaped, values), Match.CONTAINS)
        return Clause(parameter + index.TEXT, texts)
    if modifier in ("in", "not-in"):
        sets = (_codes_of(terms, written.unescaped(each)) for each in values)
        found = _meaning(parameter, term, (code for each in sets for code in each))
        return Not(found) if modifier == "not-in" else found
    if modifier == "of-type":
        return Clause(parameter + index.OF_TYPE, tuple(written.of_type(each) for each in values))
    if modifier not in ("", "not"):
        raise unknown_modifier(parameter, modifier, *_OF_TOKENS)
    found = _meaning(parameter, term, map(written.token, values))
    return Not(found) if modifier == "not" else found


def _meaning(parameter: str, term: Term, tokens: Iterable[Token]) -> Clause:
    meant = (other for each in tokens for other in term.meant(each))
    return Clause(parameter, tuple(dict.fromkeys(meant)))


def _string(_: Terms, parameter: str, term: Term, modifier: str, values: list[str]) -> Condition:
    matches = {"": Match.PREFIX, "contains": Match.CONTAINS, "exact": Match.EXACT}
    if modifier not in matches:
        raise unknown_modifier(parameter, modifier, "contains", "exact", "missing")
    texts = (term.respelled(written.unescaped(each)) for each in values)
    return Clause(parameter, _texts(texts, matches[modifier]))


def _texts(values: Iterable[str], match: Match) -> tuple[Text, ...]:
    """What is blanks and accents alone begins every text, and so says nothing: it finds nothing."""
    texts = (Text(each, match) for each in values)
    return tuple(each for each in texts if match is Match.EXACT or each.folded)


def _reference(
    terms: Terms, parameter: str, term: Term, modifier: str, values: list[str]
) -> Condition:
    if modifier == "identifier":
        tokens = tuple(written.token(each) for each in values)
        return Clause(parameter + index.IDENTIFIER, tokens)
    if modifier and modifier not in term.targets:
        raise unknown_modifier(parameter, modifier, "identifier", "missing", *term.targets)
    types = (modifier,) if modifier else term.targets
    found = (written.pointer(each, terms.base_url, types) for each in values)
    return Clause(parameter, tuple(one for each in found for one in each))


def _date(_: Terms, parameter: str, __: Term, modifier: str, values: list[str]) -> Condition:
    if modifier:
        raise unknown_modifier(parameter, modifier)
    return Clause(parameter, tuple(written.stretch(each) for each in values))


def _quantity(_: Terms, parameter: str, __: Term, modifier: str, values: list[str]) -> Condition:
    if modifier:
        raise unknown_modifier(parameter, modifier)
    return Clause(parameter, tuple(written.amount(each) for each in values))


def _uri(_: Terms, parameter: str, __: Term, modifier: str, values: list[str]) -> Condition:
    if modifier not in ("", "above", "below"):
        raise unknown_modifier(parameter, modifier, "above", "below", "missing")
    uris = (written.unescaped(each) for each in values)
    return Clause(parameter, tuple(Address(each, modifier) for each in uris))


def _pair(terms: Terms, parameter: str, term: Term, modifier: str, values: list[str]) -> Condition:
    if modifier:
        raise unknown_modifier(parameter, modifier)
    pairs: list[tuple[Value, Value]] = []
    for each in values:
        halves = list(written.split(each, "$"))
        if len(halves) != len(term.parts):
            raise bad(
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


def _codes_of(terms: Terms, url: str) -> Iterable[Token]:
    held = terms.vocabulary().value_sets.get(url.partition("|")[0])
    if held is None:
        raise bad(
            IssueCode.NOT_FOUND,
            say("value set {url} found, expected one that is held here", url=url),
        )
    return held


def is_true(parameter: str, text: str) -> bool:
    """Read the value of `:missing`."""
    if text not in ("true", "false"):
        raise bad(
            IssueCode.VALUE,
            say("{name}:missing={found} found, expected true or false", name=parameter, found=text),
        )
    return text == "true"


def unknown_modifier(parameter: str, modifier: str, *known: str) -> Malformed:
    """Return the failure of a modifier that is none of *known*."""
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
    return bad(IssueCode.NOT_SUPPORTED, text)


def bad(code: IssueCode, text: Sentence) -> Malformed:
    """Return the failure of a parameter that cannot be read."""
    return Malformed(text, (error(code, "", text),))
