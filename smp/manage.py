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
from eer.domain.errors import Absent, Conflict
from eer.domain.model import Directory
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
        gln = self._checked(caller, Interaction.UPDATE, participant)
        received.check_group(body, participant)
        with self.book.writing(caller.principal.client, self.clock()) as pen:
            found = pen.group(gln)
            if found is not None:
                access.check_ownership(caller.principal, participant, [found.owner])
                if named is not None and named.cvr != found.owner:
                    pen.give(Group(gln, named.cvr))
                return Done(participant, 0)
            owner = caller.principal.cvr if named is None else named.cvr
            access.check_ownership(caller.principal, participant, [owner])
            pen.put_group(Group(gln, owner))
        _log.info("put group=%s client=%s", participant, caller.principal.client)
        return Done(participant, 0, is_new=True)

    def put_document(self, caller: Caller, key: DocumentKey, body: bytes) -> Done:
        """Write a document of a participant whose group is written."""
        gln = self._checked(caller, Interaction.UPDATE, key.participant)
        legacy = received.document(body, key, self.judge, self.clock())
        with self.book.writing(caller.principal.client, self.clock()) as pen:
            self._check_owned(caller, key.participant, pen, gln)
            is_new = pen.put(legacy)
        _log.info("put document=%s client=%s", key, caller.principal.client)
        return Done(key.participant, pen.number, is_new, put=legacy)

    def delete_document(self, caller: Caller, key: DocumentKey) -> Done:
        """Take a document away; raises Absent when it is not there."""
        gln = self._checked(caller, Interaction.DELETE, key.participant)
        with self.book.writing(caller.principal.client, self.clock()) as pen:
            self._check_owned(caller, key.participant, pen, gln)
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
        gln = self._checked(caller, Interaction.DELETE, participant)
        gone = frozenset(each.key for each in self.book.documents([gln]))
        with self.book.writing(caller.principal.client, self.clock()) as pen:
            self._check_owned(caller, participant, pen, gln)
            erase(pen, gln)
        _log.info("deleted group=%s client=%s", participant, caller.principal.client)
        return Done(participant, pen.number, gone=gone)

    def _checked(self, caller: Caller, what: Interaction, participant: ParticipantId) -> str:
        """Return the GLN of *participant*, which the caller may write and the register has not."""
        gln = gln_of(participant)
        access.check_scope(caller.principal, what, _TYPE)
        caller.check(gln)
        if self.register.directory(frozenset({gln})).endpoints:
            raise Conflict(
                f"{participant} is in the register: what is published of it is written there, as "
                "its Endpoint resources, and nowhere else"
            )
        return gln

    def _check_owned(self, caller: Caller, participant: ParticipantId, pen: Pen, gln: str) -> None:
        found = pen.group(gln)
        if found is None:
            raise Absent(f"{participant}: no ServiceGroup is written; put that first")
        access.check_ownership(caller.principal, participant, [found.owner])
