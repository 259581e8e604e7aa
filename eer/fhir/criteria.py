"""Which condition does one parameter of a search make?

FHIR R4 search, sections 3.1.1.4.4 (modifiers), 3.1.1.4.13 (chains) and 3.1.1.4.14 (`_has`).
"""

from dataclasses import replace

from eer.domain.errors import IssueCode
from eer.domain.search import Chain, Clause, Condition, Either, Ids, Missing, Not, Reverse, Updated
from eer.domain.wording import say
from eer.fhir import clauses, written
from eer.fhir.clauses import Terms
from eer.fhir.kind import Kind, Term, TermKind

ID, LAST_UPDATED, HAS = "_id", "_lastUpdated", "_has"

_DEEPEST = 8


def condition(terms: Terms, kind: Kind, name: str, text: str) -> Condition | None:
    """Return what the parameter *name* with the value *text* asks of resources of *kind*.

    None is a parameter that *kind* does not have. Raises Malformed for a modifier or a value that
    cannot be read.
    """
    return _condition(terms, kind, name, text, 0)


def _condition(terms: Terms, kind: Kind, name: str, text: str, depth: int) -> Condition | None:
    if depth > _DEEPEST:
        raise clauses.bad(
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
    return _routed(terms, term, clauses.clause(terms, parameter, term, modifier, text))


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
        return Ids(()) if clauses.is_true(parameter, text) else Not(Ids(()))
    if modifier:
        raise clauses.unknown_modifier(parameter, modifier)
    if parameter == ID:
        return Ids(tuple(written.unescaped(each) for each in values))
    return Updated(tuple(written.stretch(each) for each in values))


def _chain(
    terms: Terms, kind: Kind, head: str, rest: str, text: str, depth: int
) -> Condition | None:
    parameter, _, of = head.partition(":")
    term = kind.all_terms.get(parameter)
    if term is None:
        return None
    if term.kind is not TermKind.REFERENCE:
        raise clauses.bad(
            IssueCode.NOT_SUPPORTED,
            say("{name} found before a dot, expected a reference", name=parameter),
        )
    if of and of not in term.targets:
        raise clauses.unknown_modifier(parameter, of, *term.targets)
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
        raise clauses.bad(
            IssueCode.VALUE,
            say("{name} found, expected _has:Type:reference:parameter", name=name),
        )
    _, source, parameter, rest = parts
    other = terms.kinds.get(source)
    term = other.all_terms.get(parameter) if other else None
    if other is None or term is None or kind.type not in term.targets:
        raise clauses.bad(
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
