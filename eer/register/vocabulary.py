"""Which codes are known: those that are shipped, and those that the register holds?"""

from collections.abc import Iterable

from eer.fhir import codec_json, terminology
from eer.fhir.element import Json
from eer.fhir.terminology import Vocabulary
from eer.store.records import Records

TYPES = ("CodeSystem", "ValueSet")


class Vocabularies:
    """Holds the last vocabulary that was read, until a code system or a value set changes."""

    def __init__(self) -> None:
        self._known: tuple[int, Vocabulary] = (0, terminology.shipped())

    def of(self, records: Records) -> Vocabulary:
        """Return the vocabulary as *records* see it."""
        newest = records.newest_of(TYPES)
        known, vocabulary = self._known
        if newest != known:
            vocabulary = terminology.shipped().holding(_held(records))
            if not records.are_ahead:
                self._known = (newest, vocabulary)
        return vocabulary


def changed(vocabulary: Vocabulary, resources: Iterable[Json]) -> Vocabulary:
    """Return *vocabulary* as it will be when *resources* are written."""
    held = [each for each in resources if each.get("resourceType") in TYPES]
    return vocabulary.holding(held) if held else vocabulary


def _held(records: Records) -> list[Json]:
    return [
        codec_json.parse(version.body)
        for each in TYPES
        for version in records.all_of(each)
        if version.body is not None
    ]
