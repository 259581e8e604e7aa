"""What the contract in tests/contract does not say of the zone: its servers' failures, its TTL."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.update
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eer.domain.errors import Conflict, Refused, Unavailable
from eer.domain.plan import Plan, diff
from fakes import servers
from fakes.locator import FakeLocator
from smp.domain.naming import Address, Cname, DnsName, Foreign, Naptr, Record
from smp.sml import changes, records
from smp.sml.nameserver import Authority, Nameserver
from smp.sml.tsig import TsigKey
from smp.sml.zone import Zone

ZONE = DnsName("sml.example.dk.")
KEY = TsigKey("publisher", "hmac-sha256", bytes(range(32)))
BASE = "https://smp.example.dk"
ONE, TWO, SIX = (DnsName(f"{label}.iso6523-actorid-upis.{ZONE}") for label in ("one", "two", "six"))
NAPTR = f'100 10 "U" "Meta:SMP" "!^.*$!{BASE}!" .'
NOTHING: Plan[DnsName, Record] = Plan({}, {}, {})


class Servers:
    """Embedded name servers of one test, each with a zone of its own."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self._directory = directory
        self._stack = stack

    def start(self, zone: DnsName = ZONE) -> tuple[str, int]:
        files = len(list(self._directory.iterdir()))
        return self.serve(Authority(zone, self._directory / f"zone{files}", KEY, ttl=60))

    def serve(self, authority: "Authority | Saying") -> tuple[str, int]:
        server = Nameserver(authority, ("127.0.0.1", 0))  # type: ignore[arg-type]  # says what it likes
        server.start()
        self._stack.callback(server.stop)
        return server.address


class Saying:
    """A server that answers everything with one message, over TCP and UDP."""

    def __init__(self, rcode: dns.rcode.Rcode, flags: dns.flags.Flag, *, junk: bytes = b"") -> None:
        self._rcode = rcode
        self._flags = flags
        self._junk = junk

    def stream(self, wire: bytes) -> Iterator[bytes]:
        yield self.datagram(wire)

    def datagram(self, wire: bytes) -> bytes:
        response = dns.message.make_response(dns.message.from_wire(wire, keyring=False))
        response.set_rcode(self._rcode)
        response.flags |= self._flags
        return self._junk or response.to_wire()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(tmp_path, stack)


def zone_at(
    primary: tuple[str, int], *others: tuple[str, int], key: TsigKey = KEY, ttl: int = 60
) -> Zone:
    return Zone(ZONE, primary=primary, servers=[primary, *others], key=key, ttl=ttl, timeout=0.5)


def add(**wanted: Record) -> Plan[DnsName, Record]:
    return Plan({DnsName(f"{name}.{ZONE}"): record for name, record in wanted.items()}, {}, {})


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        (TsigKey("publisher", "hmac-sha256", bytes(32)), "another secret or algorithm for the TSI"),
        (TsigKey("stranger", "hmac-sha256", KEY.secret), "does not know the TSIG key stranger"),
        (TsigKey("publisher", "hmac-sha512", KEY.secret), "does not know the TSIG key publisher"),
    ],
)
def test_a_wrong_key_is_refused_and_named(embedded: Servers, key: TsigKey, fault: str) -> None:
    primary = embedded.start()
    zone = zone_at(primary, key=key)

    with pytest.raises(Refused, match=f"{primary[1]} .*{fault}"):
        zone.apply(add(one=Naptr(BASE)))
    with pytest.raises(Refused, match=fault):
        zone.names()
    with pytest.raises(Refused, match=fault):
        zone.names_at([ONE])


@pytest.mark.debian
@pytest.mark.parametrize("starter", [servers.bind, servers.knot, servers.powerdns])
@pytest.mark.parametrize(
    "key",
    [
        TsigKey("publisher", "hmac-sha256", bytes(32)),
        TsigKey("stranger", "hmac-sha256", KEY.secret),
    ],
)
def test_real_servers_refuse_a_wrong_key(tmp_path: Path, key: TsigKey, starter) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - one of three functions
    with starter(tmp_path, ZONE, KEY) as primary:
        zone = zone_at(primary, key=key)

        with pytest.raises(Refused, match=f"TSIG key {key.name}"):
            zone.apply(add(one=Naptr(BASE)))
        with pytest.raises(Refused, match=f"TSIG key {key.name}"):
            zone.names()


def test_a_primary_of_another_zone_refuses(embedded: Servers) -> None:
    zone = zone_at(embedded.start(DnsName("other.example.dk.")))

    with pytest.raises(Refused, match="NOTAUTH: allow the TSIG key publisher"):
        zone.apply(add(one=Naptr(BASE)))
    with pytest.raises(Refused, match="REFUSED: allow the TSIG key publisher"):
        zone.names()
    with pytest.raises(Refused, match="REFUSED: allow the TSIG key publisher"):
        zone.names_at([ONE])


