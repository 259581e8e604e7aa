"""Which documents does the register want published, and what do they say?

Decisions: docs/interfaces/smp.md. Who may be published is asked of eer.domain.eligibility and of
nothing else.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from eer.domain.eligibility import SENTENCES, Reason, looks_different_at, obstacles, tolerations
from eer.domain.identifiers import Gln, Reference
from eer.domain.model import Certificate, Directory, Endpoint, Redirect
from smp.domain import metadata
from smp.domain.identifiers import (
    DocumentId,
    DocumentKey,
    Identifier,
    ProcessId,
    document_path,
    fold,
    participant_of,
)
from smp.domain.metadata import Process, ServiceMetadata


def _none(_der: bytes) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the register does not say and every document needs; the first of each is preferred.

    *certificate_uid* prints the subject of a DER certificate as those do who compare it;
    *tolerated* are reasons against publication that are told and do not count. *objection* says
    what is against a certificate that a tool wrote, which no endpoint of the register tells of.
    """

    document_schemes: tuple[str, ...]
    processes: tuple[ProcessId, ...]
    transport_profiles: tuple[str, ...]
    certificate_uid: Callable[[bytes], str]
    tolerated: tuple[Reason, ...] = ()
    objection: Callable[[bytes], str] = _none


def documents(
    directory: Directory, terms: Terms, at: datetime
) -> dict[DocumentKey, ServiceMetadata]:
    """Return every document that *directory* wants published at *at*.

    Each payload type code is published once under each scheme, exactly as it is written. Where
    two codes of a GLN differ in case only, the first endpoint by its reference keeps it. Where
    another SMP answers for an endpoint, each of its documents leads to the same one there.
    """
    against = obstacles(directory, at, terms.tolerated)
    wanted: dict[DocumentKey, ServiceMetadata] = {}
    taken: set[str] = set()
    for endpoint in sorted(directory.endpoints, key=lambda each: each.reference):
        if against[endpoint.reference]:
            continue
        processes = _processes(endpoint, terms) if endpoint.redirect is None else ()
        at_device = "" if endpoint.redirect is not None else _access_point(endpoint)
        for key in _keys(endpoint, terms):
            if fold(str(key)) not in taken:
                taken.add(fold(str(key)))
                redirect = _redirect(endpoint, key, terms)
                wanted[key] = ServiceMetadata(
                    key.participant, key.document, processes, redirect, access_point=at_device
                )
    return wanted


def unpublished(
    directory: Directory, terms: Terms, at: datetime
) -> Mapping[Reference, tuple[Reason, ...]]:
    """Return the endpoints of *directory* that are not published at *at*, and why."""
    against = obstacles(directory, at, terms.tolerated)
    return {reference: reasons for reference, reasons in against.items() if reasons}


def warnings(directory: Directory, terms: Terms, at: datetime) -> tuple[str, ...]:
    """Return what somebody should know of the certificates in *directory*.

    Each access point that is published in spite of what is tolerated is told once.
    """
    counted: Counter[tuple[Reference, Reason]] = Counter()
    in_spite = tolerations(directory, at, terms.tolerated)
    for endpoint in directory.endpoints:
        for access_point in endpoint.access_points:
            if access_point is not None:
                reasons = in_spite.get(endpoint.reference, ())
                counted.update((access_point.reference, reason) for reason in reasons)
    told = (
        f"{reference}: {SENTENCES[reason]} ({reason}); "
        f"{count} endpoints are published with it all the same"
        for (reference, reason), count in sorted(counted.items())
    )
    return (*directory.remarks, *told)


def stopped(directory: Directory, terms: Terms, at: datetime) -> frozenset[DocumentKey]:
    """Return the documents of the endpoints that an operator has stopped: they go at once."""
    against = obstacles(directory, at, terms.tolerated)
    return frozenset(
        key
        for endpoint in directory.endpoints
        if Reason.STOPPED in against[endpoint.reference]
        and Reason.PARTICIPANT_MALFORMED not in against[endpoint.reference]
        for key in _keys(endpoint, terms)
    )


def alarms(directory: Directory, at: datetime) -> dict[str, datetime]:
    """Return, by GLN, the next instant behind *at* at which time alone may change its documents."""
    found: dict[str, datetime] = {}
    for endpoint in directory.endpoints:
        instant = looks_different_at(endpoint, at)
        if instant is not None:
            found[endpoint.gln] = min(instant, found.get(endpoint.gln, instant))
    return found


def _keys(endpoint: Endpoint, terms: Terms) -> Iterator[DocumentKey]:
    participant = participant_of(Gln.parse(endpoint.gln))
    for code in endpoint.documents:
        for scheme in terms.document_schemes:
            yield DocumentKey(participant, DocumentId(Identifier(scheme, code)))


def _access_point(endpoint: Endpoint) -> str:
    return next((str(each.reference) for each in endpoint.access_points if each is not None), "")


def _redirect(endpoint: Endpoint, key: DocumentKey, terms: Terms) -> metadata.Redirect | None:
    leads = endpoint.redirect
    if not isinstance(leads, Redirect):
        return None
    signer = leads.signer
    return metadata.Redirect(
        href=leads.base_url + document_path(key.participant, key.document),
        certificate_uid=signer if isinstance(signer, str) else terms.certificate_uid(signer.der),
    )


def _processes(endpoint: Endpoint, terms: Terms) -> tuple[Process, ...]:
    """The address is the access point's, never that of the Endpoint resource.

    There is exactly one access point and it lacks nothing: the conditions below only say so to
    the type checker.
    """
    reached = tuple(
        metadata.Endpoint(
            transport_profile=profile,
            uri=access_point.url,
            certificate=access_point.certificate.der,
            activation=endpoint.period.start,
            expiration=_expiration(endpoint, access_point.certificate, terms),
            description=endpoint.name,
            contact_url=access_point.contact_url or "",
        )
        for access_point in endpoint.access_points
        if access_point is not None
        and access_point.url is not None
        and isinstance(access_point.certificate, Certificate)
        for profile in dict.fromkeys(access_point.transport_profiles or terms.transport_profiles)
    )
    return tuple(Process(process, reached) for process in terms.processes)


def _expiration(endpoint: Endpoint, certificate: Certificate, terms: Terms) -> datetime | None:
    """Where an expired certificate is tolerated, the document does not end with it either.

    Clients that mind the date would refuse what is published all the same.
    """
    if Reason.CERTIFICATE_EXPIRED in terms.tolerated:
        return endpoint.period.end
    end = endpoint.period.end
    return certificate.not_after if end is None else min(end, certificate.not_after)
