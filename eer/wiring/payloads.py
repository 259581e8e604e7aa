"""The names by which people know the messages of EHMI."""

from collections.abc import Mapping

from eer.fhir import canonicals, terminology
from eer.fhir.terminology import Vocabulary
from eer.settings import Settings
from eer.store.records import Records
from eer.wiring import parts


def by_display(register: Settings | None = None) -> Mapping[str, str]:
    """Return the payload type codes by their displays, such as HomeCareObservation 1.2.

    They are those that *register* knows; without one, those that come with the software.
    """
    known = terminology.shipped() if register is None else _vocabulary(register)
    return {display: code for code, display in known.codes(canonicals.PAYLOADS).items()}


def _vocabulary(register: Settings) -> Vocabulary:
    counter = parts.counter(register)
    try:
        with counter.store.reading() as connection:
            return counter.vocabularies.of(Records(connection))
    finally:
        counter.store.close()
