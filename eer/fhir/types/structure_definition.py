"""What do our own extensions look like? FHIR R4 StructureDefinition; MedCom tells MedCom's."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from eer.fhir import definition, kind
from eer.fhir.element import Json
from eer.fhir.extensions import EXTENSIONS, Extension, Part
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
_ANY = {"code": "Extension"}


def structure_definitions(_: Mapping[str, Kind]) -> Iterator[Json]:
    """Yield the definition of each of our own extensions."""
    yield from map(printed, EXTENSIONS)


def printed(extension: Extension) -> Json:
    """Return the definition of an extension: with a value, or else with parts that have one."""
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
    if not extension.parts:
        yield from _changed_value("", extension.url, _type(extension))
        return
    for part in extension.parts:
        below = _slice(part)
        yield _element(
            below, part.min, "1", sliceName=part.name, definition=part.describes, type=[_ANY]
        )
        yield from _changed_value(below, part.name, {"code": part.value})
    yield _element(".url", 1, "1", fixedUri=extension.url)
    yield _element(".value[x]", 0, "0")


def _changed_value(below: str, url: str, value: Json) -> Iterator[Json]:
    yield _element(f"{below}.extension", 0, "0")
    yield _element(f"{below}.url", 1, "1", fixedUri=url)
    yield _element(f"{below}.value[x]", 1, "1", type=[value])


def _snapshot(extension: Extension) -> Iterator[Json]:
    """Yield every element there is, in R4's order, with what each has of its base."""
    yield _extension_at("", extension.describes, (0, _most(extension)), "Extension")
    yield _id("")
    if not extension.parts:
        yield _extensions("", (0, "0"), "It has a value, and so none.")
        yield _url("", extension.url)
        yield _value("", _type(extension), extension.describes)
        return
    least = sum(part.min for part in extension.parts)
    yield _extensions("", (least, "*"), "Its parts.")
    for part in extension.parts:
        below = _slice(part)
        yield {
            **_extension_at(below, part.describes, (part.min, "1"), "Extension.extension"),
            "sliceName": part.name,
            "type": [_ANY],
        }
        yield _id(below)
        yield _extensions(below, (0, "0"), "It has a value, and so none.")
        yield _url(below, part.name)
        yield _value(below, {"code": part.value}, part.describes)
    yield _url("", extension.url)
    yield {**_value("", {"code": "string"}, "It has parts, and so none."), "min": 0, "max": "0"}


def _extension_at(below: str, describes: str, often: tuple[int, str], base: str) -> Json:
    return _whole(
        _element(below, *often, definition=describes),
        (base, 0, "*"),
        condition=["ele-1"],
        constraint=[_NOT_EMPTY, _ONE_OR_THE_OTHER],
    )


def _id(below: str) -> Json:
    return _whole(
        _element(f"{below}.id", 0, "1", definition="What it is called within its resource."),
        ("Element.id", 0, "1"),
        representation=["xmlAttr"],
        type=[_string_of("string")],
    )


def _extensions(below: str, often: tuple[int, str], describes: str) -> Json:
    return _whole(
        _element(f"{below}.extension", *often, definition=describes),
        ("Element.extension", 0, "*"),
        slicing={"discriminator": [{"type": "value", "path": "url"}], "rules": "open"},
        type=[_ANY],
        constraint=[_NOT_EMPTY, _ONE_OR_THE_OTHER],
    )


def _url(below: str, url: str) -> Json:
    return _whole(
        _element(f"{below}.url", 1, "1", definition="Which extension it is, or which part of it."),
        ("Extension.url", 1, "1"),
        representation=["xmlAttr"],
        type=[_string_of("uri")],
        fixedUri=url,
    )


def _value(below: str, value: Json, describes: str) -> Json:
    return _whole(
        _element(f"{below}.value[x]", 1, "1", definition=describes),
        ("Extension.value[x]", 0, "1"),
        type=[value],
        constraint=[_NOT_EMPTY],
    )


def _slice(part: Part) -> str:
    return f".extension:{part.name}"


def _element(below: str, least: int, most: str, **more: Any) -> Json:
    """Return an element; the names of slices stand in its id and not in its path."""
    name = f"Extension{below}"
    return {"id": name, "path": re.sub(":[^.]+", "", name), "min": least, "max": most, **more}


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
