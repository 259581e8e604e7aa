"""What do our own extensions look like? FHIR R4 StructureDefinition; MedCom tells MedCom's."""

from collections.abc import Iterator, Mapping
from typing import Any

from eer.fhir import definition, kind
from eer.fhir.element import Json
from eer.fhir.extensions import EXTENSIONS, Extension
from eer.fhir.kind import Kind

TYPE = "StructureDefinition"

_CORE = "http://hl7.org/fhir/StructureDefinition"
_NOT_EMPTY = {
    "key": "ele-1",
    "severity": "error",
    "human": "All FHIR elements must have a @value or children",
    "expression": "hasValue() or (children().count() > id.count())",
    "xpath": "@value|f:*|h:div",
    "source": f"{_CORE}/Element",
}
_ONE_OR_THE_OTHER = {
    "key": "ext-1",
    "severity": "error",
    "human": "Must have either extensions or value[x], not both",
    "expression": "extension.exists() != value.exists()",
    "xpath": 'exists(f:extension)!=exists(f:*[starts-with(local-name(.), "value")])',
    "source": f"{_CORE}/Extension",
}


def structure_definitions(_: Mapping[str, Kind]) -> Iterator[Json]:
    """Yield the definition of each of our own extensions."""
    yield from map(printed, EXTENSIONS)


def printed(extension: Extension) -> Json:
    """Return the definition of an extension with a value and no extensions of its own."""
    return {
        **definition.head(TYPE, extension.url, extension.describes),
        "fhirVersion": "4.0.1",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": each} for each in extension.contexts],
        "type": "Extension",
        "baseDefinition": f"{_CORE}/Extension",
        "derivation": "constraint",
        "snapshot": {"element": list(_snapshot(extension))},
        "differential": {"element": list(_differential(extension))},
    }


def _differential(extension: Extension) -> Iterator[Json]:
    """Yield what makes it another than any extension."""
    yield _element("", 0, _most(extension), definition=extension.describes)
    yield _element(".extension", 0, "0")
    yield _element(".url", 1, "1", fixedUri=extension.url)
    yield _element(".value[x]", 1, "1", type=[_type(extension)])


def _snapshot(extension: Extension) -> Iterator[Json]:
    """Yield every element there is, in R4's order, with what each has of its base."""
    yield _whole(
        _element("", 0, _most(extension), definition=extension.describes),
        ("Extension", 0, "*"),
        condition=["ele-1"],
        constraint=[_NOT_EMPTY, _ONE_OR_THE_OTHER],
    )
    yield _whole(
        _element(".id", 0, "1", definition="What this extension is called within its resource."),
        ("Element.id", 0, "1"),
        representation=["xmlAttr"],
        type=[_string_of("string")],
    )
    yield _whole(
        _element(".extension", 0, "0", definition="It has a value, and so none."),
        ("Element.extension", 0, "*"),
        slicing={"discriminator": [{"type": "value", "path": "url"}], "rules": "open"},
        type=[{"code": "Extension"}],
        constraint=[_NOT_EMPTY, _ONE_OR_THE_OTHER],
    )
    yield _whole(
        _element(".url", 1, "1", definition="Which extension it is: the URL of this definition."),
        ("Extension.url", 1, "1"),
        representation=["xmlAttr"],
        type=[_string_of("uri")],
        fixedUri=extension.url,
    )
    yield _whole(
        _element(".value[x]", 1, "1", definition=extension.describes),
        ("Extension.value[x]", 0, "1"),
        type=[_type(extension)],
        constraint=[_NOT_EMPTY],
    )


def _element(below: str, least: int, most: str, **more: Any) -> Json:
    path = f"Extension{below}"
    return {"id": path, "path": path, "min": least, "max": most, **more}


def _whole(element: Json, base: tuple[str, int, str], **more: Any) -> Json:
    """Return an element of a snapshot, made of the element *base*: a path and a cardinality."""
    path, least, most = base
    return {
        **element,
        "base": {"path": path, "min": least, "max": most},
        **more,
        "isModifier": False,
        "isSummary": False,
    }


def _most(extension: Extension) -> str:
    return "*" if extension.max is None else str(extension.max)


def _type(extension: Extension) -> Json:
    targets = [f"{_CORE}/{each}" for each in extension.targets]
    return {"code": extension.value, **({"targetProfile": targets} if targets else {})}


def _string_of(name: str) -> Json:
    """Return the type of what XML has as an attribute; R4 says by an extension which it is."""
    url = f"{_CORE}/structuredefinition-fhir-type"
    return {
        "extension": [{"url": url, "valueUrl": name}],
        "code": "http://hl7.org/fhirpath/System.String",
    }


KIND = definition.kind(
    TYPE,
    {
        "abstract": kind.token("StructureDefinition-abstract", "abstract"),
        "derivation": kind.token("StructureDefinition-derivation", "derivation"),
        "ext-context": kind.token("StructureDefinition-ext-context", "context.type"),
        "kind": kind.token("StructureDefinition-kind", "kind"),
        "path": kind.token(
            "StructureDefinition-path", "snapshot.element.path", "differential.element.path"
        ),
        "type": kind.uri("StructureDefinition-type", "type"),
    },
    structure_definitions,
)
