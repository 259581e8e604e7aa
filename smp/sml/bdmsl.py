"""What does a central SML do for one SMP, and what does it answer?

SML 1.0.1 and BDMSL 1.0, by SOAP 1.1. What was not answered whole is not believed to be done.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from types import TracebackType
from typing import Self, TypeVar

from lxml import etree

from eer.domain.errors import Malformed, Unavailable
from smp.domain.central import Registration
from smp.domain.identifiers import ParticipantId
from smp.domain.sml_fault import Fault, failure
from smp.sml import messages, soap
from smp.sml.messages import Request
from smp.sml.post import Place, Post, unreadable

T = TypeVar("T")

_LOG = logging.getLogger(__name__)


class Sml:
    """A conversation with one SML as the SMP *smp_id*, to be closed; for one thread.

    Whatever is asked for returns the fault that was answered, if any: what it means depends on who
    asks. All raise Unavailable when it is not known whether it was done, and Refused when the two
    sides do not trust each other.
    """

    def __init__(self, place: Place, smp_id: str) -> None:
        self.smp_id = smp_id
        self._place = place
        self._post = Post(place)

    def __enter__(self) -> Self:
        self._post.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._post.__exit__(kind, fault, traceback)

    def registration(self) -> Registration | Fault:
        """Return what our SMP is registered as."""
        return self._asked(messages.read(self.smp_id), messages.read_registration)

    def register(self, addresses: Registration) -> Fault | None:
        """Register our SMP."""
        return self._told(messages.create(addresses))

    def update(self, addresses: Registration) -> Fault | None:
        """Change the addresses of our SMP, and with them where all its participants lead."""
        return self._told(messages.update(addresses))

    def remove(self) -> Fault | None:
        """Remove our SMP and all its participants."""
        return self._told(messages.delete(self.smp_id))

    def add(self, participants: Sequence[ParticipantId]) -> Fault | None:
        """Register *participants*: all or none of them."""
        return self._told(messages.add(self.smp_id, participants))

    def drop(self, participants: Sequence[ParticipantId]) -> Fault | None:
        """Remove *participants*: all or none of them."""
        return self._told(messages.drop(self.smp_id, participants))

    def participants(self) -> Iterator[ParticipantId]:
        """Yield our participants, page by page to the last one, each as often as it is told.

        The list is no snapshot: who comes or goes meanwhile may be in it or not. Raises what a
        fault means, and Unavailable when the pages lead round in a circle.
        """
        asked: set[str | None] = set()
        following: str | None = None
        while following not in asked:
            asked.add(following)
            request = messages.page(self.smp_id, following)
            page = self._asked(request, messages.read_page)
            if isinstance(page, Fault):
                raise failure(page, request.doing)
            yield from page.participants
            if page.following is None:
                return
            following = page.following
        raise Unavailable(f"{self._place.url}: page {following!r} of the list leads back to itself")

    def prepare_migration(self, participant: ParticipantId, key: str) -> Fault | None:
        """Let whoever knows *key* take *participant* over from us."""
        return self._told(messages.prepare_migration(self.smp_id, participant, key))

    def migrate(self, participant: ParticipantId, key: str) -> Fault | None:
        """Take *participant* over from the SMP that prepared it with *key*."""
        return self._told(messages.migrate(self.smp_id, participant, key))

    def prepare_certificate(self, pem: str, on: date) -> Fault | None:
        """Let us be known by the certificate *pem* from the day *on*."""
        return self._told(messages.prepare_certificate(pem, on))

    def _told(self, request: Request) -> Fault | None:
        """The answer to what is told is an empty body: nothing else says that it is done."""
        found = self._answer(request)
        if found is None or isinstance(found, Fault):
            return found
        raise self._half(request, f"{found.tag!r:.200} in the answer, expected an empty Body")

    def _asked(self, request: Request, read: Callable[[etree._Element], T]) -> T | Fault:
        found = self._answer(request)
        if isinstance(found, Fault):
            return found
        if found is None:
            raise self._half(request, "an empty answer")
        try:
            return read(found)
        except Malformed as fault:
            raise self._half(request, fault.text) from None

    def _answer(self, request: Request) -> etree._Element | Fault | None:
        """A fault is a fault whatever the HTTP status; without one, only 200 is a success."""
        answer = self._post.send(
            request.service.path, request.action, soap.envelope(request.content)
        )
        url = f"{self._place.url}/{request.service.path}"
        try:
            found = soap.content(answer.body)
        except Malformed as fault:
            raise unreadable(url, answer.status, f"{request.doing}: {fault.text}") from None
        if isinstance(found, Fault):
            _LOG.info("refused sml=%s fault=%s: %s", self.smp_id, found, request.doing)
        elif answer.status != 200:  # noqa: PLR2004 - OK
            raise unreadable(url, answer.status, f"{request.doing}: no fault in it")
        else:
            _LOG.debug("done sml=%s: %s", self.smp_id, request.doing)
        return found

    def _half(self, request: Request, why: str) -> Unavailable:
        return Unavailable(f"{self._place.url}: {request.doing}: {why}; try again later")