@pytest.mark.parametrize("name", [ZONE, DnsName("one.example.dk.")])
def test_a_name_that_is_not_below_the_zone_is_refused(embedded: Servers, name: DnsName) -> None:
    zone = zone_at(embedded.start())

    with pytest.raises(Refused, match=f"{name} is not a name below the zone"):
        zone.apply(Plan({name: Naptr(BASE)}, {}, {}))


def test_a_server_that_is_not_there_is_named() -> None:
    port = servers.free_port()
    zone = zone_at(("127.0.0.1", port))

    with pytest.raises(Unavailable, match=f"127.0.0.1:{port} does not answer: .*refused"):
        zone.apply(add(one=Naptr(BASE)))
    with pytest.raises(Unavailable, match=f"127.0.0.1:{port} does not answer"):
        zone.answering([ONE])


def test_a_host_that_has_no_address_is_named() -> None:
    zone = zone_at(("ns.invalid.", 53))

    with pytest.raises(Unavailable, match=r"ns\.invalid\.:53 does not answer"):
        zone.names()


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        zone = zone_at(silent.getsockname())

        with pytest.raises(Unavailable, match=r"does not answer within 0\.5 s"):
            zone.names()


def test_a_server_that_falls_silent_is_unavailable(embedded: Servers) -> None:
    class Hanging(Saying):
        def stream(self, wire: bytes) -> Iterator[bytes]:
            assert wire
            yield from ()
            raise ConnectionResetError

    zone = zone_at(embedded.serve(Hanging(dns.rcode.NOERROR, dns.flags.QR)))

    with pytest.raises(Unavailable, match="does not answer: it closed the connection"):
        zone.apply(add(one=Naptr(BASE)))


def test_an_unsigned_yes_is_not_believed(embedded: Servers) -> None:
    zone = zone_at(embedded.serve(Saying(dns.rcode.NOERROR, dns.flags.AA)))

    with pytest.raises(Unavailable, match="requires a TSIG but does not have one"):
        zone.apply(add(one=Naptr(BASE)))
    with pytest.raises(Unavailable, match="unreadable"):
        zone.names()


def test_an_unsigned_failure_is_told_as_what_it_is(embedded: Servers) -> None:
    zone = zone_at(embedded.serve(Saying(dns.rcode.SERVFAIL, dns.flags.AA)))

    with pytest.raises(Unavailable, match="answered SERVFAIL for the zone"):
        zone.apply(add(one=Naptr(BASE)))


def test_a_server_that_fails_ends_it_after_one_harmless_question(
    embedded: Servers, tmp_path: Path
) -> None:
    authority = Spoiled(tmp_path / "zone", lambda _: True)
    zone = zone_at(embedded.serve(authority))

    with pytest.raises(Unavailable, match=r"answered SERVFAIL for the zone .* look into its log"):
        zone.apply(Plan(dict.fromkeys((ONE, TWO), Naptr(BASE)), {}, {}))

    assert authority.updates == 2


def test_a_server_without_updates_is_told_as_one(embedded: Servers) -> None:
    zone = zone_at(embedded.serve(Saying(dns.rcode.NOTIMP, dns.flags.AA)))

    with pytest.raises(Refused, match="answered NOTIMP"):
        zone.apply(add(one=Naptr(BASE)))


def test_junk_is_unavailable(embedded: Servers) -> None:
    zone = zone_at(embedded.serve(Saying(dns.rcode.NOERROR, dns.flags.AA, junk=b"\x00" * 20)))

    with pytest.raises(Unavailable, match="unreadable"):
        zone.names()


def test_an_answer_of_another_time_is_refused(embedded: Servers) -> None:
    class Late(Authority):
        def stream(self, wire: bytes) -> Iterator[bytes]:
            query = dns.message.from_wire(wire, keyring=KEY.key)
            response = dns.message.make_response(query)
            response.use_tsig(KEY.key, tsig_error=dns.rcode.BADTIME)
            yield response.to_wire()

    zone = zone_at(embedded.serve(Late.__new__(Late)))

    with pytest.raises(Refused, match="set both clocks"):
        zone.names_at([ONE])


