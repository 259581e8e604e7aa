"""FHIR resources for tests, each with defaults that are right; None takes an element away."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from eer.domain import access
from eer.domain.access import OPERATOR, Principal
from eer.domain.identifiers import Cvr, Reference, SorId, gln_check_digit
from eer.fhir import canonicals, codec_json, kinds, terminology
from eer.register import load, read, write
from eer.register.change import Outcome, Put
from eer.register.counter import Counter
from eer.register.intent import Create, Expected, Intent, Remove, Update
from eer.register.load import Report
from eer.register.transaction import commit
from eer.store.session import Store

Json = dict[str, Any]

BASE = "http://127.0.0.1:8080/fhir"
NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
START = "2026-05-05T00:00:00+02:00"
HCO_1_1, HCO_1_2, ACK_2_0 = (
    f"urn:dk:healthcare:medcom:messaging:fhir:structuredefinition::{name}"
    f"##urn:dk:medcom:fhir:{name}::{version}"
    for name, version in (
        ("homecareobservation-message", "1.1"),
        ("homecareobservation-message", "1.2"),
        ("acknowledgement-message", "2.0"),
    )
)
RECEIPT = (
    "urn:dk:healthcare:messaging:oasis:ebxml:schema:xsd"
    "::ehmisbdh-acknowledgement##urn:dk:ehmi:sbdh:ehmisbdh-acknowledgement::1.0"
)


EVERYTHING = access.scopes("system/*.cruds")
THE_OPERATOR = Principal("drift", "tests", None, EVERYTHING, frozenset({OPERATOR}))


def gln(number: int = 1) -> str:
    """Return the *number*th GLN of the range kept for tests."""
    digits = f"5790009{number:05}"
    return digits + gln_check_digit(digits)


def sor(number: int = 1) -> str:
    """Return the SOR id of the *number*th item of the range kept for tests."""
    stem = f"{500000 + number}1000016"
    found = (f"{stem}{digits:03}" for digits in range(1000))
    return next(each for each in found if SorId.parse(each).has_check_digit)


def cvr(number: int = 1) -> str:
    """Return the *number*th CVR of the range kept for tests."""
    return _cvrs()[number]


def reference(resource: Json) -> Json:
    return {"reference": f"{resource['resourceType']}/{resource['id']}"}


def organization(number: int = 1, **changes: Any) -> Json:
    """Return a unit of SOR: its own company, no endpoints."""
    return _changed(
        {
            "resourceType": "Organization",
            "id": f"unit-{number}",
            "meta": {"profile": [canonicals.MESSAGING_ORGANIZATION]},
            "identifier": [
                {"use": "official", "system": "urn:oid:1.2.208.176.1.1", "value": sor(number)},
                {"system": "http://cvr.dk", "value": cvr(number)},
            ],
            "active": True,
            "type": [concept(canonicals.HIERARCHY, "SI")],
            "name": f"Lægehuset på Ærøvej {number}",
        },
        changes,
    )


def endpoint(number: int = 1, **changes: Any) -> Json:
    """Return an active endpoint of the unit of the same number, without an access point."""
    return _changed(
        {
            "resourceType": "Endpoint",
            "id": f"endpoint-{number}",
            "meta": {"profile": [canonicals.MESSAGING_ENDPOINT]},
            "identifier": [{"system": "https://www.gs1.org/gln", "value": gln(number)}],
            "status": "active",
            "connectionType": {
                "system": canonicals.CONNECTION_TYPES,
                "code": "EerMessagingEdelivery",
            },
            "name": f"Lægehuset {number} i EHMI",
            "managingOrganization": {"reference": f"Organization/unit-{number}"},
            "period": {"start": START},
            "payloadType": payloads(HCO_1_2, RECEIPT),
            "payloadMimeType": ["application/fhir+xml"],
            "address": "https://endpoint.example.dk/fhir",
        },
        changes,
    )


def owner(number: int = 90, **changes: Any) -> Json:
    """Return an owner of access points."""
    return _changed(
        {
            "resourceType": "Organization",
            "id": f"owner-{number}",
            "meta": {"profile": [canonicals.AP_OWNER]},
            "extension": [mtls_key(cvr(number))],
            "identifier": [{"system": "http://cvr.dk", "value": cvr(number)}],
            "active": True,
            "name": f"Netleverandøren {number}",
        },
        changes,
    )


def access_point(number: int = 1, owned_by: int = 90, **changes: Any) -> Json:
    """Return an access point of an owner."""
    return _changed(
        {
            "resourceType": "Device",
            "id": f"ap-{number}",
            "meta": {"profile": [canonicals.AP_DETAILS]},
            "extension": [public_key(certificate(company=cvr(owned_by))), conformant()],
            "identifier": [{"value": f"ap-{number}"}],
            "status": "active",
            "manufacturer": "Netleverandøren",
            "deviceName": [{"name": f"Adgangspunkt {number}", "type": "user-friendly-name"}],
            "type": concept(canonicals.DEVICE_TYPES, "AP"),
            "owner": {"reference": f"Organization/owner-{owned_by}"},
            "contact": [{"system": "email", "value": "drift@example.dk"}],
            "url": f"https://ap{number}.example.dk/as4",
        },
        changes,
    )


def device(number: int = 1, type_code: str = "MSH", **changes: Any) -> Json:
    """Return a device that is no access point."""
    return _changed(
        {
            "resourceType": "Device",
            "id": f"device-{number}",
            "meta": {"profile": [canonicals.DEVICE]},
            "identifier": [{"value": f"device-{number}"}],
            "status": "active",
            "manufacturer": "Systemhuset",
            "deviceName": [{"name": f"System {number}", "type": "manufacturer-name"}],
            "type": concept(canonicals.DEVICE_TYPES, type_code),
        },
        changes,
    )


def message_definition(**changes: Any) -> Json:
    """Return the definition of HomeCareObservation 1.2 as MedCom's profile for FHIR wants it."""
    return _changed(
        {
            "resourceType": "MessageDefinition",
            "id": "hco-1.2",
            "meta": {"profile": [f"{canonicals.MESSAGE_DEFINITION}/medcom-message-fhir"]},
            "url": "https://messages.example.dk/MessageDefinition/hco",
            "identifier": [
                {
                    "use": "official",
                    "type": concept(canonicals.MESSAGE_TYPES, "FHIR"),
                    "value": HCO_1_2,
                    "period": {"start": "2026-01-01"},
                }
            ],
            "version": "1.2",
            "name": "HomeCareObservation",
            "title": "HomeCareObservation 1.2",
            "status": "active",
            "date": "2026-01-01",
            "publisher": "MedCom",
            "contact": [
                {
                    "name": "MedCom FHIR Team",
                    "telecom": [{"system": "email", "value": "fhir@medcom.dk"}],
                }
            ],
            "description": "Målinger fra hjemmeplejen",
            "useContext": [
                {
                    "code": {
                        "system": "http://terminology.hl7.org/CodeSystem/usage-context-type",
                        "code": "workflow",
                    },
                    "valueCodeableConcept": {"text": "messaging"},
                }
            ],
            "jurisdiction": [concept("urn:iso:std:iso:3166", "DK")],
            "purpose": "Målinger til lægen",
            "eventCoding": {
                "system": "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-messaging-eventCodes",
                "code": "homecareobservation-message",
            },
            "category": "notification",
            "responseRequired": "always",
            "allowedResponse": [{"message": "https://messages.example.dk/MessageDefinition/ack"}],
        },
        changes,
    )


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def payloads(*codes: str) -> list[Json]:
    return [concept(canonicals.PAYLOADS, code) for code in codes]


