"""How does the European Commission's dynamic-discovery-client look up a receiver, for Domibus?

NAPTR and then CNAME, a regular expression of two parts, identifiers in small letters, escapes with
%20, ebCore joined by one colon, `::value` where there is no scheme; 200 and 404 only; an unprefixed
root, the signature its child; activation and expiration heeded (docs/interfaces/smp-clients.md).
"""

import re
from base64 import b32encode
from datetime import datetime
from hashlib import md5, sha256
from urllib.parse import quote_plus

from cryptography.x509.oid import NameOID
from lxml import etree

from clients_world import (
    DS,
    SMP,
    NotFound,
    Reached,
    Unusable,
    World,
    aliases,
    check_trusted,
    endpoint_certificate,
    naptrs,
    parsed,
    read,
    redirect,
    signer,
    text,
)
from smp.domain.identifiers import Identifier

PROFILE = "bdxr-transport-ebms3-as4-v1p0"
_EBCORE = "urn:oasis:names:tc:ebcore:partyid-type:"
_ACTION = re.compile(r"^(?P<scheme>.+?)::(?P<value>.+)$")
_PARTS = 2


class UnreadableAction(Exception):
    """Domibus 4 takes no action without `::`."""


def action_of_domibus_5(action: str) -> Identifier:
    """Return what Domibus 5 takes the AS4 action for: without `::` it has no scheme."""
    found = _ACTION.match(action)
    return Identifier(found["scheme"], found["value"]) if found else Identifier("", action)


def action_of_domibus_4(action: str) -> Identifier:
    """Return what Domibus 4 takes the AS4 action for."""
    found = _ACTION.match(action)
    if found is None:
        raise UnreadableAction(action)
    return Identifier(found["scheme"], found["value"])


def endpoint(
    world: World, participant: Identifier, document: Identifier, process: Identifier
) -> Reached:
    """Return where *participant* receives *document* in *process*, now."""
    who, what = _lowered(participant), _lowered(document)
    url = f"{_base(world, who)}/{_escaped(who)}/services/{_escaped(what)}"
    root = _read(url, "SignedServiceMetadata")
    signature = root.find(f"{DS}Signature")
    if signature is None:
        raise Unusable("no signature below the root")
    check_trusted(signer(root, signature), world.signers, world.at)
    if redirect(root) is not None:
        raise Unusable("a redirect, which it does not know")
    for each in root.iter(f"{SMP}Process"):
        named = each.find(f"{SMP}ProcessIdentifier")
        assert named is not None
        if ((named.text or "").strip(), named.get("scheme")) == (process.value, process.scheme):
            for found in each.iter(f"{SMP}Endpoint"):
                if found.get("transportProfile") == PROFILE and _is_open(found, world.at):
                    return _reached(found, world)
    raise NotFound(f"{process}, {PROFILE}")


def party_id(reached: Reached) -> str:
    """Return whom Domibus takes the access point for: the common name of its certificate."""
    (name,) = reached.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)


def base_by_cname(world: World, participant: Identifier) -> str:
    """Return where the older record leads: over HTTP to the name itself."""
    who = _lowered(participant)
    digest = md5(_whole(who).encode(), usedforsecurity=False).hexdigest()
    name = _named(f"B-{digest}", who, world)
    if not aliases(world, name):
        raise NotFound(name)
    return f"http://{name.removesuffix('.')}"


def _base(world: World, who: Identifier) -> str:
    label = b32encode(sha256(_whole(who).encode()).digest()).decode().rstrip("=")
    name = _named(label, who, world)
    for record in naptrs(world, name):
        if record.service.lower() == b"meta:smp":
            parts = record.regexp.decode().strip("!").split("!")
            if len(parts) != _PARTS:
                raise Unusable(f"a regular expression of {len(parts)} parts")
            pattern, replacement = parts
            if pattern in (".*", "^.*$"):
                return replacement.removesuffix("/")
            return re.sub(pattern, replacement, name).removesuffix("/")
    return base_by_cname(world, who)


def _lowered(identifier: Identifier) -> Identifier:
    return Identifier(identifier.scheme.lower(), identifier.value.lower())


def _is_ebcore(who: Identifier) -> bool:
    return who.scheme.startswith(_EBCORE)


def _whole(who: Identifier) -> str:
    return f"{who.scheme}:{who.value}" if _is_ebcore(who) else who.value


def _named(label: str, who: Identifier, world: World) -> str:
    return f"{label}.{world.zone}" if _is_ebcore(who) else f"{label}.{who.scheme}.{world.zone}"


def _escaped(identifier: Identifier) -> str:
    """Escape as java.net.URLEncoder does, a blank as %20; no scheme leaves its colons."""
    whole = _whole(identifier) if _is_ebcore(identifier) else str(identifier)
    return quote_plus(whole, safe="*").replace("+", "%20").replace("~", "%7E")


def _read(url: str, root_name: str) -> etree._Element:
    root = parsed(read(url).body)
    if root.prefix is not None or root.tag != f"{SMP}{root_name}":
        raise Unusable(f"the root is {root.prefix}:{root.tag}")
    return root


def _is_open(found: etree._Element, at: datetime) -> bool:
    begin = found.findtext(f"{SMP}ServiceActivationDate")
    end = found.findtext(f"{SMP}ServiceExpirationDate")
    return (begin is None or datetime.fromisoformat(begin) <= at) and (
        end is None or at <= datetime.fromisoformat(end)
    )


def _reached(found: etree._Element, world: World) -> Reached:
    certificate = endpoint_certificate(text(found, "Certificate"))
    check_trusted(certificate, world.access_points, world.at)
    return Reached(text(found, "EndpointURI"), certificate)
