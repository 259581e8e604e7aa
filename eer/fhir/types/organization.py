"""What does an Organization say, and is it right by itself?

EER 3.0.0: EerMessagingOrganization, EerSorOrganization (spec 2.4) and
EER_AP_Organization_Owner (2.6), told apart by meta.profile and else by the SOR id.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from eer.domain.errors import Issue, IssueCode, Malformed, error, warning
from eer.domain.identifiers import CVR_SYSTEM, SOR_SYSTEM, Cvr, Reference, SorId
from eer.domain.model import Claim, Organization, Reading, Role
from eer.domain.search import Chain, Clause, Condition, Missing, Reverse, Token
from eer.domain.wording import say
from eer.fhir import canonicals, element, kind, payloads, profile
from eer.fhir.element import Json
from eer.fhir.terminology import Vocabulary

T = TypeVar("T")

TYPE = "Organization"
_OWNER_HAS_NOT = ("type", "telecom", "address", "partOf", "contact", "endpoint")
_INSTITUTION_OWNERS = {"IE", "IO"}
_OWNER = "ADMIN"
_LEVELS = {"IO": "IE", "IE": "IO", "HI": "SI", "SI": "HI", "OU": "OE", "OE": "OU"}


def issues(json: Json, vocabulary: Vocabulary) -> Iterator[Issue]:
    """Yield every fault of an Organization's own content."""
    yield from profile.organisational_identifiers(json, TYPE)
    yield from profile.required(json, TYPE, ("identifier", "name"))
    yield from profile.at_most_one(json, TYPE, canonicals.SMP_ORGANIZATION_ID)
    yield from profile.valued(json, TYPE, canonicals.SMP_ORGANIZATION_ID, "valueString")
    yield from _not_home(json)
    yield from profile.local(_pointers(json))
    if is_owner(json):
        yield from _owner_issues(json)
    else:
        yield from _unit_issues(json, vocabulary)


def is_owner(json: Json) -> bool:
    """Whether this is the owner of an access point and not a unit of SOR."""
    claimed = element.profiles(json)
    if canonicals.AP_OWNER in claimed:
        return True
    if {canonicals.MESSAGING_ORGANIZATION, canonicals.SOR_ORGANIZATION} & set(claimed):
        return False
    return _value(json, SOR_SYSTEM) is None


def reading(reference: Reference, json: Json) -> Reading:
    """Read an Organization that passed its rules."""
    owner = is_owner(json)
    sor, cvr = _value(json, SOR_SYSTEM), _value(json, CVR_SYSTEM)
    return Reading(
        reference=reference,
        roles=frozenset(_roles(json, owner=owner)),
        links=profile.links(_pointers(json)),
        claims=() if sor is None else (Claim("SOR id", sor, "Organization.identifier"),),
        says=Organization(
            reference=reference,
            name=element.text(json, "name") or "",
            active=json.get("active") is True,
            sor=_parsed(SorId.parse, sor),
            cvr=_parsed(Cvr.parse, cvr),
            part_of=element.reference(element.one(json, "partOf")),
        ),
    )


def identity(json: Json) -> tuple[Token, ...]:
    """Return the SOR id of a unit, or the CVR of an owner."""
    system = CVR_SYSTEM if is_owner(json) else SOR_SYSTEM
    value = _value(json, system)
    return () if value is None else (Token(system, value),)


def _owner_issues(json: Json) -> Iterator[Issue]:
    yield from profile.absent(json, TYPE, _OWNER_HAS_NOT)
    if _value(json, CVR_SYSTEM) is None:
        text = say("no identifier of {system}: an AP owner needs its CVR", system=CVR_SYSTEM)
        yield error(IssueCode.REQUIRED, "Organization.identifier", text)
    keys = element.extensions(json, canonicals.SMP_MTLS_KEY)
    if not keys:
        text = say("no smp-mtls-key extension: an AP owner needs one or more")
        yield error(IssueCode.REQUIRED, "Organization.extension", text)
    for place, key in keys:
        yield from _mtls_key_issues(key, f"Organization.extension[{place}]")
    if json.get("active") is None:
        text = say("active is missing: what this owner owns is not published until it is true")
        yield warning(IssueCode.BUSINESS_RULE, "Organization.active", text)