def test_an_answer_signed_by_another_is_refused(embedded: Servers) -> None:
    class Other(Saying):
        def datagram(self, wire: bytes) -> bytes:
            query = dns.message.from_wire(wire, keyring=False)
            response = dns.message.make_response(query)
            response.use_tsig(TsigKey("publisher", "hmac-sha256", bytes(32)).key)
            return response.to_wire()

    zone = zone_at(embedded.serve(Other(dns.rcode.NOERROR, dns.flags.AA)))

    with pytest.raises(Refused, match="so it is not believed"):
        zone.names_at([ONE])


def test_an_answer_to_something_else_is_unavailable(embedded: Servers) -> None:
    class Elsewhere(Saying):
        def datagram(self, wire: bytes) -> bytes:
            query = dns.message.from_wire(wire, keyring=KEY.key)
            response = dns.message.make_response(query)
            response.question = []
            return response.to_wire()

    zone = zone_at(embedded.serve(Elsewhere(dns.rcode.NOERROR, dns.flags.AA)))

    with pytest.raises(Unavailable, match="unreadable"):
        zone.names_at([ONE])


class Racing(Authority):
    """An authority at which somebody changes something just before some updates arrive."""

    def __init__(self, file: Path, spoilt: Callable[[int, set[str]], bool]) -> None:
        super().__init__(ZONE, file, KEY, ttl=60)
        self._spoilt = spoilt
        self.updates = 0

    def stream(self, wire: bytes) -> Iterator[bytes]:
        query = dns.message.from_wire(wire, keyring=KEY.key)
        if isinstance(query, dns.update.UpdateMessage):
            self.updates += 1
            if self._spoilt(self.updates, {rrset.name.to_text() for rrset in query.update}):
                response = dns.message.make_response(query)
                response.set_rcode(dns.rcode.YXDOMAIN)
                return iter([response.to_wire()])
        return super().stream(wire)


class Spoiled(Authority):
    """An authority that fails with all messages in which some names are."""

    def __init__(self, file: Path, fails: Callable[[set[str]], bool]) -> None:
        super().__init__(ZONE, file, KEY, ttl=60)
        self._fails = fails
        self.updates = 0

    def stream(self, wire: bytes) -> Iterator[bytes]:
        query = dns.message.from_wire(wire, keyring=KEY.key)
        if not isinstance(query, dns.update.UpdateMessage):
            return super().stream(wire)
        self.updates += 1
        if not self._fails({rrset.name.to_text() for rrset in query.update}):
            return super().stream(wire)
        return self.failing(query)

    def failing(self, query: dns.message.Message) -> Iterator[bytes]:
        response = dns.message.make_response(query)
        response.set_rcode(dns.rcode.SERVFAIL)
        yield response.to_wire()


class Closing(Spoiled):
    """Such a one that says so as Knot does: unsigned, and then it hangs up."""

    def failing(self, query: dns.message.Message) -> Iterator[bytes]:
        plain = dns.message.Message(query.id)
        plain.flags |= dns.flags.QR
        plain.set_rcode(dns.rcode.FORMERR)
        yield plain.to_wire()
        raise ConnectionResetError


@pytest.mark.parametrize(
    ("kind", "said"),
    [(Spoiled, "answers SERVFAIL to this one"), (Closing, "answers FORMERR to this one")],
)
@pytest.mark.parametrize("some", [(ONE,), (ONE, TWO, SIX), (SIX, TWO, ONE)])
def test_a_name_that_spoils_every_message_is_left_alone(
    embedded: Servers, tmp_path: Path, kind: type[Spoiled], said: str, some: tuple[DnsName, ...]
) -> None:
    zone = zone_at(embedded.serve(kind(tmp_path / "zone", lambda names: ONE in names)))
    wanted: dict[DnsName, Record] = dict.fromkeys(some, Naptr(BASE))

    with pytest.raises(Conflict, match=said) as raised:
        zone.apply(Plan(wanted, {}, {}))

    assert [issue.expression for issue in raised.value.issues] == [ONE]
    assert zone.names() == {name: record for name, record in wanted.items() if name != ONE}


def test_a_server_that_fails_with_all_that_is_to_be_written_is_to_blame_itself(
    embedded: Servers, tmp_path: Path
) -> None:
    """A server with a full disk takes what changes nothing."""
    authority = Spoiled(tmp_path / "zone", bool)
    zone = zone_at(embedded.serve(authority))

    with pytest.raises(Unavailable, match="answered SERVFAIL for the zone"):
        zone.apply(Plan(_PLAIN, {}, {}))

    assert authority.updates == 2 * (1 + 5)


