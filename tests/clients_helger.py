"""How do helger's BDXR client and phase4 look up a receiver?

NAPTR compared without regard to case and sorted, any delimiter, pattern anchored; only unreserved
characters unescaped, blank as plus; schema, every signature, trust and identifiers checked; dates
not looked at (docs/interfaces/smp-clients.md).
"""

import re
from base64 import b32encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

from lxml import etree

import official
import smp.xml
from clients_world import (
    DS,
    SMP,
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
from conftest import SHARED
from smp.domain.identifiers import Identifier


def group(world: World, participant: Identifier) -> tuple[Identifier, ...]:
    """Return the documents that *participant* receives."""
    root = _read(f"{_base(world, participant)}/{_escaped(participant)}", "ServiceGroup")
    _check_same(root, "ParticipantIdentifier", participant)
    hrefs = [str(each.get("href")) for each in root.iter(f"{SMP}ServiceMetadataReference")]
    return tuple(_referenced(href, participant) for href in hrefs)


def endpoint(
    world: World, participant: Identifier, document: Identifier, process: Identifier, profile: str
) -> Reached:
    """Return where *participant* receives *document* in *process* by *profile*."""
    base = _base(world, participant)
    url = f"{base}/{_escaped(participant)}/services/{_escaped(document)}"
    root = _followed(world, _document(world, url))
    _check_same(root, "ServiceMetadata/ServiceInformation/ParticipantIdentifier", participant)
    _check_same(root, "ServiceMetadata/ServiceInformation/DocumentIdentifier", document)
    for each in root.iter(f"{SMP}Process"):
        if identifier(each, "ProcessIdentifier") == process:
            for found in each.iter(f"{SMP}Endpoint"):
                if found.get("transportProfile") == profile:
                    certificate = endpoint_certificate(text(found, "Certificate"))
                    return Reached(text(found, "EndpointURI"), certificate)
    raise NotFound(f"{process}, {profile}")


def _document(world: World, url: str) -> etree._Element:
    root = _read(url, "SignedServiceMetadata")
    signatures = root.findall(f".//{DS}Signature")
    if not signatures:
        raise Unusable("no signature")
    for each in signatures:
        check_trusted(signer(root, each), world.signers, world.at)
    return root


def _followed(world: World, root: etree._Element) -> etree._Element:
    """Follow one redirect, to what says in its KeyInfo that it is signed by whom it names."""
    leads = redirect(root)
    if leads is None:
        return root
    href, uid = leads
    there = _document(world, href)
    said = there.findtext(f".//{DS}X509SubjectName")
    if said is None or _parts(said) != _parts(uid):
        raise Unusable(f"signed by {said}, {uid} expected")
    return there


def _parts(name: str) -> set[str]:
    return {each.strip() for each in re.split(r"(?<!\\),", name)}


def _base(world: World, participant: Identifier) -> str:
    digest = sha256(participant.value.lower().encode()).digest()
    label = b32encode(digest).decode().rstrip("=").lower()
    name = f"{label}.{participant.scheme}.{world.zone}"
    records = sorted(naptrs(world, name), key=lambda each: (each.order, each.preference))
    for record in records:
        if record.flags.lower() == b"u" and record.service.lower() == b"meta:smp":
            return _substituted(record.regexp.decode(), name).removesuffix("/")
    raise NotFound(name)


def _substituted(regexp: str, name: str) -> str:
    _, pattern, replacement, flags = regexp.split(regexp[0])
    anchored = f"^{pattern.removeprefix('^').removesuffix('$')}$"
    return re.sub(anchored, replacement, name, flags=re.IGNORECASE if flags == "i" else 0)


def _escaped(identifier: Identifier) -> str:
    return quote(str(identifier), safe="").replace("%20", "+")


def _read(url: str, root_name: str) -> etree._Element:
    root = parsed(read(url).body)
    if root.tag != f"{SMP}{root_name}" or not _schema().validate(root):
        raise Unusable(f"malformed XML: {root.tag} {_schema().error_log}")  # type: ignore[attr-defined]  # lxml-stubs
    return root


@cache
def _schema() -> etree.XMLSchema:
    """Return the standard's own, or where that is not at hand ours, which is narrower."""
    if SHARED.is_dir():
        return official.schema()
    ours = Path(smp.xml.__file__ or "").parent / "schema" / "service-metadata-publishing.xsd"
    return etree.XMLSchema(etree.parse(ours))


def _check_same(root: etree._Element, path: str, asked: Identifier) -> None:
    found = identifier(root, path)
    if found != asked:
        raise Unusable(f"{found} answered, {asked} asked for")


def _referenced(href: str, participant: Identifier) -> Identifier:
    for written, own in ((href, _escaped(participant)), (unquote(href), str(participant))):
        _, mark, rest = written.partition(f"/{own}/services/")
        if mark:
            return Identifier.parse(unquote(rest))
    raise Unusable(f"{href}: not of {participant}")
