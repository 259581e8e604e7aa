"""What is said of the things that publishing stands on, and how much it weighs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from builders_smp import NOW
from eer.domain.errors import Failure, Refused, Unavailable
from fakes.publishing import NAMING
from smp.check import check, first, servers
from smp.domain import checks
from smp.domain.checks import Check, Level
from smp.domain.naming import Address, DnsName, Naming
from smp.sml.openly import Apex

FINE = Check("one", Level.OK, "there")
ODD = Check("two", Level.WARNING, "2 found", "1", "take one away")
WRONG = Check("three", Level.ERROR, "it is not there")
SILENT = Check("four", Level.SILENT, "it does not answer")


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([], 0),
        ([FINE], 0),
        ([FINE, ODD], 1),
        ([FINE, WRONG], 1),
        ([FINE, SILENT], 3),
        ([SILENT, ODD], 1),
    ],
)
def test_the_exit_code_says_the_worst_that_is_known(found: list[Check], code: int) -> None:
    assert checks.code(found) == code


def test_each_check_is_a_line_with_what_to_do() -> None:
    assert checks.lines([FINE, ODD, SILENT]) == [
        "ok         one: there",
        "warning    two: 2 found, expected 1: take one away",
        "no answer  four: it does not answer",
        "3 things looked at, 2 not as they should be",
    ]


@pytest.mark.parametrize(
    ("days", "level"), [(91, Level.OK), (90, Level.WARNING), (1, Level.WARNING)]
)
def test_a_signer_is_told_of_ninety_days_before_it_expires(days: int, level: Level) -> None:
    assert checks.signer(NOW + timedelta(days=days), NOW).level is level


@pytest.mark.parametrize("judge", [checks.sml_client, checks.manage_tls])
@pytest.mark.parametrize(
    ("days", "level"),
    [(91, Level.OK), (90, Level.WARNING), (0, Level.WARNING), (-1, Level.ERROR)],
)
def test_certificates_by_which_others_know_us_are_told_of_as_early_and_refused_when_over(
    judge: Callable[[datetime, datetime], Check], days: int, level: Level
) -> None:
    found = judge(NOW + timedelta(days=days), NOW)

    assert found.level is level
    assert found.found.startswith("expired" if level is Level.ERROR else "valid until")


def test_an_sml_client_certificate_that_is_over_can_no_more_be_announced() -> None:
    over = checks.sml_client(NOW - timedelta(days=1), NOW)

    assert str(over) == (
        "error      SML client certificate: expired 2026-05-04, expected a valid one: get a new "
        "one, and ask the SML's operator to take it: nobody else can announce it; no name changes "
        "then"
    )


def test_servers_with_the_same_serial_have_the_same_zone() -> None:
    found = checks.serials({"192.0.2.1:53": 7, "192.0.2.2:53": 7})

    assert found == Check("serials", Level.OK, "7 at each of 2 servers")


def test_a_server_that_is_behind_is_told_with_its_serial() -> None:
    found = checks.serials({"192.0.2.1:53": 8, "192.0.2.2:53": 7})

    assert (found.level, found.found) == (Level.WARNING, "192.0.2.1:53 8, 192.0.2.2:53 7")


@pytest.mark.smp(85)
@pytest.mark.parametrize(("seconds", "level"), [(3600, Level.OK), (3601, Level.WARNING)])
def test_a_record_that_lasts_longer_than_an_hour_is_warned_of(seconds: int, level: Level) -> None:
    assert checks.record_ttl(seconds).level is level


@pytest.mark.smp(85)
@pytest.mark.parametrize(
    ("ttl", "absence", "limit"),
    [
        (60, None, 60),
        (300, None, 300),
        (86_400, None, 3600),
        (300, 60, 60),
        (60, 300, 60),
        (86_400, 86_400, 3600),
        (60, 0, 0),
    ],
)
def test_absence_is_to_last_no_longer_than_a_record_nor_than_was_set(
    ttl: int, absence: int | None, limit: int
) -> None:
    assert checks.longest_absence(ttl, absence) == limit


@pytest.mark.smp(85)
@pytest.mark.parametrize(("seconds", "level"), [(300, Level.OK), (301, Level.WARNING)])
def test_a_zone_that_would_hide_new_receivers_is_warned_of(seconds: int, level: Level) -> None:
    found = checks.negative_ttl("192.0.2.1:53", seconds, 300)

    assert (found.level, found.found) == (level, f"remembered for {seconds} s")


NS1, NS2 = DnsName("ns1.example.dk."), DnsName("ns2.example.dk.")


def test_a_name_server_of_the_zone_that_is_not_asked_is_warned_of() -> None:
    found = list(
        checks.name_servers(
            {NS1: ("192.0.2.1",), NS2: ("192.0.2.2", "2001:db8::2")},
            {"192.0.2.1:53": ("192.0.2.1",), "192.0.2.2:53": ("192.0.2.2",)},
        )
    )

    assert [(each.subject, each.level) for each in found] == [
        (f"NS {NS1}", Level.OK),
        (f"NS {NS2}", Level.WARNING),
    ]
    assert found[1].found == "not asked at 2001:db8::2"


def test_a_name_server_without_an_address_is_told_and_not_failed() -> None:
    (found,) = checks.name_servers({NS1: ()}, {"192.0.2.1:53": ("192.0.2.1",)})

    assert (found.level, found.found) == (Level.OK, "no address known here, so not compared")


def test_who_is_asked_and_no_name_server_of_the_zone_is_told() -> None:
    _, found = checks.name_servers(
        {NS1: ("192.0.2.1",)}, {"a:53": ("192.0.2.1",), "b:53": ("192.0.2.9",)}
    )

    assert (found.subject, found.level) == ("name server b:53", Level.OK)
    assert found.found == "asked, though it is no NS of the zone"


def test_a_machine_is_one_by_whatever_address_it_knows_itself() -> None:
    (found,) = checks.name_servers({NS1: ("::1", "127.0.0.1")}, {"a:8053": ("127.0.0.1",)})

    assert found.level is Level.OK


def test_where_nobody_says_who_the_name_servers_are_nothing_is_compared() -> None:
    assert list(checks.name_servers({}, {"a:53": ("192.0.2.1",)})) == []


def test_the_name_servers_are_those_that_the_first_who_answers_says() -> None:
    def silent() -> frozenset[DnsName]:
        raise Unavailable("it does not answer")

    assert first([silent, lambda: frozenset({NS1}), silent]) == {NS1}
    assert first([silent]) == frozenset()


def test_the_publishers_name_is_right_when_it_leads_where_it_should() -> None:
    assert checks.publisher(NAMING, Address("192.0.2.7")).level is Level.OK


@pytest.mark.parametrize(
    ("found", "said"),
    [(None, "nothing stands there"), (Address("192.0.2.8"), "192.0.2.8 stands there")],
)
def test_a_publishers_name_that_is_wrong_is_told(found: Address | None, said: str) -> None:
    judged = checks.publisher(NAMING, found)

    assert (judged.level, judged.found, judged.expected) == (Level.WARNING, said, "192.0.2.7")


@pytest.mark.parametrize(
    "naming",
    [
        replace(NAMING, cname=False),
        replace(NAMING, publisher=DnsName("smp.example.dk.")),
    ],
)
def test_a_publishers_name_outside_the_zone_is_not_needed(naming: Naming) -> None:
    assert checks.publisher(naming, None).level is Level.OK


@pytest.mark.parametrize(
    ("fault", "level"), [(Unavailable("silent"), Level.SILENT), (Refused("no"), Level.ERROR)]
)
def test_what_fails_is_told_and_all_else_is_looked_at(fault: Failure, level: Level) -> None:
    def failing() -> Iterator[Check]:
        yield ODD
        raise fault

    found = check({"first": failing, "second": lambda: [FINE]})

    assert found == (ODD, Check("first", level, fault.text), FINE)


def test_each_server_is_asked_and_compared_with_the_others() -> None:
    def silent() -> Apex:
        raise Unavailable("it does not answer")

    asked: dict[str, Callable[[], Apex]] = {
        "192.0.2.1:53": lambda: Apex(8, 60),
        "192.0.2.2:53": silent,
        "192.0.2.3:53": lambda: Apex(7, 900),
    }

    found = list(servers(asked, 300))

    assert [(each.subject, each.level) for each in found] == [
        ("name server 192.0.2.1:53", Level.OK),
        ("name server 192.0.2.2:53", Level.SILENT),
        ("name server 192.0.2.3:53", Level.OK),
        ("serials", Level.WARNING),
        ("absence at 192.0.2.1:53", Level.OK),
        ("absence at 192.0.2.3:53", Level.WARNING),
    ]


def test_where_no_server_answers_nothing_is_compared() -> None:
    def silent() -> Apex:
        raise Unavailable("it does not answer")

    assert [each.level for each in servers({"192.0.2.1:53": silent}, 300)] == [Level.SILENT]
