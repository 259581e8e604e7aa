import logging
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.update
import dns.xfr
import dns.zone
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eer.domain.errors import Malformed, Unavailable
from fakes import servers
from smp.domain.naming import DnsName, Naptr
from smp.sml import records, tsig
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.tsig import TsigKey

ZONE = "sml.example.dk."
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
BASE = "https://smp.example.dk"
ONE = f"nnr5v5dc3wr7iblhem6cqslczh4qagdrjvbpiiapz7ffmeyqpq5a.iso6523-actorid-upis.{ZONE}"
APEX = f"{ZONE} 60 IN SOA localhost. localhost. 7 3600 600 604800 60\n{ZONE} 60 IN NS localhost.\n"
NAPTR_DATA = (
    b"\x00\x64\x00\x0a"  # order 100, preference 10
    b"\x01U\x08Meta:SMP\x1d!^.*$!https://smp.example.dk!"
    b"\x00"  # the root
)
FILLED = f"""{APEX}
{ONE} 60 IN NAPTR 100 10 "U" "Meta:SMP" "!^.*$!{BASE}!" .
b-old.{ZONE} 60 IN CNAME smp.publisher.{ZONE}
smp.publisher.{ZONE} 60 IN A 192.0.2.7
abroad.{ZONE} 60 IN CNAME host.example.dk.
nowhere.{ZONE} 60 IN CNAME missing.{ZONE}
loop.{ZONE} 60 IN CNAME pool.{ZONE}
pool.{ZONE} 60 IN CNAME loop.{ZONE}
several.{ZONE} 60 IN A 192.0.2.1
several.{ZONE} 60 IN A 192.0.2.2
several.{ZONE} 60 IN TXT "x"
""" + "".join(f'much.{ZONE} 60 IN TXT "{number:0>99}"\n' for number in range(10))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    (tmp_path / "zone").write_text(FILLED)
    return loaded(tmp_path / "zone")


@pytest.fixture
def server(authority: Authority) -> Iterator[Nameserver]:
    server = Nameserver(authority, ("127.0.0.1", 0))
    server.start()
    yield server
    server.stop()


def loaded(file: Path, ttl: int = 60) -> Authority:
    return Authority(DnsName(ZONE), file, KEY, ttl)


def query(name: str, rdtype: str, **parts: Any) -> dns.message.Message:
    return dns.message.make_query(name, rdtype, flags=0, **parts)


def streamed(authority: Authority, asked: dns.message.Message) -> dns.message.Message:
    (wire,) = authority.stream(asked.to_wire())
    return dns.message.from_wire(wire, keyring=KEY.key, request_mac=asked.mac)


def datagram(authority: Authority, asked: dns.message.Message) -> dns.message.Message:
    return dns.message.from_wire(authority.datagram(asked.to_wire()))


def signed(message: dns.message.Message, key: TsigKey = KEY) -> dns.message.Message:
    message.use_tsig(key.key)
    return message


def update(zone: str = ZONE) -> dns.update.UpdateMessage:
    return dns.update.UpdateMessage(zone)


def answered(authority: Authority, message: dns.message.Message) -> str:
    """Return what a message, signed, is answered with; what cannot be read cannot be verified."""
    asked = signed(message)
    (wire,) = authority.stream(asked.to_wire())
    answer = dns.message.from_wire(wire, keyring=False)
    if answer.had_tsig or answer.rcode() != dns.rcode.FORMERR:
        answer = dns.message.from_wire(wire, keyring=KEY.key, request_mac=asked.mac)
    return dns.rcode.to_text(answer.rcode())


def found(authority: Authority, name: str, rdtype: str = "ANY") -> set[str]:
    answer = streamed(authority, query(name, rdtype)).answer
    return {f"{dns.rdatatype.to_text(r.rdtype)} {rd.to_text()}" for r in answer for rd in r}


def serial(authority: Authority) -> int:
    soa: Any = streamed(authority, query(ZONE, "SOA")).answer[0][0]
    return int(soa.serial)


