"""Is a document of the shape that we publish?

The schemas in schema/ are our own: what OASIS SMP 1.0 allows, and of that what clients can use.
"""

from functools import cache
from pathlib import Path

from lxml import etree

from eer.domain.errors import IssueCode, Malformed, error

_SCHEMA = Path(__file__).with_name("schema") / "service-metadata-publishing.xsd"


def check(element: etree._Element) -> None:
    """Compare a ServiceGroup, ServiceMetadata or SignedServiceMetadata with our schema.

    Raises Malformed with one issue for each fault that libxml2 finds.
    """
    schema = _schema()
    if schema.validate(element):
        return
    name = etree.QName(element).localname
    log = schema.error_log
    faults = [
        f"{fault.path}: {fault.message}"
        for fault in log  # type: ignore[attr-defined]  # lxml-stubs leave it empty
    ]
    raise Malformed(
        f"{name}: {len(faults)} faults against the schema, first {faults[0]}",
        [error(IssueCode.STRUCTURE, name, fault) for fault in faults],
    )


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_SCHEMA, etree.XMLParser(no_network=True)))
