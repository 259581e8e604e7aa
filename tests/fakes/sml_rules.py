"""Is this what the WSDLs of an SML let anybody ask for? By the schemas, and always by shape."""

from functools import cache
from pathlib import Path

from lxml import etree

from conftest import SHARED

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
LOCATOR = "http://busdox.org/serviceMetadata/locator/1.0/"
IDENTIFIERS = "http://busdox.org/transport/identifiers/1.0/"
EXTENSION = "ec:services:wsdl:BDMSL:data:1.0"

_ENDPOINT = f"{{{LOCATOR}}}PublisherEndpoint"
_SMP = f"{{{LOCATOR}}}ServiceMetadataPublisherID"
_PARTICIPANT = f"{{{IDENTIFIERS}}}ParticipantIdentifier"
_KEY = f"{{{LOCATOR}}}MigrationKey"
_NEXT = f"{{{LOCATOR}}}NextPageIdentifier"
_PUBLISHER = [{_ENDPOINT}, {_SMP}]
_ONE = [{_SMP}, {_PARTICIPANT}]

SHAPES: dict[str, list[set[str]]] = {
    f"{{{LOCATOR}}}CreateServiceMetadataPublisherService": _PUBLISHER,
    f"{{{LOCATOR}}}ReadServiceMetadataPublisherService": _PUBLISHER,
    f"{{{LOCATOR}}}UpdateServiceMetadataPublisherService": _PUBLISHER,
    f"{{{LOCATOR}}}ServiceMetadataPublisherID": [],
    f"{{{LOCATOR}}}CreateParticipantIdentifier": _ONE,
    f"{{{LOCATOR}}}DeleteParticipantIdentifier": _ONE,
    f"{{{LOCATOR}}}CreateList": [{_PARTICIPANT}, {_SMP}],
    f"{{{LOCATOR}}}DeleteList": [{_PARTICIPANT}, {_SMP}],
    f"{{{LOCATOR}}}PageRequest": [{_SMP}, {_NEXT, ""}],
    f"{{{LOCATOR}}}PrepareMigrationRecord": [*_ONE, {_KEY}],
    f"{{{LOCATOR}}}CompleteMigrationRecord": [*_ONE, {_KEY}],
    f"{{{EXTENSION}}}PrepareChangeCertificate": [
        {f"{{{EXTENSION}}}newCertificatePublicKey"},
        {f"{{{EXTENSION}}}migrationDate"},
    ],
}
"""What stands in each request, in its order; "" where it may be left out."""


def fault_of(request: etree._Element) -> str | None:
    """Return what is wrong with *request*, or None."""
    shape = SHAPES.get(str(request.tag))
    if shape is None:
        return f"{request.tag} is no request"
    found = [str(child.tag) for child in request.iterchildren()]
    several = [tag for tag, before in zip(found, ["", *found], strict=False) if tag != before]
    missing = [""] * (len(shape) - len(several))
    if len(several) > len(shape) or any(
        tag not in may for tag, may in zip([*several, *missing], shape, strict=True)
    ):
        return f"{request.tag} has {found}"
    for schema in _schemas(str(request.tag)):
        if not schema.validate(request):
            return str(schema.error_log.last_error)
    return None


def _schemas(tag: str) -> list[etree.XMLSchema]:
    """Return those of 2010 and those of today, where they are at hand."""
    files = [SHARED / "data" / "xsd" / "sml" / "BDMSLService-1.0.xsd"]
    if tag.startswith(f"{{{LOCATOR}}}"):
        files.append(SHARED / "data/xsd/busdox-2010/ServiceMetadataLocatorTypes-1.0.xsd")
    return [_schema(file) for file in files if file.is_file()]


@cache
def _schema(file: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(file), etree.XMLParser(no_network=True)))