def linked(url: str, target: str) -> Json:
    """Return an extension that leads to *target*."""
    return {"url": url, "valueReference": {"reference": target}}


def conformant(day: str = "2025-06-01") -> Json:
    """Return the mark of an access point that passed the EU's conformance test."""
    return {"url": canonicals.EU_CONFORMANCE, "valueDate": day}


def certified(*definitions: str) -> list[Json]:
    """Return the extensions of a device that is certified for *definitions*, by their ids."""
    return [linked(canonicals.CERTIFIED_FOR, f"MessageDefinition/{each}") for each in definitions]


def worded(url: str, text: str) -> Json:
    return {"url": url, "valueString": text}


def mtls_key(company: str) -> Json:
    subject = f"CVR:{company}-UID:UI:DK-O:G:00000000-0000-4000-8000-000000000001"
    return {
        "url": canonicals.SMP_MTLS_KEY,
        "extension": [
            worded(canonicals.SMP_CERTIFICATE_SUBJECT, subject),
            worded(canonicals.SMP_CERTIFICATE_ID, "75"),
        ],
    }


def public_key(der: bytes) -> Json:
    return {
        "url": canonicals.SMP_PUBLIC_KEY,
        "extension": [
            {"url": canonicals.SMP_PUBLIC_CERTIFICATE, "valueBase64Binary": _text(der)},
            worded(canonicals.SMP_CERTIFICATE_ID, "401"),
        ],
    }


def redirected(
    target: str = "https://smp.other.example.dk", *, certificate: bytes | None = None, uid: str = ""
) -> Json:
    """Return an extension that leads to another SMP, whose signer is *certificate* or *uid*."""
    parts = [{"url": "target", "valueUrl": target}]
    if certificate is not None:
        parts.append({"url": "certificate", "valueBase64Binary": _text(certificate)})
    if uid:
        parts.append({"url": "certificateUid", "valueString": uid})
    return {"url": canonicals.SMP_REDIRECT, "extension": parts}


