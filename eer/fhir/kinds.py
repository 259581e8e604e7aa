"""Which resource types does the register keep, and what is wrong with a resource of one?"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from hashlib import sha256

from eer.domain.errors import Issue, IssueCode, Malformed, Refused, error
from eer.domain.identifiers import Reference
from eer.domain.model import Reading
from eer.domain.search import Indexed
from eer.domain.wording import say
from eer.fhir import codec_json, element, index, pointing, structure, types
from eer.fhir.element import Json
from eer.fhir.kind import Kind, Term
from eer.fhir.terminology import Vocabulary

_INDEX_FORM = "3"
"""Counted up when the same parameters come to be indexed otherwise, or other links are kept."""


def discovered() -> Mapping[str, Kind]:
    """Return the kind that each file of eer/fhir/types states, by its type."""
    names = (each.name for each in pkgutil.iter_modules(types.__path__))
    modules = (importlib.import_module(f"{types.__name__}.{name}") for name in names)
    return {module.KIND.type: module.KIND for module in modules}


_ALL = discovered()
KINDS: Mapping[str, Kind] = {name: each for name, each in _ALL.items() if each.fixed is None}
"""The types whose resources are stored."""
DEFINITIONS: Mapping[str, Kind] = {name: _ALL[name] for name in _ALL if name not in KINDS}
"""The types of which there is what the program says of itself, and no more."""


@cache
def definitions(type_name: str) -> Mapping[str, Json]:
    """Return the resources of one of DEFINITIONS by id, in the order of their ids."""
    fixed = DEFINITIONS[type_name].fixed
    found = {each["id"]: each for each in (fixed(KINDS) if fixed else ())}
    return dict(sorted(found.items()))


def kind_of(type_name: str) -> Kind:
    """Return the kind of *type_name*; raise Refused when the register does not keep it."""
    found = KINDS.get(type_name)
    if found is None:
        text = say(
            "{type!r} is not kept here: expected {expected}",
            type=type_name,
            expected=", ".join(KINDS),
        )
        raise Refused(text, (error(IssueCode.NOT_SUPPORTED, "", text),))
    return found


def issues(json: Json, vocabulary: Vocabulary) -> tuple[Issue, ...]:
    """Return everything wrong with a resource by itself: its structure, and then its rules.

    A resource whose structure is wrong is judged by its rules as well, so that all is said at
    once; what the structure check already said of a place is not said again.
    """
    kind = kind_of(element.text(json, "resourceType") or "")
    try:
        codec_json.check_depth({"entry": [{"resource": json}]})
    except Malformed as fault:  # then no Bundle could hold it
        return fault.issues
    broken = structure.issues(json)
    said = {issue.expression for issue in broken}
    rules = (*kind.issues(json, vocabulary), *_too_long(kind, json))
    more = [issue for issue in rules if issue.expression not in said]
    said |= {issue.expression for issue in more}
    astray = [
        issue
        for issue in pointing.issues(json, kind.type, (*KINDS, *DEFINITIONS))
        if not {issue.expression, issue.expression.removesuffix(".reference")} & said
    ]
    return (*broken, *more, *astray)


def reading(reference: Reference, json: Json) -> Reading:
    """Read a resource that passed its rules, with every reference in it as a link."""
    found = kind_of(reference.type).reading(reference, json)
    known = {link.target for link in found.links}
    more = [
        link for link in pointing.links(json, reference.type, KINDS) if link.target not in known
    ]
    return replace(found, links=(*found.links, *more)) if more else found


def indexed(json: Json) -> Iterable[Indexed]:
    """Return every value that a resource is found under."""
    return kind_of(element.text(json, "resourceType") or "").indexed(json)


def fingerprint() -> str:
    """Return what tells an index made by these search parameters from one made by others."""
    terms = sorted(
        f"{kind.type}.{name} {_form(term)}"
        for kind in KINDS.values()
        for name, term in kind.all_terms.items()
    )
    return sha256("\n".join([_INDEX_FORM, *terms]).encode()).hexdigest()


def _form(term: Term) -> str:
    """Return all of a parameter that says under which values a resource is found."""
    parts = " ".join(f"({_form(each)})" for each in term.parts)
    spelling = term.respelled.__name__
    return f"{term.kind} {term.paths} {term.only} {term.system} {spelling} {parts}"


def _too_long(kind: Kind, json: Json) -> Iterator[Issue]:
    """Yield an issue for each value that the databases' indexes cannot hold."""
    for each in kind.indexed(json):
        length = index.length(each.value)
        if length > index.LONGEST:
            text = say(
                "{length} characters in system and value, expected {most} at most",
                length=length,
                most=index.LONGEST,
            )
            yield error(IssueCode.TOO_LONG, f"{kind.type}.{each.parameter}", text)