def _mtls_key_issues(key: Json, at: str) -> Iterator[Issue]:
    if len(element.extensions(key, canonicals.SMP_CERTIFICATE_SUBJECT)) != 1:
        text = say("smp-mtls-key needs exactly one smp-certificate-subject")
        yield error(IssueCode.REQUIRED, at, text)
    yield from profile.at_most_one(key, at, canonicals.SMP_CERTIFICATE_ID)
    for url in (canonicals.SMP_CERTIFICATE_SUBJECT, canonicals.SMP_CERTIFICATE_ID):
        yield from profile.valued(key, at, url, "valueString")


def _unit_issues(json: Json, vocabulary: Vocabulary) -> Iterator[Issue]:
    yield from profile.absent(json, TYPE, ("implicitRules", "modifierExtension"))
    yield from profile.required(json, TYPE, ("active",))
    if _value(json, SOR_SYSTEM) is None:
        text = say("no identifier of {system}: a unit needs its SOR id", system=SOR_SYSTEM)
        yield error(IssueCode.REQUIRED, "Organization.identifier", text)
    yield from _typed(json, vocabulary, canonicals.HIERARCHY, least=1)
    yield from _typed(json, vocabulary, canonicals.UNIT_TYPES, least=0)
    yield from _institution_owner(json)


def _typed(json: Json, vocabulary: Vocabulary, system: str, *, least: int) -> Iterator[Issue]:
    found = [
        (place, code)
        for place, concept in enumerate(element.many(json, "type"))
        for code in element.codings(concept, system)
    ]
    if len(found) not in (least, 1):
        text = (
            say("{found} types of {system} found, expected one", found=len(found), system=system)
            if least
            else say(
                "{found} types of {system} found, expected at most one",
                found=len(found),
                system=system,
            )
        )
        yield error(IssueCode.REQUIRED, "Organization.type", text)
    for place, code in found:
        yield from profile.known(vocabulary, code, f"Organization.type[{place}]", system)


def _institution_owner(json: Json) -> Iterator[Issue]:
    """EerSorOrganization: a contact for ADMIN carries the owner and nothing else."""
    if not _is_of_sor(json):
        return
    yield from profile.required(json, TYPE, ("contact",))
    owners = 0
    for place, contact in enumerate(element.many(json, "contact")):
        purposes = element.many(element.one(contact, "purpose"), "coding")
        systems = [element.text(each, "system") for each in purposes if each.get("code") == _OWNER]
        if not systems:
            continue
        owners += 1
        at = f"Organization.contact[{place}]"
        if owners > 1:
            text = say("a second SOR owner: expected at most one")
            yield error(IssueCode.STRUCTURE, at, text)
        if canonicals.CONTACT_TYPES not in systems:
            text = say(
                "{code} of {found} found, expected {system}",
                code=_OWNER,
                found=systems[0],
                system=canonicals.CONTACT_TYPES,
            )
            yield error(IssueCode.CODE_INVALID, f"{at}.purpose", text)
        yield from profile.absent(contact, at, ("address", "name", "telecom"))
        if len(element.extensions(contact, canonicals.INSTITUTION_OWNER)) != 1:
            text = say(
                "a SOR owner needs exactly one contactdetail-organization-reference-extension"
            )
            yield error(IssueCode.REQUIRED, at, text)


def _not_home(json: Json) -> Iterator[Issue]:
    """FHIR R4 org-2 and org-3: an organisation has no home."""
    for name in ("address", "telecom"):
        for place, each in enumerate(element.many(json, name)):
            if element.text(each, "use") == "home":
                at = f"Organization.{name}[{place}].use"
                text = say("use home found: an organisation has none")
                yield error(IssueCode.INVARIANT, at, text)


def _roles(json: Json, *, owner: bool) -> Iterator[Role]:
    yield from (Role.ANY, Role.ORGANIZATION)
    if owner:
        yield Role.AP_OWNER
        return
    yield Role.MESSAGING_ORGANIZATION
    if _is_of_sor(json):
        yield Role.SOR_ORGANIZATION
    for concept in element.many(json, "type"):
        if _INSTITUTION_OWNERS & set(element.codings(concept, canonicals.HIERARCHY)):
            yield Role.INSTITUTION_OWNER