def transaction(*resources: Json) -> Json:
    """Return a transaction that PUTs each of *resources*."""
    entries = [
        {
            "fullUrl": f"https://eer.example.dk/{each['resourceType']}/{each['id']}",
            "resource": each,
            "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"},
        }
        for each in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def collection(*resources: Json) -> Json:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def registered() -> list[Json]:
    """Return a unit whose endpoint is brought to an access point: what may be published."""
    links = [linked(canonicals.AP_SYSTEM, "Device/ap-1")]
    return [
        owner(),
        access_point(),
        organization(endpoint=[{"reference": "Endpoint/endpoint-1"}]),
        endpoint(extension=links),
    ]


def file(json: Json, name: str = "file.json") -> tuple[str, bytes]:
    """Return *json* as a file that is loaded."""
    return name, orjson.dumps(json)


@cache
def certificate(
    begin: datetime = NOW - timedelta(days=100),
    end: datetime = NOW + timedelta(days=1000),
    company: str | None = None,
) -> bytes:
    """Return the DER of a certificate that signs itself; *company* is the CVR it names."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = [x509.NameAttribute(NameOID.COMMON_NAME, "ap.example.dk")]
    if company is not None:
        named.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRDK-{company}"))
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name(named))
        .issuer_name(x509.Name(named))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(end)
        .sign(key, SHA256())
        .public_bytes(Encoding.DER)
    )


def _text(der: bytes) -> str:
    return b64encode(der).decode()


def _changed(json: Json, changes: Json) -> Json:
    found = json | changes
    return {name: value for name, value in found.items() if value is not None}


@cache
def _cvrs() -> list[str]:
    return [text for number in range(10_000) if _is_cvr(text := f"9900{number:04}")]


def _is_cvr(text: str) -> bool:
    weights = (2, 7, 6, 5, 4, 3, 2, 1)
    is_one = sum(int(d) * w for d, w in zip(text, weights, strict=True)) % 11 == 0
    return is_one and str(Cvr.parse(text)) == text


def faults(json: Json) -> set[tuple[str, str]]:
    """Return severity and place of everything that is wrong with a resource by itself."""
    found = kinds.issues(json, terminology.shipped())
    return {(str(issue.severity), issue.expression) for issue in found}


def refusals(json: Json) -> set[str]:
    """Return the places of what refuses a resource by itself."""
    found = kinds.issues(json, terminology.shipped())
    return {issue.expression for issue in found if issue.is_error}


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


def register_over(store: Store, clock: Clock) -> Counter:
    """Return a register whose new ids are minted-1, minted-2 …"""
    numbers = count(1)
    return Counter(store=store, now=clock, new_id=lambda: f"minted-{next(numbers)}", base_url=BASE)


def company(number: int = 1) -> Principal:
    """Return somebody of the *number*th company, who is no operator."""
    cvr_of_it = Cvr.parse(cvr(number))
    return Principal("superuser", "tests", cvr_of_it, EVERYTHING, frozenset())


def ref(json: Json) -> Reference:
    return Reference(json["resourceType"], json["id"])


def put(counter: Counter, *resources: Json, by: Principal = THE_OPERATOR) -> tuple[Outcome, ...]:
    """Write *resources* as one."""
    return commit(counter, [Put(ref(each), each) for each in resources], by)


def create(counter: Counter, json: Json, by: Principal = THE_OPERATOR) -> Outcome:
    """Create *json* under an id of the register's."""
    return done(counter, Create(type=json["resourceType"], json=json), by)


def update(
    counter: Counter,
    json: Json,
    by: Principal = THE_OPERATOR,
    version: int | None = None,
    of: Reference | None = None,
) -> Outcome:
    """Write *json* as *of*, or as itself."""
    of = of or ref(json)
    return done(counter, Update(type=of.type, id=of.id, expected=Expected(version), json=json), by)


def remove(
    counter: Counter, reference: str, by: Principal = THE_OPERATOR, version: int | None = None
) -> Outcome:
    """Delete what *reference* names."""
    gone = Reference.parse(reference)
    return done(counter, Remove(type=gone.type, id=gone.id, expected=Expected(version)), by)


def done(counter: Counter, intent: Intent, by: Principal = THE_OPERATOR) -> Outcome:
    """Do one thing that there is something to do for."""
    result = write.perform(counter, intent, by)
    assert isinstance(result, Outcome), result
    return result


def loaded(counter: Counter, *files: tuple[str, bytes]) -> Report:
    return load.load(counter, files, THE_OPERATOR, lambda _: None)


def current(counter: Counter, reference_of: str) -> Json:
    """Return what a resource says now."""
    body = read.read(counter, Reference.parse(reference_of)).body
    return codec_json.parse(body or b"")


def ids(found: Sequence[Json]) -> list[str]:
    return [each["id"] for each in found]
