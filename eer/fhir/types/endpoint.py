"""What does an Endpoint say, and is it right by itself?

EER 3.0.0: EerEndpointMessaging and EerSorEndpoint (spec 2.3). The address is never where messages
go; that stands at the access point.
"""

from collections.abc import Iterator
from dataclasses import replace

from eer.domain.errors import Issue, IssueCode, Malformed, error, warning
from eer.domain.identifiers import GLN_SYSTEMS, Reference
from eer.domain.model import EDELIVERY, Claim, EndpointStatus, Mailbox, Reading, Role
from eer.domain.period import Period
from eer.domain.search import Token
from eer.domain.wording import say
from eer.fhir import canonicals, element, kind, payloads, profile, redirect
from eer.fhir.element import Json
from eer.fhir.terminology import Vocabulary

TYPE = "Endpoint"
_PLACEHOLDERS = ("found-inside-the-ap-extension.com", "example.org")


def issues(json: Json, vocabulary: Vocabulary) -> Iterator[Issue]:
    """Yield every fault of an Endpoint's own content."""
    yield from profile.organisational_identifiers(json, TYPE)
    yield from profile.absent(json, TYPE, ("implicitRules", "modifierExtension"))
    needed = ("identifier", "managingOrganization", "period", "payloadMimeType")
    yield from profile.required(json, TYPE, needed)
    if _gln(json) is None:
        text = say("no identifier of {system}: an endpoint needs its GLN", system=GLN_SYSTEMS[0])
        yield error(IssueCode.REQUIRED, "Endpoint.identifier", text)
    yield from _connection(json, vocabulary)
    for place, concept in enumerate(element.many(json, "payloadType")):
        at = f"Endpoint.payloadType[{place}]"
        yield from profile.coded(vocabulary, concept, at, canonicals.PAYLOADS)
    yield from _period(json)
    for url in (
        canonicals.AP_SYSTEM,
        canonicals.SMP_PARTICIPANT_ID,
        canonicals.SMP_RECEIVER_SERVICE_ID,
    ):
        yield from profile.at_most_one(json, TYPE, url)
    for url in (canonicals.SMP_PARTICIPANT_ID, canonicals.SMP_RECEIVER_SERVICE_ID):
        yield from profile.valued(json, TYPE, url, "valueString")
    yield from redirect.issues(json)
    yield from profile.local(_pointers(json))
    yield from _placeholder_address(json)


def reading(reference: Reference, json: Json) -> Reading:
    """Read an Endpoint that passed its rules."""
    pointers = tuple(_pointers(json))
    mailbox = Mailbox(
        gln=_gln(json) or "",
        status=_status(json),
        period=_read_period(json),
        connection_type=element.text(element.one(json, "connectionType"), "code") or "",
        documents=_documents(json),
        name=element.text(json, "name") or "",
        access_points=tuple(
            link.target for link in profile.links(pointers) if link.role is Role.AP
        ),
        organization=element.reference(element.one(json, "managingOrganization")),
        redirect=redirect.read(json),
    )
    return Reading(
        reference=reference,
        roles=frozenset(_roles(json)),
        links=profile.links(pointers),
        claims=tuple(_claims(mailbox)),
        says=mailbox,
    )


def identity(json: Json) -> tuple[Token, ...]:
    """Return the GLN."""
    gln = _gln(json)
    return () if gln is None else (Token(GLN_SYSTEMS[0], gln),)


def _connection(json: Json, vocabulary: Vocabulary) -> Iterator[Issue]:
    connection = element.one(json, "connectionType")
    system, code = element.text(connection, "system"), element.text(connection, "code")
    at = "Endpoint.connectionType"
    if system != canonicals.CONNECTION_TYPES:
        text = say(
            "system {found!r} found, expected {system}",
            found=system,
            system=canonicals.CONNECTION_TYPES,
        )
        yield error(IssueCode.CODE_INVALID, f"{at}.system", text)
    else:
        yield from profile.known(vocabulary, code or "", f"{at}.code", canonicals.CONNECTION_TYPES)


def _period(json: Json) -> Iterator[Issue]:
    try:
        _parse_period(json)
    except Malformed as fault:
        yield error(IssueCode.VALUE, "Endpoint.period", fault.text)


