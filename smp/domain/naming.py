"""Under which DNS names is a participant found, and what do they say?

eDelivery BDXL 1.6, section 1.4.2 (NAPTR); Peppol SML 1.0.1 (the older CNAME).
"""

from base64 import b32encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import md5, sha256
from typing import NewType

from smp.domain.identifiers import ParticipantId

DnsName = NewType("DnsName", str)
"""A name in lower case, fully qualified, with its final dot."""

NAPTR_SERVICE = "Meta:SMP"
_LONGEST_REGEXP = 255


@dataclass(frozen=True, slots=True)
class Naptr:
    """A U-NAPTR that leads to an SMP: order 100, preference 10, flag U, service Meta:SMP.

    *of* is whom it stands for, where that is known: a central SML is told participants and no
    names, and a name is a hash. What stands in DNS is the same for whomever, so it is no part of
    what is compared.
    """

    base_url: str
    of: ParticipantId | None = field(default=None, compare=False, repr=False)

    @property
    def regexp(self) -> str:
        """The substitution field. `^.*$` and not `.*`: with the latter clients double the URL."""
        return f"!^.*$!{self.base_url}!"


@dataclass(frozen=True, slots=True)
class Cname:
    """An alias for the publisher's own name, for clients older than NAPTR."""

    target: DnsName


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 or IPv6 address: what the publisher's own name leads to."""

    ip: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """What stands at a name and is none of the above, in presentation form, sorted by lines.

    *leads_to* is the base URL, without its final slash, where all of it leads to one SMP, spelled
    otherwise than Naptr is. It is read from the text, and so no part of what is compared.
    """

    text: str
    leads_to: str | None = field(default=None, compare=False)


Record = Naptr | Cname | Address | Foreign
OwnRecord = Address | Cname
"""What may stand at the publisher's own name."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How names are made: the zone, where they lead, and which kinds are published.

    *publisher* is the publisher's own name, with its address or the host it stands for.
    """

    zone: DnsName
    base_url: str
    publisher: DnsName
    publisher_record: OwnRecord
    naptr: bool = True
    cname: bool = True


def dns_name(text: str) -> DnsName:
    """Return *text* as a name: lower case, with a final dot."""
    return DnsName(text.lower().rstrip(".") + ".")


def print_own(record: OwnRecord) -> str:
    """Return where *record* leads: an IP address, or a name with its final dot."""
    return record.ip if isinstance(record, Address) else record.target


def parse_own(text: str) -> OwnRecord:
    """Return the record that print_own() gives *text* for."""
    return Cname(DnsName(text)) if text.endswith(".") else Address(text)


def zone_of(name: DnsName, zones: Iterable[DnsName]) -> DnsName | None:
    """Return in which of *zones* a name stands: the longest one that it ends with."""
    return max((zone for zone in zones if name.endswith(f".{zone}")), key=len, default=None)


def label(participant: ParticipantId) -> str:
    """Return the first label of a participant's NAPTR name: BDXL 1.6, 1.4.2, steps 1 to 4."""
    return b32encode(sha256(_hashed(participant)).digest()).decode().rstrip("=").lower()


def legacy_label(participant: ParticipantId) -> str:
    """Return the first label of a participant's CNAME: `b-` and the MD5 of the value."""
    digest = md5(_hashed(participant), usedforsecurity=False).hexdigest()
    return f"b-{digest}"


def naptr_name(participant: ParticipantId, zone: DnsName) -> DnsName:
    """Return the name at which a participant's NAPTR stands."""
    return _below(label(participant), participant, zone)


def cname_name(participant: ParticipantId, zone: DnsName) -> DnsName:
    """Return the name at which a participant's CNAME stands."""
    return _below(legacy_label(participant), participant, zone)


def participant_names(participant: ParticipantId, zone: DnsName) -> tuple[DnsName, DnsName]:
    """Return both names that a participant may have, whatever is switched on."""
    return naptr_name(participant, zone), cname_name(participant, zone)


def names(participants: Iterable[ParticipantId], naming: Naming) -> Mapping[DnsName, Record]:
    """Return the names that *participants* should have."""
    wanted: dict[DnsName, Record] = {}
    for participant in participants:
        if naming.naptr:
            wanted[naptr_name(participant, naming.zone)] = Naptr(naming.base_url, participant)
        if naming.cname:
            wanted[cname_name(participant, naming.zone)] = Cname(naming.publisher)
    return wanted


def fits(base_url: str) -> bool:
    """Whether *base_url* can stand in a NAPTR: short enough, no delimiter, no back-reference."""
    return len(Naptr(base_url).regexp.encode()) <= _LONGEST_REGEXP and not set(base_url) & set(
        "!\\$"
    )


def _below(first: str, participant: ParticipantId, zone: DnsName) -> DnsName:
    """An identifier that describes itself (ebCore) has no scheme, and no label for one."""
    labels = (first, participant.scheme.lower()) if participant.scheme else (first,)
    return DnsName(".".join((*labels, zone)))


def _hashed(participant: ParticipantId) -> bytes:
    """Lower-cased before hashing; the scheme is a label of its own and not in the hash."""
    return participant.value.lower().encode()