@pytest.mark.debian
@pytest.mark.parametrize("starter", [servers.bind, servers.knot, servers.powerdns])
def test_real_servers_have_one_name_to_blame(tmp_path: Path, starter) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - one of three functions
    """Nothing of the type ANY can stand anywhere (RFC 2136, 3.4.1.2)."""
    spoilt = DnsName(f"n100-spoilt.{ZONE}")
    with starter(tmp_path, ZONE, KEY) as primary:
        zone = Zone(ZONE, primary=primary, servers=[primary], key=KEY, ttl=60)

        with pytest.raises(Conflict, match=f"{spoilt}: the name server takes others"):
            zone.apply(Plan({**_PLAIN, spoilt: Foreign("ANY \\# 0")}, {}, {}))

        assert zone.names() == _PLAIN


def test_a_batch_that_is_refused_again_and_again_goes_one_by_one(
    embedded: Servers, tmp_path: Path
) -> None:
    authority = Racing(tmp_path / "zone", lambda updates, _: updates <= 2)
    zone = zone_at(embedded.serve(authority))
    wanted: Plan[DnsName, Record] = Plan({ONE: Naptr(BASE), TWO: Naptr(BASE)}, {}, {})

    zone.apply(wanted)

    assert zone.names() == wanted.add
    assert authority.updates == 4


def test_a_name_that_changes_all_the_time_is_a_conflict_alone(
    embedded: Servers, tmp_path: Path
) -> None:
    zone = zone_at(embedded.serve(Racing(tmp_path / "zone", lambda _, names: ONE in names)))

    with pytest.raises(Conflict) as raised:
        zone.apply(Plan({ONE: Naptr(BASE), TWO: Naptr(BASE)}, {}, {}))

    assert ONE in raised.value.text
    assert TWO not in raised.value.text
    assert zone.names() == {TWO: Naptr(BASE)}


def test_what_came_beside_our_record_stays_when_ours_goes(embedded: Servers) -> None:
    zone = zone_at(embedded.start())
    zone.apply(Plan({ONE: Foreign(f'NAPTR {NAPTR}\nTXT "theirs"')}, {}, {}))

    zone.apply(Plan({}, {}, {ONE: Naptr(BASE)}))

    assert zone.names() == {ONE: Foreign('TXT "theirs"')}


def test_a_name_of_ours_in_another_spelling_is_put_right(embedded: Servers) -> None:
    zone = zone_at(embedded.start())
    zone.apply(Plan({ONE: Foreign(f'NAPTR 100 20 "U" "Meta:SMP" "!.*!{BASE}/!" .')}, {}, {}))
    found = zone.names()[ONE]

    zone.apply(Plan({}, {ONE: (found, Naptr(BASE))}, {}))

    assert isinstance(found, Foreign)
    assert found.leads_to == BASE
    assert zone.names() == {ONE: Naptr(BASE)}


def test_an_empty_plan_asks_nobody() -> None:
    zone_at(("127.0.0.1", servers.free_port())).apply(NOTHING)


def test_a_name_is_answering_until_the_last_server_has_dropped_it(embedded: Servers) -> None:
    primary, secondary = embedded.start(), embedded.start()
    zone_at(primary).apply(add(one=Naptr(BASE)))
    zone_at(secondary).apply(add(two=Naptr(BASE)))
    names = [DnsName(f"{label}.{ZONE}") for label in ("one", "two", "six")]

    found = zone_at(primary, secondary).answering(names)

    assert found == frozenset(names[:2])


def test_what_a_secondary_tells_is_unknown_while_it_is_silent(embedded: Servers) -> None:
    port = servers.free_port()

    with pytest.raises(Unavailable, match=f"127.0.0.1:{port} does not answer"):
        zone_at(embedded.start(), ("127.0.0.1", port)).answering([ONE])


@pytest.mark.parametrize(
    ("rcode", "flags"),
    [(dns.rcode.NXDOMAIN, dns.flags.RA), (dns.rcode.SERVFAIL, dns.flags.AA)],
)
def test_only_an_answer_with_authority_counts(
    embedded: Servers, rcode: dns.rcode.Rcode, flags: dns.flags.Flag
) -> None:
    zone = zone_at(embedded.serve(Saying(rcode, flags)))

    with pytest.raises(Unavailable, match="is it a server of that zone"):
        zone.answering([ONE])


def test_an_answer_too_long_for_a_datagram_counts(embedded: Servers) -> None:
    zone = zone_at(embedded.start())
    texts = "\n".join(
        f'NAPTR {n} 10 "U" "Meta:SMP" "!^.*$!https://{"x" * 99}!" .' for n in range(9)
    )
    zone.apply(add(one=Foreign(texts)))

    assert zone.answering([DnsName(f"one.{ZONE}")]) == {DnsName(f"one.{ZONE}")}