@pytest.mark.smp(78, 90)
@pytest.mark.parametrize("ask", [dns.query.udp, dns.query.tcp])
def test_a_published_name_gives_the_naptr_octet_by_octet(ask: Any, server: Nameserver) -> None:
    host, port = server.address

    answer = ask(query(ONE, "NAPTR"), host, 2, port)

    assert [rrset.name.to_text() for rrset in answer.answer] == [ONE]
    assert [rdata.to_wire() for rdata in answer.answer[0]] == [NAPTR_DATA]
    assert answer.wire.endswith(len(NAPTR_DATA).to_bytes(2, "big") + NAPTR_DATA)
    assert answer.flags == dns.flags.QR | dns.flags.AA


@pytest.mark.smp(78, 90)
@pytest.mark.debian
@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_dig_prints_the_naptr(transport: str, server: Nameserver) -> None:
    dig = servers.program("dig")
    host, port = server.address
    command = [dig, transport, "+norec", f"@{host}", "-p", str(port), ONE, "NAPTR"]

    whole = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    short = subprocess.run([*command, "+short"], check=True, capture_output=True, text=True).stdout

    line = '100 10 "U" "Meta:SMP" "!^.*$!https://smp.example.dk!" .'
    assert short == f"{line}\n"
    assert f"{ONE} 60 IN NAPTR {line}" in [" ".join(said.split()) for said in whole.splitlines()]
    assert "status: NOERROR" in whole
    assert "flags: qr aa;" in whole


@pytest.mark.smp(92)
def test_dnspython_reads_the_service_in_its_own_case(authority: Authority) -> None:
    rdata: Any = streamed(authority, query(ONE.upper(), "NAPTR")).answer[0][0]

    assert rdata.service == b"Meta:SMP"


@pytest.mark.parametrize(
    ("name", "rdtype", "rcode"),
    [
        (f"missing.{ZONE}", "NAPTR", "NXDOMAIN"),
        (f"below.{ONE}", "NAPTR", "NXDOMAIN"),
        (ONE, "TXT", "NOERROR"),
        (f"iso6523-actorid-upis.{ZONE}", "NAPTR", "NOERROR"),
        (f"iso6523-actorid-upis.{ZONE}", "ANY", "NOERROR"),
    ],
)
def test_an_absence_is_told_with_the_soa(
    authority: Authority, name: str, rdtype: str, rcode: str
) -> None:
    answer = streamed(authority, query(name, rdtype))

    assert dns.rcode.to_text(answer.rcode()) == rcode
    assert answer.answer == []
    assert [(r.name.to_text(), r.rdtype, r.ttl) for r in answer.authority] == [
        (ZONE, dns.rdatatype.SOA, 60)
    ]


@pytest.mark.smp(89)
@pytest.mark.parametrize(
    ("name", "rcode", "targets", "negative"),
    [
        ("b-old", "NOERROR", [f"CNAME smp.publisher.{ZONE}", "A 192.0.2.7"], 0),
        ("abroad", "NOERROR", ["CNAME host.example.dk."], 0),
        ("nowhere", "NXDOMAIN", [f"CNAME missing.{ZONE}"], 1),
        ("loop", "NOERROR", [f"CNAME pool.{ZONE}", f"CNAME loop.{ZONE}"], 0),
    ],
)
def test_an_alias_is_followed_inside_the_zone(
    authority: Authority, name: str, rcode: str, targets: list[str], negative: int
) -> None:
    answer = streamed(authority, query(f"{name}.{ZONE}", "A"))

    assert dns.rcode.to_text(answer.rcode()) == rcode
    assert [f"{dns.rdatatype.to_text(r.rdtype)} {r[0].to_text()}" for r in answer.answer] == targets
    assert len(answer.authority) == negative


def test_an_alias_asked_for_itself_is_not_followed(authority: Authority) -> None:
    assert found(authority, f"b-old.{ZONE}", "CNAME") == {f"CNAME smp.publisher.{ZONE}"}
    assert found(authority, f"b-old.{ZONE}", "ANY") == {f"CNAME smp.publisher.{ZONE}"}


