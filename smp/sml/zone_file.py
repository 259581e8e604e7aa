"""What did the embedded name server's zone hold when it was last changed?

Each change replaces its master file as a whole, or not at all.
"""

from pathlib import Path
from typing import cast

import dns.btreezone
import dns.name
import dns.rdataset
import dns.rdatatype
from dns.rdtypes.ANY.SOA import SOA
from dns.zone import Transaction

from smp.sml import amend, master_file


class ZoneFile:
    """The file of one zone, with its text by names: a change prints what it touched only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts: dict[dns.name.Name, str] = {}

    def load(self, origin: dns.name.Name, ttl: int) -> dns.btreezone.Zone:
        """Return the zone in the file, or a new one where there is none; absence lasts *ttl*.

        Raises Malformed, naming file and line, when it is not a zone file of *origin*, and
        Unavailable when it cannot be read or written.
        """
        found = master_file.content(self._path)
        text = master_file.new(origin, ttl) if found is None else found
        zone = master_file.parse(text, origin, str(self._path))
        with zone.writer() as open_zone:
            _last(open_zone, origin, ttl)
            changed = bool(amend.touched(open_zone))
        with zone.reader() as said:
            self._texts = {n: master_file.print_node(n, said) for n in said.iterate_names()}
        if changed or found is None:
            master_file.write(self._path, self._texts.values())
        return zone

    def save(self, zone: Transaction) -> None:
        """Put what an open transaction has changed on disk; raises Unavailable when that fails."""
        touched = {name: master_file.print_node(name, zone) for name in amend.touched(zone)}
        texts = self._texts | touched
        master_file.write(self._path, texts.values())
        self._texts = {name: text for name, text in texts.items() if text}


def _last(zone: Transaction, origin: dns.name.Name, ttl: int) -> None:
    """Make an absence be remembered for *ttl* (RFC 2308, 4): a setting that may have changed."""
    found = cast(dns.rdataset.Rdataset, zone.get(origin, dns.rdatatype.SOA))
    soa = cast(SOA, found[0])
    if (found.ttl, soa.minimum) != (ttl, ttl):
        zone.replace(origin, dns.rdataset.from_rdata(ttl, soa.replace(minimum=ttl)))
        zone.update_serial(name=origin)