@pytest.mark.smp(85)
def test_what_is_written_lives_as_long_as_told(embedded: Servers) -> None:
    primary = embedded.start()

    zone_at(primary, ttl=300).apply(add(one=Naptr(BASE)))

    query = dns.message.make_query(f"one.{ZONE}", "NAPTR")
    assert dns.query.udp(query, *primary[:1], port=primary[1]).answer[0].ttl == 300


def test_another_ttl_is_no_difference(embedded: Servers) -> None:
    primary = embedded.start()
    zone_at(primary, ttl=300).apply(add(one=Naptr(BASE)))
    zone = zone_at(primary, ttl=60)

    assert diff(wanted=add(one=Naptr(BASE)).add, found=zone.names()).is_empty
    zone.apply(Plan({}, {}, add(one=Naptr(BASE)).add))
    assert zone.names() == {}


def test_what_is_too_much_for_a_message_is_left_alone(embedded: Servers) -> None:
    zone = zone_at(embedded.start())
    much = Foreign("\n".join(f'TXT "{number:0>250}"' for number in range(300)))

    with pytest.raises(Conflict, match="too much for one DNS message") as raised:
        zone.apply(add(one=much, two=Naptr(BASE)))

    assert [issue.expression for issue in raised.value.issues] == [f"one.{ZONE}"]
    assert zone.names() == add(two=Naptr(BASE)).add


_PLAIN: dict[DnsName, Record] = {DnsName(f"n{number}.{ZONE}"): Naptr(BASE) for number in range(250)}


def test_a_hundred_names_go_in_a_message() -> None:
    sizes = [
        len(batch) for batch in changes.batches(changes.changes(diff(wanted=_PLAIN, found={})))
    ]

    assert sizes == [100, 100, 50]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, Naptr(BASE), Naptr(BASE + "/" + "x" * 220), Cname(ONE)]),
            st.sampled_from([None, Naptr(BASE), Naptr(BASE + "/" + "y" * 220), Cname(TWO)]),
            st.integers(1, 60),
        ),
        max_size=400,
    )
)
@settings(max_examples=20, deadline=None)
def test_no_message_is_past_64_kib_and_none_is_lost(
    parts: list[tuple[Record | None, Record | None, int]],
) -> None:
    some = [
        changes.Change(DnsName(f"{'n' * length}.{number}.{ZONE}"), before, after)
        for number, (before, after, length) in enumerate(parts)
    ]

    batches = list(changes.batches(some))

    assert [change for batch in batches for change in batch] == some
    for batch in batches:
        message = changes.message(records.wire_name(ZONE), batch, 60)
        message.use_tsig(KEY.key)
        assert len(message.to_wire()) <= 65_535


_SOME_NAMES = st.sampled_from([ONE, TWO, SIX, DnsName(f"smp.publisher.{ZONE}")])
_SOME_RECORDS: st.SearchStrategy[Record] = st.sampled_from(
    [
        *(Naptr(BASE), Naptr("https://new.example.dk"), Cname(ONE)),
        *(Address("192.0.2.7"), Foreign('A 192.0.2.1\nA 192.0.2.7\nTXT "y"'), Foreign('TXT "x"')),
    ]
)
_CHANGES = st.dictionaries(
    _SOME_NAMES, st.tuples(st.none() | _SOME_RECORDS, st.none() | _SOME_RECORDS)
)


def _plan(some: dict[DnsName, tuple[Record | None, Record | None]]) -> Plan[DnsName, Record]:
    return Plan(
        {name: new for name, (old, new) in some.items() if old is None and new is not None},
        {name: (old, new) for name, (old, new) in some.items() if old and new},
        {name: old for name, (old, new) in some.items() if old is not None and new is None},
    )


@pytest.fixture(scope="module")
def one_zone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zone]:
    with ExitStack() as stack:
        yield zone_at(Servers(tmp_path_factory.mktemp("zone"), stack).start())


def _outcome(locator: FakeLocator | Zone, plan: Plan[DnsName, Record]) -> frozenset[DnsName]:
    """Apply *plan* and return the names that were in conflict."""
    try:
        locator.apply(plan)
    except Conflict as raised:
        return frozenset(name for name in (ONE, TWO, SIX) if name in raised.text)
    return frozenset()


@given(plans=st.lists(_CHANGES.map(_plan), max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_plans_come_to_what_they_do_to_a_mapping(
    one_zone: Zone, plans: list[Plan[DnsName, Record]]
) -> None:
    one_zone.apply(diff(wanted={}, found=one_zone.names()))
    mapping = FakeLocator()

    for plan in plans:
        assert _outcome(one_zone, plan) == _outcome(mapping, plan)

    assert one_zone.names() == mapping.found
