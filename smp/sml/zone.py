"""What stands in the zone, and how do our names get in and out of it?

The locator over RFC 2136 (update), RFC 5936 (transfer) and RFC 8945 (TSIG), for BIND, Knot or
whatever else follows them.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from eer.domain.errors import Conflict
from eer.domain.plan import Plan
from smp.domain.naming import DnsName, Record
from smp.sml import exchange, records
from smp.sml.changes import Change, batches, changes, message
from smp.sml.exchange import Connection, Server, Trust
from smp.sml.tsig import TsigKey

_LOG = logging.getLogger(__name__)

_NOT_AS_FOUND = frozenset(
    {dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN, dns.rcode.NXRRSET, dns.rcode.YXRRSET}
)

_USUAL = (
    *(dns.rdatatype.NAPTR, dns.rdatatype.A, dns.rdatatype.AAAA),
    *(dns.rdatatype.TXT, dns.rdatatype.MX, dns.rdatatype.SRV),
)
"""What a name may hold beside each other; an alias stands alone."""


class Zone:
    """One zone at one primary, and at the servers that answer for it.

    The records written get *ttl* seconds. How long a record found may be cached is not looked at:
    one with the right data and another TTL is right, and gets the new TTL when its data change.
    """

    def __init__(
        self,
        name: DnsName,
        *,
        primary: tuple[str, int],
        servers: Sequence[tuple[str, int]],
        key: TsigKey,
        ttl: int,
        timeout: float = 5,
    ) -> None:
        self._name = records.wire_name(name)
        self._primary = Server(*primary)
        self._servers = tuple(Server(*server) for server in servers)
        self._trust = Trust(self._name, key, timeout)
        self._ttl = ttl

    def names(self) -> Mapping[DnsName, Record]:
        """Return everything in the zone but its apex, by a signed transfer from the primary.

        Several records at a name, or any that this project does not write, are one Foreign.
        Raises Refused when the key may not transfer, Unavailable when the primary is silent.
        """
        with self._connected() as connection:
            nodes = connection.transfer().nodes
        found = {
            records.read_name(name): records.record(node.rdatasets)
            for name, node in nodes.items()
            if name != self._name
        }
        return {name: record for name, record in found.items() if record is not None}

    def names_at(self, names: Iterable[DnsName]) -> Mapping[DnsName, Record]:
        """Return what stands at *names* only, asked of the primary; raises as `names`."""
        with self._connected() as connection:
            found = {name: self._at(connection, name) for name in names}
        return {name: record for name, record in found.items() if record is not None}

    def apply(self, plan: Plan[DnsName, Record]) -> None:
        """Make *plan* true, in messages of many names; what is true already stays as it is.

        What somebody put beside a record that was found is neither looked at nor touched: RFC 2136
        cannot ask for it. Raises Conflict, naming each name that holds neither what was found nor
        what is wanted: these are left alone, and all others are done. Raises Refused when the key
        may not update, Unavailable when the primary falls silent: then a part may be done.
        """
        if plan.is_empty:
            return
        with self._connected() as connection:
            culprits = tuple(
                chain.from_iterable(
                    self._make(connection, batch) for batch in batches(changes(plan))
                )
            )
        _LOG.info("updated zone=%s names=%d conflicts=%d", self._name, plan.size, len(culprits))
        if culprits:
            raise Conflict(
                f"in the zone {self._name} these names hold something unexpected and were left"
                f" alone: {', '.join(culprits)}; look what stands there"
            )

    def answering(self, names: Iterable[DnsName]) -> frozenset[DnsName]:
        """Return those of *names* that any of the servers still answers, with whatever it may be.

        Each server is asked as clients ask. Raises Unavailable when one of them does not answer
        with authority: nobody knows then what it tells others.
        """
        asked = tuple(names)
        return frozenset(
            name for server in self._servers for name in asked if self._answers(server, name)
        )

    def _connected(self) -> Connection:
        return Connection(self._primary, self._trust)

    def _at(self, connection: Connection, name: DnsName) -> Record | None:
        """Ask for ANY, and as a server may answer that in part (RFC 8482), for the usual kinds."""
        found = self._asked(connection, name, dns.rdatatype.ANY)
        if found and dns.rdatatype.CNAME not in found:
            for rdtype in _USUAL:
                found |= self._asked(connection, name, rdtype)
        return records.record(found.values())

    def _asked(
        self, connection: Connection, name: DnsName, rdtype: dns.rdatatype.RdataType
    ) -> dict[dns.rdatatype.RdataType, dns.rrset.RRset]:
        owner = records.wire_name(name)
        answer = connection.ask(dns.message.make_query(owner, rdtype, flags=0))
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise connection.failure(answer.rcode())
        return {rrset.rdtype: rrset for rrset in answer.answer if rrset.name == owner}

    def _make(self, connection: Connection, batch: tuple[Change, ...]) -> tuple[DnsName, ...]:
        """Make *batch* true and return the culprits: the names that hold something unexpected."""
        if self._accepted(connection, batch):
            return ()
        found = {change.name: self._at(connection, change.name) for change in batch}
        culprits = [
            change.name
            for change in batch
            if found[change.name] not in (change.before, change.after)
        ]
        undone = tuple(change for change in batch if found[change.name] == change.before)
        if not self._accepted(connection, undone):
            culprits += [one.name for one in undone if not self._accepted(connection, (one,))]
        return tuple(culprits)

    def _accepted(self, connection: Connection, some: tuple[Change, ...]) -> bool:
        """Send *some* in one message; False when a prerequisite of any does not hold."""
        rcode = connection.ask(message(self._name, some, self._ttl)).rcode()
        if rcode in _NOT_AS_FOUND:
            return False
        if rcode != dns.rcode.NOERROR:
            raise connection.failure(rcode)
        return True

    def _answers(self, server: Server, name: DnsName) -> bool:
        """Ask for what clients ask for; and if the name holds something else, whether it does."""
        return any(
            exchange.ask_openly(
                server,
                dns.message.make_query(records.wire_name(name), rdtype, flags=0),
                self._trust.timeout,
            ).answer
            for rdtype in (dns.rdatatype.NAPTR, dns.rdatatype.ANY)
        )
