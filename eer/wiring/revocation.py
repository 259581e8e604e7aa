"""`eer crl`, and what publication does by itself: revocation lists from their addresses."""

from dataclasses import dataclass
from datetime import datetime

from eer.domain.errors import Malformed
from eer.domain.wording import say
from eer.pki.fetch import Fetcher
from eer.pki.trust import Trust
from eer.settings import Settings
from eer.wiring import parts


@dataclass(frozen=True, slots=True)
class InForce:
    """A revocation list, as it is told: whose, how many it names, of when, until when, where."""

    issuer: str
    revoked: int
    issued: datetime
    next: datetime | None
    file: str


@dataclass(frozen=True, slots=True)
class Report:
    """Which lists are in force, and what somebody should see to."""

    lists: tuple[InForce, ...]
    remarks: tuple[str, ...]


def fetcher(settings: Settings, trust: Trust) -> Fetcher | None:
    """Return what fetches the listed revocation lists; None where none is listed."""
    if trust.folder is None or not settings.crl_urls:
        return None
    return Fetcher(trust.folder, settings.crl_urls)


def bring(settings: Settings) -> Report:
    """Fetch every list that is listed, and say what is in force; raise Malformed without lists."""
    trust = parts.trust(settings)
    if trust.folder is None:
        raise Malformed(say("EER_CRL_DIRECTORY is not set: there are no revocation lists"))
    at = parts.now()
    fetching = fetcher(settings, trust)
    if fetching is not None:
        fetching.fetch_all(at)
    found = trust.folder.lists().in_force
    faults = () if fetching is None else fetching.faults
    return Report(
        tuple(
            InForce(each.issuer, len(each.crl), each.issued, each.next, name)
            for name, each in found.items()
        ),
        (*faults, *trust.remarks(at)),
    )
