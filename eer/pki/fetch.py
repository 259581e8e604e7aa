"""What revocation lists stand at the addresses that were listed?

A list takes the place of the one before it only when its signature holds and it is not older, so
that nobody between here and the authority can take a revocation back.
"""

import asyncio
import os
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import httpx

from eer.domain.errors import Failure, Refused, Unavailable
from eer.domain.wording import say
from eer.pki.lists import Folder

LARGEST = 32 * 1024 * 1024
"""The most bytes that are read of one list."""

SECONDS = 10.0
"""How long all of them may take together: publication waits for it."""

EVERY = timedelta(hours=23)
"""A revocation is to be seen within a day, and who asks comes by every quarter of an hour, or by
cron at the same minute each day."""

AGAIN = timedelta(minutes=15)
"""When to try again what did not come."""


@dataclass
class Fetcher:
    """Fetches lists into a folder, each to a file named after its address."""

    folder: Folder
    urls: Sequence[str]
    seconds: float = SECONDS
    _tried: dict[str, datetime] = field(default_factory=dict)
    _faults: dict[str, str] = field(default_factory=dict)

    @property
    def faults(self) -> tuple[str, ...]:
        """What did not come when it was last asked for, and why."""
        return tuple(self._faults.values())

    def fetch_due(self, at: datetime) -> None:
        """Fetch those that are EVERY old or have lapsed at *at*, and not more than now and then."""
        due = [each for each in self.urls if self._is_due(each, at)]
        if due:
            self._fetch(due, at)

    def fetch_all(self, at: datetime) -> None:
        """Fetch every one."""
        self._fetch(self.urls, at)

    def file(self, url: str) -> Path:
        """Return where the list at *url* is kept."""
        return self.folder.path / f"fetched-{sha256(url.encode()).hexdigest()[:16]}.crl"

    def _is_due(self, url: str, at: datetime) -> bool:
        tried = self._tried.get(url)
        if tried is not None and tried <= at < tried + AGAIN:
            return False
        try:
            fetched = self.file(url).stat().st_mtime
        except OSError:
            return True
        held = self.folder.lists().read.get(self.file(url).name)
        is_old = not fetched <= at.timestamp() < fetched + EVERY.total_seconds()
        return is_old or held is None or held.lapsed(at)

    def _fetch(self, urls: Sequence[str], at: datetime) -> None:
        self._tried |= dict.fromkeys(urls, at)
        for url, found in zip(urls, asyncio.run(_answers(urls, self.seconds)), strict=True):
            self._faults.pop(url, None)
            try:
                if isinstance(found, Failure):
                    raise found
                self._keep(url, found, at)
            except Failure as fault:
                text = say("revocation list at {url}: {fault}", url=url, fault=fault.text)
                self._faults[url] = text

    def _keep(self, url: str, body: bytes, at: datetime) -> None:
        file = self.file(url)
        found = self.folder.accepted(body)
        held = self.folder.lists().read.get(file.name)
        if held is not None and held.scope == found.scope and found.issued < held.issued:
            raise Refused(
                say(
                    "of {found:%Y-%m-%dT%H:%M:%SZ}, older than the one of "
                    "{held:%Y-%m-%dT%H:%M:%SZ} that is here",
                    found=found.issued,
                    held=held.issued,
                )
            )
        try:
            _write(file, body, at)
        except OSError as fault:
            raise Unavailable(
                say("{path}: cannot be written ({cause})", path=file, cause=fault.strerror)
            ) from None


def _write(file: Path, body: bytes, at: datetime) -> None:
    """Whole or not at all; its time is when it was fetched."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".", delete=False) as draft:
        try:
            draft.write(body)
            draft.flush()
            os.fchmod(draft.fileno(), 0o644)
            os.fsync(draft.fileno())
            os.utime(draft.name, (at.timestamp(), at.timestamp()))
            Path(draft.name).replace(file)
        except OSError:
            Path(draft.name).unlink(missing_ok=True)
            raise


async def _answers(urls: Sequence[str], seconds: float) -> list[bytes | Failure]:
    """Ask all at once."""
    async with httpx.AsyncClient(
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        timeout=None,  # noqa: S113 - there is one, for all of it
        trust_env=False,
        verify=ssl.create_default_context(),
    ) as client:
        return await asyncio.gather(*(_answer(client, url, seconds) for url in urls))


async def _answer(client: httpx.AsyncClient, url: str, seconds: float) -> bytes | Failure:
    try:
        async with asyncio.timeout(seconds), client.stream("GET", url) as response:
            if response.status_code != HTTPStatus.OK:
                return Unavailable(say("{status} answered", status=response.status_code))
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > LARGEST:
                    return Refused(say("more than {most} bytes", most=LARGEST))
            return bytes(body)
    except TimeoutError:
        return Unavailable(say("not all answered in {seconds:g} seconds", seconds=seconds))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:  # TLS may fail behind httpx
        return Unavailable(str(fault) or type(fault).__name__)
