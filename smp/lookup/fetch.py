"""What stands at a URL of an SMP?

OASIS SMP 1.0, section 3.4: 200 or 404, and no redirects. Anything else is no answer about the
participant, and is not taken for one.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from threading import Thread
from types import TracebackType
from typing import Self

from eer.domain.errors import Absent, Failure, Refused, Unavailable
from smp.domain.identifiers import DocumentId, ParticipantId, document_path, group_path
from smp.http import client
from smp.http.client import Lost, Question

LARGEST = 1024 * 1024
"""The most bytes that are read of one answer."""

SECONDS = 10.0
"""How long one answer may take, from asking for it to its last byte."""

_HEADERS = {"Accept": "text/xml, application/xml"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was answered: always 200, and the bytes as they came."""

    status: int
    content_type: str
    body: bytes


class Fetcher:
    """Connections to SMPs, to be closed; TLS by the system's trust store.

    They live in an event loop with a thread of its own: only there can one limit be set for all
    that is waited for, from the name of the host to headers that trickle.
    """

    def __init__(self, clock: Callable[[], float], seconds: float = SECONDS) -> None:
        """Take a *clock* in seconds that never goes back, and how long an answer may take."""
        self._clock = clock
        self._seconds = seconds
        self._client = client.client(ssl.create_default_context())
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def fetch(self, url: str) -> Fetched:
        """GET *url*; several threads may do so at once.

        Raises Absent for 404, Unavailable when nobody answers, too slowly, or with 408, 429 or
        5xx; Refused for any other status and for more than LARGEST bytes; Malformed for a URL
        that is none.
        """
        end = self._clock() + self._seconds
        answer = asyncio.run_coroutine_threadsafe(self._fetch(url, end), self._loop)
        try:
            return answer.result()
        finally:
            answer.cancel()  # if whoever waits was interrupted; else it is done

    async def _fetch(self, url: str, end: float) -> Fetched:
        question, left = Question(url, _HEADERS), end - self._clock()
        try:
            async with client.answer(self._client, question, self._seconds, left) as response:
                if response.status_code != HTTPStatus.OK:
                    leads = response.has_redirect_location
                    to = response.headers["Location"] if leads else None
                    raise _failure(url, response.status_code, to)
                content_type = response.headers.get("Content-Type", "")
                body = await client.body(response, LARGEST)
                return Fetched(response.status_code, content_type, body)
        except Lost as lost:
            why = lost.why or "it closed the connection"
            raise Unavailable(f"{url}: {why}; try again later") from None


def group_url(base_url: str, participant: ParticipantId) -> str:
    """Return where the ServiceGroup of *participant* is."""
    return base_url + group_path(participant)


def document_url(base_url: str, participant: ParticipantId, document: DocumentId) -> str:
    """Return where the SignedServiceMetadata of *document* is."""
    return base_url + document_path(participant, document)


def _failure(url: str, status: int, leads_to: str | None) -> Failure:
    if status == HTTPStatus.NOT_FOUND:
        return Absent(f"{url}: 404, it is not there")
    if client.asks_for_patience(status):
        return Unavailable(f"{url}: {status}, the SMP cannot answer now; try again later")
    if leads_to is not None:
        return Refused(f"{url}: {status}, leads to {leads_to}; an SMP answers itself")
    return Refused(f"{url}: {status} found, 200 or 404 expected")
