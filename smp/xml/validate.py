"""Is a document of the shape that we publish?

The schemas in schema/ are our own: what OASIS SMP 1.0 allows, and of that what clients can use.
"""

from functools import cache
from pathlib import Path
from threading import Lock

from lxml import etree

from eer.domain.errors import IssueCode, Malformed, error

_SCHEMA = Path(__file__).with_name("schema") / "service-metadata-publishing.xsd"

_ONE_AT_A_TIME = Lock()
"""libxml2 fails at random when threads compile at once, and a schema has one log for all."""


def check(element: etree._Element) -> None:
    """Compare a ServiceGroup, ServiceMetadata or SignedServiceMetadata with our schema.

    Raises Malformed with one issue for each fault that libxml2 finds.
    """
    faults = _faults(element)
    if not faults:
        return
    name = etree.QName(element).localname
    raise Malformed(
        f"{name}: {len(faults)} faults against the schema, first {faults[0]}",
        [error(IssueCode.STRUCTURE, name, fault) for fault in faults],
    )


def _faults(element: etree._Element) -> list[str]:
    with _ONE_AT_A_TIME:
        schema = _schema()
        schema.validate(element)
        return [
            f"{fault.path}: {fault.message}"
            for fault in schema.error_log  # type: ignore[attr-defined]  # lxml-stubs leave it empty
        ]


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_SCHEMA, etree.XMLParser(no_network=True)))
