"""How do the resources of one transaction come to point at each other?

FHIR R4 http, section 3.1.0.11.2: by what stands in for an id that is not known yet, by a fullUrl,
or by a search that one resource meets.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

from eer.domain import access
from eer.domain.access import Interaction
from eer.domain.errors import Conflict, IssueCode, Malformed, error, placed
from eer.domain.identifiers import Reference, is_resource_id
from eer.domain.wording import say
from eer.fhir import rewrite
from eer.register.change import Delete, Put
from eer.register.intent import Create, Criteria, Intent
from eer.register.resolve import Desk, Found, Resolved

_URN = ("urn:uuid:", "urn:oid:")


def bound(desk: Desk, intents: Sequence[Intent], found: Sequence[Resolved]) -> tuple[Resolved, ...]:
    """Let the resources of one transaction point at each other by their real ids.

    Raises Malformed when one of them is named twice or a URN leads nowhere, Conflict when the
    criteria in a reference do not lead to exactly one resource.
    """
    _check_distinct(intents, found)
    ids = dict(_names(intents, found))
    settled: list[Resolved] = []
    for intent, each in zip(intents, found, strict=True):
        with placed(f"{intent.place}.resource"):
            settled.append(_pointed(desk, each, ids))
    return tuple(settled)


def alone(found: Resolved) -> None:
    """Raise Malformed when a resource that is written alone points as only siblings may."""
    if not isinstance(found, Put):
        return
    for written in rewrite.references(found.json):
        if written.startswith(_URN) or _criteria_in(written) is not None:
            text = say(
                "reference {found!r} found, expected Type/id: only a transaction resolves others",
                found=written,
            )
            raise Malformed(text, (error(IssueCode.VALUE, found.reference.type, text),))


def _check_distinct(intents: Sequence[Intent], found: Sequence[Resolved]) -> None:
    written: dict[Reference, str] = {}
    for intent, each in zip(intents, found, strict=True):
        if not isinstance(each, Put | Delete):
            continue
        if each.reference in written:
            text = say(
                "{reference} is written at {other} too: expected it once in a transaction",
                reference=each.reference,
                other=written[each.reference],
            )
            raise Malformed(text, (error(IssueCode.INVALID, intent.place, text),))
        written[each.reference] = intent.place
    for intent, each in zip(intents, found, strict=True):
        if isinstance(each, Found) and each.reference in written:
            text = say(
                "{reference} meets the criteria, and is written at {other}: expected it once",
                reference=each.reference,
                other=written[each.reference],
            )
            raise Malformed(text, (error(IssueCode.INVALID, intent.place, text),))


def _names(intents: Sequence[Intent], found: Sequence[Resolved]) -> Iterator[tuple[str, str]]:
    """Yield by what names siblings may point at each resource, and where that leads."""
    for intent, each in zip(intents, found, strict=True):
        url = intent.full_url
        if url is None or not isinstance(each, Put | Found):
            continue
        yield url, str(each.reference)
        type_name, resource_id = f"//{url}".split("/")[-2:]
        is_relative = type_name == intent.type and is_resource_id(resource_id)
        if isinstance(intent, Create) and not url.startswith("urn:") and is_relative:
            yield f"{type_name}/{resource_id}", str(each.reference)


def _pointed(desk: Desk, each: Resolved, ids: Mapping[str, str]) -> Resolved:
    if not isinstance(each, Put):
        return each
    known = dict(ids)
    for written in rewrite.references(each.json):
        asked = _criteria_in(written)
        if asked is not None and written not in known:
            known[written] = str(_only(desk, written, asked))
        elif written.startswith(_URN) and written.partition("/_history/")[0] not in known:
            text = say("{found} is no fullUrl of this bundle", found=written)
            raise Malformed(text, (error(IssueCode.VALUE, "", text),))
    return replace(each, json=rewrite.rewritten(dict(each.json), known))


def _only(desk: Desk, written: str, asked: tuple[str, Criteria]) -> Reference:
    type_name, criteria = asked
    if type_name not in desk.terms.kinds:
        text = say("{type!r} is not kept here", type=type_name)
        raise Malformed(text, (error(IssueCode.NOT_SUPPORTED, "", text),))
    access.check_scope(desk.by, Interaction.SEARCH, type_name)  # it tells what matches
    found = desk.one(type_name, criteria)
    if found is None:
        text = say("no {type} meets {criteria}, expected one", type=type_name, criteria=written)
        raise Conflict(text, (error(IssueCode.NOT_FOUND, "", text),))
    return found.reference


def _criteria_in(written: str) -> tuple[str, Criteria] | None:
    type_name, mark, query = written.partition("?")
    if not mark or not type_name.isalpha():
        return None
    return type_name, tuple(parse_qsl(query, keep_blank_values=True))
