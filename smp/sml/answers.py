"""What does one name server of a zone answer to anybody who asks?"""

from typing import cast

import dns.message
import dns.rdatatype
from dns.rdtypes.ANY.SOA import SOA

from eer.domain.errors import Unavailable
from smp.domain.naming import DnsName, Record
from smp.sml import exchange, records
from smp.sml.exchange import Server


class Answers:
    """The answers of one server, each given within *timeout* seconds."""

    def __init__(self, server: tuple[str, int], timeout: float) -> None:
        self._server = Server(*server)
        self._timeout = timeout

    def __str__(self) -> str:
        return str(self._server)

    def at(self, name: DnsName, kind: str) -> Record | None:
        """Return what it has at *name* when asked for *kind*, such as NAPTR.

        Raises Unavailable when it does not answer with authority.
        """
        owner = records.wire_name(name)
        answer = self._ask(dns.message.make_query(owner, kind, flags=0))
        return records.record(rrset for rrset in answer.answer if rrset.name == owner)

    def serial(self, zone: DnsName) -> int:
        """Return the serial number of its copy of *zone*; raises as `at`."""
        answer = self._ask(dns.message.make_query(records.wire_name(zone), "SOA", flags=0))
        for rrset in answer.answer:
            if rrset.rdtype == dns.rdatatype.SOA:
                return cast(SOA, rrset[0]).serial
        raise Unavailable(f"name server {self._server} has no SOA of {zone}: is it one of its own?")

    def _ask(self, query: dns.message.Message) -> dns.message.Message:
        return exchange.ask_openly(self._server, query, self._timeout)