def test_any_gives_all_there_is(authority: Authority) -> None:
    assert found(authority, f"several.{ZONE}") == {"A 192.0.2.1", "A 192.0.2.2", 'TXT "x"'}


def test_what_does_not_fit_a_datagram_is_cut_short_and_says_so(authority: Authority) -> None:
    asked = query(f"much.{ZONE}", "TXT")

    cut, whole = datagram(authority, asked), streamed(authority, asked)

    assert cut.flags & dns.flags.TC
    assert len(authority.datagram(asked.to_wire())) <= 512
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) == 10


@pytest.mark.parametrize(("payload", "fits"), [(512, False), (1232, True), (4096, True)])
def test_a_client_tells_how_much_it_takes(authority: Authority, payload: int, fits: object) -> None:
    answer = datagram(authority, query(f"much.{ZONE}", "TXT", use_edns=0, payload=payload))

    assert answer.edns == 0
    assert answer.payload == 1232
    assert bool(answer.flags & dns.flags.TC) is not fits


def test_an_edns_of_the_future_is_told_apart(authority: Authority) -> None:
    answer = datagram(authority, query(ONE, "NAPTR", use_edns=1))

    assert answer.rcode() == dns.rcode.BADVERS
    assert answer.edns == 0


def _notify() -> dns.message.Message:
    message = query(ZONE, "SOA")
    message.set_opcode(dns.opcode.NOTIFY)
    return message


def _no_question() -> dns.message.Message:
    message = query(ZONE, "SOA")
    message.question = []
    return message


@pytest.mark.parametrize(
    ("asked", "rcode"),
    [
        (query("example.dk.", "A"), "REFUSED"),
        (query(f"version.{ZONE}", "TXT", rdclass="CH"), "REFUSED"),
        (query(ZONE, "AXFR"), "REFUSED"),
        (query(ZONE, "IXFR"), "REFUSED"),
        (query(ZONE, "MAILB"), "NOTIMP"),
        (_notify(), "NOTIMP"),
        (_no_question(), "FORMERR"),
    ],
)
def test_everything_else_is_turned_down(
    authority: Authority, asked: dns.message.Message, rcode: str
) -> None:
    assert dns.rcode.to_text(streamed(authority, asked).rcode()) == rcode


def test_a_transfer_gives_every_record_to_who_holds_the_key(server: Nameserver) -> None:
    host, port = server.address
    asked = signed(query(ZONE, "AXFR"))
    zone = dns.zone.Zone(dns.name.from_text(ZONE), relativize=False)

    dns.query.inbound_xfr(host, zone, asked, port=port, timeout=2)

    wanted = dns.zone.from_text(FILLED, ZONE, relativize=False)
    assert zone == wanted


def test_a_long_transfer_is_several_signed_messages(tmp_path: Path) -> None:
    texts = "".join(f'n{number}.{ZONE} 60 TXT "{number:0>200}"\n' for number in range(500))
    (tmp_path / "zone").write_text(APEX + texts)
    asked = signed(query(ZONE, "AXFR"))
    zone = dns.zone.Zone(dns.name.from_text(ZONE), relativize=False)

    wires = list(loaded(tmp_path / "zone").stream(asked.to_wire()))

    context = None
    with dns.xfr.Inbound(zone) as inbound:
        for wire in wires:
            message = dns.message.from_wire(
                wire,
                keyring=KEY.key,
                request_mac=asked.mac,
                xfr=True,
                multi=True,
                tsig_ctx=context,
                one_rr_per_rrset=True,
            )
            assert message.had_tsig
            context = message.tsig_ctx
            done = inbound.process_message(message)
    assert done
    assert len(wires) > 2
    assert len(zone.nodes) == 501


def test_a_transfer_over_udp_is_an_error(authority: Authority) -> None:
    assert datagram(authority, query(ZONE, "AXFR")).rcode() == dns.rcode.FORMERR


def test_changes_asked_for_over_udp_are_to_be_had_over_tcp(authority: Authority) -> None:
    """RFC 1995, 2: the SOA alone says that there is more than a datagram holds."""
    answer = datagram(authority, query(ZONE, "IXFR"))

    (soa,) = answer.answer
    assert (answer.rcode(), soa.rdtype, soa[0].serial) == (dns.rcode.NOERROR, dns.rdatatype.SOA, 7)


