"""What does an access point find when it looks a participant up, step by step?

OASIS SMP 1.0 and eDelivery BDXL 1.6 as clients in use obey them (docs/interfaces/smp.md). Each step
is a value; the first that fails is the last, and its kind of failure is the outcome.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from eer.domain.errors import Absent, Failure, Refused
from eer.domain.model import Certificate
from eer.domain.period import Period
from smp.domain import distinguished_names, naming
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId, ProcessId
from smp.domain.metadata import Endpoint, Redirect, ServiceGroup, ServiceMetadata
from smp.domain.naming import DnsName
from smp.domain.signed_by import ANYBODY, Accepted
from smp.lookup.fetch import Fetched, document_url, group_url
from smp.lookup.locate import Kind, Located
from smp.lookup.told import DOCUMENT_STEPS, GROUP_STEPS, Notes, Outcome, Trace
from smp.pki import names, signed_by
from smp.pki.verify import Verified, verify
from smp.xml import parse, validate


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """What an access point is set up with, and how it reaches the world.

    *processes* and *transport_profiles* are what it speaks, the preferred first. *locate* and
    *fetch* raise as smp/lookup has it; *trust* raises Refused for a signer it does not know at a
    time; *certificate* reads DER and raises Malformed. It sends to an access point whose
    certificate has expired only if it *tolerates_expired* ones. Where it *speaks_all*, what it does
    not prefer is taken as it comes. The SMP's signer has to be among the *accepted*.
    """

    zone: DnsName
    processes: Sequence[ProcessId]
    transport_profiles: Sequence[str]
    locate: Callable[[ParticipantId], Located]
    fetch: Callable[[str], Fetched]
    trust: Callable[[Verified, datetime], None]
    certificate: Callable[[bytes], Certificate]
    tolerates_expired: bool = False
    speaks_all: bool = False
    accepted: Accepted = ANYBODY


def trace_document(
    participant: ParticipantId, document: DocumentId, client: AccessPoint, at: datetime
) -> Trace:
    """Look up what *participant* receives of *document*, and where, at the time *at*.

    One redirect is followed, to a signer that it names, and never a second.
    """
    return _trace(_Asked(participant, document, at), client, _follow)


def trace_answer(
    participant: ParticipantId, document: DocumentId, client: AccessPoint, at: datetime
) -> Trace:
    """Look up the same, but where the answer is a redirect end there, and call it found."""
    return _trace(_Asked(participant, document, at), client, _stay)


def trace_group(participant: ParticipantId, client: AccessPoint) -> Trace:
    """Look up which documents *participant* receives: a list that is not signed."""
    notes = Notes(GROUP_STEPS)
    try:
        said = _walk_group(notes, participant, client)
    except Failure as fault:
        return Trace(participant, None, notes.end(fault), notes.steps)
    return Trace(participant, None, Outcome.FOUND, notes.steps, said)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Of whom which document is looked up, and at what time."""

    participant: ParticipantId
    document: DocumentId
    at: datetime


_Redirected = Callable[[Notes, Redirect, AccessPoint, datetime], Verified | None]


def _trace(asked: _Asked, client: AccessPoint, redirected: _Redirected) -> Trace:
    notes = Notes(DOCUMENT_STEPS)
    outcome, said = Outcome.FOUND, None
    try:
        said = _walk_document(notes, asked, client, redirected)
    except Failure as fault:
        outcome = notes.end(fault)
    return Trace(asked.participant, asked.document, outcome, notes.steps, said, notes.redirect)


def _walk_document(
    notes: Notes, asked: _Asked, client: AccessPoint, redirected: _Redirected
) -> ServiceMetadata | None:
    located = _locate(notes, asked.participant, client)
    url = document_url(located.base_url, asked.participant, asked.document)
    verified = _fetch_signed(notes, url, client, asked.at)
    redirect = parse.redirect(verified.signed)
    if redirect is not None:
        notes.turn(redirect)
        there = redirected(notes, redirect, client, asked.at)
        if there is None:
            return None
        verified = there
    said = parse.service_metadata(verified.signed)
    _check_same("participant", asked=asked.participant, answered=said.participant)
    _check_same("document", asked=asked.document, answered=said.document)
    notes.add(f"{said.participant} {said.document}")
    endpoint = _choose(notes, said, client)
    _check_open(notes, endpoint, asked.at)
    _check_certificate(notes, endpoint, client, asked.at)
    return said


def _stay(*_: object) -> None:
    """Go nowhere."""


def _follow(notes: Notes, redirect: Redirect, client: AccessPoint, at: datetime) -> Verified:
    """Return what stands where *redirect* leads (SMP 1.0, section 2.3.4.1).

    Who signs at another SMP is for the redirect to say, and for nobody else.
    """
    verified = _fetch_signed(notes, redirect.href, replace(client, accepted=ANYBODY), at)
    _check_named(notes, redirect, verified)
    further = parse.redirect(verified.signed)
    if further is not None:
        raise Refused(
            f"leads on to {further.href}: access points follow one redirect; "
            "let the first one lead there"
        )
    notes.add("the document itself")
    return verified


