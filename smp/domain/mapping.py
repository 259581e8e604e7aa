"""Which documents does the register want published, and what do they say?

Decisions: docs/interfaces/smp.md. Who may be published is asked of eer.domain.eligibility and of
nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from eer.domain.eligibility import Reason, looks_different_at, obstacles
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


@dataclass(frozen=True, slots=True)
class Terms:
    """What the register does not say and every document needs; the first of each is preferred.

    *certificate_uid* prints the subject of a DER certificate as those do who compare it.
    """

    document_schemes: tuple[str, ...]
    processes: tuple[ProcessId, ...]
    transport_profiles: tuple[str, ...]
    certificate_uid: Callable[[bytes], str]


def documents(
    directory: Directory, terms: Terms, at: datetime
) -> dict[DocumentKey, ServiceMetadata]:
    """Return every document that *directory* wants published at *at*.

    Each payload type code is published once under each scheme, exactly as it is written. Where
    two codes of a GLN differ in case only, the first endpoint by its reference keeps it. Where
    another SMP answers for an endpoint, each of its documents leads to the same one there.
    """
    against = obstacles(directory, at)
    wanted: dict[DocumentKey, ServiceMetadata] = {}
    taken: set[str] = set()
    for endpoint in sorted(directory.endpoints, key=lambda each: each.reference):
        if against[endpoint.reference]:
            continue
        processes = _processes(endpoint, terms) if endpoint.redirect is None else ()
        for key in _keys(endpoint, terms):
            if fold(str(key)) not in taken:
                taken.add(fold(str(key)))
                redirect = _redirect(endpoint, key, terms)
                wanted[key] = ServiceMetadata(key.participant, key.document, processes, redirect)
    return wanted


def unpublished(directory: Directory, at: datetime) -> Mapping[Reference, tuple[Reason, ...]]:
    """Return the endpoints of *directory* that are not published at *at*, and why."""
    return {
        reference: reasons for reference, reasons in obstacles(directory, at).items() if reasons
    }


def stopped(directory: Directory, terms: Terms, at: datetime) -> frozenset[DocumentKey]:
    """Return the documents of the endpoints that an operator has stopped: they go at once."""
    against = obstacles(directory, at)
    return frozenset(
        key
        for endpoint in directory.endpoints
        if Reason.STOPPED in against[endpoint.reference]
        and Reason.PARTICIPANT_MALFORMED not in against[endpoint.reference]
        for key in _keys(endpoint, terms)
    )


def next_look(directory: Directory, at: datetime) -> datetime | None:
    """Return the next instant behind *at* at which time alone may change the documents."""
    instants = (looks_different_at(endpoint, at) for endpoint in directory.endpoints)
    return min((each for each in instants if each is not None), default=None)


def _keys(endpoint: Endpoint, terms: Terms) -> Iterator[DocumentKey]:
    participant = participant_of(Gln.parse(endpoint.gln))
    for code in endpoint.documents:
        for scheme in terms.document_schemes:
            yield DocumentKey(participant, DocumentId(Identifier(scheme, code)))


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
            expiration=_earlier(endpoint.period.end, access_point.certificate.not_after),
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


def _earlier(end: datetime | None, not_after: datetime) -> datetime:
    return not_after if end is None else min(end, not_after)
