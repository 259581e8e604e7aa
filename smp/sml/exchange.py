"""How is something put to one name server, and what does its failure mean for us?

TSIG as RFC 8945, over TCP as RFC 7766; zone transfer as RFC 5936, of changes as RFC 1995.
"""

import logging
import time
from collections.abc import Callable, Iterator
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
from smp.sml.channel import Channel
from smp.sml.openly import UNREADABLE, Server
from smp.sml.tsig import TsigKey

_LOG = logging.getLogger(__name__)

MOST_RECORDS = 1_000_000
"""The most records that are taken of one transfer: ten times as many as 100,000 receivers have."""

MOST_OCTETS = 256 * 1024 * 1024
"""The most octets of one transfer, whatever they are."""

_AT_LEAST = 60.0
"""Seconds that a transfer may take however little comes."""

_SLOWEST = 100_000
"""Octets that give a transfer another second: a twelfth of what a line of 10 Mbit/s carries."""

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


class _Unread(Exception):
    """The server says, without a signature, that it cannot read what was sent."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What is signed with which key, for which zone, and how long an answer may take, all of it.

    *clock* counts seconds and never goes back.
    """

    zone: dns.name.Name
    key: TsigKey
    timeout: float
    clock: Callable[[], float] = time.monotonic


class Connection:
    """A TCP connection over which every question and every answer is signed."""

    def __init__(self, server: Server, trust: Trust) -> None:
        self._server = server
        self._trust = trust
        self._key = trust.key.key
        self._channel = Channel((server.host, server.port), trust.clock)

    def __enter__(self) -> Self:
        """Connect; raises Unavailable."""
        with self._explained():
            self._channel.connect(self._end())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._channel.close()

    def renew(self) -> None:
        """Connect anew: a server may close the connection behind what it cannot take."""
        self._channel.close()
        with self._explained():
            self._channel.connect(self._end())

    def ask(self, query: dns.message.Message) -> dns.message.Message:
        """Send *query* signed and return the signed answer, whatever its rcode.

        Raises Refused when the key is not taken or the answer is not to be believed, Unavailable
        when there is none.
        """
        with self._explained():
            return self._answer(query)

    def judged(self, update: dns.message.Message) -> dns.rcode.Rcode:
        """Send *update* signed and return what it came to; raises as `ask`.

        BADKEY as well: Knot says it of a key that its policy keeps from a name, too. And FORMERR
        without a signature: BIND and Knot say it of what they cannot read, before they look at one.
        """
        with self._explained():
            try:
                return self._answer(update).rcode()
            except dns.tsig.PeerBadKey:
                return dns.rcode.BADKEY
            except _Unread:
                return dns.rcode.FORMERR

    def transfer(self, zone: dns.zone.Zone) -> None:
        """Bring *zone* to what stands there: all of it (AXFR), or what changed since (IXFR).

        Nothing of *zone* changes if it fails; raises as `ask`, when it is not allowed, and
        Unavailable when it does not come to an end. What is not in the zone is left out.
        """
        query, serial = dns.xfr.make_query(zone)
        query.flags = dns.flags.Flag(0)
        kind = query.question[0].rdtype
        strangers: list[dns.name.Name] = []
        with self._explained(), dns.xfr.Inbound(zone, kind, serial) as inbound:
            for answer in self._transferred(query):
                names = (rrset.name for rrset in answer.answer)
                strangers += [name for name in names if not name.is_subdomain(self._trust.zone)]
                if inbound.process_message(answer):
                    break
        if strangers:
            _LOG.warning(
                "strangers zone=%s server=%s records=%d first=%s: left out, for they are not in the"
                " zone; look what the primary has there",
                *(self._trust.zone, self._server, len(strangers), strangers[0]),
            )

    def _transferred(self, query: dns.message.Message) -> Iterator[dns.message.Message]:
        """Yield the messages of a transfer, to who knows which is the last, within limits.

        Each of them has the time of an answer; all together more, the more has come.
        """
        begun = self._trust.clock()
        self._send(query, self._end())
        context, records, octets = None, 0, 0
        while True:
            last = begun + _AT_LEAST + octets / _SLOWEST
            if self._trust.clock() > last:
                raise self._endless(f"is still sending {{}} after {last - begun:.0f} s")
            wire = self._channel.receive(self._end())
            answer = self._read(wire, query, multi=True, context=context)
            if answer.rcode() != dns.rcode.NOERROR:
                raise self.failure(answer.rcode())
            context, records = answer.tsig_ctx, records + len(answer.answer)
            octets += len(wire)
            if records > MOST_RECORDS:
                raise self._endless(f"sends more than {MOST_RECORDS} records as {{}}")
            if octets > MOST_OCTETS:
                raise self._endless(f"sends more than {MOST_OCTETS} octets as {{}}")
            yield answer

    def _endless(self, does: str) -> Unavailable:
        what = does.format(f"the zone {self._trust.zone}")
        return Unavailable(
            f"name server {self._server} {what}: given up, and nothing of it is believed; look how"
            " large the zone is there"
        )

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
        end = self._end()
        self._send(query, end)
        answer = self._read(self._channel.receive(end), query, multi=False)
        if not query.is_response(answer):
            raise dns.query.BadResponse
        return answer

    def _end(self) -> float:
        return self._trust.clock() + self._trust.timeout

    def _send(self, query: dns.message.Message, end: float) -> None:
        query.use_tsig(self._key)
        self._channel.send(query.to_wire(prepend_length=True), end)

    def _read(
        self,
        wire: bytes,
        query: dns.message.Message,
        *,
        multi: bool,
        context: dns.tsig.HMACTSig | dns.tsig.GSSTSig | None = None,
    ) -> dns.message.Message:
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
            if unsigned.rcode() == dns.rcode.FORMERR:
                raise _Unread from None
            raise self.failure(unsigned.rcode()) from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except _Unread:
            raise self.failure(dns.rcode.FORMERR) from None
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
        except UNREADABLE as fault:
            raise Unavailable(
                f"name server {self._server} answered something unreadable: {fault}"
            ) from None
