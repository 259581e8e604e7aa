"""What stands at a place in a resource's JSON, if what stands there has the right shape?

For readings: a resource that passed the structure check has these shapes; one that did not is
refused anyway, so what does not fit is passed over here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from eer.domain.errors import Malformed
from eer.domain.identifiers import Reference

Json = Mapping[str, Any]


def text(json: Json, name: str) -> str | None:
    """Return the string at *name*, or None."""
    found = json.get(name)
    return found if isinstance(found, str) else None


def one(json: Json, name: str) -> Json:
    """Return the object at *name*, or an empty one."""
    found = json.get(name)
    return found if isinstance(found, Mapping) else {}


def many(json: Json, name: str) -> tuple[Json, ...]:
    """Return the objects of the array at *name*."""
    found = json.get(name)
    return tuple(each for each in _array(found) if isinstance(each, Mapping))


def texts(json: Json, name: str) -> tuple[str, ...]:
    """Return the strings of the array at *name*."""
    found = json.get(name)
    return tuple(each for each in _array(found) if isinstance(each, str))


def profiles(json: Json) -> tuple[str, ...]:
    """Return the profiles the resource claims in meta, without versions."""
    return tuple(each.partition("|")[0] for each in texts(one(json, "meta"), "profile"))


def extensions(json: Json, url: str) -> tuple[tuple[int, Json], ...]:
    """Return the extensions with *url*, each with its place among all extensions."""
    return tuple(
        (place, each)
        for place, each in enumerate(many(json, "extension"))
        if text(each, "url") == url
    )


def codings(json: Json, system: str) -> tuple[str, ...]:
    """Return the codes of *system* in a CodeableConcept."""
    return tuple(
        code
        for each in many(json, "coding")
        if text(each, "system") == system and (code := text(each, "code")) is not None
    )


def reference(json: Json) -> Reference | None:
    """Return where a Reference leads by `Type/id`, or None when it does not say so."""
    written = text(json, "reference")
    try:
        return None if written is None else Reference.parse(written)
    except Malformed:
        return None


def identifiers(json: Json) -> Iterator[tuple[int, str | None, str | None]]:
    """Yield place, system and value of each identifier."""
    for place, each in enumerate(many(json, "identifier")):
        yield place, text(each, "system"), text(each, "value")


def _array(found: object) -> list[object]:
    return found if isinstance(found, list) else []