def test_a_transfer_of_another_zone_is_refused(authority: Authority) -> None:
    assert answered(authority, query("example.dk.", "AXFR")) == "REFUSED"


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (TsigKey("publisher", "hmac-sha256", bytes(32)), dns.tsig.PeerBadSignature),
        (TsigKey("publisher", "hmac-sha384", KEY.secret), dns.tsig.PeerBadKey),
        (TsigKey("stranger", "hmac-sha256", KEY.secret), dns.tsig.PeerBadKey),
    ],
)
@pytest.mark.parametrize("asked", [query(ZONE, "AXFR"), update(), query(ONE, "NAPTR")])
def test_a_wrong_key_gets_nothing(
    authority: Authority,
    asked: dns.message.Message,
    key: TsigKey,
    error: type[dns.tsig.PeerError],
) -> None:
    asked.use_tsig(key.key)
    (wire,) = authority.stream(asked.to_wire())

    unverified = dns.message.from_wire(wire, keyring=False)
    assert unverified.rcode() == dns.rcode.NOTAUTH
    assert unverified.answer == []
    with pytest.raises(error):
        dns.message.from_wire(wire, keyring=key.key, request_mac=asked.mac)


def test_an_old_signature_gets_nothing(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = signed(query(ZONE, "AXFR"))
    with monkeypatch.context() as patched:
        patched.setattr("dns.message.time.time", lambda: 1_000_000_000)
        wire = asked.to_wire()

    (answer,) = authority.stream(wire)

    with pytest.raises(dns.tsig.PeerBadTime):
        dns.message.from_wire(answer, keyring=KEY.key, request_mac=asked.mac)


def test_an_unsigned_update_is_refused(authority: Authority) -> None:
    message = update()
    message.delete(ONE)

    answer = streamed(authority, message)

    assert answer.rcode() == dns.rcode.REFUSED
    assert found(authority, ONE) != set()


def _with(part: str, name: str, *rest: Any, zone: str = ZONE) -> dns.update.UpdateMessage:
    message = update(zone)
    getattr(message, part)(dns.name.from_text(name), *rest)
    return message


def _raw(
    section: int, name: str, rdclass: str, rdtype: str, *, ttl: int = 0, text: str | None = None
) -> dns.update.UpdateMessage:
    """Return an update with one record of the class, type and TTL given, right or wrong."""
    message = update()
    kind, rdata = dns.rdataclass.from_text(rdclass), []
    if text is not None:
        rdata = [dns.rdata.from_text(dns.rdataclass.IN, rdtype, text)]
    rrset = (
        dns.rrset.from_rdata_list(name, ttl, rdata)
        if rdata
        else dns.rrset.RRset(dns.name.from_text(name), kind, dns.rdatatype.from_text(rdtype))
    )
    if rdata and kind != dns.rdataclass.IN:
        rrset.deleting = kind
    message.sections[section].append(rrset)
    return message


def _two_zones() -> dns.update.UpdateMessage:
    message = update()
    message.zone.append(message.zone[0])
    return message


def _no_zone() -> dns.update.UpdateMessage:
    message = update()
    message.zone = []
    return message


@pytest.mark.parametrize(
    ("message", "rcode"),
    [
        (update(), "NOERROR"),
        (_no_zone(), "FORMERR"),
        (_two_zones(), "FORMERR"),
        (update("example.dk."), "NOTAUTH"),
        (_with("present", ONE), "NOERROR"),
        (_with("present", f"missing.{ZONE}"), "NXDOMAIN"),
        (_with("present", f"iso6523-actorid-upis.{ZONE}"), "NXDOMAIN"),
        (_with("present", ONE, "NAPTR"), "NOERROR"),
        (_with("present", ONE, "TXT"), "NXRRSET"),
        (_with("present", f"missing.{ZONE}", "TXT"), "NXRRSET"),
        (_with("absent", f"missing.{ZONE}"), "NOERROR"),
        (_with("absent", ONE), "YXDOMAIN"),
        (_with("absent", ONE, "TXT"), "NOERROR"),
        (_with("absent", ONE, "NAPTR"), "YXRRSET"),
        (_with("present", f"several.{ZONE}", "A", "192.0.2.2", "192.0.2.1"), "NOERROR"),
        (_with("present", f"several.{ZONE}", "A", "192.0.2.1"), "NXRRSET"),
        (
            _with("present", f"several.{ZONE}", "A", "192.0.2.1", "192.0.2.2", "192.0.2.3"),
            "NXRRSET",
        ),
        (_with("present", f"missing.{ZONE}", "A", "192.0.2.1"), "NXRRSET"),
        (_with("present", "example.dk."), "NOTZONE"),
        (_with("absent", "example.dk.", "A"), "NOTZONE"),
        (_with("add", "example.dk.", 60, "A", "192.0.2.1"), "NOTZONE"),
        (_with("delete", "example.dk."), "NOTZONE"),
        (_raw(1, ONE, "IN", "A", ttl=60, text="192.0.2.1"), "FORMERR"),
        (_raw(1, ONE, "CH", "A"), "FORMERR"),
        (_raw(1, ONE, "NONE", "A", text="192.0.2.1"), "FORMERR"),
        (_raw(1, ONE, "ANY", "A", text="192.0.2.1"), "FORMERR"),
        (_raw(2, ONE, "CH", "TXT"), "FORMERR"),
        (_raw(2, ONE, "CH", "NULL"), "FORMERR"),
        (_raw(1, ONE, "CH", "NULL"), "FORMERR"),
        (_raw(2, ONE, "NONE", "A", ttl=60, text="192.0.2.1"), "FORMERR"),
        (_raw(2, ONE, "ANY", "A", text="192.0.2.1"), "FORMERR"),
        (_raw(2, ONE, "ANY", "AXFR"), "FORMERR"),
        (_raw(2, ONE, "IN", "ANY"), "FORMERR"),
        (_raw(2, ONE, "NONE", "ANY"), "FORMERR"),
    ],
)
def test_an_update_is_answered_as_rfc_2136_says(
    authority: Authority, message: dns.update.UpdateMessage, rcode: str
) -> None:
    before = serial(authority)

    assert answered(authority, message) == rcode
    assert serial(authority) == before


def test_a_wrong_part_leaves_the_right_ones_undone(authority: Authority) -> None:
    message = _with("delete", ONE)
    message.add("example.dk.", 60, "A", "192.0.2.1")

    assert answered(authority, message) == "NOTZONE"
    assert found(authority, ONE) != set()


@pytest.mark.parametrize(
    ("message", "name", "there"),
    [
        (_with("add", f"new.{ZONE}", 60, "A", "192.0.2.9"), f"new.{ZONE}", {"A 192.0.2.9"}),
        (
            _with("add", f"several.{ZONE}", 60, "A", "192.0.2.3"),
            f"several.{ZONE}",
            {"A 192.0.2.1", "A 192.0.2.2", "A 192.0.2.3", 'TXT "x"'},
        ),
        (
            _with("delete", f"several.{ZONE}", "A", "192.0.2.1"),
            f"several.{ZONE}",
            {"A 192.0.2.2", 'TXT "x"'},
        ),
        (_with("delete", f"several.{ZONE}", "A"), f"several.{ZONE}", {'TXT "x"'}),
        (_with("delete", f"several.{ZONE}"), f"several.{ZONE}", set()),
        (
            _with("replace", f"b-old.{ZONE}", 60, "CNAME", "other.example.dk."),
            f"b-old.{ZONE}",
            {"CNAME other.example.dk."},
        ),
        (
            _with("add", f"b-old.{ZONE}", 60, "CNAME", "other.example.dk."),
            f"b-old.{ZONE}",
            {"CNAME other.example.dk."},
        ),
        (
            _with("add", ZONE, 60, "NS", "ns.example.dk."),
            ZONE,
            {
                "SOA localhost. localhost. 8 3600 600 604800 60",
                "NS localhost.",
                "NS ns.example.dk.",
            },
        ),
        (
            _with("add", ZONE, 60, "SOA", "ns. host. 20 1 2 3 4"),
            ZONE,
            {"SOA ns. host. 20 1 2 3 4", "NS localhost."},
        ),
    ],
)
def test_an_update_changes_what_it_names(
    authority: Authority, message: dns.update.UpdateMessage, name: str, there: set[str]
) -> None:
    before = serial(authority)

    assert answered(authority, message) == "NOERROR"
    assert found(authority, name) == there
    assert serial(authority) > before


@pytest.mark.parametrize(
    "message",
    [
        _with("delete", f"missing.{ZONE}"),
        _with("delete", ONE, "TXT"),
        _with("delete", ONE, "TXT", '"x"'),
        _with("delete", f"several.{ZONE}", "A", "192.0.2.9"),
        _with("add", f"several.{ZONE}", 60, "A", "192.0.2.1"),
        _with("add", ONE, 60, "CNAME", "smp.example.dk."),
        _with("add", f"b-old.{ZONE}", 60, "A", "192.0.2.1"),
        _with("add", ZONE, 60, "SOA", "ns. host. 7 1 2 3 4"),
        _with("add", ZONE, 60, "SOA", "ns. host. 4294967295 1 2 3 4"),
        _with("add", ONE, 60, "SOA", "ns. host. 20 1 2 3 4"),
        _with("delete", ZONE),
        _with("delete", ZONE, "SOA"),
        _with("delete", ZONE, "NS"),
        _with("delete", ZONE, "NS", "localhost."),
        _with("delete", ZONE, "SOA", "localhost. localhost. 7 3600 600 604800 60"),
    ],
)
def test_what_may_not_or_need_not_change_stays_and_so_does_the_serial(
    authority: Authority, tmp_path: Path, message: dns.update.UpdateMessage
) -> None:
    before = (tmp_path / "zone").read_text()

    assert answered(authority, message) == "NOERROR"
    assert serial(authority) == 7
    assert (tmp_path / "zone").read_text() == before


def test_another_server_of_the_zone_may_go_again(authority: Authority) -> None:
    answered(authority, _with("add", ZONE, 60, "NS", "ns.example.dk."))

    answered(authority, _with("delete", ZONE, "NS", "ns.example.dk."))

    assert found(authority, ZONE, "NS") == {"NS localhost."}


def test_a_change_of_ttl_is_a_change(authority: Authority) -> None:
    answered(authority, _with("add", f"several.{ZONE}", 300, "A", "192.0.2.1"))

    (rrset,) = streamed(authority, query(f"several.{ZONE}", "A")).answer
    assert (rrset.ttl, len(rrset)) == (300, 2)


def test_the_parts_of_an_update_are_done_in_their_order(authority: Authority) -> None:
    message = _with("add", f"new.{ZONE}", 60, "A", "192.0.2.1")
    message.delete(f"new.{ZONE}")
    message.add(f"new.{ZONE}", 60, "A", "192.0.2.2")

    answered(authority, message)

    assert found(authority, f"new.{ZONE}") == {"A 192.0.2.2"}


@pytest.mark.smp(86)
def test_the_serial_rises_with_each_change(authority: Authority) -> None:
    serials = [serial(authority)]

    for number in range(3):
        answered(authority, _with("add", f"n{number}.{ZONE}", 60, "A", "192.0.2.1"))
        serials.append(serial(authority))

    assert all(before < after for before, after in pairwise(serials))


def test_updates_over_udp_are_taken_as_well(server: Nameserver, authority: Authority) -> None:
    host, port = server.address
    message = signed(_with("delete", ONE))

    answer = dns.query.udp(message, host, 2, port)

    assert answer.rcode() == dns.rcode.NOERROR
    assert found(authority, ONE) == set()


def test_one_connection_takes_many_messages(server: Nameserver) -> None:
    host, port = server.address

    with socket.create_connection((host, port), 2) as connection:
        answers = [
            dns.query.tcp(query(ONE, "NAPTR"), host, 2, port, sock=connection) for _ in range(3)
        ]

    assert [len(answer.answer) for answer in answers] == [1, 1, 1]


def test_more_connections_than_it_keeps_are_closed_at_once(
    server: Nameserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smp.sml.nameserver._CONVERSATIONS", 1)
    host, port = server.address

    with socket.create_connection((host, port), 2) as first:
        dns.query.tcp(query(ONE, "NAPTR"), host, 2, port, sock=first)
        with socket.create_connection((host, port), 2) as second:
            assert second.recv(1) == b""
        answer = dns.query.tcp(query(ONE, "NAPTR"), host, 2, port, sock=first)

    assert len(answer.answer) == 1


def test_a_silent_connection_is_closed(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smp.sml.nameserver._PATIENCE", 0.05)
    server = Nameserver(authority, ("127.0.0.1", 0))
    server.start()

    with socket.create_connection(server.address, 2) as silent:
        assert silent.recv(1) == b""

    server.stop()


def test_a_zone_file_that_need_not_change_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "zone").write_text(FILLED)

    loaded(tmp_path / "zone")

    assert (tmp_path / "zone").read_text() == FILLED


def test_a_change_is_on_disk_before_it_is_answered(tmp_path: Path) -> None:
    authority = loaded(tmp_path / "zone")
    naptr = records.rdatas(Naptr(BASE))[0]
    answered(authority, _with("add", ONE, 60, naptr))
    answered(authority, _with("add", f"gone.{ZONE}", 60, naptr))
    answered(authority, _with("delete", f"gone.{ZONE}"))

    again = loaded(tmp_path / "zone")

    assert found(again, ONE) == {f"NAPTR {naptr.to_text()}"}
    assert found(again, f"gone.{ZONE}") == set()
    assert serial(again) == serial(authority) == 4
    assert [file.name for file in tmp_path.iterdir()] == ["zone"]


@pytest.mark.smp(85)
def test_a_new_zone_has_a_soa_and_a_server(tmp_path: Path) -> None:
    authority = loaded(tmp_path / "var" / "zone", ttl=120)

    assert found(authority, ZONE) == {
        "SOA localhost. localhost. 1 3600 600 604800 120",
        "NS localhost.",
    }
    assert (tmp_path / "var" / "zone").read_text().splitlines() == [
        f"{ZONE} 120 IN SOA localhost. localhost. 1 3600 600 604800 120",
        f"{ZONE} 120 IN NS localhost.",
    ]


def test_another_ttl_in_the_settings_is_a_change_of_the_zone(tmp_path: Path) -> None:
    loaded(tmp_path / "zone", ttl=60)

    changed = loaded(tmp_path / "zone", ttl=300)

    negative = streamed(changed, query(f"missing.{ZONE}", "NAPTR")).authority[0]
    assert (negative.ttl, serial(changed)) == (300, 2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            APEX + "one A here\n",
            "zone:4: Text input is malformed: correct it there or in the line before",
        ),
        (APEX + "one NAPTR 100\n", "zone:4: expecting an identifier"),
        (APEX + "one BOGUS x\n", r"zone:3: unknown rdatatype 'BOGUS'"),
        (APEX + "one 60 IN CNAME two\none 60 IN A 192.0.2.1\n", "zone:5: .*CNAME"),
        (f"{ZONE} 60 IN NS localhost.\n", "zone: expected a SOA record for sml.example.dk."),
        (APEX.splitlines()[0] + "\n", "zone: expected an NS record for sml.example.dk."),
        ("\n", "zone: expected a SOA record"),
        (APEX.replace("sml", "other"), "zone: expected a SOA record for sml.example.dk."),
    ],
)
def test_a_broken_zone_file_is_named_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "zone").write_text(text)

    with pytest.raises(Malformed, match=fault):
        loaded(tmp_path / "zone")

    assert (tmp_path / "zone").read_text() == text


