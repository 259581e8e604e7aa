"""What name servers should answer: in the domain, and asked of real ones."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders_smp import participant
from eer.domain.errors import Unavailable
from eer.domain.plan import Plan
from fakes.publishing import NAMING, ZONE
from fakes.servers import free_port
from smp.domain import answers
from smp.domain.answers import Expected
from smp.domain.naming import Address, Cname, DnsName, Naptr, cname_name, naptr_name
from smp.domain.state import Agreed
from smp.sml.answers import Answers
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.openly import Server
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone

WHO = participant()
NAME, LEGACY = naptr_name(WHO, ZONE), cname_name(WHO, ZONE)
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
AGREED = Agreed((NAMING.base_url,), (NAMING.publisher,), ("first",))


def test_of_who_is_wanted_the_published_kinds_are_expected() -> None:
    both = answers.expected(WHO, NAMING, is_wanted=True)
    one = answers.expected(WHO, replace(NAMING, cname=False), is_wanted=True)

    assert both == (
        Expected(NAME, "NAPTR", Naptr(NAMING.base_url)),
        Expected(LEGACY, "CNAME", Cname(NAMING.publisher)),
    )
    assert one == both[:1]


def test_of_who_is_not_wanted_nothing_is_expected_at_either_name() -> None:
    found = answers.expected(WHO, replace(NAMING, cname=False), is_wanted=False)

    assert found == (Expected(NAME, "NAPTR", None), Expected(LEGACY, "CNAME", None))


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (Address("192.0.2.7"), "A"),
        (Address("2001:db8::7"), "AAAA"),
        (Cname(DnsName("smp.example.dk.")), "CNAME"),
    ],
)
def test_the_publishers_own_name_is_asked_for_by_its_kind(
    record: Address | Cname, kind: str
) -> None:
    naming = replace(NAMING, publisher_record=record)

    assert answers.expected_own(naming) == (Expected(NAMING.publisher, kind, record),)


@pytest.mark.parametrize(
    "naming",
    [replace(NAMING, cname=False), replace(NAMING, publisher=DnsName("smp.example.dk."))],
)
def test_a_publishers_name_that_is_not_ours_to_write_is_not_expected(
    naming: answers.Naming,
) -> None:
    assert answers.expected_own(naming) == ()


def test_what_leads_elsewhere_is_right_only_where_nothing_is_wanted() -> None:
    elsewhere, ours = Naptr("https://other.example.dk"), Naptr(NAMING.base_url)

    assert answers.is_right(None, None, AGREED)
    assert answers.is_right(elsewhere, None, AGREED)
    assert not answers.is_right(ours, None, AGREED)
    assert answers.is_right(ours, ours, AGREED)
    assert not answers.is_right(elsewhere, ours, AGREED)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ({}, {}, []),
        ({"a": 1, "b": 2}, {"a": 2, "b": 2}, []),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ["a"]),
        ({"a": 2, "b": 1}, {"a": 2, "b": 1}, ["b"]),
        ({"a": 2**32 - 1, "b": 0}, {"a": 2**32 - 1, "b": 0}, ["a"]),
        ({"a": 5}, {}, []),
    ],
)
def test_who_is_behind_in_serials_that_go_round(
    before: dict[str, int], after: dict[str, int], named: list[str]
) -> None:
    assert [each.server for each in answers.behind(before, after, ZONE)] == named


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, int]]:
    authority = Authority(ZONE, tmp_path / "zone", KEY, ttl=60)
    names = Nameserver(authority, ("127.0.0.1", 0))
    names.start()
    yield names.address
    names.stop()


def test_a_server_says_what_it_has_at_a_name_and_how_far_it_is(server: tuple[str, int]) -> None:
    found = Answers(Server(*server), timeout=5)
    before = found.serial(ZONE)
    zone = Zone(ZONE, primary=server, servers=[server], key=KEY, ttl=60)
    zone.apply(Plan({NAME: Naptr(NAMING.base_url), LEGACY: Cname(NAMING.publisher)}, {}, {}))

    assert found.at(NAME, "NAPTR") == Naptr(NAMING.base_url)
    assert found.at(LEGACY, "CNAME") == Cname(NAMING.publisher)
    assert found.at(LEGACY, "NAPTR") == Cname(NAMING.publisher)
    assert found.at(NAME, "CNAME") is None
    assert found.serial(ZONE) > before
    assert str(found) == f"127.0.0.1:{server[1]}"


def test_who_has_no_such_zone_does_not_say(server: tuple[str, int]) -> None:
    found = Answers(Server(*server), timeout=5)

    with pytest.raises(Unavailable, match="REFUSED without authority"):
        found.serial(DnsName("other.example.dk."))
    with pytest.raises(Unavailable, match="knows no SOA of"):
        found.serial(NAME)


def test_who_is_not_there_does_not_say() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        Answers(Server("127.0.0.1", free_port()), timeout=0.2).at(NAME, "NAPTR")
