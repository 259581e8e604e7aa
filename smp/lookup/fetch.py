"""What stands at a URL of an SMP?

OASIS SMP 1.0, section 3.4: 200 or 404, and no redirects. Anything else is no answer about the
participant, and is not taken for one.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpx

from eer.domain.errors import Absent, Failure, Malformed, Refused, Unavailable
from smp.domain.identifiers import DocumentId, ParticipantId, document_path, group_path

LARGEST = 1024 * 1024
"""The most bytes that are read of one answer."""

SECONDS = 10.0
"""How long one answer may take, from connecting to its last byte."""

_HEADERS = {"Accept": "text/xml, application/xml", "Accept-Encoding": "identity"}
_AGAIN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was answered: always 200, and the bytes as they came."""

    status: int
    content_type: str
    body: bytes


class Fetcher:
    """Connections to SMPs, to be closed; TLS by the system's trust store."""

    def __init__(self, clock: Callable[[], float], seconds: float = SECONDS) -> None:
        """Take a *clock* in seconds that never goes back, and how long an answer may take."""
        self._clock = clock
        self._seconds = seconds
        self._client = httpx.Client(
            headers=_HEADERS,
            follow_redirects=False,
            timeout=seconds,
            trust_env=False,
            verify=ssl.create_default_context(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def fetch(self, url: str) -> Fetched:
        """GET *url*.

        Raises Absent for 404, Unavailable when nobody answers, too slowly, or with 408, 429 or
        5xx; Refused for any other status and for more than LARGEST bytes; Malformed for a URL
        that is none.
        """
        end = self._clock() + self._seconds
        try:
            with self._client.stream("GET", url) as response:
                if response.status_code != HTTPStatus.OK:
                    raise _failure(url, response)
                return Fetched(
                    response.status_code,
                    response.headers.get("Content-Type", ""),
                    self._read(url, response, end),
                )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as fault:
            raise Malformed(f"{url}: {fault}") from None
        except httpx.TransportError as fault:
            raise Unavailable(f"{url}: {_said(fault)}; try again later") from None

    def _read(self, url: str, response: httpx.Response, end: float) -> bytes:
        """A server that trickles is given up on as one that is silent."""
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Refused(f"{url}: a compressed answer that was not asked for")
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > LARGEST:
                raise Refused(f"{url}: more than {LARGEST} bytes answered")
            if self._clock() > end:
                raise Unavailable(f"{url}: not all answered in {self._seconds:g} seconds")
        return bytes(body)


def group_url(base_url: str, participant: ParticipantId) -> str:
    """Return where the ServiceGroup of *participant* is."""
    return base_url + group_path(participant)


def document_url(base_url: str, participant: ParticipantId, document: DocumentId) -> str:
    """Return where the SignedServiceMetadata of *document* is."""
    return base_url + document_path(participant, document)


def _failure(url: str, response: httpx.Response) -> Failure:
    status = response.status_code
    if status == HTTPStatus.NOT_FOUND:
        return Absent(f"{url}: 404, it is not there")
    if status in _AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(f"{url}: {status}, the SMP cannot answer now; try again later")
    if response.has_redirect_location:
        return Refused(
            f"{url}: {status}, leads to {response.headers['Location']}; an SMP answers itself"
        )
    return Refused(f"{url}: {status} found, 200 or 404 expected")


def _said(fault: httpx.TransportError) -> str:
    """Some faults of httpx have no text."""
    return str(fault) or type(fault).__name__
