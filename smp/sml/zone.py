"""What stands in the zone, and how do our names get in and out of it?

The locator over RFC 2136 (update), RFC 5936 and 1995 (transfer) and RFC 8945 (TSIG), for BIND, Knot
or whatever else follows them.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.update

from eer.domain.plan import Plan
from smp.domain.naming import DnsName, Record
from smp.sml import blame, openly, records
from smp.sml.changes import Change, batches, changes, fits, message
from smp.sml.copy import Copy
from smp.sml.exchange import Connection, Trust
from smp.sml.openly import Server
from smp.sml.tsig import TsigKey

_LOG = logging.getLogger(__name__)

_NOT_AS_FOUND = frozenset(
    {dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN, dns.rcode.NXRRSET, dns.rcode.YXRRSET}
)
_NOT_ALLOWED = frozenset({dns.rcode.REFUSED, dns.rcode.NOTAUTH, dns.rcode.BADKEY})
"""What a server answers to a name that its policy keeps from us, or to all of them."""

_FEW = 5
"""Names that fail one after the other in a server that takes harmless messages until it is the
server and not the names: one with a full disk answers so to whatever is to be written."""

_NOBODY = "smp-check.iso6523-actorid-upis"
"""Where a participant's names stand, and none ever does: no hash has a hyphen."""

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
        self._zone = name
        self._name = records.wire_name(name)
        self._primary = Server(*primary)
        self._servers = tuple(Server(*server) for server in servers)
        self._trust = Trust(self._name, key, timeout)
        self._ttl = ttl
        self._copy = Copy(self._name, self._connected)

    def names(self) -> Mapping[DnsName, Record]:
        """Return everything in the zone but its apex, by a signed transfer from the primary.

        Several records at a name, or any that this project does not write, are one Foreign.
        Raises Refused when the key may not transfer, Unavailable when the primary is silent.
        """
        found = {
            records.read_name(name): records.record(node.rdatasets)
            for name, node in self._copy.refreshed().nodes.items()
            if name != self._name
        }
        return {name: record for name, record in found.items() if record is not None}

    def names_at(self, names: Iterable[DnsName]) -> Mapping[DnsName, Record]:
        """Return what stands at *names* only, asked of the primary; raises as `names`."""
        with self._connected() as connection:
            found = {name: self._at(connection, name) for name in names}
        return {name: record for name, record in found.items() if record is not None}

    def settle(self) -> None:
        """Do nothing: a message that was sent is done whole or not at all."""

    def apply(self, plan: Plan[DnsName, Record]) -> None:
        """Make *plan* true, in messages of many names; what is true already stays as it is.

        What somebody put beside a record that was found is neither looked at nor touched: RFC 2136
        cannot ask for it. A name that holds neither what was found nor what is wanted, that the
        primary keeps from this key or that it fails with is left alone, and all others are done:
        then it raises Conflict, with an issue for each such name. Raises Refused when the key may
        not update at all, Unavailable when the primary falls silent: then a part may be done.
        """
        if plan.is_empty:
            return
        blamed: dict[DnsName, str] = {}
        asked = 0
        with self._connected() as connection:
            for batch in batches(changes(plan)):
                blamed |= self._make(connection, batch)
                asked += len(batch)
                if len(blamed) == asked and all(map(blame.is_by_server, blamed.values())):
                    raise blame.refusal(next(iter(blamed.values())), plan)
        _LOG.info("updated zone=%s names=%d left=%d", self._zone, plan.size, len(blamed))
        if blamed:
            raise blame.failure(self._zone, blamed)

    def prove(self, kinds: Iterable[str]) -> None:
        """Prove that the key may write names with records of these *kinds*, writing nothing.

        An update that deletes what is not there changes nothing, but is judged as any other.
        Raises Refused and Unavailable as `apply`.
        """
        with self._connected() as connection:
            self._prove(connection, kinds)

    def answering(self, names: Iterable[DnsName]) -> frozenset[DnsName]:
        """Return those of *names* that any of the servers still answers, with whatever it may be.

        Each server is asked as clients ask. Raises Unavailable when one of them does not answer
        with authority: nobody knows then what it tells others.
        """
        return openly.answering(self._servers, names, self._trust.timeout)

    def _connected(self) -> Connection:
        return Connection(self._primary, self._trust)

    def _prove(self, connection: Connection, kinds: Iterable[str]) -> None:
        name = records.wire_name(DnsName(f"{_NOBODY}.{self._zone}"))
        update = dns.update.UpdateMessage(self._name)
        update.absent(name)
        for kind in kinds:
            update.delete(name, kind)
        rcode = connection.judged(update)
        if rcode != dns.rcode.NOERROR:
            raise connection.failure(rcode)

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

    def _make(self, connection: Connection, batch: tuple[Change, ...]) -> dict[DnsName, str]:
        """Make *batch* true and return the names that were left alone, each with the reason."""
        if len(batch) == 1 and not fits(self._name, batch[0], self._ttl):
            return {batch[0].name: blame.TOO_MUCH}
        rcode = self._tried(connection, batch)
        if rcode in _NOT_AS_FOUND:
            return self._sifted(connection, batch)
        return {} if rcode == dns.rcode.NOERROR else self._one_by_one(connection, batch)

    def _sifted(self, connection: Connection, batch: tuple[Change, ...]) -> dict[DnsName, str]:
        """Ask what stands at the names of *batch*, and make true what can be."""
        found = {change.name: self._at(connection, change.name) for change in batch}
        blamed = {
            change.name: blame.UNEXPECTED
            for change in batch
            if found[change.name] not in (change.before, change.after)
        }
        undone = tuple(change for change in batch if found[change.name] == change.before)
        if undone and self._tried(connection, undone) != dns.rcode.NOERROR:
            blamed |= self._one_by_one(connection, undone)
        return blamed

    def _one_by_one(self, connection: Connection, some: tuple[Change, ...]) -> dict[DnsName, str]:
        """Make *some* true each by itself; raises when it is the server that fails, with all."""
        blamed: dict[DnsName, str] = {}
        failed = 0
        for tried, change in enumerate(some, 1):
            rcode = self._tried(connection, (change,))
            if rcode in _NOT_ALLOWED:
                blamed[change.name] = connection.failure(rcode).text
            elif rcode in _NOT_AS_FOUND:
                if self._at(connection, change.name) != change.after:
                    blamed[change.name] = blame.UNEXPECTED
            elif rcode != dns.rcode.NOERROR:
                failed += 1
                if tried == failed == _FEW:
                    raise connection.failure(rcode)
                blamed[change.name] = blame.spoils(dns.rcode.to_text(rcode))
        return blamed

    def _tried(self, connection: Connection, some: tuple[Change, ...]) -> dns.rcode.Rcode:
        """Send *some* in one message; raises when a harmless one fares no better.

        Then it is the server. Otherwise something of *some* is what it cannot take.
        """
        rcode = connection.judged(message(self._name, some, self._ttl))
        if rcode not in _NOT_AS_FOUND | _NOT_ALLOWED | {dns.rcode.NOERROR}:
            connection.renew()
            self._prove(connection, ())
        return rcode
