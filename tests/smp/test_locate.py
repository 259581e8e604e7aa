import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from builders_smp import participant
from eer.domain.errors import Absent, Malformed, Unavailable
from fakes.servers import free_port
from smp.domain.identifiers import Identifier, ParticipantId
from smp.domain.naming import DnsName, cname_name, naptr_name
from smp.lookup import locate
from smp.lookup.locate import Kind

ZONE = DnsName("sml.example.dk.")
WHO = participant()
NAME = naptr_name(WHO, ZONE)
LEGACY = cname_name(WHO, ZONE)
RIGHT = '100 10 "U" "Meta:SMP" "!^.*$!https://smp.example.dk!" .'

Script = Callable[[dns.message.Message], dns.message.Message | None]


@contextmanager
def server(script: Script) -> Iterator[tuple[str, int]]:
    """Run a name server on UDP that answers by *script*; None is silence."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                wire, client = udp.recvfrom(4096)
                if not wire:
                    return
                answer = script(dns.message.from_wire(wire))
                if answer is not None:
                    udp.sendto(answer.to_wire(), client)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield udp.getsockname()
        finally:
            with socket.socket(type=socket.SOCK_DGRAM) as end:
                end.sendto(b"", udp.getsockname())
            thread.join()


def answering(*rrsets: tuple[str, int, str, str], authority: str = "SOA") -> Script:
    """Answer with those of *rrsets* that lead from the name asked for, aliases followed."""

    def script(query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        name = query.question[0].name
        for owner, ttl, kind, *texts in rrsets:
            if dns.name.from_text(owner) == name:
                rrset = dns.rrset.from_text(name, ttl, "IN", kind, *texts)
                response.answer.append(rrset)
                name = rrset[0].target if kind == "CNAME" else name
        if not response.answer:
            text = f"ns.{ZONE} h.{ZONE} 1 2 3 4 5" if authority == "SOA" else f"ns.{ZONE}"
            response.authority.append(dns.rrset.from_text(ZONE, 60, "IN", authority, text))
        return response

    return script


def failing(rcode: dns.rcode.Rcode) -> Script:
    def script(query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        return response

    return script


def silent(_: dns.message.Message) -> None:
    return None


def found(
    *scripts: Script,
    by: Callable[..., locate.Located] = locate.locate,
    who: ParticipantId = WHO,
    seconds: float = 5.0,
) -> locate.Located:
    with ExitStack() as stack:
        servers = [stack.enter_context(server(script)) for script in scripts]
        return by(who, ZONE, locate.resolver(servers, seconds))


def test_a_naptr_is_followed_to_the_base_url() -> None:
    located = found(answering((NAME, 60, "NAPTR", RIGHT)))

    assert located == locate.Located(NAME, 60, "https://smp.example.dk", Kind.NAPTR, RIGHT)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://smp.example.dk", "http://smp.example.dk"),
        ("https://smp.example.dk/", "https://smp.example.dk"),
        ("https://smp.example.dk:8443/smp/", "https://smp.example.dk:8443/smp"),
    ],
)
def test_the_base_url_is_kept_without_its_last_slash(url: str, base: str) -> None:
    text = RIGHT.replace("https://smp.example.dk", url)

    assert found(answering((NAME, 60, "NAPTR", text))).base_url == base


def test_a_small_flag_is_read_as_clients_read_it() -> None:
    text = RIGHT.replace('"U"', '"u"')

    assert found(answering((NAME, 60, "NAPTR", text))).base_url == "https://smp.example.dk"


def test_an_expression_with_which_some_clients_write_the_url_twice_is_malformed() -> None:
    text = RIGHT.replace("^.*$", ".*")

    with pytest.raises(Malformed, match="write the URL twice"):
        found(answering((NAME, 60, "NAPTR", text)))


@pytest.mark.parametrize(
    "text",
    [
        RIGHT.replace("Meta:SMP", "meta:smp"),
        RIGHT.replace('"U"', '"S"'),
        RIGHT.replace("!^.*$!https://smp.example.dk!", "#^.*$#https://smp.example.dk#"),
        RIGHT.replace("dk!", "dk!i"),
        RIGHT.replace("dk!", "dk"),
        RIGHT.replace("^.*$", "^0088.*$"),
        RIGHT.replace("https", "ftp"),
        RIGHT.replace("https://smp.example.dk", "smp.example.dk"),
        RIGHT.replace("https://smp.example.dk", "https://[smp"),
    ],
)
def test_a_naptr_that_some_client_cannot_use_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="expected flag"):
        found(answering((NAME, 60, "NAPTR", text)))


def test_records_that_lead_to_different_places_are_malformed() -> None:
    other = RIGHT.replace("smp.example", "smp2.example")

    with pytest.raises(Malformed, match="different places"):
        found(answering((NAME, 60, "NAPTR", RIGHT, other)))


def test_records_of_other_services_are_passed_over() -> None:
    other = RIGHT.replace("Meta:SMP", "meta:cppa3")

    assert found(answering((NAME, 60, "NAPTR", other, RIGHT))).record == RIGHT
    with pytest.raises(Absent, match="meta:cppa3"):
        found(answering((NAME, 60, "NAPTR", other)))


def test_no_such_name_is_absent() -> None:
    with pytest.raises(Absent, match="NXDOMAIN"):
        found(failing(dns.rcode.NXDOMAIN))


def test_a_name_without_naptr_is_absent() -> None:
    with pytest.raises(Absent, match="no NAPTR there"):
        found(answering())


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP])
def test_a_failing_server_is_not_an_unknown_participant(rcode: dns.rcode.Rcode) -> None:
    with pytest.raises(Unavailable, match="no name server could say"):
        found(failing(rcode))


def test_a_silent_server_is_not_an_unknown_participant() -> None:
    with pytest.raises(Unavailable):
        found(silent, seconds=0.3)


def test_a_closed_port_is_not_an_unknown_participant() -> None:
    asking = locate.resolver([("127.0.0.1", free_port())], 0.3)

    with pytest.raises(Unavailable):
        locate.locate(WHO, ZONE, asking)


def test_a_referral_is_not_an_unknown_participant() -> None:
    with pytest.raises(Unavailable, match="refers to others"):
        found(answering(authority="NS"))


@pytest.mark.parametrize("first", [failing(dns.rcode.SERVFAIL), failing(dns.rcode.REFUSED), silent])
def test_the_next_server_is_asked_when_one_fails(first: Script) -> None:
    located = found(first, answering((NAME, 60, "NAPTR", RIGHT)), seconds=1.5)

    assert located.base_url == "https://smp.example.dk"


def test_the_first_server_that_can_say_is_believed() -> None:
    with pytest.raises(Absent):
        found(failing(dns.rcode.NXDOMAIN), answering((NAME, 60, "NAPTR", RIGHT)))


def test_an_alias_is_followed_and_its_ttl_counts() -> None:
    alias = (NAME, 30, "CNAME", "party.example.dk.")

    located = found(answering(alias, ("party.example.dk.", 60, "NAPTR", RIGHT)))

    assert (located.ttl, located.base_url) == (30, "https://smp.example.dk")


def test_an_alias_whose_end_is_not_in_the_answer_is_asked_for() -> None:
    def script(query: dns.message.Message) -> dns.message.Message:
        only = "CNAME" if query.question[0].name == dns.name.from_text(NAME) else "NAPTR"
        text = "party.example.dk." if only == "CNAME" else RIGHT
        return answering((query.question[0].name.to_text(), 60, only, text))(query)

    assert found(script).base_url == "https://smp.example.dk"


def test_an_alias_that_leads_out_of_reach_is_not_an_unknown_participant() -> None:
    def script(query: dns.message.Message) -> dns.message.Message:
        if query.question[0].name != dns.name.from_text(NAME):
            return failing(dns.rcode.REFUSED)(query)
        return answering((NAME, 60, "CNAME", "party.example.net."))(query)

    with pytest.raises(Unavailable):
        found(script)


def test_aliases_without_end_are_malformed() -> None:
    def script(query: dns.message.Message) -> dns.message.Message:
        name = query.question[0].name.to_text()
        return answering((name, 60, "CNAME", f"x.{name}"))(query)

    with pytest.raises(Malformed, match="aliases"):
        found(script)


def test_a_cname_is_followed_only_by_who_asks_for_it() -> None:
    script = answering((LEGACY, 60, "CNAME", "smp.publisher.example.dk."))

    located = found(script, by=locate.locate_by_cname)

    assert (located.base_url, located.kind) == ("http://smp.publisher.example.dk", Kind.CNAME)
    with pytest.raises(Absent):
        found(script)


def test_case_does_not_change_the_name_that_is_asked_for() -> None:
    loud = ParticipantId(Identifier("ISO6523-ACTORID-UPIS", "9915:ABC"))
    name = naptr_name(ParticipantId(Identifier("iso6523-actorid-upis", "9915:abc")), ZONE)

    assert found(answering((name, 60, "NAPTR", RIGHT)), who=loud).name == name


def test_a_name_server_may_be_given_by_its_name() -> None:
    with server(answering((NAME, 60, "NAPTR", RIGHT))) as (_, port):
        asking = locate.resolver([("localhost", port)])

        assert locate.locate(WHO, ZONE, asking).record == RIGHT


def test_a_name_server_without_an_address_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="has no address"):
        locate.resolver([("no-such-host.invalid", 53)])
