"""What does a Device say, and is it right by itself?

EER 3.0.0: EerDevice (spec 2.2) and its child EER_AP_Technical_Details (2.5), which a Device is
when meta.profile says so or when it is of type AP and carries a public key.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from eer.domain import uri
from eer.domain.errors import Issue, IssueCode, Malformed, error, warning
from eer.domain.identifiers import Reference
from eer.domain.model import ACCESS_POINT, Certificate, Claim, Device, Reading, Role, Unreadable
from eer.domain.search import Token, canonical_system
from eer.domain.wording import say
from eer.fhir import canonicals, certificate, element, kind, profile
from eer.fhir.element import Json
from eer.fhir.terminology import Vocabulary

TYPE = "Device"
_NEVER = (
    *("udiCarrier", "definition", "lotNumber", "serialNumber", "modelNumber", "partNumber"),
    *("specialization", "property", "patient", "location", "safety", "parent"),
)
_NEVER_OF_AN_AP = (
    *("statusReason", "distinctIdentifier", "manufactureDate", "expirationDate", "version"),
)
_CONTACTS = ("email", "phone", "url")


def issues(json: Json, vocabulary: Vocabulary) -> Iterator[Issue]:
    """Yield every fault of a Device's own content."""
    yield from profile.required(
        json, TYPE, ("identifier", "type", "status", "manufacturer", "deviceName")
    )
    yield from profile.absent(json, TYPE, _NEVER)
    of_type = element.one(json, "type")
    yield from profile.coded(vocabulary, of_type, "Device.type", canonicals.DEVICE_TYPES)
    yield from profile.local(_pointers(json))
    if len(element.many(json, "deviceName")) > 1:
        text = say("a second name: expected one")
        yield error(IssueCode.STRUCTURE, "Device.deviceName[1]", text)
    for place, _, value in element.identifiers(json):
        if value is None:
            text = say("a device's identifier needs its value")
            yield error(IssueCode.REQUIRED, f"Device.identifier[{place}].value", text)
    yield from _key_issues(json)
    yield from _certification_issues(json)
    if ACCESS_POINT in element.codings(element.one(json, "type"), canonicals.DEVICE_TYPES):
        yield from _published_issues(json)
    if _is_access_point(json):
        yield from _access_point_issues(json)


def reading(reference: Reference, json: Json) -> Reading:
    """Read a Device that passed its rules."""
    types = element.codings(element.one(json, "type"), canonicals.DEVICE_TYPES)
    return Reading(
        reference=reference,
        roles=frozenset(
            {Role.ANY, Role.DEVICE}
            | {role for role in (Role.AP, Role.MSH, Role.EUA) if role.name in types}
        ),
        links=profile.links(_pointers(json)),
        claims=tuple(_claims(json)),
        says=Device(
            types=types,
            active=element.text(json, "status") == "active",
            url=_url(json),
            certificate=_certificate(json),
            contact_url=_contact_url(json),
            owner=element.reference(element.one(json, "owner")),
            transport_profiles=_transport_profiles(json),
            certified_for=tuple(
                link.target
                for link in profile.links(_pointers(json))
                if link.role is Role.MESSAGE_DEFINITION
            ),
            tested=_tested(json),
        ),
    )


def identity(json: Json) -> tuple[Token, ...]:
    """Return each identifier; most have a value and no system."""
    return tuple(
        Token(canonical_system(system or ""), value)
        for _, system, value in element.identifiers(json)
        if value is not None
    )


def _is_access_point(json: Json) -> bool:
    claimed = element.profiles(json)
    if canonicals.AP_DETAILS in claimed or canonicals.DEVICE in claimed:
        return canonicals.AP_DETAILS in claimed
    types = element.codings(element.one(json, "type"), canonicals.DEVICE_TYPES)
    return ACCESS_POINT in types and bool(element.extensions(json, canonicals.SMP_PUBLIC_KEY))


def _access_point_issues(json: Json) -> Iterator[Issue]:
    yield from profile.required(json, TYPE, ("owner", "contact", "url"))
    yield from profile.absent(json, TYPE, _NEVER_OF_AN_AP)
    types = element.codings(element.one(json, "type"), canonicals.DEVICE_TYPES)
    if ACCESS_POINT not in types:
        text = (
            say("type {found} found, expected AP", found=", ".join(types))
            if types
            else say("type unknown found, expected AP")
        )
        yield error(IssueCode.VALUE, "Device.type", text)
    if not element.extensions(json, canonicals.SMP_PUBLIC_KEY):
        text = say("no smp-public-key extension: an access point needs its certificate")
        yield error(IssueCode.REQUIRED, "Device.extension", text)
    for place, name in enumerate(element.many(json, "deviceName")):
        if element.text(name, "type") != "user-friendly-name":
            text = say("expected user-friendly-name for an access point")
            yield error(IssueCode.VALUE, f"Device.deviceName[{place}].type", text)
    for place, contact in enumerate(element.many(json, "contact")):
        at = f"Device.contact[{place}]"
        yield from profile.required(contact, at, ("system", "value"))


def _published_issues(json: Json) -> Iterator[Issue]:
    """What of any device of type AP goes out to access points as it is."""
    url = element.text(json, "url")
    if url is not None:
        try:
            uri.http_url(url)
        except Malformed as fault:
            yield error(IssueCode.VALUE, "Device.url", fault.text)
    for place, contact in enumerate(element.many(json, "contact")):
        system, value = element.text(contact, "system"), element.text(contact, "value")
        if system in _CONTACTS and value is not None and not uri.contact_uri(system, value):
            text = say(
                "{system} {value!r} found, which makes no address; it is not published",
                system=system,
                value=value,
            )
            yield warning(IssueCode.VALUE, f"Device.contact[{place}].value", text)


