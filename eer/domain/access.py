"""Who may do what, and to whose resources?

SMART App Launch 2 scopes with the letters c r u d s; ownership by CVR as the EHMI security
architecture has it (docs/interfaces/access.md).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from eer.domain.errors import IssueCode, Refused, error
from eer.domain.identifiers import Cvr
from eer.domain.wording import Sentence, say

OPERATOR = "operator"

_SCOPE = re.compile(r"(system|user)/([A-Za-z]+|\*)\.([a-z*]+)")
_FIRST_VERSION = {"read": "rs", "write": "cud", "*": "cruds"}


class Interaction(StrEnum):
    """What is done to a type, by its scope letter: patch is u, vread r, type history s."""

    CREATE = "c"
    READ = "r"
    UPDATE = "u"
    DELETE = "d"
    SEARCH = "s"


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission: a type (`*` for all) and the interactions allowed on it."""

    type: str
    allowed: frozenset[Interaction]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: as whom, by which client, for which company, with what permissions."""

    subject: str
    client: str
    cvr: Cvr | None
    scopes: tuple[Scope, ...]
    roles: frozenset[str]

    @property
    def is_operator(self) -> bool:
        """Whether every resource is theirs to write."""
        return OPERATOR in self.roles


def scopes(text: str) -> tuple[Scope, ...]:
    """Read a token's scope string; items that are no resource scope are passed over.

    The letters stand in the order c r u d s; an item in another order grants nothing, as SMART
    App Launch 2 section 3.0.2.3 has it. The words read, write and * of version 1 are understood.
    """
    return tuple(scope for item in text.split() if (scope := _scope(item)) is not None)


def check_scope(principal: Principal, interaction: Interaction, type_name: str) -> None:
    """Raise Refused unless a scope of *principal* covers *interaction* on *type_name*."""
    for scope in principal.scopes:
        if scope.type in ("*", type_name) and interaction in scope.allowed:
            return
    wanted = f"{type_name}.{interaction}"
    raise _forbidden(
        say("the token has no scope for {wanted}: expected system/{wanted} or more", wanted=wanted)
    )


def check_any(principal: Principal, type_name: str) -> None:
    """Raise Refused unless some scope of *principal* covers *type_name*."""
    if not any(scope.type in ("*", type_name) for scope in principal.scopes):
        raise _forbidden(
            say("the token has no scope for {type}: expected any on it", type=type_name)
        )


def check_ownership(principal: Principal, reference: object, owners: Iterable[Cvr | None]) -> None:
    """Raise Refused unless *principal* may write *reference*, which belongs to each of *owners*.

    Operators may write all; others what belongs to their own CVR, before and after the write.
    None among the owners is what belongs to nobody, and is the operators' alone.
    """
    if principal.is_operator:
        return
    if principal.cvr is None:
        raise _forbidden(
            say(
                "{reference}: the token names no CVR, and only operators write without",
                reference=reference,
            )
        )
    for owner in owners:
        if owner is None:
            raise _forbidden(
                say(
                    "{reference}: belongs to no company; only operators write it",
                    reference=reference,
                )
            )
        if owner != principal.cvr:
            raise _forbidden(
                say(
                    "{reference}: belongs to CVR {owner}, the token is of {mine}",
                    reference=reference,
                    owner=owner,
                    mine=principal.cvr,
                )
            )


def _scope(item: str) -> Scope | None:
    match = _SCOPE.fullmatch(item)
    if match is None:
        return None
    letters = _FIRST_VERSION.get(match[3], match[3])
    if not letters or not re.fullmatch(r"c?r?u?d?s?", letters):
        return None
    return Scope(match[2], frozenset(Interaction(letter) for letter in letters))


def _forbidden(text: Sentence) -> Refused:
    return Refused(text, (error(IssueCode.FORBIDDEN, "", text),))
