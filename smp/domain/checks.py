"""Is what publication stands on as it should be, and what is to be done where it is not?

RFC 2308 section 5 for what is remembered of a name that was not there.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address

from smp.domain.naming import DnsName, Naming, Record
from smp.domain.ownership import names_publisher
from smp.domain.told_held import record_text

EXPIRES_SOON = timedelta(days=90)
"""How long before its signer expires an operator is told: a new one takes weeks to get."""

_LONGEST_TTL = 3600
"""Seconds: some clients cap what they remember at that, and a change takes as long to be seen."""


class Level(StrEnum):
    """How much a check weighs; of what gave no answer nothing is known."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SILENT = "no answer"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of a *subject*, and where that is not right what was expected, and what to do.

    A failure says all three in what was found.
    """

    subject: str
    level: Level
    found: str
    expected: str = ""
    advice: str = ""

    def __str__(self) -> str:
        expected = f", expected {self.expected}" if self.expected else ""
        advice = f": {self.advice}" if self.advice else ""
        return f"{self.level:<9}  {self.subject}: {self.found}{expected}{advice}"


def code(checks: Iterable[Check]) -> int:
    """Return the exit code: 1 when something is not right, else 3 when somebody was silent."""
    levels = {each.level for each in checks}
    if levels & {Level.WARNING, Level.ERROR}:
        return 1
    return 3 if Level.SILENT in levels else 0


def lines(checks: Sequence[Check]) -> list[str]:
    """Return *checks* for people, a line each and one for the whole."""
    wrong = sum(each.level is not Level.OK for each in checks)
    return [*map(str, checks), f"{len(checks)} things looked at, {wrong} not as they should be"]


def signer(not_after: datetime, at: datetime) -> Check:
    """Judge how long the signer's certificate is valid."""
    advice = "get a new one in time, nothing is signed after that"
    return certificate("signer", not_after, at, advice)


def sml_client(not_after: datetime, at: datetime) -> Check:
    """Judge how long the central SML knows us by our certificate, or the first of its chain."""
    advice = "announce a new one in time (smp sml prepare-certificate)"
    if at > not_after:
        advice = "get a new one, and ask the SML's operator to take it: nobody else can announce it"
    return certificate("SML client certificate", not_after, at, f"{advice}; no name changes then")


def manage_tls(not_after: datetime, at: datetime) -> Check:
    """Judge how long tools can connect to smp manage."""
    advice = "get a new one in time, no tool connects after that"
    return certificate("smp manage TLS certificate", not_after, at, advice)


def certificate(subject: str, not_after: datetime, at: datetime, advice: str) -> Check:
    """Judge how long a certificate, of which *advice* says what there is to do, is valid."""
    found = f"valid until {not_after.date()}"
    if at > not_after:
        return Check(subject, Level.ERROR, f"expired {not_after.date()}", "a valid one", advice)
    if not_after - at > EXPIRES_SOON:
        return Check(subject, Level.OK, found)
    return Check(
        subject, Level.WARNING, found, f"more than {EXPIRES_SOON.days} days from now", advice
    )


def serials(found: Mapping[str, int]) -> Check:
    """Judge whether all name servers, each with its serial, have the same zone."""
    if len(set(found.values())) == 1:
        return Check("serials", Level.OK, f"{min(found.values())} at each of {len(found)} servers")
    return Check(
        "serials",
        Level.WARNING,
        ", ".join(f"{server} {serial}" for server, serial in found.items()),
        "the same at all of them",
        "look again in a minute; a server that stays behind is not told of changes (NOTIFY)"
        " or may not transfer the zone",
    )


def record_ttl(seconds: int) -> Check:
    """Judge for how many seconds others may remember a record."""
    found = f"others may remember a record for {seconds} s"
    if seconds <= _LONGEST_TTL:
        return Check("record TTL", Level.OK, found)
    return Check(
        "record TTL",
        Level.WARNING,
        found,
        f"at most {_LONGEST_TTL} s",
        "whoever moves or leaves is looked for at the old place for so long: lower SMP_DNS_TTL",
    )


def longest_absence(ttl: int, absence: int | None) -> int:
    """Return for how many seconds absence may be remembered: no longer than a record of *ttl*.

    Nor longer than what was set, *absence*.
    """
    return min(ttl, _LONGEST_TTL, ttl if absence is None else absence)


def negative_ttl(server: str, found: int, limit: int) -> Check:
    """Judge for how many seconds *server* lets others remember that a name is not there."""
    subject = f"absence at {server}"
    if found <= limit:
        return Check(subject, Level.OK, f"remembered for {found} s")
    return Check(
        subject,
        Level.WARNING,
        f"remembered for {found} s",
        f"at most {limit} s",
        "a receiver that somebody asked for too early stays hidden for so long;"
        " lower the last number of the zone's SOA, or its TTL",
    )


def name_servers(
    found: Mapping[DnsName, Collection[str]], asked: Mapping[str, Collection[str]]
) -> Iterator[Check]:
    """Judge whether all name servers that the zone has are *asked*, each with its addresses.

    Who is asked besides is told: a primary that nobody else knows of is asked as well.
    """
    theirs = {name: {_reached(each) for each in addresses} for name, addresses in found.items()}
    ours = {server: {_reached(each) for each in addresses} for server, addresses in asked.items()}
    known, named = set[str]().union(*ours.values()), set[str]().union(*theirs.values())
    for name, addresses in sorted(theirs.items()):
        yield _name_server(f"NS {name}", addresses, known)
    for server, addresses in ours.items():
        if theirs and all(theirs.values()) and not addresses & named:
            yield Check(f"name server {server}", Level.OK, "asked, though it is no NS of the zone")


def _name_server(subject: str, addresses: AbstractSet[str], known: AbstractSet[str]) -> Check:
    if not addresses:
        return Check(subject, Level.OK, "no address known here, so not compared")
    if addresses <= known:
        return Check(subject, Level.OK, "asked")
    return Check(
        subject,
        Level.WARNING,
        f"not asked at {', '.join(sorted(addresses - known))}",
        "every server of the zone in SMP_NAMESERVERS",
        "add it there, or nobody notices what it answers; or take it out of the zone",
    )


def _reached(address: str) -> str:
    """Return *address*; all of those that lead back to the machine itself are one."""
    return "this machine" if ip_address(address.partition("%")[0]).is_loopback else address


def publisher(naming: Naming, found: Record | None) -> Check:
    """Judge whether the publisher's own name leads to where it should."""
    subject = f"publisher's name {naming.publisher}"
    if not names_publisher(naming):
        return Check(subject, Level.OK, "not needed in this zone")
    if found == naming.publisher_record:
        return Check(subject, Level.OK, record_text(found))
    return Check(
        subject,
        Level.WARNING,
        "nothing stands there" if found is None else f"{record_text(found)} stands there",
        record_text(naming.publisher_record),
        "smp publish puts it there, unless it is somebody else's: smp plan says so",
    )
