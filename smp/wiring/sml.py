"""`smp sml`, and the locator of the publisher: a central SML, spoken to as the settings say."""

from contextlib import closing
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from eer.domain.errors import Refused
from eer.domain.period import DENMARK
from smp.domain import migration_key, new_certificate
from smp.domain.central import Registration
from smp.domain.enrolment import Enrolment
from smp.domain.identifiers import ParticipantId
from smp.domain.naming import dns_name, print_own
from smp.domain.sml_fault import Fault, failure
from smp.domain.state import Agreed
from smp.lookup.asked import parse_participant
from smp.pki import certificate
from smp.settings.publishing import Publishing
from smp.sml import enrol, post
from smp.sml.bdmsl import Sml
from smp.sml.central import Central
from smp.store.documents import Documents
from smp.store.ledger import Ledger
from smp.store.session import Store
from smp.wiring import parts


def central(settings: Publishing, ledger: Ledger) -> Central:
    """Return the locator; raises Malformed when a file is not what it should be."""

    def agreed() -> Agreed:
        """The base of the settings is ours as well, whether anything was published there or not."""
        found = ledger.agreed().under(settings.naming.publisher)
        return replace(found, bases=(*found.bases, settings.base_url))

    return Central(
        partial(Sml, *_place(settings)),
        zone=dns_name(settings.zone),
        servers=settings.nameservers,
        agreed=agreed,
    )


def conversation(settings: Publishing) -> Sml:
    """Return a conversation with the SML, to be closed; raises Refused where there is none."""
    return Sml(*_place(settings))


def addresses(settings: Publishing) -> Registration:
    """Return how our SMP should be registered."""
    _, smp_id = _place(settings)
    physical = print_own(settings.naming.publisher_record)
    return Registration(smp_id, settings.base_url, physical)


def seen(settings: Publishing) -> Enrolment:
    """Return how our SMP is registered, against how it should be."""
    with conversation(settings) as sml:
        return enrol.seen(sml, addresses(settings))


def register(settings: Publishing) -> Enrolment:
    """Register our SMP; return what was found."""
    with conversation(settings) as sml:
        return enrol.register(sml, addresses(settings))


def update(settings: Publishing, accept: str | None) -> Enrolment:
    """Change its addresses; return what was found."""
    with conversation(settings) as sml:
        return enrol.update(sml, addresses(settings), accept)


def remove(settings: Publishing, accept: str | None) -> Enrolment:
    """Remove it and all its participants; return what was found."""
    with conversation(settings) as sml:
        return enrol.remove(sml, accept)


def participants(settings: Publishing) -> list[ParticipantId]:
    """Return who is registered with our SMP, each once, sorted."""
    with conversation(settings) as sml:
        return sorted(set(sml.participants()))


def prepare_migration(settings: Publishing, who: str) -> tuple[ParticipantId, str]:
    """Let *who* be taken over from us; return the participant, and the key for it."""
    participant, key = parse_participant(who), migration_key.make(parts.choose)
    with conversation(settings) as sml:
        fault = sml.prepare_migration(participant, key)
    _check(fault, f"preparing the migration of {participant}")
    return participant, key


def migrate(settings: Publishing, who: str, key: str) -> ParticipantId:
    """Take *who* over from another SMP.

    Raises Refused where nothing of it is published here: its name would lead to nothing.
    """
    participant = parse_participant(who)
    with closing(Store(settings.database_url)) as store:
        if Documents(store).group(str(participant)) is None:
            raise Refused(
                f"{participant}: no documents of it are stored here, access points would find"
                " nothing; run smp publish first, which stores them and tells what hinders it"
            )
    with conversation(settings) as sml:
        fault = sml.migrate(participant, key.strip())
    _check(fault, f"migrating {participant}")
    return participant


def prepare_certificate(settings: Publishing, file: Path, on: date) -> None:
    """Announce the certificate in *file* for the day *on*."""
    pem = new_certificate.pem(parts.content("new certificate", file).decode("ascii", "replace"))
    today = parts.now().astimezone(DENMARK).date()
    new_certificate.check(certificate.read(new_certificate.der(pem)), on, today)
    with conversation(settings) as sml:
        fault = sml.prepare_certificate(pem, on)
    _check(fault, "preparing the new certificate")


def _place(settings: Publishing) -> tuple[post.Place, str]:
    """Return where the SML is, and who we are there."""
    if (
        settings.sml_url is None
        or settings.sml_smp_id is None
        or settings.sml_certificate_file is None
        or settings.sml_key_file is None
    ):
        raise Refused("no central SML is configured: set SMP_SML_URL (see docs/configuration.md)")
    tls = post.tls(settings.sml_certificate_file, settings.sml_key_file, settings.sml_trust_file)
    return post.Place(settings.sml_url, tls), settings.sml_smp_id


def _check(fault: Fault | None, doing: str) -> None:
    if fault is not None:
        raise failure(fault, doing)