def _fetch_signed(notes: Notes, url: str, client: AccessPoint, at: datetime) -> Verified:
    """Return what stands at *url*, signed by somebody who is trusted."""
    root = parse.document(_fetch(notes, url, client))
    notes.add("well-formed, UTF-8, no DOCTYPE")
    validate.check(root)
    notes.add("a SignedServiceMetadata")
    verified = verify(root)
    signer = verified.certificate
    by = signed_by.read(signer)
    notes.add(f"by {by}", **by.as_json())
    client.trust(verified, at)
    client.accepted.check(by)
    issuer, until = signer.issuer.rfc4514_string(), signer.not_valid_after_utc.isoformat()
    notes.add(f"issued by {issuer}, until {until}", issuer=issuer, not_after=until)
    return verified


def _check_named(notes: Notes, redirect: Redirect, verified: Verified) -> None:
    """Who signed is said by the certificate; X509SubjectName is where many clients look for it."""
    uid = redirect.certificate_uid
    subject = names.rfc2253(verified.certificate.subject)
    if not distinguished_names.are_same(uid, subject):
        raise Refused(f"signed by {subject}, the redirect names {uid}")
    told = verified.subject_name
    if told is None or not distinguished_names.are_same(uid, told):
        raise Refused(
            f"X509SubjectName {told or 'missing'} in KeyInfo, {uid} expected: "
            "some clients go by it and do not follow"
        )
    notes.add(subject, subject=subject)


def _walk_group(notes: Notes, participant: ParticipantId, client: AccessPoint) -> ServiceGroup:
    located = _locate(notes, participant, client)
    body = _fetch(notes, group_url(located.base_url, participant), client)
    root = parse.document(body)
    notes.add("well-formed, UTF-8, no DOCTYPE")
    validate.check(root)
    notes.add("a ServiceGroup")
    said = parse.service_group(root)
    _check_same("participant", asked=participant, answered=said.participant)
    notes.add(str(said.participant))
    documents = tuple(str(document) for document in said.documents)
    if not documents:
        raise Absent(f"{participant}: its ServiceGroup lists no document")
    if located.kind is Kind.NAPTR and said.base_url != located.base_url:
        raise Refused(f"links below {said.base_url} found, below {located.base_url} expected")
    notes.add(f"{len(documents)} below {said.base_url}", documents=documents)
    return said


def _locate(notes: Notes, participant: ParticipantId, client: AccessPoint) -> Located:
    name = naming.naptr_name(participant, client.zone)
    notes.add(name, name=name)
    located = client.locate(participant)
    notes.add(
        f"{located.kind} {located.record}, {located.ttl} s",
        name=located.name,
        kind=located.kind,
        record=located.record,
        ttl=located.ttl,
    )
    return located


def _fetch(notes: Notes, url: str, client: AccessPoint) -> bytes:
    notes.add(url, url=url)
    fetched = client.fetch(url)
    notes.add(
        f"{fetched.status}, {fetched.content_type}, {len(fetched.body)} bytes",
        status=fetched.status,
        content_type=fetched.content_type,
        bytes=len(fetched.body),
        sha256=sha256(fetched.body).hexdigest(),
    )
    return fetched.body


def _check_same(what: str, *, asked: Identifier, answered: Identifier) -> None:
    if asked.folded != answered.folded:
        raise Refused(f"{what}: {answered} answered, {asked} asked for")


def _choose(notes: Notes, said: ServiceMetadata, client: AccessPoint) -> Endpoint:
    """Take the preferred process, and of it the preferred transport: spelled exactly so."""
    found = {
        (process.id, endpoint.transport_profile): endpoint
        for process in reversed(said.processes)
        for endpoint in reversed(process.endpoints)
    }
    for process in client.processes:
        for profile in client.transport_profiles:
            if (process, profile) in found:
                notes.add(f"{process}, {profile}", process=str(process), transport_profile=profile)
                return found[process, profile]
    if client.speaks_all and found:
        (process, profile), endpoint = next(reversed(found.items()))
        notes.add(f"{process}, {profile}", process=str(process), transport_profile=profile)
        return endpoint
    offered = "; ".join(f"{process}, {profile}" for process, profile in sorted(found))
    raise Absent(f"no process and transport that this access point speaks, found {offered}")


def _check_open(notes: Notes, endpoint: Endpoint, at: datetime) -> None:
    period = Period(endpoint.activation, endpoint.expiration)
    start, end = (None if each is None else each.isoformat() for each in (period.start, period.end))
    if not period.includes(at):
        raise Refused(
            f"{endpoint.uri}: open from {start or 'always'} until {end or 'always'}, "
            f"not at {at.isoformat()}"
        )
    notes.add(
        f"{endpoint.uri}, until {end or 'further notice'}",
        uri=endpoint.uri,
        activation=start,
        expiration=end,
    )


def _check_certificate(notes: Notes, endpoint: Endpoint, client: AccessPoint, at: datetime) -> None:
    certificate = client.certificate(endpoint.certificate)
    begin, end = certificate.not_before, certificate.not_after
    if at < begin or (end < at and not client.tolerates_expired):
        raise Refused(
            f"{certificate.subject}: valid from {begin.isoformat()} until {end.isoformat()}, "
            f"not at {at.isoformat()}"
        )
    notes.add(
        f"{certificate.subject}, until {end.isoformat()}",
        subject=certificate.subject,
        not_after=end.isoformat(),
    )