def test_a_zone_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "zone").write_bytes(b"\xff\x00")

    with pytest.raises(Malformed, match="zone is not text"):
        loaded(tmp_path / "zone")


def test_a_zone_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read: Is a directory"):
        loaded(tmp_path)


def test_what_cannot_be_kept_is_not_done(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "zone.new").mkdir()

    with caplog.at_level(logging.ERROR):
        rcode = answered(authority, _with("delete", ONE))

    assert rcode == "SERVFAIL"
    assert found(authority, ONE) != set()
    assert "zone cannot be written: Is a directory" in caplog.text


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_in_use_is_named(authority: Authority, kind: socket.SocketKind) -> None:
    with socket.socket(type=kind) as other:
        other.bind(("127.0.0.1", servers.free_port()))
        if kind is socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]

        with pytest.raises(Unavailable, match=f"127.0.0.1:{port}: Address already in use"):
            Nameserver(authority, ("127.0.0.1", port)).start()


def test_a_stopped_server_frees_its_port_and_may_start_again(authority: Authority) -> None:
    port = servers.free_port()
    server = Nameserver(authority, ("127.0.0.1", port))

    for _ in range(2):
        server.start()
        with socket.create_connection(("127.0.0.1", port), 2):
            dns.query.tcp(query(ONE, "NAPTR"), "127.0.0.1", 2, port)
            server.stop()

    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 2):
        pass


