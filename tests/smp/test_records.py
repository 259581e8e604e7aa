from collections.abc import Iterable

import dns.name
import dns.rdataclass
import dns.rdataset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eer.domain.errors import Malformed
from smp.domain.naming import Address, Cname, DnsName, Foreign, Naptr, Record
from smp.sml import records

_HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
_NAMES = st.lists(_HOSTS, min_size=1, max_size=3).map(lambda hosts: DnsName(".".join([*hosts, ""])))
_URLS = st.builds("https://{}{}".format, _HOSTS, st.from_regex(r"(/[a-z0-9.~-]+)?", fullmatch=True))
_TEXTS = st.text('abcæ"\\; \n', max_size=9).map(str.encode)
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(Naptr, _URLS.filter(lambda url: len(url) < 248)),
    st.builds(Cname, _NAMES),
    st.builds(Address, st.ip_addresses().map(str)),
)


def datasets(*lines: str, ttl: int = 60) -> list[dns.rdataset.Rdataset]:
    kinds: dict[str, list[str]] = {}
    for line in lines:
        kind, _, text = line.partition(" ")
        kinds.setdefault(kind, []).append(text)
    return [
        dns.rdataset.from_text_list(dns.rdataclass.IN, kind, ttl, texts)
        for kind, texts in kinds.items()
    ]


def as_found(record: Record) -> Iterable[dns.rdataset.Rdataset]:
    return [dns.rdataset.from_rdata(60, rdata) for rdata in records.rdatas(record)]


@given(RECORDS)
def test_what_was_written_is_read(record: Record) -> None:
    assert records.record(as_found(record)) == record


@given(st.lists(_TEXTS, min_size=1, max_size=3))
def test_foreign_text_is_written_as_it_was_read(texts: list[bytes]) -> None:
    txt = dns.rdataset.from_rdata_list(
        60,
        [
            dns.rdata.from_wire(
                dns.rdataclass.IN, "TXT", bytes([len(text)]) + text, 0, len(text) + 1
            )
            for text in texts
        ],
    )
    found = records.record([txt])

    assert found is not None
    assert set(records.rdatas(found)) == set(txt)


def test_several_records_at_a_name_are_foreign_sorted_by_lines() -> None:
    found = records.record(datasets('TXT "b"', "A 192.0.2.2", "A 192.0.2.1"))

    assert found == Foreign('A 192.0.2.1\nA 192.0.2.2\nTXT "b"')


@pytest.mark.parametrize(
    "line",
    [
        'NAPTR 100 10 "U" "Meta:SMP" "!.*!https://smp.example.dk!" .',
        'NAPTR 100 10 "U" "Meta:SMP" "!^.*$!https://smp.example.dk!i" .',
        'NAPTR 100 10 "U" "Meta:SMP" "!^.*$!https://smp.example.dk/$1!" .',
        'NAPTR 100 10 "U" "Meta:SMP" "!^.*$!https://sm\\248rrebr\\248d.example.dk!" .',
        'NAPTR 100 10 "U" "meta:smp" "!^.*$!https://smp.example.dk!" .',
        'NAPTR 100 10 "u" "Meta:SMP" "!^.*$!https://smp.example.dk!" .',
        'NAPTR 10 10 "U" "Meta:SMP" "!^.*$!https://smp.example.dk!" .',
        'NAPTR 100 100 "U" "Meta:SMP" "!^.*$!https://smp.example.dk!" .',
        'NAPTR 100 10 "U" "Meta:SMP" "!^.*$!https://smp.example.dk!" example.dk.',
        'NAPTR 100 10 "U" "Meta:SMP" "!^.*$!https://smp.example.dk/!" .',
        "MX 10 mail.example.dk.",
        "TYPE65280 \\# 2 0a0b",
    ],
)
def test_whatever_differs_from_what_is_published_here_is_foreign(line: str) -> None:
    assert records.record(datasets(line)) == Foreign(line)


@pytest.mark.parametrize(
    "lines",
    [
        ['NAPTR 100 10 "U" "Meta:SMP" "!.*!https://smp.example.dk!" .'],
        ['NAPTR 100 10 "u" "meta:smp" "!^.*$!https://smp.example.dk/!i" .'],
        ['NAPTR 100 20 "U" "Meta:SMP" "!^.*$!https://smp.example.dk!" .'],
        ['NAPTR 10 10 "U" "Meta:SMP" "#^.*$#https://smp.example.dk#" .'],
        [
            'NAPTR 100 10 "U" "Meta:SMP" "!^.*$!https://smp.example.dk!" .',
            'NAPTR 100 20 "U" "Meta:SMP" "!.*!https://smp.example.dk!" .',
        ],
    ],
)
def test_where_a_naptr_leads_is_read_however_it_is_spelled(lines: list[str]) -> None:
    found = records.record(datasets(*lines))

    assert isinstance(found, Foreign)
    assert found.leads_to == "https://smp.example.dk"


@pytest.mark.parametrize(
    "lines",
    [
        ['NAPTR 100 10 "U" "Meta:CPPA3" "!.*!https://smp.example.dk!" .'],
        ['NAPTR 100 10 "S" "Meta:SMP" "!.*!https://smp.example.dk!" .'],
        ['NAPTR 100 10 "U" "Meta:SMP" "https://smp.example.dk" .'],
        ['NAPTR 100 10 "U" "Meta:SMP" "" .'],
        ['NAPTR 100 10 "U" "Meta:SMP" "!.*!https://smp.example.dk!" .', 'TXT "theirs"'],
        [
            'NAPTR 100 10 "U" "Meta:SMP" "!.*!https://smp.example.dk!" .',
            'NAPTR 100 10 "U" "Meta:SMP" "!.*!https://other.example.dk!" .',
        ],
    ],
)
def test_what_leads_to_no_one_smp_is_not_said_to(lines: list[str]) -> None:
    found = records.record(datasets(*lines))

    assert isinstance(found, Foreign)
    assert found.leads_to is None


def test_a_target_is_read_in_lower_case() -> None:
    assert records.record(datasets("CNAME SMP.Example.DK.")) == Cname(DnsName("smp.example.dk."))


def test_how_long_a_record_is_cached_does_not_count() -> None:
    assert records.record(datasets("A 192.0.2.1", ttl=5)) == records.record(
        datasets("A 192.0.2.1", ttl=7200)
    )


def test_what_a_signing_server_adds_is_nobodys_record() -> None:
    nsec = "NSEC b.example.dk. A RRSIG NSEC"

    assert records.record(datasets(nsec)) is None
    assert records.record(datasets("A 192.0.2.1", nsec)) == Address("192.0.2.1")


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (Naptr("https://smp.example.dk/!"), "cannot stand in a NAPTR"),
        (Cname(DnsName("a..b.")), "is not a DNS name"),
        (Address("192.0.2.256"), "is not an IP address"),
        (Foreign("A here"), "'A here' is not a DNS record"),
        (Foreign("nonsense"), "'nonsense' is not a DNS record"),
    ],
)
def test_what_cannot_be_written_is_malformed(record: Record, fault: str) -> None:
    with pytest.raises(Malformed, match=fault):
        records.rdatas(record)


def test_a_name_is_read_in_lower_case_with_its_dot() -> None:
    assert records.read_name(dns.name.from_text("SMP.Example.dk")) == "smp.example.dk."
