"""How is it told whether a unit can be sent a message? As Parameters, with coded reasons.

docs/interfaces/addressability.md explains each of them.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from eer.domain import addressability, eligibility
from eer.domain.addressability import Candidate, Finding, Told
from eer.domain.deprecation import Retirement
from eer.domain.identifiers import GLN_SYSTEMS, Reference
from eer.domain.model import Redirect
from eer.fhir import canonicals, meta, parameters
from eer.fhir.element import Json
from eer.fhir.language import Language, spoken


def printed(told: Told, language: Language) -> dict[str, Any]:
    """Return the answer; the sentence in it is in *language*."""
    return parameters.printed(_parameters(told, language))


def _parameters(told: Told, language: Language) -> Iterator[Json]:
    answer = told.answer
    yield parameters.one("addressable", "boolean", answer.is_addressable)
    yield parameters.one("reason", "Coding", _reason(answer.reason))
    yield parameters.one("text", "string", spoken(told.sentence, language))
    if answer.unit is not None:
        unit = _reference(answer.unit.reference) | {"display": answer.unit.name}
        yield parameters.one("organization", "Reference", unit)
    if told.document is not None:
        yield parameters.one("payload", "Coding", _payload(told.document, told.displays))
    if answer.best is not None:
        yield from _best(answer.best, told.at)
    for each in answer.findings:
        yield parameters.group("endpoint", _endpoint(each))
    if told.retirement is not None:
        yield parameters.group("deprecated", _deprecated(told.retirement, told.displays))


def _best(candidate: Candidate, at: datetime) -> Iterator[Json]:
    receipt = candidate.published
    yield parameters.one("published", "boolean", receipt is not None)
    if receipt is not None:
        yield parameters.one("publishedAt", "instant", meta.instant(receipt.at))
        yield parameters.one("where", "uri", receipt.where)
    until = eligibility.looks_different_at(candidate.endpoint, at)
    if until is not None:
        yield parameters.one("validUntil", "instant", meta.instant(until))


def _endpoint(finding: Finding) -> Iterator[Json]:
    endpoint = finding.candidate.endpoint
    gln = {"system": GLN_SYSTEMS[0], "value": endpoint.gln}
    yield parameters.one("reference", "Reference", _reference(endpoint.reference))
    yield parameters.one("gln", "Identifier", gln)
    yield parameters.one("reason", "Coding", _reason(finding.reason))
    for each in finding.candidate.obstacles:
        yield parameters.one("obstacle", "Coding", _obstacle(each))
    if isinstance(endpoint.redirect, Redirect):
        yield parameters.one("redirect", "uri", endpoint.redirect.base_url)


def _deprecated(found: Retirement, displays: Mapping[str, str]) -> Iterator[Json]:
    if found.since is not None:
        yield parameters.one("since", "instant", meta.instant(found.since))
    for code in found.replaced_by:
        yield parameters.one("replacedBy", "Coding", _payload(code, displays))


def _reason(reason: addressability.Reason) -> Json:
    return _coding(canonicals.ADDRESSABILITY, reason, addressability.SENTENCES[reason])


def _obstacle(reason: eligibility.Reason) -> Json:
    return _coding(canonicals.ELIGIBILITY, reason, eligibility.SENTENCES[reason])


def _coding(system: str, code: StrEnum, display: str) -> Json:
    return {"system": system, "code": str(code), "display": str(display)}


def _payload(code: str, displays: Mapping[str, str]) -> Json:
    coding = {"system": canonicals.PAYLOADS, "code": code}
    return coding | ({"display": displays[code]} if code in displays else {})


def _reference(reference: Reference) -> dict[str, str]:
    return {"reference": str(reference)}
