"""Which codes are known: those that are shipped, and those that the register holds?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eer.domain.identifiers import Reference
from eer.fhir import codec_json, element, terminology
from eer.fhir.element import Json
from eer.fhir.terminology import Vocabulary
from eer.register.cached import Cached
from eer.store.records import Records

TYPES = ("CodeSystem", "ValueSet")


@dataclass(frozen=True, slots=True)
class Held:
    """The code systems and value sets of the register, and what is known by them."""

    resources: Mapping[Reference, Json]
    vocabulary: Vocabulary


class Vocabularies:
    """Holds the last vocabulary that was read, until a code system or a value set changes."""

    def __init__(self) -> None:
        self._held = Cached(TYPES, _held)

    def of(self, records: Records) -> Vocabulary:
        """Return the vocabulary as *records* see it."""
        return self._held.of(records).vocabulary

    def after(self, records: Records, changed: Mapping[Reference, Json | None]) -> "Change":
        """Return what becomes of it when *changed* is written; None is a resource that goes."""
        held = self._held.of(records)
        touched = {each: json for each, json in changed.items() if each.type in TYPES}
        if not touched:
            return Change(held.vocabulary, held.vocabulary, {})
        resources = {**held.resources, **touched}
        there = [json for json in resources.values() if json is not None]
        return Change(
            before=held.vocabulary,
            after=terminology.shipped().holding(there),
            systems={
                each: tuple(dict.fromkeys(_urls(held.resources.get(each), json)))
                for each, json in touched.items()
                if each.type == TYPES[0]
            },
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What is known before and after; the URLs that each changed code system has or had."""

    before: Vocabulary
    after: Vocabulary
    systems: Mapping[Reference, tuple[str, ...]]

    def dropped(self, reference: Reference) -> Iterator[tuple[str, str]]:
        """Yield system and code of what is no longer known when *reference* has changed."""
        for system in self.systems.get(reference, ()):
            after = self.after.codes(system)
            for code in self.before.codes(system):
                if code not in after:
                    yield system, code


def _held(records: Records) -> Held:
    resources = {
        version.reference: codec_json.parse(version.body)
        for each in TYPES
        for version in records.all_of(each)
        if version.body is not None
    }
    return Held(resources, terminology.shipped().holding(resources.values()))


def _urls(*resources: Json | None) -> Iterator[str]:
    for each in resources:
        url = element.text(each, "url") if each is not None else None
        if url is not None:
            yield url
