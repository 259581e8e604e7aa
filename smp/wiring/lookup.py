"""`smp lookup`: an access point, set up as the settings say."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from eer.wiring import payloads
from smp.domain.naming import dns_name
from smp.domain.signed_by import Accepted
from smp.lookup import asked, locate
from smp.lookup.fetch import Fetcher
from smp.lookup.told import Trace
from smp.pki import certificate, trust
from smp.pki.verify import Verified
from smp.settings.lookup import Lookup
from smp.settings.spelling import process_ids
from smp.trace import AccessPoint, trace_document, trace_group
from smp.wiring import offline, parts


def look_up(
    settings: Lookup, participant: str, document: str | None, nameserver: tuple[str, int] | None
) -> Trace:
    """Look up what people wrote; *nameserver* is asked instead of the configured ones.

    Raises Malformed when participant or document cannot be read as such.
    """
    with access_point(settings, (nameserver,) if nameserver else settings.nameservers) as client:
        return _trace(settings, participant, document, client)


def look_up_offline(
    settings: Lookup, participant: str, document: str | None, archives: Sequence[Path]
) -> Trace:
    """Look up what people wrote in *archives*, the full one first; raises as look_up() does."""
    with offline.access_point(settings, archives) as client:
        return _trace(settings, participant, document, client)


def _trace(settings: Lookup, participant: str, document: str | None, client: AccessPoint) -> Trace:
    who = asked.parse_participant(participant)
    if document is None:
        return trace_group(who, client)
    what = asked.parse_document(document, settings.document_schemes, payloads.by_display())
    return trace_document(who, what, client, parts.now())


@contextmanager
def access_point(settings: Lookup, nameservers: Sequence[tuple[str, int]]) -> Iterator[AccessPoint]:
    """Give an access point that asks *nameservers*; its connections end with it."""
    zone = dns_name(settings.zone)
    asking = locate.resolver(nameservers)
    anchors = trust.anchors(parts.content("SMP_TRUST_FILE", settings.trust_file))

    def check(verified: Verified, at: datetime) -> None:
        trust.check(verified.certificate, anchors, at, verified.others)

    with Fetcher(time.monotonic) as fetcher:
        yield AccessPoint(
            zone=zone,
            processes=process_ids(settings.processes),
            transport_profiles=settings.transport_profiles,
            locate=lambda participant: locate.locate(participant, zone, asking),
            fetch=fetcher.fetch,
            trust=check,
            certificate=certificate.read,
            accepted=Accepted(settings.signers),
        )
