"""How is something put to one name server, and what does its failure mean for us?

TSIG as RFC 8945, over TCP as RFC 7766; zone transfer as RFC 5936, of changes as RFC 1995.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.tsig
import dns.xfr
import dns.zone

from eer.domain.errors import Failure, Refused, Unavailable
from smp.sml.openly import Server
from smp.sml.tsig import TsigKey

_REFUSING = frozenset(
    {
        *(dns.rcode.REFUSED, dns.rcode.NOTAUTH, dns.rcode.NOTZONE),
        *(dns.rcode.NOTIMP, dns.rcode.FORMERR),
    }
)
_BLAMED = {
    dns.tsig.PeerBadKey: "does not know the TSIG key {key}, or not for this: add the key to its"
    " configuration, and let it transfer and update the zone",
    dns.tsig.PeerBadSignature: "has another secret or algorithm for the TSIG key {key}: give both"
    " sides the same key file",
    dns.tsig.PeerBadTime: "has another time than this machine: set both clocks (TSIG key {key})",
}


@dataclass(frozen=True, slots=True)
class Trust:
    """What is signed with which key, for which zone, and how long an answer may take."""

    zone: dns.name.Name
    key: TsigKey
    timeout: float


class Connection:
    """A TCP connection over which every question and every answer is signed."""

    def __init__(self, server: Server, trust: Trust) -> None:
        self._server = server
        self._trust = trust
        self._key = trust.key.key

    def __enter__(self) -> Self:
        """Connect; raises Unavailable."""
        with self._explained():
            self._socket = socket.create_connection(self._server, self._trust.timeout)
            self._answers = self._socket.makefile("rb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._answers.close()
        self._socket.close()

    def ask(self, query: dns.message.Message) -> dns.message.Message:
        """Send *query* signed and return the signed answer, whatever its rcode.

        Raises Refused when the key is not taken or the answer is not to be believed, Unavailable
        when there is none.
        """
        with self._explained():
            return self._answer(query)

    def judged(self, update: dns.message.Message) -> dns.rcode.Rcode:
        """Send *update* signed and return what it came to; raises as `ask`.

        BADKEY as well: Knot says it of a key that its policy keeps from a name, too.
        """
        with self._explained():
            try:
                return self._answer(update).rcode()
            except dns.tsig.PeerBadKey:
                return dns.rcode.BADKEY

    def transfer(self, zone: dns.zone.Zone) -> None:
        """Bring *zone* to what stands there: all of it (AXFR), or what changed since (IXFR).

        Nothing of *zone* changes if it fails; raises as `ask` and when it is not allowed.
        """
        query, serial = dns.xfr.make_query(zone)
        query.flags = dns.flags.Flag(0)
        kind = query.question[0].rdtype
        with self._explained(), dns.xfr.Inbound(zone, kind, serial) as inbound:
            self._send(query)
            answer = self._receive(query, multi=True)
            if answer.rcode() != dns.rcode.NOERROR:
                raise self.failure(answer.rcode())
            while not inbound.process_message(answer):
                answer = self._receive(query, multi=True, context=answer.tsig_ctx)

    def failure(self, rcode: dns.rcode.Rcode) -> Failure:
        """Return what an *rcode* that is neither success nor a prerequisite means for us."""
        if rcode == dns.rcode.BADKEY:
            return self._blame(dns.tsig.PeerBadKey)
        said = f"name server {self._server} answered {dns.rcode.to_text(rcode)}"
        if rcode in _REFUSING:
            return Refused(
                f"{said}: allow the TSIG key {self._trust.key.name} to transfer and update the zone"
                f" {self._trust.zone} there, or correct the address of the primary"
            )
        return Unavailable(f"{said} for the zone {self._trust.zone}: look into its log")

    def _blame(self, fault: type[dns.tsig.PeerError]) -> Refused:
        text = _BLAMED.get(fault, "refuses the TSIG key {key}")
        return Refused(f"name server {self._server} {text.format(key=self._trust.key.name)}")

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        self._send(query)
        answer = self._receive(query, multi=False)
        if not query.is_response(answer):
            raise dns.query.BadResponse
        return answer

    def _send(self, query: dns.message.Message) -> None:
        query.use_tsig(self._key)
        self._socket.sendall(query.to_wire(prepend_length=True))

    def _receive(
        self,
        query: dns.message.Message,
        *,
        multi: bool,
        context: dns.tsig.HMACTSig | dns.tsig.GSSTSig | None = None,
    ) -> dns.message.Message:
        wire = self._read(*struct.unpack("!H", self._read(2)))
        try:
            return dns.message.from_wire(
                wire,
                keyring=self._key,
                request_mac=query.mac,
                xfr=multi,
                multi=multi,
                tsig_ctx=context,
                one_rr_per_rrset=multi,
            )
        except dns.exception.FormError:
            # Unsigned: not believed, but a server that fails may say so without a signature.
            unsigned = dns.message.from_wire(wire, keyring=False, xfr=multi)
            if unsigned.rcode() == dns.rcode.NOERROR:
                raise
            raise self.failure(unsigned.rcode()) from None

    def _read(self, octets: int) -> bytes:
        found = self._answers.read(octets)
        if len(found) < octets:
            raise EOFError("it closed the connection")
        return found

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except dns.tsig.PeerError as fault:
            raise self._blame(type(fault)) from None
        except (dns.tsig.BadSignature, dns.tsig.BadTime, dns.tsig.BadKey, dns.tsig.BadAlgorithm):
            raise Refused(
                f"name server {self._server}: its answer is not signed with the TSIG key"
                f" {self._trust.key.name} as ours is, so it is not believed"
            ) from None
        except TimeoutError:
            raise Unavailable(
                f"name server {self._server} does not answer within {self._trust.timeout:g} s"
            ) from None
        except (OSError, EOFError) as fault:
            raise Unavailable(f"name server {self._server} does not answer: {fault}") from None
        except dns.exception.DNSException as fault:
            raise Unavailable(
                f"name server {self._server} answered something unreadable: {fault}"
            ) from None
