"""May this endpoint be published, and if not, why?

One function and one enum, asked by everything that has to know. The reasons stand in
docs/interfaces/eligibility.md.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from eer.domain.errors import Malformed
from eer.domain.identifiers import Gln, Reference
from eer.domain.model import (
    ACCESS_POINT,
    EDELIVERY,
    AccessPoint,
    Certificate,
    Directory,
    Endpoint,
    EndpointStatus,
    Unreadable,
)
from eer.domain.standing import Verdict
from eer.domain.wording import say


class Reason(StrEnum):
    """Why an endpoint is not published."""

    SUSPENDED = "suspended"
    ERROR = "error"
    OFF = "off"
    ENTERED_IN_ERROR = "entered-in-error"
    TEST = "test"
    NOT_BEGUN = "period-not-begun"
    OVER = "period-over"
    NOT_EDELIVERY = "connection-type-not-edelivery"
    NO_AP = "no-ap"
    TWO_APS = "two-aps"
    AP_INACTIVE = "ap-inactive"
    NOT_AN_AP = "ap-not-of-type-ap"
    NO_ADDRESS = "ap-without-address"
    NO_CERTIFICATE = "ap-without-certificate"
    CERTIFICATE_UNREADABLE = "certificate-unreadable"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_UNTRUSTED = "certificate-untrusted"
    CERTIFICATE_REVOKED = "certificate-revoked"
    CERTIFICATE_OF_TEST = "certificate-of-test"
    REDIRECT_UNUSABLE = "redirect-unusable"
    OWNER_MISSING = "ap-owner-missing"
    OWNER_INACTIVE = "ap-owner-inactive"
    ORGANIZATION_MISSING = "organization-missing"
    ORGANIZATION_INACTIVE = "organization-inactive"
    PARTICIPANT_MALFORMED = "participant-malformed"
    CONFLICT = "conflict"
    STOPPED = "stopped-by-operator"


SENTENCES = {
    Reason.SUSPENDED: say("the endpoint is suspended"),
    Reason.ERROR: say("the endpoint has status error"),
    Reason.OFF: say("the endpoint is switched off"),
    Reason.ENTERED_IN_ERROR: say("the endpoint was entered in error"),
    Reason.TEST: say("the endpoint is for test only"),
    Reason.NOT_BEGUN: say("the endpoint's period has not begun"),
    Reason.OVER: say("the endpoint's period is over"),
    Reason.NOT_EDELIVERY: say("the connection type is not eDelivery"),
    Reason.NO_AP: say("the endpoint names no access point"),
    Reason.TWO_APS: say("the endpoint names more than one access point"),
    Reason.AP_INACTIVE: say("the access point is not active"),
    Reason.NOT_AN_AP: say("the device named as access point is not of type AP"),
    Reason.NO_ADDRESS: say("the access point has no AS4 address"),
    Reason.NO_CERTIFICATE: say("the access point has no certificate"),
    Reason.CERTIFICATE_UNREADABLE: say("the access point's certificate cannot be read"),
    Reason.CERTIFICATE_NOT_YET_VALID: say("the access point's certificate is not valid yet"),
    Reason.CERTIFICATE_EXPIRED: say("the access point's certificate has expired"),
    Reason.CERTIFICATE_UNTRUSTED: say(
        "the access point's certificate is of no authority that is trusted here"
    ),
    Reason.CERTIFICATE_REVOKED: say("the access point's certificate has been revoked"),
    Reason.CERTIFICATE_OF_TEST: say("the access point's certificate is of a test authority"),
    Reason.REDIRECT_UNUSABLE: say("the redirect does not say to which SMP, or who signs there"),
    Reason.OWNER_MISSING: say("the access point has no owner"),
    Reason.OWNER_INACTIVE: say("the access point's owner is not active"),
    Reason.ORGANIZATION_MISSING: say("the managing organisation is missing"),
    Reason.ORGANIZATION_INACTIVE: say("the managing organisation is not active"),
    Reason.PARTICIPANT_MALFORMED: say("the GLN does not make a participant identifier"),
    Reason.CONFLICT: say("another active endpoint of this GLN claims the same document"),
    Reason.STOPPED: say("an operator has stopped it"),
}

_STATUS = {
    EndpointStatus.SUSPENDED: Reason.SUSPENDED,
    EndpointStatus.ERROR: Reason.ERROR,
    EndpointStatus.OFF: Reason.OFF,
    EndpointStatus.ENTERED_IN_ERROR: Reason.ENTERED_IN_ERROR,
    EndpointStatus.TEST: Reason.TEST,
}

_VERDICTS = {
    Verdict.UNTRUSTED: Reason.CERTIFICATE_UNTRUSTED,
    Verdict.REVOKED: Reason.CERTIFICATE_REVOKED,
    Verdict.TEST: Reason.CERTIFICATE_OF_TEST,
}


def obstacles(
    directory: Directory, at: datetime, tolerated: Collection[Reason] = ()
) -> dict[Reference, tuple[Reason, ...]]:
    """Return for each endpoint of *directory* every reason against publishing it at *at*.

    An endpoint with an empty tuple may be published; *tolerated* reasons are none, and are told
    by tolerations(). *directory* has to hold all endpoints of each GLN in it, or a conflict would
    not be seen.
    """
    return {
        reference: tuple(each for each in reasons if each not in tolerated)
        for reference, reasons in _all_reasons(directory, at)
    }


def tolerations(
    directory: Directory, at: datetime, tolerated: Collection[Reason]
) -> dict[Reference, tuple[Reason, ...]]:
    """Return the endpoints that may be published at *at* in spite of reasons, and those."""
    if not tolerated:
        return {}
    return {
        reference: reasons
        for reference, reasons in _all_reasons(directory, at)
        if reasons and all(each in tolerated for each in reasons)
    }


def conflicts(endpoints: Iterable[Endpoint]) -> dict[tuple[Reference, Reference], tuple[str, ...]]:
    """Return the pairs of active eDelivery endpoints that claim a GLN's document at the same time.

    Each pair stands both ways round and leads to the documents they both claim.
    """
    by_gln: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        if endpoint.is_active_edelivery:
            by_gln.setdefault(endpoint.gln, []).append(endpoint)
    return {
        (one.reference, other.reference): shared
        for rivals in by_gln.values()
        for one in rivals
        for other in rivals
        if one.reference != other.reference and one.period.overlaps(other.period)
        if (shared := tuple(name for name in one.documents if name in other.documents))
    }


def looks_different_at(endpoint: Endpoint, after: datetime) -> datetime | None:
    """Return the next instant behind *after* at which time alone may change the answer."""
    instants = [endpoint.period.start, endpoint.period.end]
    for access_point in endpoint.access_points if endpoint.redirect is None else ():
        if access_point is not None and isinstance(access_point.certificate, Certificate):
            instants += [access_point.certificate.not_before, access_point.certificate.not_after]
        if access_point is not None and access_point.standing is not None:
            instants.append(access_point.standing.until)
    return min((each for each in instants if each is not None and each > after), default=None)


def _all_reasons(
    directory: Directory, at: datetime
) -> Iterator[tuple[Reference, tuple[Reason, ...]]]:
    conflicting = conflicts(directory.endpoints)
    for endpoint in directory.endpoints:
        yield endpoint.reference, tuple(_reasons(endpoint, directory, conflicting, at))


def _reasons(
    endpoint: Endpoint,
    directory: Directory,
    conflicting: dict[tuple[Reference, Reference], tuple[str, ...]],
    at: datetime,
) -> Iterator[Reason]:
    if endpoint.status in _STATUS:
        yield _STATUS[endpoint.status]
    if endpoint.period.begins_after(at):
        yield Reason.NOT_BEGUN
    if endpoint.period.is_over(at):
        yield Reason.OVER
    if endpoint.connection_type not in EDELIVERY:
        yield Reason.NOT_EDELIVERY
    yield from _destination_reasons(endpoint, at)
    if endpoint.organization is None:
        yield Reason.ORGANIZATION_MISSING
    elif not endpoint.organization.active:
        yield Reason.ORGANIZATION_INACTIVE
    if not _is_participant(endpoint.gln):
        yield Reason.PARTICIPANT_MALFORMED
    if any(one == endpoint.reference for one, _ in conflicting):
        yield Reason.CONFLICT
    named = [each.reference for each in endpoint.access_points if each is not None]
    if any(reference in directory.stopped for reference in (endpoint.reference, *named)):
        yield Reason.STOPPED


def _destination_reasons(endpoint: Endpoint, at: datetime) -> Iterator[Reason]:
    """Where another SMP answers, its access points are that one's matter."""
    if isinstance(endpoint.redirect, Unreadable):
        yield Reason.REDIRECT_UNUSABLE
    elif endpoint.redirect is None:
        yield from _access_point_reasons(endpoint, at)


