"""OASIS' own schema of SMP 1.0, where the shared material is at hand."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from conftest import SHARED


class _Local(etree.Resolver):
    """Finds the imports of the standard's schema in the shared folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:
        del public_id
        name = system_url.rpartition("/")[2]
        if name == "XMLSchema.dtd":
            return self.resolve_string("", context, base_url=system_url)
        if name == "xmldsig-core-schema.xsd":
            text = (self._folder / "xmldsig" / name).read_text()
            return self.resolve_string(text, context, base_url=system_url)
        return None


@cache
def schema() -> etree.XMLSchema:
    """Return the schema, or skip."""
    if not SHARED.is_dir():
        pytest.skip("wants ../shared (or EHMI_SHARED)")
    folder = SHARED / "data" / "xsd"
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local(folder))
    return etree.XMLSchema(etree.parse(folder / "oasis-smp-1.0" / "bdx-smp-201605.xsd", parser))