def test_stopping_what_never_started_does_nothing(authority: Authority) -> None:
    Nameserver(authority, ("127.0.0.1", 0)).stop()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_process_of_its_own_ends_cleanly(tmp_path: Path, ending: signal.Signals) -> None:
    (tmp_path / "tsig.key").write_text(tsig.print_key(KEY))
    code = f"""
import logging, sys
from pathlib import Path
from smp.sml import tsig
from smp.sml.nameserver import Authority, Nameserver
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
key = tsig.load(Path("tsig.key"))
Nameserver(Authority({ZONE!r}, Path("zone"), key, 60), ("127.0.0.1", 0)).serve_forever()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        answer = dns.query.udp(query(ZONE, "SOA"), "127.0.0.1", 2, port)
        process.send_signal(ending)
        said = process.stdout.read()

    assert len(answer.answer) == 1
    assert process.returncode == 0
    assert said == f"stopped address=127.0.0.1:{port}\n"


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    file = tmp_path_factory.mktemp("steady") / "zone"
    file.write_text(FILLED)
    return loaded(file)


def _spoilt() -> st.SearchStrategy[bytes]:
    whole = [
        query(ONE, "NAPTR", use_edns=0),
        query(f"b-old.{ZONE}", "A"),
        query(ZONE, "AXFR"),
        signed(query(ZONE, "AXFR")),
        signed(_with("present", ONE, "NAPTR")),
        signed(_with("add", f"several.{ZONE}", 60, "A", "192.0.2.1")),
        _with("absent", ONE),
    ]
    wires = [message.to_wire() for message in whole]
    spots = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4)
    return st.builds(_spoil, st.sampled_from(wires), spots, st.integers(0, 250))


def _spoil(wire: bytes, spots: list[tuple[int, int]], length: int) -> bytes:
    spoilt = bytearray(wire)
    for place, octet in spots:
        spoilt[place % len(wire)] = octet
    return bytes(spoilt[: max(length, 3)])


@given(st.binary(max_size=80) | _spoilt())
@settings(max_examples=600, deadline=None)
def test_no_octets_bring_it_down(steady: Authority, wire: bytes) -> None:
    answers = [*steady.stream(wire), steady.datagram(wire)]

    assert all(answer[:2] == wire[:2] and answer[2] & 0x80 for answer in answers if answer)
    assert found(steady, ONE) == {f"NAPTR {records.rdatas(Naptr(BASE))[0].to_text()}"}


def test_an_answer_is_not_answered(authority: Authority) -> None:
    response = dns.message.make_response(query(ONE, "NAPTR"))

    assert authority.datagram(response.to_wire()) == b""
    assert list(authority.stream(response.to_wire())) == []


def test_garbage_is_a_format_error(authority: Authority) -> None:
    answer = dns.message.from_wire(authority.datagram(b"\x12\x34\x01\x00" + b"\xff" * 20))

    assert (answer.id, answer.rcode()) == (0x1234, dns.rcode.FORMERR)
