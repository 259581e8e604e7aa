"""What differs in the books and in the zone."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from builders_smp import NOW, document_id, participant
from fakes.publishing import NAMING
from smp.domain.findings import Books, Finding, Layer, name_differences, stored_differences
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, ParticipantId
from smp.domain.naming import (
    Address,
    Cname,
    DnsName,
    Foreign,
    Naming,
    Naptr,
    Record,
    cname_name,
    names,
    naptr_name,
)
from smp.domain.state import Agreed, Stored, Version

WHO, OTHER = participant(), participant("5790009000020")
KEY, OTHER_KEY = DocumentKey(WHO, document_id()), DocumentKey(OTHER, document_id())
LOUD = DocumentKey(WHO, DocumentId(Identifier(KEY.document.scheme, KEY.document.value.upper())))
HERE, WAITING = Stored(Version("", (), "")), Stored(Version("", (), ""), NOW)
STRAY = DnsName(f"stray.{NAMING.zone}")
BASE = NAMING.base_url
LEGACY = replace(NAMING, naptr=False)
NAPTR, CNAME = naptr_name(WHO, NAMING.zone), cname_name(WHO, NAMING.zone)
RIGHT: Mapping[DnsName, Record] = {
    **names([WHO], NAMING),
    NAMING.publisher: NAMING.publisher_record,
}


def books(
    stored: Mapping[DocumentKey, Stored] | None = None,
    names: Iterable[DnsName] = (),
    own: Iterable[DnsName] = (),
) -> Books:
    former = DnsName("former.example.dk.")
    agreed = Agreed(("https://former.example.dk", BASE), (former, NAMING.publisher))
    return Books(stored or {KEY: HERE}, frozenset(names), frozenset(own), agreed)


def in_zone(
    found: Mapping[DnsName, Record],
    ours: Books | None = None,
    naming: Naming = NAMING,
    who: Iterable[ParticipantId] = (WHO,),
) -> list[tuple[DnsName, ParticipantId | None]]:
    differing = name_differences(frozenset(who), found, ours or books(), naming)
    return [(name, each.participant) for name, each in differing.items()]


def test_what_is_stored_as_wanted_does_not_differ() -> None:
    assert list(stored_differences({KEY}, {KEY: HERE})) == []
    assert list(stored_differences({KEY}, {LOUD: HERE})) == []
    assert list(stored_differences(set(), {KEY: WAITING})) == []


@pytest.mark.parametrize(
    ("wanted", "stored", "text"),
    [
        ({KEY}, {}, "is not stored"),
        (set(), {KEY: HERE}, "is stored, the register does not want it published"),
        ({KEY}, {KEY: WAITING}, "waits to retire, the register wants it published"),
    ],
)
def test_what_is_stored_otherwise_than_wanted_differs(
    wanted: set[DocumentKey], stored: Mapping[DocumentKey, Stored], text: str
) -> None:
    assert list(stored_differences(wanted, stored)) == [
        Finding(WHO, KEY.document, Layer.STORED, text)
    ]


def test_a_zone_as_wanted_does_not_differ() -> None:
    assert in_zone(RIGHT) == []
    assert in_zone({NAPTR: RIGHT[NAPTR]}, naming=replace(NAMING, cname=False)) == []
    assert in_zone({n: r for n, r in RIGHT.items() if n != NAPTR}, naming=LEGACY) == []


def test_missing_names_differ() -> None:
    assert in_zone({}) == [(NAPTR, WHO), (CNAME, WHO), (NAMING.publisher, None)]


def test_a_publisher_outside_the_zone_is_not_looked_for_there() -> None:
    elsewhere = replace(NAMING, publisher=DnsName("smp.example.net."))

    assert in_zone({}, naming=elsewhere) == [(NAPTR, WHO), (CNAME, WHO)]


@pytest.mark.parametrize(
    "record",
    [
        Naptr("https://other.example.dk"),
        Cname(NAMING.publisher),
        Address("192.0.2.1"),
        Foreign('TXT "theirs"'),
        Foreign(f'NAPTR 100 20 "U" "Meta:SMP" "!^.*$!{BASE}!" .', leads_to=BASE),
    ],
)
def test_anything_else_at_a_name_we_want_differs(record: Record) -> None:
    assert in_zone({**RIGHT, NAPTR: record}) == [(NAPTR, WHO)]


@pytest.mark.parametrize(
    "record",
    [
        Naptr(BASE),
        Naptr("https://former.example.dk"),
        Cname(NAMING.publisher),
        Cname(DnsName("former.example.dk.")),
        Foreign(f'NAPTR 100 10 "U" "Meta:SMP" "!.*!{BASE}!" .', leads_to=BASE),
    ],
)
def test_what_leads_to_us_and_is_not_wanted_differs(record: Record) -> None:
    assert in_zone({**RIGHT, STRAY: record}) == [(STRAY, None)]


def test_a_name_we_wrote_down_and_do_not_want_differs_whatever_it_says() -> None:
    ours = books(names=[STRAY])

    assert in_zone({**RIGHT, STRAY: Foreign('TXT "x"')}, ours) == [(STRAY, None)]


def test_names_of_others_are_none_of_our_business() -> None:
    strangers: Mapping[DnsName, Record] = {
        STRAY: Naptr("https://other.example.dk"),
        DnsName(f"x.{NAMING.zone}"): Foreign("MX 10 mail.example.dk."),
        cname_name(OTHER, NAMING.zone): Cname(DnsName("other.example.dk.")),
    }

    assert in_zone({**RIGHT, **strangers}) == []


def test_former_names_of_the_publisher_may_stay() -> None:
    former = DnsName(f"former.{NAMING.zone}")
    ours = books(own=[former])
    found: Mapping[DnsName, Record] = {**RIGHT, former: Cname(NAMING.publisher)}

    assert in_zone(found, ours) == []
    assert in_zone({**found, NAMING.publisher: Address("192.0.2.9")}, ours, NAMING) == [
        (NAMING.publisher, None)
    ]


def test_a_switched_off_kind_is_not_wanted() -> None:
    assert in_zone(RIGHT, naming=LEGACY) == [(NAPTR, WHO)]
    assert in_zone(RIGHT, naming=replace(NAMING, cname=False)) == [(CNAME, WHO)]


def test_names_of_who_has_left_differ_unless_the_documents_wait_to_retire() -> None:
    found = {**RIGHT, **names([OTHER], NAMING)}
    left, waiting = books({OTHER_KEY: HERE}), books({OTHER_KEY: WAITING})

    assert {who for _, who in in_zone(found, left)} == {OTHER}
    assert in_zone(found, waiting) == []


def test_who_waits_to_retire_and_is_wanted_again_needs_the_names() -> None:
    assert in_zone({}, books({KEY: WAITING})) == [
        (NAPTR, WHO),
        (CNAME, WHO),
        (NAMING.publisher, None),
    ]


def test_a_difference_says_what_was_found_and_what_was_expected() -> None:
    found: Mapping[DnsName, Record] = {
        NAPTR: Foreign('A 192.0.2.1\nTXT "x"'),
        NAMING.publisher: Cname(DnsName("host.example.dk.")),
        STRAY: Cname(NAMING.publisher),
    }

    said = [each.evidence for each in name_differences({WHO}, found, books(), NAMING).values()]

    assert said == [
        f'{NAPTR}: A 192.0.2.1; TXT "x" found, NAPTR !^.*$!{BASE}! expected',
        f"{CNAME}: nothing found, CNAME {NAMING.publisher} expected",
        f"{NAMING.publisher}: CNAME host.example.dk. found, address 192.0.2.7 expected",
        f"{STRAY}: CNAME {NAMING.publisher} found, nothing expected",
    ]
