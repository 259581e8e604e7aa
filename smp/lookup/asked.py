"""Whom and what does a person mean who looks something up?

Shorter than identifiers are; only for people, never for what comes over the network.
"""

import re
from collections.abc import Mapping, Sequence

from eer.domain.errors import Malformed
from eer.domain.identifiers import GLN_AGENCY, PARTICIPANT_SCHEME, Gln
from smp.domain.identifiers import (
    DocumentId,
    Identifier,
    ParticipantId,
    fold,
    participant_of,
)

_VALUE = re.compile(r"[0-9]{4}:[!-~]+", re.ASCII)
_SCHEME = re.compile(r"(?=.{1,63}::)[a-z0-9]+(-[a-z0-9]+)*::", re.ASCII | re.IGNORECASE)


def parse_participant(text: str) -> ParticipantId:
    """Read who is looked up: `scheme::value`, `0088:<GLN>` or a GLN, with blanks around it.

    Raises Malformed when it is none of these, or the check digit of the GLN is off.
    """
    asked = text.strip()
    if asked.isdecimal():
        return participant_of(Gln.parse(asked))
    written = asked if _SCHEME.match(asked) else f"{PARTICIPANT_SCHEME}::{asked}"
    scheme, _, value = written.partition("::")
    agency, _, number = value.partition(":")
    if not _VALUE.fullmatch(value):
        raise Malformed(
            f"participant {text!r}: expected {PARTICIPANT_SCHEME}::{GLN_AGENCY}:<GLN>, "
            f"{GLN_AGENCY}:<GLN> or a GLN"
        )
    if fold(scheme) != PARTICIPANT_SCHEME:
        return ParticipantId(Identifier(scheme, value))
    if agency == GLN_AGENCY:
        return participant_of(Gln.parse(number))
    return ParticipantId(Identifier(PARTICIPANT_SCHEME, value))


def parse_document(
    text: str, schemes: Sequence[str], aliases: Mapping[str, str] | None = None
) -> DocumentId:
    """Read which document is looked up: a value, under the first of *schemes* unless it names one.

    *aliases* are short names for values, as `HomeCareObservation 1.2`. Raises Malformed when there
    is nothing to read.
    """
    asked = text.strip()
    scheme, mark, value = asked.partition("::")
    for known in schemes:
        if mark and value and fold(scheme) == fold(known):
            return DocumentId(Identifier(known, value))
    short = {fold(alias): meant for alias, meant in (aliases or {}).items()}
    value = short.get(fold(asked), asked).removeprefix("::")
    if not value:
        raise Malformed(f"document {text!r}: expected an identifier")
    return DocumentId(Identifier(schemes[0], value))
