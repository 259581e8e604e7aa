"""An export of phoss SMP becomes legacy participants: all of it, or nothing and every fault."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

import builders_legacy as legacy
from builders import HOMECARE, NOW, RECEIPT, endpoint, gln
from builders_phoss import ARMOURED, CERTIFICATE, export, exported_endpoint, group, serviceinfo
from eer.domain.errors import Malformed, Refused
from fakes.publishing import World, fresh_store
from smp.pki import certificate
from smp.stock import Stock, Terms, Warehouse

Take = Callable[..., Stock]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The register has the first participant."""
    with fresh_store(tmp_path / "smp.sqlite") as store:
        world = World(store, endpoint(1))
        world.publisher.publish()
        yield world


@pytest.fixture
def take(world: World) -> Take:
    warehouse = Warehouse(
        legacy.book(world.store), world.register, certificate.read, world.clock, "operator"
    )

    def taken(body: bytes, **terms: Any) -> Stock:
        given = Terms(**terms)
        stock = warehouse.look(io.BytesIO(body), given)
        warehouse.take(stock, given)
        return stock

    return taken


def said(take: Take, *groups: str, **terms: Any) -> str:
    with pytest.raises(Refused) as fault:
        take(export(*groups), **terms)
    return fault.value.text


def test_what_an_export_has_is_published(world: World, take: Take) -> None:
    redirect = (
        f'<redirect servicegroupid="x" targethref="https://x.example.dk/a/services/b">'
        f'<doctypeidentifier scheme="busdox-docid-qns" value={quoteattr(RECEIPT)} />'
        "<suid>CN=x</suid></redirect>"
    )

    stock = take(export(group(2), group(3, serviceinfo(), redirect), "<businesscard />"))
    world.publisher.publish_touched()

    assert (len(stock.found), stock.documents, stock.left) == (2, 3, [])
    assert "https://legacy.example.dk/as4" in (world.body(2) or "")
    assert "<Redirect " in (world.body(3, RECEIPT) or "")
    assert len(world.named(2) | world.named(3)) == 4


def test_all_that_an_endpoint_says_is_kept(world: World, take: Take) -> None:
    told = exported_endpoint(
        ARMOURED,
        minauthlevel="2",
        activation="2026-01-01T00:00:00Z",
        expiration="2027-01-01T00:00:00Z",
        techinfourl="https://example.dk/info",
        reqblsig="true",
    )

    take(export(group(2, serviceinfo(HOMECARE, told))))
    world.publisher.publish_touched()

    body = world.body(2) or ""
    for part in (
        "<RequireBusinessLevelSignature>true<",
        "<MinimumAuthenticationLevel>2<",
        "<ServiceActivationDate>2026-01-01T00:00:00Z<",
        "<ServiceExpirationDate>2027-01-01T00:00:00Z<",
        "<TechnicalInformationUrl>https://example.dk/info<",
        f"<Certificate>{CERTIFICATE}<",
    ):
        assert part in body


def test_every_fault_is_told_and_nothing_is_taken(world: World, take: Take) -> None:
    extended = serviceinfo().replace("</serviceinfo>", "<extension>[]</extension></serviceinfo>")
    old = exported_endpoint(expiration="2020-01-01T00:00:00Z")

    text = said(
        take,
        group(2),
        group(3, scheme="other"),
        group(4, serviceinfo(HOMECARE, exported_endpoint("MAMCAQc="))),
        group(5, extended),
        group(6, serviceinfo(HOMECARE, old)),
        group(7, serviceinfo(), serviceinfo()),
        group(8),
        group(8),
        group(9, serviceinfo(HOMECARE, exported_endpoint(activation="2026-01-01T00:00:00"))),
        group(10, "<serviceinfo />"),
        '<servicegroup ownerid="admin" />',
        group(1),
    )

    assert text.startswith("nothing is taken, for 11 faults:")
    for number, part in (
        (3, "expected iso6523-actorid-upis::0088:"),
        (4, "not a DER certificate"),
        (5, "1 extensions found"),
        (6, "is in the past"),
        (7, "found twice"),
        (8, "found twice"),
        (9, "ServiceActivationDate"),
        (10, "without doctypeidentifier"),
        (1, "is in the register"),
    ):
        assert [line for line in text.splitlines() if gln(number) in line and part in line], part
    assert legacy.book(world.store).documents() == ()
    assert legacy.book(world.store).revision() == 0


def test_whom_the_register_has_can_be_left_out(take: Take) -> None:
    stock = take(export(group(1), group(2)), leaves_out_registered=True)

    assert list(stock.found) == [legacy.who(2)]
    [left] = stock.left
    assert f"{legacy.who(1)}: is in the register" in left


def test_what_leads_nowhere_was_not_public_and_is_left_out(take: Take) -> None:
    empty = serviceinfo(RECEIPT, " ")
    stock = take(export(group(2, serviceinfo(), empty)))

    assert stock.documents == 1
    assert "has no endpoint" in stock.left[0]


def test_taking_it_twice_changes_nothing_and_owners_stay(world: World, take: Take) -> None:
    take(export(group(2)), owner=legacy.OWNER)
    world.publisher.publish_touched()
    before = world.see()

    take(export(group(2)), owner=legacy.OTHER)
    world.publisher.publish_touched()

    assert world.see() == before
    with legacy.book(world.store).writing("x", NOW) as pen:
        assert pen.group(gln(2)) == legacy.Group(gln(2), legacy.OWNER)


def test_many_groups_are_read_one_after_the_other(take: Take) -> None:
    stock = take(export(*(group(number) for number in range(2, 60))))

    assert (len(stock.found), stock.documents) == (58, 58)


def test_an_export_without_groups_is_an_empty_stock(take: Take) -> None:
    assert take(export()).documents == 0


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "not well-formed"),
        (b"no XML", "not well-formed"),
        (export(group(2))[:-20], "not well-formed"),
        (export(version="2.0"), "expected smp-data version 1.0"),
        (b"<other/>", "expected smp-data version 1.0"),
        (export(prolog='<!DOCTYPE smp-data [<!ENTITY a "b">]>'), "DOCTYPE"),
    ],
)
def test_what_is_no_export_is_said_so(take: Take, body: bytes, part: str) -> None:
    with pytest.raises(Malformed, match=part):
        take(body)