def _pointers(json: Json) -> Iterator[profile.Pointer]:
    above, beside = Role.MESSAGING_ORGANIZATION, Role.ENDPOINT
    if _is_of_sor(json):
        above, beside = Role.SOR_ORGANIZATION, Role.SOR_ENDPOINT
    if "partOf" in json:
        yield "Organization.partOf", element.one(json, "partOf"), above
    for place, each in enumerate(element.many(json, "endpoint")):
        yield f"Organization.endpoint[{place}]", each, beside
    for url, role in ((canonicals.EUA_SYSTEM, Role.EUA), (canonicals.MSH_SYSTEM, Role.MSH)):
        for place, each in element.extensions(json, url):
            at = f"Organization.extension[{place}].value"
            yield at, element.one(each, "valueReference"), role
    for place, contact in enumerate(element.many(json, "contact")):
        for inner, each in element.extensions(contact, canonicals.INSTITUTION_OWNER):
            at = f"Organization.contact[{place}].extension[{inner}].value"
            yield at, element.one(each, "valueReference"), Role.INSTITUTION_OWNER


def _is_of_sor(json: Json) -> bool:
    return canonicals.SOR_ORGANIZATION in element.profiles(json)


def _value(json: Json, system: str) -> str | None:
    for _, found, value in element.identifiers(json):
        if found == system:
            return value
    return None


def _parsed(parse: Callable[[str], T], text: str | None) -> T | None:
    try:
        return None if text is None else parse(text)
    except Malformed:
        return None


def _pairs(token: Token) -> tuple[Token, ...]:
    """The Danish and the English code of a level of the hierarchy are one (decision 8)."""
    other = _LEVELS.get(token.code or "")
    is_level = token.system in (None, canonicals.HIERARCHY) and other is not None
    return (token, Token(token.system, other)) if is_level else (token,)


def _receiving(clause: Clause | Missing) -> tuple[Condition, ...]:
    """What `messageType` asks of the endpoints: those it names, and those it manages."""
    _, mark, modifier = clause.parameter.partition(":")
    offered = replace(clause, parameter=f"payload-type{mark}{modifier}")
    return (
        Chain("endpoint", "Endpoint", offered),
        Reverse("Endpoint", "organization", offered),
    )


def _of_key(definition: str, url: str, describes: str) -> kind.Term:
    path = f"extension('{canonicals.SMP_MTLS_KEY}').extension('{url}').value"
    found = kind.token(canonicals.search_parameter(definition), path)
    return replace(found, describes=describes)


_TERMS = {
    "active": kind.token("Organization-active", "active"),
    **kind.address(TYPE),
    "endpoint": kind.reference("Organization-endpoint", "endpoint", "Endpoint"),
    "identifier": kind.token("Organization-identifier", "identifier"),
    "name": kind.string("Organization-name", "name", "alias"),
    "partof": kind.reference("Organization-partof", "partOf", TYPE),
    "phonetic": kind.phonetic("Organization-phonetic", "name"),
    "type": replace(kind.token("Organization-type", "type"), alternatives=_pairs),
    "messageType": kind.Term(
        kind.TermKind.TOKEN,
        canonicals.search_parameter("MessageType"),
        (),
        alternatives=payloads.alternatives,
        routes=_receiving,
        expression="Organization.endpoint.resolve().payloadType.coding",
        describes="The messages that an organisation receives: payload types of its endpoints.",
    ),
    "smp-organization-id": replace(
        kind.token(
            canonicals.search_parameter("SmpOrganizationId"),
            f"extension('{canonicals.SMP_ORGANIZATION_ID}').value",
        ),
        describes="The key of an organisation in NemHandelsregistret.",
    ),
    "smp-certificate-id": _of_key(
        "SmpMtlsCertificateId",
        canonicals.SMP_CERTIFICATE_ID,
        "The key, in NemHandelsregistret, of a certificate that an owner of access points has.",
    ),
    "smp-certificate-subject": _of_key(
        "SmpCertificateSubject",
        canonicals.SMP_CERTIFICATE_SUBJECT,
        "The subject of a certificate that an owner of access points has for NemHandelsregistret.",
    ),
}

KIND = kind.Kind(
    type=TYPE,
    profiles=(
        canonicals.MESSAGING_ORGANIZATION,
        canonicals.SOR_ORGANIZATION,
        canonicals.AP_OWNER,
        canonicals.MCSD_ORGANIZATION,
    ),
    terms=_TERMS,
    issues=issues,
    reading=reading,
    identity=identity,
)
