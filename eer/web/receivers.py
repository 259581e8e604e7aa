"""`Organization/$getEerReceiverDataBySORId`: which endpoints receive for units of SOR?

EER's use case for EAS (docs/interfaces/eas.md). Its published text writes parameters in several
ways, and all of them are understood here.
"""

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlencode

from flask import Response, request

from eer.domain import access, addressability
from eer.domain.access import Interaction
from eer.domain.errors import Issue, IssueCode, Malformed, error, warning
from eer.domain.identifiers import SOR_SYSTEM, SorId
from eer.domain.wording import say
from eer.fhir import operations, searchset, written
from eer.fhir.arguments import Arguments
from eer.fhir.outcome import outcome
from eer.fhir.searchset import Found
from eer.register import receivers
from eer.register.receivers import Receivers, Wanted
from eer.store.rows import Version
from eer.web import formats
from eer.web.asked import asked
from eer.web.parts import Parts

MOST_UNITS = 500
PUBLISHED_PATH = "/getReceivingOrganizationBySORID/EerCoreOrganization"
"""Where the text of the use case asks, spelled as it is there."""

_SPELLINGS = {
    **dict.fromkeys(("sorid", "identifier", "identifer"), "sorId"),
    "messagetype": "messageType",
    "activeonly": "activeOnly",
}
_IS = {"true": True, "false": False}


def answer(parts: Parts, _type_name: str, _resource_id: str | None) -> Response:
    """Answer `[base]/Organization/$getEerReceiverDataBySORId`."""
    form = formats.wanted(request)
    by = parts.gate.principal(request)
    for each in ("Organization", "Endpoint"):
        access.check_scope(by, Interaction.SEARCH, each)
    arguments = asked(operations.RECEIVERS, _SPELLINGS)
    wanted = _wanted(arguments)
    found = receivers.receivers(parts.counter, wanted)
    issues = tuple(_issues(found))
    units = [each.unit for each in found.found if each.unit is not None]
    endpoints = dict.fromkeys(each for one in found.found for each in one.endpoints)
    given = urlencode([(name, each) for name, values in arguments.items() for each in values])
    url = f"{parts.base_url}/Organization/${operations.RECEIVERS}?{given}"
    body = searchset.printed(
        parts.base_url,
        _told(units),
        included=_told(tuple(endpoints)),
        total=len(units),
        links=[("self", url)],
        remarks=outcome(issues, formats.spoken(request)) if issues else None,
    )
    return form.response(body)


def as_published(parts: Parts) -> Callable[[], Response]:
    """Return the view of the URL that the text of the use case has."""
    return lambda: answer(parts, "Organization", None)


def _wanted(arguments: Arguments) -> Wanted:
    sors = [_sor(each) for each in _each(arguments, "sorId")]
    if len(sors) > MOST_UNITS:
        text = say(
            "{count} SOR ids found, expected {most} at most", count=len(sors), most=MOST_UNITS
        )
        raise _bad(IssueCode.TOO_COSTLY, text)
    (active_only,) = arguments["activeOnly"] or ("true",)
    if active_only not in _IS:
        text = say("activeOnly={found} found, expected true or false", found=active_only)
        raise _bad(IssueCode.VALUE, text)
    return Wanted(sors, tuple(_each(arguments, "messageType")), _IS[active_only])


def _each(arguments: Arguments, name: str) -> Iterator[str]:
    """Yield what is listed by commas, as in a search; nothing between two is no value."""
    for value in arguments[name]:
        for each in written.split(value, ","):
            if not each:
                text = say("{name}={found} found, expected values", name=name, found=value)
                raise _bad(IssueCode.VALUE, text)
            yield each


def _sor(text: str) -> SorId:
    token = written.token(text)
    if token.system not in (None, SOR_SYSTEM):
        said = say(
            "identifier of {found!r} found, expected one of {system}",
            found=token.system,
            system=SOR_SYSTEM,
        )
        raise _bad(IssueCode.VALUE, said)
    try:
        return SorId.parse((token.code or "").strip())
    except Malformed as fault:
        raise _bad(IssueCode.VALUE, fault.text) from None


def _bad(code: IssueCode, text: str) -> Malformed:
    return Malformed(text, (error(code, "", text),))


def _issues(found: Receivers) -> Iterator[Issue]:
    """Say of every unit without an endpoint why it has none."""
    for each in found.found:
        if each.why is not None:
            unit = say("SOR id {sor}", sor=each.sor)
            text = addressability.sentence(unit, found.message, each.why)
            yield warning(IssueCode.NOT_FOUND, "", text)


def _told(versions: Sequence[Version]) -> Iterator[Found]:
    for each in versions:
        yield each.reference, each.body or b""
