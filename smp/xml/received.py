"""May what a tool sends be published, and is it of whom and what it was sent for?

OASIS SMP 1.0, sections 2.3.3 and 2.3.4; what DomiSMP and phoss SMP refuse is refused (the codes are
translated in smp/web/manage.py).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

from eer.domain.errors import Failure, Issue, IssueCode, Malformed, error
from eer.domain.model import Certificate
from smp.domain.identifiers import DocumentKey, Identifier, ParticipantId, fold
from smp.domain.legacy import Legacy
from smp.domain.metadata import Endpoint
from smp.xml import parse, validate, written

Judge = Callable[[bytes], Certificate]
"""Reads the DER of a certificate; raises Malformed or Refused for one that may not be published."""


def check_group(body: bytes, participant: ParticipantId) -> None:
    """Raise Malformed unless *body* is the ServiceGroup of *participant*, without anything in it.

    Its list is made here, from the documents that are public.
    """
    root = _root(body, "ServiceGroup")
    _check([*_other("ParticipantIdentifier", _identifier(root), participant), *_full(root)])


def document(body: bytes, key: DocumentKey, judge: Judge, at: datetime) -> Legacy:
    """Read the ServiceMetadata of *key*; raise Malformed for every fault it has at *at*."""
    root = _root(body, "ServiceMetadata")
    return read(root, key, judge, at)


def read(root: etree._Element, key: DocumentKey, judge: Judge, at: datetime) -> Legacy:
    """Read the same from an element; raises Malformed."""
    validate.check(root)
    said = written.meant(root, key)
    endpoints = [each for process in said.processes for each in process.endpoints]
    spans: list[tuple[datetime, datetime]] = []
    issues = [
        *_other("ParticipantIdentifier", said.participant, key.participant),
        *_other("DocumentIdentifier", said.document, key.document),
    ]
    for endpoint in endpoints:
        issues += _address(endpoint)
        issues += _period(endpoint, at)
        try:
            certificate = judge(endpoint.certificate)
        except Failure as fault:
            issues.append(error(IssueCode.CODE_INVALID, "Certificate", f"Certificate: {fault}"))
            continue
        spans.append(_span(endpoint, certificate))
        if certificate.not_after <= at:
            text = f"Certificate: expired {certificate.not_after.isoformat()}"
            issues.append(error(IssueCode.INVARIANT, "Certificate", text))
    _check(issues)
    if said.redirect is not None:
        return Legacy(key, said)
    key = DocumentKey(key.participant, said.document)  # as the body spells it
    return Legacy(key, said, min(begin for begin, _ in spans), max(end for _, end in spans))


def _root(body: bytes, name: str) -> etree._Element:
    root = parse.document(body)
    if etree.QName(root).localname != name:
        raise Malformed(f"expected {name}, found {etree.QName(root).localname}")
    validate.check(root)
    return root


def _identifier(group: etree._Element) -> Identifier:
    found = group[0]
    return Identifier(found.get("scheme", ""), found.text or "")


def _other(name: str, found: Identifier, asked: Identifier) -> Iterator[Issue]:
    if fold(str(found)) != fold(str(asked)):
        text = f"{name}: {found} found, expected {asked}, which the address names"
        yield error(IssueCode.VALUE, name, text)


def _full(group: etree._Element) -> Iterator[Issue]:
    listed = len(group[1])
    if listed:
        text = (
            f"ServiceMetadataReferenceCollection: {listed} references found, expected none: "
            "the list is made here"
        )
        yield error(IssueCode.VALUE, "ServiceMetadataReferenceCollection", text)
    if len(group) > 2:  # noqa: PLR2004 - what stands behind the two that must be there
        text = "Extension: found in a ServiceGroup, expected none: the group is made here"
        yield error(IssueCode.NOT_SUPPORTED, "Extension", text)


def _address(endpoint: Endpoint) -> Iterator[Issue]:
    try:
        parts = urlsplit(endpoint.uri)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_url = False
    if not is_url:
        text = f"EndpointURI: {endpoint.uri!r} found, expected an http or https URL"
        yield error(IssueCode.VALUE, "EndpointURI", text)


def _period(endpoint: Endpoint, at: datetime) -> Iterator[Issue]:
    begin, end = endpoint.activation, endpoint.expiration
    if begin is not None and end is not None and begin >= end:
        text = f"ServiceExpirationDate: {end.isoformat()} is not after {begin.isoformat()}"
        yield error(IssueCode.INVARIANT, "ServiceExpirationDate", text)
    if end is not None and end <= at:
        text = f"ServiceExpirationDate: {end.isoformat()} is in the past"
        yield error(IssueCode.INVARIANT, "ServiceExpirationDate", text)


def _span(endpoint: Endpoint, certificate: Certificate) -> tuple[datetime, datetime]:
    """Return from when until when an endpoint can be used."""
    begin, end = endpoint.activation, endpoint.expiration
    return (
        certificate.not_before if begin is None else max(begin, certificate.not_before),
        certificate.not_after if end is None else min(end, certificate.not_after),
    )


def _check(issues: list[Issue]) -> None:
    if issues:
        raise Malformed("; ".join(each.text for each in issues), issues)
