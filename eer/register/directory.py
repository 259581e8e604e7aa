"""What does the publisher have to know of the register, of all of it or of a few participants?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from eer.domain.identifiers import Reference
from eer.domain.model import (
    ACCESS_POINT,
    AccessPoint,
    Certificate,
    Device,
    Directory,
    Endpoint,
    Reading,
)
from eer.fhir import codec_json, kinds
from eer.pki.trust import Trust
from eer.register.counter import Counter
from eer.register.state import State
from eer.store.records import Records

_ENDPOINT = kinds.kind_of("Endpoint")


def directory(counter: Counter, glns: frozenset[str] | None) -> Directory:
    """Return the endpoints of *glns*, or of everyone when None, as of one moment."""
    with counter.store.reading() as connection:
        return of(counter, Records(connection), glns)


def of(counter: Counter, records: Records, glns: frozenset[str] | None) -> Directory:
    """Return the endpoints of *glns*, or of everyone when None, as *records* see them."""
    at = counter.now()
    state = State(records)
    readings = _all(records) if glns is None else _of(state, glns)
    endpoints = (state.endpoint(reading) for reading in readings)
    return Directory(
        sequence=records.last()[0],
        endpoints=tuple(
            standing(each, counter.trust, at) for each in endpoints if each is not None
        ),
        glns=glns,
        remarks=counter.trust.remarks(at),
        unchecked=counter.trust.unchecked(),
    )


def standing(endpoint: Endpoint, trust: Trust, at: datetime) -> Endpoint:
    """Return *endpoint* with how the certificates of its access points stand at *at*."""
    if trust.asks_nothing:
        return endpoint
    found = tuple(each and _standing(each, trust, at) for each in endpoint.access_points)
    return replace(endpoint, access_points=found)


def _standing(access_point: AccessPoint, trust: Trust, at: datetime) -> AccessPoint:
    if not isinstance(access_point.certificate, Certificate):
        return access_point
    return replace(access_point, standing=trust.standing(access_point.certificate, at))


def expiries(counter: Counter) -> Mapping[Reference, datetime]:
    """Return when the certificate of each access point expires that is active and has one."""
    with counter.store.reading() as connection:
        return dict(_expiries(Records(connection)))


def _expiries(records: Records) -> Iterator[tuple[Reference, datetime]]:
    for version in records.all_of("Device"):
        says = kinds.reading(version.reference, codec_json.parse(version.body or b"")).says
        if not isinstance(says, Device) or not says.active or ACCESS_POINT not in says.types:
            continue
        if isinstance(says.certificate, Certificate):
            yield version.reference, says.certificate.not_after


def _all(records: Records) -> Iterator[Reading]:
    for version in list(records.all_of("Endpoint")):
        if version.body is not None:
            yield _ENDPOINT.reading(version.reference, codec_json.parse(version.body))


def _of(state: State, glns: frozenset[str]) -> Iterator[Reading]:
    seen: set[Reference] = set()
    for gln in sorted(glns):
        for reading in state.mailboxes(gln):
            if reading.reference not in seen:
                seen.add(reading.reference)
                yield reading
