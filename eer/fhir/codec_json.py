"""How does a resource in JSON become members and values, and how is it printed again?

FHIR R4 json.html; RFC 8259. The order of members and the spelling of numbers are kept. What has
two readings is refused: a member given twice, NaN, text that is not UTF-8.
"""

import json
import re
from collections import Counter
from typing import Any

import orjson

from eer.domain.errors import Malformed
from eer.domain.wording import Sentence, say
from eer.fhir import number

Json = dict[str, Any]
"""A JSON object as read; a number that orjson would spell otherwise is a `number.Spelled`."""

DEPTH = 100
"""How deep objects and arrays may be nested, the outermost counted."""


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(body: bytes) -> Json:
    """Read a resource, with or without a byte order mark.

    Raises Malformed, which names line and column where the text breaks off.
    """
    try:
        text = body.decode("utf-8-sig")
        found = json.loads(
            text,
            parse_int=number.parse,
            parse_float=number.parse,
            parse_constant=_refused_constant,
            object_pairs_hook=_members,
        )
        if _SURROGATE.search(text):
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeDecodeError as fault:
        place = fault.start + 1
        raise Malformed(say("JSON: expected UTF-8, byte {place} is none", place=place)) from None
    except json.JSONDecodeError as fault:
        raise Malformed(_sentence(fault)) from None
    except RecursionError:
        raise Malformed(_too_deep()) from None
    except UnicodeEncodeError:
        raise Malformed(
            say("JSON: half of a surrogate pair (\\ud800 to \\udfff) stands alone")
        ) from None
    if not isinstance(found, dict):
        raise Malformed(
            say("JSON: {found} found, expected an object with a resourceType", found=kind(found))
        )
    check_depth(found)
    return found


def printed(resource: Json) -> bytes:
    """Return *resource* as compact JSON, members in their order, numbers as they came."""
    return orjson.dumps(resource, default=_fragment)


def pretty(resource: Json) -> bytes:
    """Return *resource* as JSON that is spread over lines."""
    return orjson.dumps(resource, default=_fragment, option=orjson.OPT_INDENT_2)


def check_depth(resource: Json) -> None:
    """Raise Malformed when *resource* is nested deeper than DEPTH."""
    level: list[Any] = [resource]
    for _ in range(DEPTH):
        level = [each for outer in level for each in _inside(outer)]
        if not level:
            return
    raise Malformed(_too_deep())


def kind(value: object) -> Sentence:
    """Return what JSON calls *value*, with its article."""
    if isinstance(value, bool):
        return BOOLEAN
    for python, name in _KINDS:
        if isinstance(value, python):
            return name
    return _NULL


BOOLEAN = say("a boolean")
NUMBER = say("a number")
STRING = say("a string")
_NULL = say("null")
_KINDS = (
    (dict, say("an object")),
    (list, say("an array")),
    (str, STRING),
    ((int, float), NUMBER),
)


def _inside(value: Any) -> list[Any]:
    """Return the objects and arrays directly in an object or array."""
    inner = value.values() if isinstance(value, dict) else value
    return [each for each in inner if isinstance(each, (dict, list))]


def _members(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise Malformed(
            say("JSON: member {name!r} is given twice in one object, expected once", name=twice)
        )
    return found


def _refused_constant(text: str) -> None:
    raise Malformed(say("JSON: {found} found, expected a number: JSON has no {found}", found=text))


def _sentence(fault: json.JSONDecodeError) -> Sentence:
    what = fault.msg[:1].lower() + fault.msg[1:]
    if not fault.doc.strip():
        return say("JSON: the body is empty, expected an object with a resourceType")
    if fault.pos >= len(fault.doc.rstrip()):
        what = say("the text ends too early: {fault}", fault=what)
    return say(
        "JSON, line {line}, column {column}: {fault}",
        line=fault.lineno,
        column=fault.colno,
        fault=what,
    )


def _too_deep() -> Sentence:
    return say("objects and arrays are nested deeper than {depth} levels", depth=DEPTH)


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, number.Spelled):
        return orjson.Fragment(value.text)
    raise TypeError(f"{type(value).__name__} found, expected a JSON value")
