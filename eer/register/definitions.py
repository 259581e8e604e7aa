"""Which messages are defined, and which payload codes are retired by that?"""

from collections.abc import Iterator, Mapping

from eer.domain import deprecation
from eer.domain.deprecation import Retirement
from eer.domain.identifiers import Reference
from eer.domain.model import Message, Reading
from eer.fhir import codec_json, kinds
from eer.register.cached import Cached
from eer.store.records import Records

TYPE = "MessageDefinition"


class Definitions:
    """Holds the message definitions that were last read, until one of them changes."""

    def __init__(self) -> None:
        self._held = Cached((TYPE,), lambda records: dict(_messages(records)))

    def retired(
        self, records: Records, changed: Mapping[Reference, Reading | None]
    ) -> Mapping[str, Retirement]:
        """Return which payload codes are retired when *changed* is written."""
        held = self._held.of(records)
        return deprecation.retirements(_after(held, changed).values())


def _messages(records: Records) -> Iterator[tuple[Reference, Message]]:
    for version in records.all_of(TYPE):
        reading = kinds.reading(version.reference, codec_json.parse(version.body or b""))
        if isinstance(reading.says, Message):
            yield version.reference, reading.says


def _after(
    held: Mapping[Reference, Message], changed: Mapping[Reference, Reading | None]
) -> Mapping[Reference, Message]:
    found = {each: message for each, message in held.items() if each not in changed}
    for reference, reading in changed.items():
        if reading is not None and isinstance(reading.says, Message):
            found[reference] = reading.says
    return found
