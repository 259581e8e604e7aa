"""How do vefa-peppol and Oxalis look up a receiver?

The service `Meta:SMP` in exactly this case, the first record that has it, split at `!`, the pattern
matched in full and everything replaced; java.net.URLEncoder, blank as plus; no URL but for
documents of busdox-docid-qns; the namespace by a regular expression over the text, the first
signature, the access point's chain (docs/interfaces/smp-clients.md).
"""

import re
from base64 import b32encode
from hashlib import sha256
from urllib.parse import quote_plus, unquote_plus

from cryptography import x509
from lxml import etree

from clients_world import (
    DS,
    SMP,
    Got,
    NotFound,
    Reached,
    Unusable,
    World,
    check_trusted,
    endpoint_certificate,
    identifier,
    naptrs,
    parsed,
    read,
    redirect,
    signer,
    text,
)
from smp.domain.identifiers import Identifier

DOCUMENT_SCHEME = "busdox-docid-qns"
_ROOT = re.compile(r"<(?P<name>[A-Za-z][^\s>/]*)(?P<attributes>[^>]*)>")
_NAMESPACE = re.compile(r'\bxmlns(?::(?P<prefix>\w+))?="(?P<uri>[^"]+)"')


class NoUrl(Exception):
    """It builds no URL for a document of this scheme."""


def documents(world: World, participant: Identifier) -> tuple[Identifier, ...]:
    """Return the documents that *participant* receives, by the links of its group."""
    who = _lowered(participant)
    body = read(f"{_base(world, who)}/{_escaped(who)}").body
    references = parsed(body).iter(f"{SMP}ServiceMetadataReference")
    return tuple(_referenced(str(each.get("href"))) for each in references)


def endpoint(
    world: World,
    participant: Identifier,
    document: Identifier,
    process: Identifier,
    profiles: tuple[str, ...],
) -> Reached:
    """Return where *participant* receives *document* by the first of *profiles* that it has."""
    if document.scheme != DOCUMENT_SCHEME:
        raise NoUrl(document.scheme)
    who = _lowered(participant)
    url = f"{_base(world, who)}/{_escaped(who)}/services/{_escaped(document)}"
    root, signed_by = _document(world, url)
    leads = redirect(root)
    if leads is not None:
        href, uid = leads
        root, signed_by = _document(world, href)
        if signed_by is not None and _parts(signed_by.subject) != _parts(_name(uid)):
            raise Unusable(f"signed by {signed_by.subject}, {uid} expected")
    offered = {
        str(found.get("transportProfile")): found
        for each in root.iter(f"{SMP}Process")
        if identifier(each, "ProcessIdentifier") == process
        for found in each.iter(f"{SMP}Endpoint")
    }
    for profile in profiles:
        if profile in offered:
            found = offered[profile]
            certificate = endpoint_certificate(text(found, "Certificate"))
            check_trusted(certificate, world.access_points, world.at)
            return Reached(text(found, "EndpointURI"), certificate)
    raise NotFound(f"{process}, {profiles}")


def _document(world: World, url: str) -> tuple[etree._Element, x509.Certificate | None]:
    """Read a document and who signed it; one without a signature is let through."""
    got = read(url)
    if _namespace(got) != SMP.strip("{}"):
        raise Unusable("unable to detect namespace")
    root = parsed(got.body)
    signature = root.find(f".//{DS}Signature")
    if signature is None:
        return root, None
    certificate = signer(root, signature)
    check_trusted(certificate, world.signers, world.at)
    return root, certificate


def _name(text: str) -> x509.Name:
    return x509.Name.from_rfc4514_string(text)


def _parts(name: x509.Name) -> set[tuple[str, str]]:
    return {(each.oid.dotted_string, str(each.value).lower()) for each in name}


def _lowered(participant: Identifier) -> Identifier:
    return Identifier(participant.scheme.lower(), participant.value.lower())


def _base(world: World, who: Identifier) -> str:
    label = b32encode(sha256(who.value.encode()).digest()).decode().rstrip("=")
    name = f"{label}.{who.scheme}.{world.zone}"
    for record in naptrs(world, name):
        if record.service == b"Meta:SMP" and record.flags in (b"u", b"U"):
            _, pattern, replacement, *_ = record.regexp.decode().split("!")
            if re.fullmatch(pattern, name):
                return re.sub(pattern, replacement.replace("\\\\", "$"), name)
    raise NotFound(name)


def _escaped(identifier: Identifier) -> str:
    """Escape as java.net.URLEncoder does: `*` stays, `~` does not."""
    return quote_plus(str(identifier), safe="*").replace("~", "%7E")


def _namespace(got: Got) -> str:
    """Take it from a header where there is one, else from the first tag that is an element's."""
    said = {name.lower(): value for name, value in got.headers.items()}.get("x-smp-namespace")
    if said:
        return said
    root = _ROOT.search(got.body.decode())
    if root is None:
        return ""
    prefix, mark, _ = root["name"].partition(":")
    found = {each["prefix"] or "": each["uri"] for each in _NAMESPACE.finditer(root["attributes"])}
    return found.get(prefix if mark else "", "")


def _referenced(href: str) -> Identifier:
    scheme, value = unquote_plus(href).split("/services/")[1].split("::", 1)
    return Identifier(scheme, value)