def _placeholder_address(json: Json) -> Iterator[Issue]:
    address = element.text(json, "address") or ""
    if any(placeholder in address for placeholder in _PLACEHOLDERS):
        text = say(
            "{address} is a placeholder; messages go to the access point's address",
            address=address,
        )
        yield warning(IssueCode.BUSINESS_RULE, "Endpoint.address", text)


def _roles(json: Json) -> Iterator[Role]:
    yield from (Role.ANY, Role.ENDPOINT)
    if canonicals.SOR_ENDPOINT in element.profiles(json):
        yield Role.SOR_ENDPOINT


def _pointers(json: Json) -> Iterator[profile.Pointer]:
    if "managingOrganization" in json:
        pointer = element.one(json, "managingOrganization")
        of_sor = canonicals.SOR_ENDPOINT in element.profiles(json)
        role = Role.SOR_ORGANIZATION if of_sor else Role.MESSAGING_ORGANIZATION
        yield "Endpoint.managingOrganization", pointer, role
    for url, role in ((canonicals.AP_SYSTEM, Role.AP), (canonicals.MSH_SYSTEM, Role.MSH)):
        for place, each in element.extensions(json, url):
            at = f"Endpoint.extension[{place}].value"
            yield at, element.one(each, "valueReference"), role


def _claims(mailbox: Mailbox) -> Iterator[Claim]:
    """Decision 10, as far as an index can hold it: no two begin to offer the same at once."""
    if mailbox.status is EndpointStatus.ACTIVE and mailbox.connection_type in EDELIVERY:
        start = mailbox.period.start.isoformat() if mailbox.period.start else ""
        for document in mailbox.documents:
            value = f"{mailbox.gln} {document} from {start}"
            yield Claim("receiver of", value, "Endpoint.payloadType")


def _gln(json: Json) -> str | None:
    for _, system, value in element.identifiers(json):
        if system in GLN_SYSTEMS:
            return value
    return None


def _documents(json: Json) -> tuple[str, ...]:
    found = [
        code
        for concept in element.many(json, "payloadType")
        for code in element.codings(concept, canonicals.PAYLOADS)
    ]
    return tuple(dict.fromkeys(found))


def _status(json: Json) -> EndpointStatus:
    try:
        return EndpointStatus(element.text(json, "status") or "")
    except ValueError:
        return EndpointStatus.ENTERED_IN_ERROR


def _parse_period(json: Json) -> Period:
    period = element.one(json, "period")
    return Period.parse(element.text(period, "start"), element.text(period, "end"))


def _read_period(json: Json) -> Period:
    try:
        return _parse_period(json)
    except Malformed:
        return Period()


_TERMS = {
    "connection-type": kind.token("Endpoint-connection-type", "connectionType"),
    "identifier": kind.token("Endpoint-identifier", "identifier"),
    "name": kind.string("Endpoint-name", "name"),
    "organization": kind.reference("Endpoint-organization", "managingOrganization", "Organization"),
    "payload-type": replace(
        kind.token("Endpoint-payload-type", "payloadType"), alternatives=payloads.alternatives
    ),
    "status": kind.token("Endpoint-status", "status"),
    **{
        name: replace(
            kind.token(canonicals.search_parameter(definition), f"extension('{url}').value"),
            describes=describes,
        )
        for name, definition, url, describes in (
            (
                "smp-participant-id",
                "SmpParticipantId",
                canonicals.SMP_PARTICIPANT_ID,
                "The key, in NemHandelsregistret, of the participant that an endpoint is.",
            ),
            (
                "smp-receiver-service-id",
                "SmpReceiverServiceId",
                canonicals.SMP_RECEIVER_SERVICE_ID,
                "The key, in NemHandelsregistret, of the service that an endpoint receives by.",
            ),
        )
    },
}

KIND = kind.Kind(
    type=TYPE,
    profiles=(
        canonicals.MESSAGING_ENDPOINT,
        canonicals.SOR_ENDPOINT,
        canonicals.MCSD_ENDPOINT,
    ),
    terms=_TERMS,
    issues=issues,
    reading=reading,
    identity=identity,
)
