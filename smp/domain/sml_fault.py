"""What does a fault of a central SML mean for us, and what is to be done about it?

SML 1.0.1 has four kinds of fault; BDMSL says more by a number in their text, which decides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from eer.domain.errors import Absent, Conflict, Failure, Refused, Unavailable

SMP_UNKNOWN = 100
CERTIFICATE_OF_ANOTHER = 101
EXISTS = 106
PARTICIPANT_UNKNOWN = 110

_CODE = re.compile(r"\[ERR-([0-9]{1,5})\]", re.ASCII)
"""Longer ones nobody has, and Python reads none of thousands of digits."""


class Kind(StrEnum):
    """The four kinds, by the names of their elements."""

    BAD_REQUEST = "BadRequestFault"
    INTERNAL_ERROR = "InternalErrorFault"
    NOT_FOUND = "NotFoundFault"
    UNAUTHORIZED = "UnauthorizedFault"


@dataclass(frozen=True, slots=True)
class Fault:
    """What the SML answered instead of doing what it was asked; *text* as it came."""

    kind: Kind
    text: str

    @property
    def code(self) -> int | None:
        """The number in the text, if it has one."""
        found = _CODE.search(self.text)
        return None if found is None else int(found[1])

    @property
    def says_exists(self) -> bool:
        """Whether it is there already, be it with us or with somebody else."""
        return self.code == EXISTS

    @property
    def says_gone(self) -> bool:
        """Whether what was to be removed is not there: so it need not be removed."""
        return self.code in (SMP_UNKNOWN, PARTICIPANT_UNKNOWN) or (
            self.code is None and self.kind is Kind.NOT_FOUND
        )

    @property
    def is_about_us(self) -> bool:
        """Whether it would be the same whichever participant was asked for."""
        return self.code in (SMP_UNKNOWN, CERTIFICATE_OF_ANOTHER) or (
            self.kind is Kind.UNAUTHORIZED
        )

    @property
    def is_uncertain(self) -> bool:
        """Whether it may have been done all the same."""
        return _meaning(self).failure is Unavailable

    def __str__(self) -> str:
        return f"{self.kind}: {self.text or 'no text'}"


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Which kind of failure it is for us, its cause, and what to do next."""

    failure: type[Failure]
    cause: str
    next_step: str


_BY_CODE: Mapping[int, _Meaning] = {
    SMP_UNKNOWN: _Meaning(
        Absent,
        "this SMP is not registered there",
        "register it with smp sml register, or correct SMP_SML_SMP_ID",
    ),
    CERTIFICATE_OF_ANOTHER: _Meaning(
        Refused,
        "it belongs to another certificate than the one we came with",
        "come with the certificate it was registered with (SMP_SML_CERTIFICATE_FILE); the change"
        " to a new one is prepared under the old one, with smp sml prepare-certificate",
    ),
    EXISTS: _Meaning(
        Conflict,
        "it is registered already, with another SMP",
        "ask its operator to prepare the migration, then take it over with smp sml migrate",
    ),
    PARTICIPANT_UNKNOWN: _Meaning(
        Absent, "it is not registered", "nothing has to be done; smp sml list shows who is"
    ),
}

_BY_KIND: Mapping[Kind, _Meaning] = {
    Kind.BAD_REQUEST: _Meaning(
        Refused, "it does not take what was sent", "read what it says, and correct that"
    ),
    Kind.INTERNAL_ERROR: _Meaning(
        Unavailable,
        "it failed, and may have done it or not",
        "try again later: the next run looks at what was done",
    ),
    Kind.NOT_FOUND: _Meaning(
        Absent, "it does not know it", "smp sml show and smp sml list show what it knows"
    ),
    Kind.UNAUTHORIZED: _Meaning(
        Refused,
        "it does not let our certificate do that",
        "compare SMP_SML_CERTIFICATE_FILE with the one the operator of the SML knows",
    ),
}


def failure(fault: Fault, doing: str) -> Failure:
    """Return the failure that *fault* is for who was *doing* something: cause and next step."""
    meaning = _meaning(fault)
    return meaning.failure(f"{doing}: the SML says {fault}; {meaning.cause}: {meaning.next_step}")


def _meaning(fault: Fault) -> _Meaning:
    by_code = None if fault.code is None else _BY_CODE.get(fault.code)
    return by_code or _BY_KIND[fault.kind]
