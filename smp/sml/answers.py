"""What does one name server of a zone answer to anybody who asks?"""

import dns.message

from smp.domain.naming import DnsName, Record
from smp.sml import openly, records
from smp.sml.openly import Server


class Answers:
    """The answers of one *server*, each given within *timeout* seconds."""

    def __init__(self, server: Server, timeout: float) -> None:
        self._server = server
        self._timeout = timeout

    def __str__(self) -> str:
        return str(self._server)

    def at(self, name: DnsName, kind: str) -> Record | None:
        """Return what it has at *name* when asked for *kind*, such as NAPTR.

        Raises Unavailable when it does not answer with authority.
        """
        owner = records.wire_name(name)
        query = dns.message.make_query(owner, kind, flags=0)
        answer = openly.ask(self._server, query, self._timeout)
        return records.record(rrset for rrset in answer.answer if rrset.name == owner)

    def serial(self, zone: DnsName) -> int:
        """Return the serial number of its copy of *zone*; raises as `at`."""
        return openly.apex(self._server, zone, self._timeout).serial
