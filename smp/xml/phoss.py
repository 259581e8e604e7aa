"""What does an export of phoss SMP say, as OASIS SMP 1.0 would have it?

The form is `smp-data` version 1.0, without a namespace: `servicegroup` with `participant`, and in
it `serviceinfo` and `redirect`. It is read a group at a time, so that a whole SMP fits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from lxml import etree

from eer.domain.errors import Malformed
from smp.domain.identifiers import DocumentId, Identifier
from smp.xml import foreign
from smp.xml.render import NAMESPACE

_ROOT, _VERSION = "smp-data", "1.0"
_DATES = {"activation": "ServiceActivationDate", "expiration": "ServiceExpirationDate"}


@dataclass(frozen=True, slots=True)
class Exported:
    """A document of a group: an unsigned ServiceMetadata, and whether it leads anywhere."""

    document: DocumentId
    root: etree._Element
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class ExportedGroup:
    """A participant as it is written, its documents, and what of it cannot be read."""

    participant: str
    documents: tuple[Exported, ...]
    faults: tuple[str, ...] = ()


def groups(file: BinaryIO) -> Iterator[ExportedGroup]:
    """Yield the groups of an export; raise Malformed when it is none, or breaks off."""
    depth = 0
    for event, element in foreign.events(file):
        depth += 1 if event == "start" else -1
        if event == "start" and depth == 1:
            _check_root(element)
        elif event == "end" and depth == 1 and element.tag == "servicegroup":
            yield _group(element)
            _forget(element)


def _forget(element: etree._Element) -> None:
    """Nothing of what was read is needed again, however much there is."""
    element.clear()
    parent = element.getparent()
    while parent is not None and parent[0] is not element:
        del parent[0]


def _check_root(root: etree._Element) -> None:
    if (root.tag, root.get("version")) != (_ROOT, _VERSION):
        raise Malformed(
            f"{root.tag} version {root.get('version')} found, expected {_ROOT} version {_VERSION}, "
            "as phoss SMP exports it"
        )


def _group(element: etree._Element) -> ExportedGroup:
    participant = str(_identifier(element, "participant") or "")
    documents: list[Exported] = []
    faults = [*_extensions(element, participant)]
    for kind, read in (("serviceinfo", _information), ("redirect", _redirect)):
        for each in element.findall(kind):
            name = _identifier(each, "doctypeidentifier")
            if name is None:
                faults.append(f"{participant}: a {kind} without doctypeidentifier")
                continue
            root = _root()
            read(root, each, participant, name)
            is_empty = kind == "serviceinfo" and each.find("process/endpoint") is None
            documents.append(Exported(DocumentId(name), root, is_empty))
    return ExportedGroup(participant, tuple(documents), tuple(faults))


def _extensions(element: etree._Element, participant: str) -> Iterator[str]:
    found = sum(1 for _ in element.iter("extension"))
    if found:
        yield (
            f"{participant}: {found} extensions found, expected none: they are kept in a form of "
            "phoss SMP's own; take them out, or write these documents one by one"
        )


def _information(
    root: etree._Element, element: etree._Element, participant: str, name: Identifier
) -> None:
    information = _child(root, "ServiceInformation")
    scheme, _, value = participant.partition("::")
    _named(information, "ParticipantIdentifier", Identifier(scheme, value))
    _named(information, "DocumentIdentifier", name)
    processes = _child(information, "ProcessList")
    for each in element.findall("process"):
        endpoints = each.findall("endpoint")
        if endpoints:
            process = _child(processes, "Process")
            found = _identifier(each, "processidentifier") or Identifier("", "")
            _named(process, "ProcessIdentifier", found)
            listing = _child(process, "ServiceEndpointList")
            for endpoint in endpoints:
                _endpoint(listing, endpoint)


def _endpoint(listing: etree._Element, endpoint: etree._Element) -> None:
    made = _child(listing, "Endpoint")
    made.set("transportProfile", endpoint.get("transportprofile", ""))
    _child(made, "EndpointURI", endpoint.get("endpointref", ""))
    _child(made, "RequireBusinessLevelSignature", endpoint.get("reqblsig", "false"))
    if level := endpoint.get("minauthlevel"):
        _child(made, "MinimumAuthenticationLevel", level)
    for name, tag in _DATES.items():
        if moment := endpoint.get(name):
            _child(made, tag, moment)
    _child(made, "Certificate", _certificate(endpoint.findtext("certificate", "")))
    _child(made, "ServiceDescription", endpoint.findtext("svcdescription", ""))
    _child(made, "TechnicalContactUrl", endpoint.get("techcontacturl", ""))
    if url := endpoint.get("techinfourl"):
        _child(made, "TechnicalInformationUrl", url)


def _redirect(
    root: etree._Element, element: etree._Element, _participant: str, _name: Identifier
) -> None:
    made = _child(root, "Redirect")
    made.set("href", element.get("targethref", ""))
    _child(made, "CertificateUID", element.findtext("suid", "").strip())


def _certificate(text: str) -> str:
    """The armour of PEM, where there is one, is no part of it."""
    lines = (line for line in text.splitlines() if not line.strip().startswith("-----"))
    return "".join("".join(lines).split())


def _identifier(parent: etree._Element, name: str) -> Identifier | None:
    found = parent.find(name)
    if found is None:
        return None
    return Identifier(found.get("scheme", ""), found.get("value", ""))


def _named(parent: etree._Element, name: str, identifier: Identifier) -> None:
    _child(parent, name, identifier.value).set("scheme", identifier.scheme)


def _root() -> etree._Element:
    return etree.Element(
        f"{{{NAMESPACE}}}ServiceMetadata",
        nsmap={None: NAMESPACE},  # type: ignore[dict-item]  # lxml-stubs knows no default one
    )


def _child(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text:
        made.text = text
    return made
