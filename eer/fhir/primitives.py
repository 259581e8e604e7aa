"""Is a JSON value a well-formed value of a primitive type, and how does XML write it?

FHIR R4 datatypes.html: JSON type, pattern, length; json.html: no empty strings.
"""

import re
from datetime import date
from typing import Any

from eer.domain.errors import IssueCode, Malformed
from eer.domain.wording import Sentence, say
from eer.fhir import number, r4
from eer.fhir.codec_json import BOOLEAN, NUMBER, STRING, kind

Fault = tuple[IssueCode, Sentence]

_INTEGERS = frozenset({"integer", "unsignedInt", "positiveInt"})
_NUMBERS = _INTEGERS | {"decimal"}
_DATES = frozenset({"date", "dateTime", "instant"})
_TEXTS = frozenset({"string", "markdown", "xhtml"})

_INTEGER_RANGE = range(-(2**31), 2**31)
_LONGEST_INTEGER = 11
_MOST_CHARACTERS = 1024 * 1024
_DAY = 10
_SHOWN = 60

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLANK = re.compile(r"[ \t\r\n\f\v]+", re.ASCII)
_BASE64 = re.compile(r"(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?", re.ASCII)

_EXPECTED = {
    "base64Binary": say("base64"),
    "canonical": say("a canonical URL without blanks"),
    "code": say("a code, without blanks around it or two in a row"),
    "date": say("a date: YYYY, YYYY-MM or YYYY-MM-DD"),
    "dateTime": say("a date, or a date and time with seconds and zone"),
    "decimal": say("a decimal number"),
    "id": say("an id: 1 to 64 letters, digits, - and ."),
    "instant": say("a date and time with seconds and zone"),
    "integer": say("a whole number of 32 bits"),
    "oid": say("an OID: urn:oid: and numbers parted by dots"),
    "positiveInt": say("a whole number from 1 to 2147483647"),
    "time": say("a time: hh:mm:ss"),
    "unsignedInt": say("a whole number from 0 to 2147483647"),
    "uri": say("a URI without blanks"),
    "url": say("a URL without blanks"),
    "uuid": say("a UUID: urn:uuid: and lower case hexadecimal digits"),
}


def fault(type_name: str, value: Any) -> Fault | None:
    """Return what is wrong with *value* as a *type_name*, or None."""
    expected = _json_type(type_name)
    if kind(value) != expected:
        return IssueCode.VALUE, _other_type(value, expected)
    if isinstance(value, bool):
        return None
    return (
        _text_fault(type_name, value) if isinstance(value, str) else _number_fault(type_name, value)
    )


def from_text(type_name: str, text: str) -> Any:
    """Return the JSON value of what XML writes as *text*; raise Malformed when it cannot be one."""
    if type_name == "boolean":
        if text not in ("true", "false"):
            raise Malformed(say("{found} found, expected true or false", found=shown(text)))
        return text == "true"
    if type_name in _NUMBERS:
        if not r4.primitive(type_name).fullmatch(text):
            raise Malformed(_other_form(shown(text), type_name))
        return number.parse(text)
    return text


def to_text(type_name: str, value: Any) -> str:
    """Return what XML writes for *value*; raise Malformed when it has not the type's JSON type."""
    expected = _json_type(type_name)
    if kind(value) != expected:
        raise Malformed(_other_type(value, expected))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if strange := _NOT_IN_XML.search(value):
            raise Malformed(
                say(
                    "the character U+{character:04X} found, which XML cannot write",
                    character=ord(strange[0]),
                )
            )
        return value
    return number.spelling(value)


def shown(value: Any) -> str:
    """Return *value* for a sentence, cut when it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _json_type(type_name: str) -> Sentence:
    if type_name == "boolean":
        return BOOLEAN
    return NUMBER if type_name in _NUMBERS else STRING


def _other_type(value: Any, expected: Sentence) -> Sentence:
    return say(
        "{kind} ({found}) found, expected {expected}",
        kind=kind(value),
        found=shown(value),
        expected=expected,
    )


def _other_form(found: str, type_name: str) -> Sentence:
    return say("{found} found, expected {expected}", found=found, expected=_EXPECTED[type_name])


def _number_fault(type_name: str, value: float) -> Fault | None:
    text = number.spelling(value)
    fits = r4.primitive(type_name).fullmatch(text) is not None
    if fits and type_name in _INTEGERS:
        fits = len(text) <= _LONGEST_INTEGER and int(text) in _INTEGER_RANGE
    if fits:
        return None
    return IssueCode.VALUE, _other_form(text[:_SHOWN], type_name)


def writable(text: str) -> str:
    """Return *text* with a mark in place of each character that no string of FHIR may hold."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _text_fault(type_name: str, value: str) -> Fault | None:
    if not value:
        return IssueCode.VALUE, say("an empty string found, expected a value or no element")
    if strange := _NOT_IN_XML.search(value):
        return IssueCode.VALUE, say(
            "the control character U+{character:04X} found in a string", character=ord(strange[0])
        )
    if type_name in _TEXTS:
        return _long_text_fault(value)
    if not _is_well_formed(type_name, value):
        return IssueCode.VALUE, _other_form(shown(value), type_name)
    if type_name in _DATES and not _is_in_calendar(value):
        return IssueCode.VALUE, say(
            "{found} found, expected a day that the calendar has", found=shown(value)
        )
    return None


def _long_text_fault(value: str) -> Fault | None:
    if not value.strip():
        return IssueCode.VALUE, say("a string of blanks found, expected text or no element")
    if len(value) > _MOST_CHARACTERS:
        return IssueCode.TOO_LONG, say(
            "{found} characters found, expected {most} at most",
            found=len(value),
            most=_MOST_CHARACTERS,
        )
    return None


def _is_well_formed(type_name: str, value: str) -> bool:
    if type_name == "base64Binary":  # R4's own pattern takes exponential time over blanks
        return bool(value.strip()) and bool(_BASE64.fullmatch(_BLANK.sub("", value)))
    return r4.primitive(type_name).fullmatch(value) is not None


def _is_in_calendar(value: str) -> bool:
    if len(value) < _DAY:
        return True
    try:
        date.fromisoformat(value[:_DAY])
    except ValueError:
        return False
    return True
