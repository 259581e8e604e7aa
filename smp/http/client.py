"""How is somebody asked by HTTP who need not be believed, and what if no answer comes?

RFC 9110. No redirect is followed, no proxy of the environment is used and nothing is unpacked. One
limit holds for all that is waited for, from the name of the host to the last byte, and one for what
is read.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from eer.domain.errors import Malformed, Refused, Unavailable

_LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)


class Lost(Unavailable):
    """No answer came, or not all of it: *why*, if anybody said.

    *tls* is set where the two sides do not trust or understand each other. Only whoever asks sees
    it, and knows what is to be done about it.
    """

    def __init__(self, url: str, why: str, tls: ssl.SSLError | None = None) -> None:
        super().__init__(f"{url}: {why}")
        self.why, self.tls = why, tls


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked where: a GET, or a POST of *content*."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


def client(tls: ssl.SSLContext) -> httpx.AsyncClient:
    """Return connections, to be closed, with *tls* where a URL says so."""
    return httpx.AsyncClient(
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        timeout=None,  # noqa: S113 - there is one, for all of it
        trust_env=False,
        verify=tls,
    )


@asynccontextmanager
async def answer(
    client: httpx.AsyncClient, question: Question, seconds: float, left: float | None = None
) -> AsyncIterator[httpx.Response]:
    """Give the answer, whose body is still to be read, for so many *seconds*.

    Fewer are *left* to who waited for his turn. Raises Malformed for a URL that is none, Lost when
    nobody answers or, as long as this lasts, not to the end: a server that trickles is given up on
    as one that is silent.
    """
    url, content = question.url, question.content
    method = "GET" if content is None else "POST"
    try:
        async with (
            asyncio.timeout(seconds if left is None else left),
            client.stream(method, url, content=content, headers=question.headers) as response,
        ):
            yield response
    except TimeoutError:
        raise Lost(url, f"not all answered in {seconds:g} seconds") from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as fault:
        raise Malformed(f"{url}: {fault}") from None
    except (httpx.TransportError, OSError) as fault:  # TLS may fail behind httpx's back
        raise Lost(url, str(fault), _tls(fault)) from None


async def body(response: httpx.Response, largest: int) -> bytes:
    """Return the bytes of an answer; raise Refused when they are more, or packed."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(f"{response.url}: a compressed answer that was not asked for")
    found = bytearray()
    async for chunk in response.aiter_raw():
        found += chunk
        if len(found) > largest:
            raise Refused(f"{response.url}: more than {largest} bytes answered")
    return bytes(found)


def asks_for_patience(status: int) -> bool:
    """Whether a server says by *status* that it cannot answer now."""
    return status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _tls(fault: Exception) -> ssl.SSLError | None:
    """Return what went wrong between the two; that one side closed the connection is not that."""
    for cause in _causes(fault):
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return cause
    return None


def _causes(fault: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = fault
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
