"""Readings of the register for tests, each with defaults that may be published."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from eer.domain.identifiers import Reference, SorId, gln_check_digit
from eer.domain.model import (
    AccessPoint,
    Certificate,
    Directory,
    Endpoint,
    EndpointStatus,
    Organization,
    Redirect,
    Unreadable,
)
from eer.domain.period import Period

NOW = datetime(2026, 8, 3, 12, tzinfo=UTC)
BEGIN = datetime(2026, 5, 4, 22, tzinfo=UTC)
END = datetime(2029, 1, 26, 9, 52, 9, tzinfo=UTC)

HOMECARE = (
    "urn:dk:healthcare:medcom:messaging:fhir:structuredefinition::homecareobservation-message"
    "##urn:dk:medcom:fhir:homecareobservation-message::1.2"
)
RECEIPT = (
    "urn:dk:healthcare:messaging:oasis:ebxml:schema:xsd::ehmisbdh-acknowledgement"
    "##urn:dk:ehmi:sbdh:ehmisbdh-acknowledgement::1.0"
)


def gln(number: int = 1) -> str:
    """Return the *number*th invented GLN."""
    twelve = f"5790009{number:05}"
    return twelve + gln_check_digit(twelve)


def certificate(*, not_before: datetime = BEGIN, not_after: datetime = END) -> Certificate:
    return Certificate(b"\x30\x03\x02\x01\x07", "CN=ap.example.dk", not_before, not_after)


def organization(
    name: str = "Prøvekommunens hjemmepleje", *, number: int = 1, active: bool = True
) -> Organization:
    sor = SorId(f"{500_000 + number}1000016000")
    return Organization(Reference("Organization", str(sor)), name, active, sor)


def access_point(  # noqa: PLR0913 - each is what some test is about
    url: str | None = "https://ap.example.dk/as4",
    *,
    name: str = "ap",
    active: bool = True,
    types: tuple[str, ...] = ("AP",),
    certificate: Certificate | Unreadable | None = certificate(),  # noqa: B008 - a value
    contact_url: str | None = "mailto:drift@example.dk",
    transport_profiles: tuple[str, ...] = (),
) -> AccessPoint:
    owner = Organization(Reference("Organization", "owner"), "Prøvedrift", active=True)
    return AccessPoint(
        Reference("Device", name),
        types,
        active,
        url,
        certificate,
        contact_url,
        owner,
        transport_profiles,
    )


def endpoint(  # noqa: PLR0913 - likewise
    number: int = 1,
    *documents: str,
    id: str | None = None,  # noqa: A002 - FHIR's word
    status: EndpointStatus = EndpointStatus.ACTIVE,
    begin: datetime | None = BEGIN,
    end: datetime | None = None,
    at: AccessPoint | None = access_point(),  # noqa: B008 - a value
    name: str = "Prøvekommunens postkasse",
) -> Endpoint:
    """Return an endpoint of the *number*th GLN that receives *documents*, or two usual ones."""
    return Endpoint(
        reference=Reference("Endpoint", id or f"e{number}"),
        gln=gln(number),
        status=status,
        period=Period(begin, end),
        connection_type="EerMessagingEdelivery",
        documents=documents or (HOMECARE, RECEIPT),
        name=name,
        access_points=(at,),
        organization=organization(number=number),
    )


def redirected(
    number: int = 1,
    *documents: str,
    to: str = "https://smp.other.example.dk",
    not_after: datetime = END,
    **changes: Any,
) -> Endpoint:
    """Return an endpoint that another SMP answers for; it still names its access point."""
    redirect = Redirect(to, certificate(not_after=not_after))
    return replace(endpoint(number, *documents, **changes), redirect=redirect)


def directory(
    *endpoints: Endpoint,
    sequence: int = 1,
    glns: Iterable[str] | None = None,
    stopped: Mapping[Reference, str] | None = None,
) -> Directory:
    return Directory(sequence, endpoints, None if glns is None else frozenset(glns), stopped or {})
