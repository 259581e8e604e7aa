"""`Endpoint/[id]/$publication`: how far has publication come with a version of an endpoint?

An operation of ours (docs/interfaces/addressability.md); it answers for a deleted endpoint too.
"""

from collections.abc import Iterator

import orjson
from flask import Response, request

from eer.domain import access
from eer.domain.access import Interaction
from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.receipt import Receipt
from eer.domain.wording import say
from eer.fhir import meta, operations, parameters
from eer.fhir.element import Json
from eer.register.publication import Progress, Publication, publication
from eer.web import answers, formats
from eer.web.asked import asked
from eer.web.parts import Parts

_LONGEST = 9


def answer(parts: Parts, type_name: str, resource_id: str | None) -> Response:
    """Answer `[base]/Endpoint/[id]/$publication`."""
    form = formats.wanted(request)
    reference = answers.reference(type_name, resource_id or "")
    access.check_scope(parts.gate.principal(request), Interaction.READ, type_name)
    versions = [_number(each) for each in asked(operations.PUBLICATION)["version"]]
    found = publication(parts.counter, reference, next(iter(versions), None))
    return form.response(orjson.dumps(parameters.printed(_told(found))))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        said = say("version={found} found, expected the number of a version", found=text)
        raise Malformed(said, (error(IssueCode.VALUE, "", said),))
    return int(text)


def _told(found: Publication) -> Iterator[Json]:
    yield parameters.one("version", "integer", found.version.number)
    yield parameters.one("sequence", "integer", found.version.sequence)
    yield parameters.one("reached", "boolean", found.reached)
    for each in found.participants:
        yield parameters.group("participant", _participant(each))


def _participant(progress: Progress) -> Iterator[Json]:
    yield parameters.one("identifier", "string", progress.participant)
    yield parameters.one("reached", "boolean", progress.reached)
    for each in progress.receipts:
        yield parameters.group("receipt", _receipt(each))


def _receipt(receipt: Receipt) -> Iterator[Json]:
    yield parameters.one("sequence", "integer", receipt.sequence)
    yield parameters.one("step", "code", receipt.step)
    yield parameters.one("time", "instant", meta.instant(receipt.at))
    yield parameters.one("where", "uri", receipt.where)
