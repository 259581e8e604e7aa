"""Which interaction does an entry of a batch or a transaction ask for?

FHIR R4 http, section 3.1.0.11: its URL is read as that of a request would be.
"""

from collections.abc import Callable
from typing import Any

import flask

from eer.domain import access
from eer.domain.access import Interaction, Principal
from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.identifiers import Reference
from eer.domain.wording import say
from eer.fhir import kinds, meta, written
from eer.fhir import request as requests
from eer.fhir.element import Json
from eer.fhir.request import Answer, Request
from eer.register import history
from eer.register import read as reading
from eer.register.intent import Create, Expected, Intent, Patch, Remove, Update
from eer.store.records import Records
from eer.store.rows import Version
from eer.web import answers, create, definitions, formats, patch, search
from eer.web import history as histories
from eer.web.parts import Parts

_HISTORY = "_history"
_INSTANCE, _VERSION = 2, 4


def intent(asked: Request) -> Intent:
    """Return what a write asks for; raise Malformed when its URL leads to no interaction."""
    type_name, resource_id = _target(asked)
    json, place = asked.resource or {}, asked.place
    if asked.method == "POST":
        create.check_unconditional(asked.query, f"{place}.request.url")
        written = asked.if_none_exist
        own = None if written is None else create.criteria_of(written)
        return Create(type=type_name, criteria=own, full_url=asked.full_url, place=place, json=json)
    which: dict[str, Any] = {
        "type": type_name,
        "id": resource_id,
        "criteria": None if resource_id is not None else asked.query,
        "expected": _expected(asked),
        "full_url": asked.full_url,
        "place": place,
    }
    if asked.method == "PUT":
        return Update(**which, json=json)
    if asked.method == "PATCH":
        return Patch(**which, apply=_applied(json, place))
    return Remove(**which)


def read(parts: Parts, records: Records, asked: Request, by: Principal) -> Answer:
    """Return what a read, a search or a history comes to, as *records* see it."""
    path = asked.path
    if path and path[0] in kinds.DEFINITIONS:
        return definitions.entry(parts, asked, by)
    if (path and path[-1] == _HISTORY) or (not path and not asked.query):
        return _history(parts, records, asked, by)
    if len(path) in (_INSTANCE, _VERSION):
        return _read(records, asked, by)
    if len(path) > 1:
        raise _nowhere(asked)
    for each in path:
        kinds.kind_of(each)
    named, pairs = search.types_of(asked.query) if not path else ((), asked.query)
    types = path or named or tuple(kinds.KINDS)
    found, page = search.searched(parts, records, types, pairs, by)
    url = "/".join([parts.base_url, *path])
    more = search.naming(named)
    body = search.printed(parts, url, found, page, formats.spoken(flask.request), more)
    return Answer(status="200 OK", resource=body)


def _target(asked: Request) -> tuple[str, str | None]:
    """Return the type and the id that a write names, the id None where a search stands for it."""
    path = asked.path
    is_create = asked.method == "POST"
    is_whole = len(path) == 1 if is_create else len(path) == _INSTANCE or asked.query
    if not path or len(path) > _INSTANCE or not is_whole or path[-1].startswith(("_", "$")):
        raise _nowhere(asked)
    if path[0] in kinds.DEFINITIONS:
        raise definitions.not_served(path[0])
    kinds.kind_of(path[0])
    if len(path) == 1:
        return path[0], None
    reference = answers.reference(path[0], path[1])
    url = asked.full_url or str(reference)
    if not url.startswith("urn:") and not f"/{url}".endswith(f"/{reference}"):
        text = say(
            "fullUrl {found} found, expected that of {reference}", found=url, reference=reference
        )
        raise Malformed(text, (error(IssueCode.INVALID, f"{asked.place}.fullUrl", text),))
    return reference.type, reference.id


def _expected(asked: Request) -> Expected:
    return answers.expected_by(asked.if_match, asked.if_none_match)


def _applied(json: Json, place: str) -> Callable[[Json], Json]:
    operations = requests.json_patch_of(json)
    if operations is not None:
        return patch.applied(formats.JSON_PATCH, operations)
    if json.get("resourceType") == "Parameters":
        return patch.applied("application/fhir+json", json)
    text = say("no patch found, expected Parameters, or a Binary with a JSON Patch")
    raise Malformed(text, (error(IssueCode.INVALID, f"{place}.resource", text),))


def _read(records: Records, asked: Request, by: Principal) -> Answer:
    reference = answers.reference(*asked.path[:_INSTANCE])
    access.check_scope(by, Interaction.READ, reference.type)
    version = _found(records, asked, reference)
    is_known = _is_known(asked, version)
    return Answer(
        status="304 Not Modified" if is_known else "200 OK",
        etag=f'W/"{version.number}"',
        last_modified=meta.instant(version.at),
        resource=None if is_known else version.body,
    )


def _is_known(asked: Request, version: Version) -> bool:
    if asked.if_none_match is not None:
        return answers.is_among(asked.if_none_match, version)
    since = asked.if_modified_since
    high = None if since is None else written.stretch(since).high
    return high is not None and version.at < high


def _found(records: Records, asked: Request, reference: Reference) -> Version:
    if len(asked.path) == _INSTANCE:
        return reading.current(records, reference)
    if asked.path[_INSTANCE] != _HISTORY:
        raise _nowhere(asked)
    return reading.version(records, reference, answers.number(reference, asked.path[-1]))


def _history(parts: Parts, records: Records, asked: Request, by: Principal) -> Answer:
    whose = asked.path[:-1]
    if len(whose) > _INSTANCE or not asked.path:
        raise _nowhere(asked)
    letter = Interaction.READ if len(whose) == _INSTANCE else Interaction.SEARCH
    for each in whose[:1] or kinds.KINDS:
        kinds.kind_of(each)
        access.check_scope(by, letter, each)
    type_name, resource_id = (*whose, None, None)[:_INSTANCE]
    if type_name is not None and resource_id is not None:
        answers.reference(type_name, resource_id)
    span = histories.span_of(asked.query)
    page = history.page(records, type_name, resource_id, span)
    url = "/".join([parts.base_url, *asked.path])
    return Answer(status="200 OK", resource=histories.printed(parts, url, page, asked.query, span))


def _nowhere(asked: Request) -> Malformed:
    text = say(
        "{method} {path} leads to no interaction here",
        method=asked.method,
        path="/".join(asked.path),
    )
    return Malformed(text, (error(IssueCode.NOT_SUPPORTED, f"{asked.place}.request.url", text),))
