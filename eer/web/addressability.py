"""`Organization/$addressability`: can a unit be sent a message, and why or why not?

An operation of ours (docs/interfaces/addressability.md).
"""

import orjson
from flask import Response, request

from eer.domain import access
from eer.domain.access import Interaction
from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.identifiers import GLN_SYSTEMS, SOR_SYSTEM, Gln, SorId
from eer.domain.wording import say
from eer.fhir import addressability, operations, written
from eer.fhir.arguments import Arguments
from eer.register.addressability import addressability_of
from eer.web import formats
from eer.web.asked import asked
from eer.web.parts import Parts

_WHO = ("sorId", "gln", "identifier")


def answer(parts: Parts, _type_name: str, _resource_id: str | None) -> Response:
    """Answer `[base]/Organization/$addressability`."""
    form = formats.wanted(request)
    by = parts.gate.principal(request)
    for each in ("Organization", "Endpoint"):
        access.check_scope(by, Interaction.SEARCH, each)
    arguments = asked(operations.ADDRESSABILITY)
    (message_type,) = arguments["messageType"]
    told = addressability_of(parts.counter, _who(arguments), message_type)
    return form.response(orjson.dumps(addressability.printed(told, formats.spoken(request))))


def _who(arguments: Arguments) -> SorId | Gln:
    given = [(name, value) for name in _WHO for value in arguments[name]]
    if len(given) != 1:
        names = ", ".join(name for name, _ in given) or say("none of them")
        text = say(
            "{found} found, expected one of {expected}", found=names, expected=", ".join(_WHO)
        )
        raise _bad(IssueCode.REQUIRED, text)
    ((name, value),) = given
    try:
        if name == "sorId":
            return SorId.parse(value.strip())
        return Gln.parse(value.strip()) if name == "gln" else _identified(value)
    except Malformed as fault:
        raise _bad(IssueCode.VALUE, fault.text) from None


def _identified(value: str) -> SorId | Gln:
    token = written.token(value)
    code = (token.code or "").strip()
    if token.system == SOR_SYSTEM:
        return SorId.parse(code)
    if token.system in GLN_SYSTEMS:
        return Gln.parse(code)
    raise Malformed(
        say(
            "identifier {found!r} found, expected {sor}|value or {gln}|value",
            found=value,
            sor=SOR_SYSTEM,
            gln=GLN_SYSTEMS[0],
        )
    )


def _bad(code: IssueCode, text: str) -> Malformed:
    return Malformed(text, (error(code, "", text),))