def _key_issues(json: Json) -> Iterator[Issue]:
    yield from profile.at_most_one(json, TYPE, canonicals.SMP_PUBLIC_KEY)
    yield from profile.valued(json, TYPE, canonicals.TRANSPORT_PROFILE, "valueString")
    for place, key in element.extensions(json, canonicals.SMP_PUBLIC_KEY):
        at = f"Device.extension[{place}]"
        yield from profile.at_most_one(key, at, canonicals.SMP_CERTIFICATE_ID)
        yield from profile.valued(key, at, canonicals.SMP_CERTIFICATE_ID, "valueString")
        found = element.extensions(key, canonicals.SMP_PUBLIC_CERTIFICATE)
        if len(found) != 1:
            text = say(
                "{found} smp-public-certificate found in smp-public-key, expected one",
                found=len(found),
            )
            yield error(IssueCode.REQUIRED, at, text)
        for inner, each in found:
            read = certificate.read(element.text(each, "valueBase64Binary") or "")
            if isinstance(read, Unreadable):
                where = f"{at}.extension[{inner}].value"
                text = say("the certificate cannot be read: {why}", why=read.why)
                yield error(IssueCode.VALUE, where, text)


def _certification_issues(json: Json) -> Iterator[Issue]:
    """What our own extensions hold (docs/interfaces/eer-rules.md)."""
    yield from profile.valued(json, TYPE, canonicals.CERTIFIED_FOR, "valueReference")
    yield from profile.at_most_one(json, TYPE, canonicals.EU_CONFORMANCE)
    yield from profile.valued(json, TYPE, canonicals.EU_CONFORMANCE, "valueDate")


def _pointers(json: Json) -> Iterator[profile.Pointer]:
    if "owner" in json:
        role = Role.AP_OWNER if _is_access_point(json) else Role.ORGANIZATION
        yield "Device.owner", element.one(json, "owner"), role
    for place, each in element.extensions(json, canonicals.CERTIFIED_FOR):
        at = f"Device.extension[{place}].value"
        yield at, element.one(each, "valueReference"), Role.MESSAGE_DEFINITION


def _claims(json: Json) -> Iterator[Claim]:
    for place, system, value in element.identifiers(json):
        if value is not None:
            written = f"{canonical_system(system or '')}|{value}"
            yield Claim("device identifier", written, f"Device.identifier[{place}]")


def _certificate(json: Json) -> Certificate | Unreadable | None:
    for _, key in element.extensions(json, canonicals.SMP_PUBLIC_KEY):
        for _, each in element.extensions(key, canonicals.SMP_PUBLIC_CERTIFICATE):
            return certificate.read(element.text(each, "valueBase64Binary") or "")
    return None


def _contact_url(json: Json) -> str | None:
    """The first contact that makes a URI (spec 6.7)."""
    for contact in element.many(json, "contact"):
        system, value = element.text(contact, "system"), element.text(contact, "value")
        if system and value and (found := uri.contact_uri(system, value)):
            return found
    return None


def _url(json: Json) -> str | None:
    found = element.text(json, "url")
    try:
        return None if found is None else uri.http_url(found)
    except Malformed:
        return None


def _transport_profiles(json: Json) -> tuple[str, ...]:
    return tuple(
        value
        for _, each in element.extensions(json, canonicals.TRANSPORT_PROFILE)
        if (value := element.text(each, "valueString")) is not None
    )


def _tested(json: Json) -> datetime | None:
    for _, each in element.extensions(json, canonicals.EU_CONFORMANCE):
        return profile.first_instant(element.text(each, "valueDate"))
    return None


_TERMS = {
    "device-name": kind.string(
        "Device-device-name", "deviceName.name", "type.coding.display", "type.text"
    ),
    "identifier": kind.token("Device-identifier", "identifier"),
    "location": kind.reference("Device-location", "location", "Location"),
    "manufacturer": kind.string("Device-manufacturer", "manufacturer"),
    "model": kind.string("Device-model", "modelNumber"),
    "organization": kind.reference("Device-organization", "owner", "Organization"),
    "patient": kind.reference("Device-patient", "patient", "Patient"),
    "status": kind.token("Device-status", "status"),
    "type": kind.token("Device-type", "type"),
    "udi-carrier": kind.string("Device-udi-carrier", "udiCarrier.carrierHRF"),
    "udi-di": kind.string("Device-udi-di", "udiCarrier.deviceIdentifier"),
    "url": kind.uri("Device-url", "url"),
    "smp-certificate-id": replace(
        kind.token(
            canonicals.search_parameter("SmpCertificateId"),
            f"extension('{canonicals.SMP_PUBLIC_KEY}')"
            f".extension('{canonicals.SMP_CERTIFICATE_ID}').value",
        ),
        describes="The key, in NemHandelsregistret, of the certificate that an access point has.",
    ),
}

KIND = kind.Kind(
    type=TYPE,
    profiles=(canonicals.DEVICE, canonicals.AP_DETAILS),
    terms=_TERMS,
    issues=issues,
    reading=reading,
    identity=identity,
)
