"""How does a message come to a central SML and its answer back, and what if it does not?

SOAP 1.1, section 6, over HTTP with TLS on both sides: the SML knows us by our certificate, and by
nothing that we say.
"""

import asyncio
import ssl
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from eer.domain.errors import Failure, Malformed, Refused, Unavailable
from smp.http import client
from smp.http.client import Lost, Question

LARGEST = 8 * 1024 * 1024
"""The most bytes that are read of one answer; a page of 100 participants has 15,000."""

SECONDS = 30.0
"""How long one answer may take: an SML writes a hundred names before it gives it."""

_LATER = "nothing is believed done, the next run looks at what was; try again later"
_STRANGERS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an SML is: the URL that its services hang below, and how we come to it."""

    url: str
    tls: ssl.SSLContext
    seconds: float = SECONDS


class Answer(NamedTuple):
    """What came back, all of it."""

    status: int
    body: bytes


class Post:
    """Connections to one SML, to be closed; for one thread."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._client = client.client(place.tls)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def send(self, path: str, action: str, message: bytes) -> Answer:
        """POST *message* to a service and return the answer, whatever its status.

        Raises Unavailable when there is none, not all of it or not in time: then nobody knows
        whether it was done. Raises Refused when the two sides do not trust each other.
        """
        url = f"{self._place.url}/{path}"
        return self._runner.run(self._sent(url, action, message))

    async def _sent(self, url: str, action: str, message: bytes) -> Answer:
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{action}"',
            "Accept": "text/xml",
        }
        question = Question(url, headers, message)
        try:
            async with client.answer(self._client, question, self._place.seconds) as response:
                return Answer(response.status_code, await client.body(response, LARGEST))
        except Lost as lost:
            raise _failure(url, lost) from None


def unreadable(url: str, status: int, why: str) -> Failure:
    """Return what an answer that is no SOAP message means, by its *status*."""
    said = f"{url}: {status}, {why}"
    if status in _STRANGERS:
        return Refused(
            f"{said}; it does not let our certificate in: compare SMP_SML_CERTIFICATE_FILE with"
            " the one the operator of the SML knows"
        )
    if status < HTTPStatus.MULTIPLE_CHOICES or client.asks_for_patience(status):
        return Unavailable(f"{said}; {_LATER}")
    return Refused(f"{said}; there is no SML at that address: correct SMP_SML_URL")


def tls(certificate: Path, key: Path, trust: Path | None) -> ssl.SSLContext:
    """Return how we prove who we are, and whom we take for the SML: *trust*, or the system's.

    Raises Malformed when a file is not what it should be.
    """
    try:
        context = ssl.create_default_context(cafile=trust)
    except OSError as fault:
        raise Malformed(
            f"SMP_SML_TRUST_FILE {trust}: expected certificates in PEM ({fault})"
        ) from None
    try:
        context.load_cert_chain(certificate, key, password="")
    except OSError as fault:
        raise Malformed(
            f"SMP_SML_CERTIFICATE_FILE {certificate}, SMP_SML_KEY_FILE {key}: expected a"
            f" certificate and its key, unencrypted, in PEM ({fault})"
        ) from None
    return context


def _failure(url: str, lost: Lost) -> Failure:
    """A failed handshake is no silence: it fails until somebody changes a certificate."""
    if isinstance(lost.tls, ssl.SSLCertVerificationError):
        return Refused(
            f"{url}: its certificate is not trusted ({lost.tls.verify_message}): put its issuer"
            " into SMP_SML_TRUST_FILE, or correct SMP_SML_URL"
        )
    if lost.tls is not None:
        return Refused(
            f"{url}: no TLS with it ({lost.tls.reason or lost.tls}): compare"
            " SMP_SML_CERTIFICATE_FILE with the one the operator of the SML knows"
        )
    why = lost.why or "it closed the connection, as it may do to a certificate it does not take"
    return Unavailable(f"{url}: {why}; {_LATER}")