def _access_point_reasons(endpoint: Endpoint, at: datetime) -> Iterator[Reason]:
    if len(endpoint.access_points) > 1:
        yield Reason.TWO_APS
    present = [each for each in endpoint.access_points if each is not None]
    if not present:
        yield Reason.NO_AP
    for access_point in present[:1]:
        yield from _device_reasons(access_point, at)


def _device_reasons(access_point: AccessPoint, at: datetime) -> Iterator[Reason]:
    if not access_point.active:
        yield Reason.AP_INACTIVE
    if ACCESS_POINT not in access_point.types:
        yield Reason.NOT_AN_AP
    if access_point.url is None:
        yield Reason.NO_ADDRESS
    yield from _certificate_reasons(access_point.certificate, at)
    if access_point.standing is not None and access_point.standing.verdict in _VERDICTS:
        yield _VERDICTS[access_point.standing.verdict]
    if access_point.owner is None:
        yield Reason.OWNER_MISSING
    elif not access_point.owner.active:
        yield Reason.OWNER_INACTIVE


def _certificate_reasons(
    certificate: Certificate | Unreadable | None, at: datetime
) -> Iterator[Reason]:
    if certificate is None:
        yield Reason.NO_CERTIFICATE
    elif isinstance(certificate, Unreadable):
        yield Reason.CERTIFICATE_UNREADABLE
    elif at < certificate.not_before:
        yield Reason.CERTIFICATE_NOT_YET_VALID
    elif certificate.not_after <= at:
        yield Reason.CERTIFICATE_EXPIRED


def _is_participant(gln: str) -> bool:
    try:
        Gln.parse(gln)
    except Malformed:
        return False
    return True
