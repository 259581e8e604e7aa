"""Which codes does a code system have, and which one was probably meant?

The codes and displays of dk.ehmi.terminology 1.2.0 and three systems of HL7 are shipped as data. A
CodeSystem that the register holds takes the place of the one with its URL; value sets are the
register's alone.
"""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from eer.domain.errors import Issue, IssueCode, warning
from eer.domain.search import Token, canonical_system
from eer.domain.wording import Sentence, say
from eer.fhir import element
from eer.fhir.element import Json

NOT_UNDERSTOOD = ("filter", "valueSet")
"""What of a value set's definition says nothing here; the codes, or an expansion, do."""

Codes = Mapping[str, str]
"""Codes with their displays."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The code systems that are known, and what is in each value set, all by their URLs."""

    systems: Mapping[str, Codes]
    value_sets: Mapping[str, tuple[Token, ...]] = field(default_factory=dict)

    def codes(self, system: str) -> Codes:
        """Return the codes of *system* with their displays; empty when it is not known here."""
        return self.systems.get(system, {})

    def nearest(self, system: str, code: str) -> str | None:
        """Return the code of *system* that is written most like *code*, or None."""
        found = difflib.get_close_matches(code, self.codes(system), n=1, cutoff=0.7)
        return found[0] if found else None

    def holding(self, held: Iterable[Json]) -> "Vocabulary":
        """Return this vocabulary with CodeSystems and ValueSets laid over it.

        What cannot be used, or is not to be, is laid aside.
        """
        used = [each for each in held if not any(obstacles(each))]
        systems = dict(self.systems) | {
            element.text(each, "url") or "": codes_of(each)
            for each in used
            if each.get("resourceType") == "CodeSystem"
        }
        sets = dict(self.value_sets) | {
            element.text(each, "url") or "": tuple(_members(each, systems))
            for each in used
            if each.get("resourceType") == "ValueSet"
        }
        return Vocabulary(systems, sets)


@cache
def shipped() -> Vocabulary:
    """Return the vocabulary that comes with the software."""
    text = resources.files(__package__).joinpath("terminology.json").read_text(encoding="utf-8")
    return Vocabulary(json.loads(text))


def obstacles(held: Json) -> Iterator[tuple[str, Sentence]]:
    """Yield why a CodeSystem or a ValueSet is not used: the element, and what is the matter."""
    if not element.text(held, "url"):
        yield "url", say("no url found: nobody can name it, so it is not used")
    status = element.text(held, "status")
    if status != "active":
        yield "status", say("status {found!r} found: it is used when it is active", found=status)
    if held.get("resourceType") != "CodeSystem":
        return
    content = element.text(held, "content")
    if content != "complete":
        text = say(
            "content {found!r} found: only a complete code system takes the place of another, "
            "so it is not used",
            found=content,
        )
        yield "content", text
    elif not codes_of(held):
        yield "concept", say("no code found: it would know none, so it is not used")


def unused(held: Json, type_name: str) -> Iterator[Issue]:
    """Warn of what keeps a CodeSystem or a ValueSet from being used, but that it is retired."""
    for name, text in obstacles(held):
        if held.get(name) != "retired":
            yield warning(IssueCode.BUSINESS_RULE, f"{type_name}.{name}", text)


def codes_of(system: Json) -> Codes:
    """Return the codes of a CodeSystem, at whatever level, with their displays."""
    return dict(concepts(element.many(system, "concept")))


def concepts(listed: Iterable[Json]) -> Iterator[tuple[str, str]]:
    """Yield code and display of each concept, and of those below it."""
    for each in listed:
        if (code := element.text(each, "code")) is not None:
            yield code, element.text(each, "display") or code
        yield from concepts(element.many(each, "concept"))


def _members(value_set: Json, systems: Mapping[str, Codes]) -> Iterator[Token]:
    """Yield what a value set lists, its expansion first; a filter is not understood."""
    expansion = element.many(element.one(value_set, "expansion"), "contains")
    if expansion:
        yield from _listed(expansion)
        return
    compose = element.one(value_set, "compose")
    excluded = {
        token for each in element.many(compose, "exclude") for token in _included(each, systems)
    }
    for each in element.many(compose, "include"):
        yield from (token for token in _included(each, systems) if token not in excluded)


def _included(include: Json, systems: Mapping[str, Codes]) -> Iterator[Token]:
    system = element.text(include, "system") or ""
    listed = [
        code for each in element.many(include, "concept") if (code := element.text(each, "code"))
    ]
    if not listed and not any(name in include for name in NOT_UNDERSTOOD):
        listed = list(systems.get(system, {}))
    for code in listed:
        yield Token(canonical_system(system), code)


def _listed(contains: Iterable[Json]) -> Iterator[Token]:
    for each in contains:
        if (code := element.text(each, "code")) is not None:
            yield Token(canonical_system(element.text(each, "system") or ""), code)
        yield from _listed(element.many(each, "contains"))
