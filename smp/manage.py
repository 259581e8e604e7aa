"""Take what tools write of legacy participants, and tell when it is public.

Nothing is published here: what is wanted is written down, and the publisher takes it from there.
Who may write is decided as for the register (docs/interfaces/manage.md).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from eer.domain import access
from eer.domain.access import Interaction
from eer.domain.errors import Absent, Conflict, IssueCode, Refused, error
from eer.domain.model import Directory, Endpoint
from smp.domain.clients import Caller, Client
from smp.domain.identifiers import DocumentKey, ParticipantId, fold, gln_of
from smp.domain.legacy import Group, Legacy
from smp.store.legacy import LegacyBook, Pen
from smp.store.shelf import Shelf
from smp.xml import received, render

_TYPE = "Endpoint"

_log = logging.getLogger(__name__)


class Register(Protocol):
    """The register, as far as it is asked whom it has."""

    def directory(self, glns: frozenset[str] | None) -> Directory:
        """Return the endpoints of *glns*, or all."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was written: the *number* of the write, 0 for none, and whether something *is_new*.

    *put* is what should be public then, *gone* is what should not be.
    """

    participant: ParticipantId
    number: int
    is_new: bool = False
    put: Legacy | None = None
    gone: frozenset[DocumentKey] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who wants to write of whom, and which *endpoints* the register has of that participant."""

    caller: Caller
    participant: ParticipantId
    endpoints: tuple[Endpoint, ...]

    @property
    def gln(self) -> str:
        return gln_of(self.participant)

    def check(self, group: Group | None) -> None:
        """Raise unless *group* is the caller's to write in.

        Whoever it is not for is told the same, be it another's, the register's or nobody's.
        """
        self._check_own(group, is_claim=False)
        if group is None:
            raise Absent(f"{self.participant}: no ServiceGroup is written; put that first")

    def claimed(self, group: Group | None) -> Group | None:
        """Return *group*, if it is the caller's, or None where it may become that; else raise."""
        self._check_own(group, is_claim=group is None and not self.endpoints)
        return group

    def _check_own(self, group: Group | None, *, is_claim: bool) -> None:
        principal = self.caller.principal
        if not principal.is_operator:
            access.check_ownership(principal, self.participant, ())
            owners = {each.organization.cvr for each in self.endpoints if each.organization}
            owners |= set() if group is None else {group.owner}
            if principal.cvr not in owners and not is_claim:
                raise _not_yours(self.participant)
        if self.endpoints:
            raise Conflict(
                f"{self.participant} is in the register: what is published of it is written "
                "there, as its Endpoint resources, and nowhere else"
            )


@dataclass(frozen=True)
class Desk:
    """Where tools hand in what they want; *judge* reads a certificate and refuses bad ones."""

    book: LegacyBook
    shelf: Shelf
    register: Register
    judge: received.Judge
    clock: Callable[[], datetime]

    def put_group(
        self, caller: Caller, participant: ParticipantId, body: bytes, named: Client | None = None
    ) -> Done:
        """Write that *participant* is the caller's, or say that it is already.

        Where a client is *named* it is that one's, also if it was another's before.
        """
        asked = self._asked(caller, Interaction.UPDATE, participant)
        received.check_group(body, participant)
        with self.book.writing(caller.principal.client, self.clock()) as pen:
            found = asked.claimed(pen.group(asked.gln))
            if found is not None:
                if named is not None and named.cvr != found.owner:
                    pen.give(Group(asked.gln, named.cvr))
                return Done(participant, 0)
            owner = caller.principal.cvr if named is None else named.cvr
            access.check_ownership(caller.principal, participant, [owner])
            pen.put_group(Group(asked.gln, owner))
        _log.info("put group=%s client=%s", participant, caller.principal.client)
        return Done(participant, 0, is_new=True)

    def put_document(self, caller: Caller, key: DocumentKey, body: bytes) -> Done:
        """Write a document of a participant whose group is written."""
        asked = self._asked(caller, Interaction.UPDATE, key.participant)
        legacy = received.document(body, key, self.judge, self.clock())
        with self.book.writing(caller.principal.client, self.clock()) as pen:
            asked.check(pen.group(asked.gln))
            is_new = pen.put(legacy)
        _log.info("put document=%s client=%s", key, caller.principal.client)
        return Done(key.participant, pen.number, is_new, put=legacy)

    def delete_document(self, caller: Caller, key: DocumentKey) -> Done:
        """Take a document away; raises Absent when it is not there."""
        asked = self._asked(caller, Interaction.DELETE, key.participant)
        with self.book.writing(caller.principal.client, self.clock()) as pen:
            asked.check(pen.group(asked.gln))
            if not pen.delete(key):
                raise Absent(f"{key}: not there")
        _log.info("deleted document=%s client=%s", key, caller.principal.client)
        return Done(key.participant, pen.number, gone=frozenset({key}))

    def delete_documents(self, caller: Caller, participant: ParticipantId) -> Done:
        """Take all documents of a participant away; its group stays."""
        return self._delete(caller, participant, lambda pen, gln: pen.empty(gln))

    def delete_group(self, caller: Caller, participant: ParticipantId) -> Done:
        """Take a participant away, with all its documents."""
        return self._delete(caller, participant, lambda pen, gln: pen.delete_group(gln))

    def is_pending(self, done: Done) -> bool:
        """Whether no run of the publisher has finished what was written."""
        return done.number > 0 and self.book.is_pending(done.number)

    def is_public(self, done: Done) -> bool:
        """Whether the public sees what was written, or no more what was taken away.

        What does not count yet is where it should be when it is written down.
        """
        if done.number == 0:
            return True
        stored = self.shelf.documents([done.participant])
        served = {fold(str(key)): each for key, each in stored.items() if each.retire_after is None}
        if done.put is None:
            return not served.keys() & {fold(str(key)) for key in done.gone}
        if not done.put.counts(self.clock()):
            return True
        found = served.get(fold(str(done.put.key)))
        return found is not None and found.version.digest == render.digest(done.put.meant)

    def _delete(
        self, caller: Caller, participant: ParticipantId, erase: Callable[[Pen, str], object]
    ) -> Done:
        asked = self._asked(caller, Interaction.DELETE, participant)
        gone = frozenset(each.key for each in self.book.documents([asked.gln]))
        with self.book.writing(caller.principal.client, self.clock()) as pen:
            asked.check(pen.group(asked.gln))
            erase(pen, asked.gln)
        _log.info("deleted group=%s client=%s", participant, caller.principal.client)
        return Done(participant, pen.number, gone=gone)

    def _asked(self, caller: Caller, what: Interaction, participant: ParticipantId) -> _Asked:
        gln = gln_of(participant)
        access.check_scope(caller.principal, what, _TYPE)
        caller.check(gln)
        return _Asked(caller, participant, self.register.directory(frozenset({gln})).endpoints)


def _not_yours(participant: ParticipantId) -> Refused:
    text = (
        f"{participant}: no client of your company has written its ServiceGroup: put that first. "
        "Where that is refused, it is another company's, or in the register and written there"
    )
    return Refused(text, [error(IssueCode.FORBIDDEN, "", text)])
