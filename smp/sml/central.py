"""Who is registered with our SMP at a central SML, and how do participants get in and out of it?

The locator over SOAP: the SML is told participants and makes their names itself, so who is
registered has the name that follows from it (docs/decisions/0011-central-sml.md).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import dns.message
import dns.rdatatype

from eer.domain.errors import Conflict, IssueCode, error
from eer.domain.plan import Plan
from smp.domain import central
from smp.domain.central import Registration
from smp.domain.identifiers import ParticipantId
from smp.domain.naming import DnsName, Record
from smp.domain.sml_fault import Fault, failure
from smp.domain.state import Agreed
from smp.sml import openly, participants, records
from smp.sml.bdmsl import Sml
from smp.sml.openly import Server

_TOLD = 20
"""Names that are told of; all of them are in the issues."""


class Central:
    """The participants of our SMP at an SML, and the servers that answer for its *zone*.

    *connect* begins a conversation with the SML; *agreed* tells which addresses are or were ours.
    """

    def __init__(
        self,
        connect: Callable[[], Sml],
        *,
        zone: DnsName,
        servers: Sequence[tuple[str, int]],
        agreed: Callable[[], Agreed],
        timeout: float = 5,
    ) -> None:
        self._connect = connect
        self._zone = zone
        self._servers = tuple(Server(*server) for server in servers)
        self._agreed = agreed
        self._timeout = timeout

    def names(self) -> Mapping[DnsName, Record]:
        """Return the names of all participants that are registered with us.

        Whoever is registered with another SMP has names of theirs, which are not told. Raises
        Absent where our SMP is not registered, Refused and Unavailable as the conversation does.
        """
        with self._connect() as sml:
            return central.names_of(sml.participants(), _registered(sml), self._zone)

    def names_at(self, names: Iterable[DnsName]) -> Mapping[DnsName, Record]:
        """Return those of *names* that participants of ours have; raises as names() does.

        An SML can only be asked for all of them.
        """
        found = self.names()
        return {name: found[name] for name in names if name in found}

    def settle(self) -> None:
        """Do nothing: what an SML has taken it makes names of by itself."""

    def apply(self, plan: Plan[DnsName, Record]) -> None:
        """Make *plan* true; what is true already stays as it is.

        Who is refused is left alone, and all others are done: then it raises Conflict, with an
        issue for each name. Raises Refused where the SML does not let us or no SML could do it,
        Unavailable when it falls silent: then a part may be done, and nobody knows which.
        """
        if plan.is_empty:
            return
        with self._connect() as sml:
            found = _registered(sml)
            orders = central.orders(plan, found)
            if orders.logical is not None:
                _move(sml, Registration(found.smp_id, orders.logical, found.physical))
            blamed = _blamed(orders.add, participants.add(sml, orders.add.values()), "adding")
            blamed |= _blamed(orders.drop, participants.drop(sml, orders.drop.values()), "removing")
        if blamed:
            said = list(blamed.values())
            more = f"; and {len(said) - _TOLD} more" if len(said) > _TOLD else ""
            raise Conflict(
                f"some participants were left alone, all others are done:"
                f" {'; '.join(said[:_TOLD])}{more}",
                [error(IssueCode.CONFLICT, name, why) for name, why in blamed.items()],
            )

    def answering(self, names: Iterable[DnsName]) -> frozenset[DnsName]:
        """Return those of *names* by which somebody may still come to us, asked as clients ask.

        A name that leads to another SMP is none: its participant has moved. Raises Unavailable
        when a server does not answer with authority: nobody knows then what it tells others.
        """
        asked, agreed = tuple(names), self._agreed()
        return frozenset(
            name
            for server in self._servers
            for name in asked
            if self._leads_here(server, name, agreed)
        )

    def _leads_here(self, server: Server, name: DnsName, agreed: Agreed) -> bool:
        owner = records.wire_name(name)
        for rdtype in (dns.rdatatype.NAPTR, dns.rdatatype.ANY):
            query = dns.message.make_query(owner, rdtype, flags=0)
            answer = openly.ask(server, query, self._timeout)
            found = records.record(rrset for rrset in answer.answer if rrset.name == owner)
            if found is not None and not central.leads_elsewhere(found, agreed):
                return True
        return False


def _registered(sml: Sml) -> Registration:
    found = sml.registration()
    if isinstance(found, Fault):
        raise failure(found, f"reading the SMP {sml.smp_id}")
    return found


def _move(sml: Sml, to: Registration) -> None:
    fault = sml.update(to)
    if fault is not None:
        raise failure(fault, f"moving the SMP {sml.smp_id} to {to.logical}")


def _blamed(
    whose: Mapping[DnsName, ParticipantId], refused: Mapping[ParticipantId, Fault], doing: str
) -> dict[DnsName, str]:
    return {
        name: failure(refused[each], f"{doing} {each}").text
        for name, each in whose.items()
        if each in refused
    }
