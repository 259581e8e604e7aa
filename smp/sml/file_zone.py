"""How do our names get into a zone whose name server takes no updates?

The locator that writes the zone's master file, has it loaded by a command, and asks every server
whether it has the new serial. Records that are not ours stay: those in the file as they are, those
in files that it includes untouched (RFC 1035, 5.1).
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import dns.name
import dns.rdataset
import dns.rdatatype
from dns.rdtypes.ANY.SOA import SOA
from dns.zone import Transaction

from eer.domain.errors import Unavailable
from eer.domain.plan import Plan
from smp.domain.naming import DnsName, Record
from smp.sml import blame, includes, master_file, openly, records
from smp.sml.changes import Change, changes, owner
from smp.sml.includes import Content
from smp.sml.openly import Server
from smp.sml.reload import Reload

_LOG = logging.getLogger(__name__)

_SERIALS = 2**32
_ELSEWHERE = "it stands in an included file, take it away there"


@dataclass(frozen=True)
class FileZone:
    """A zone as the file at *file* that *servers*, the first of them the one that reads it, serve.

    Records written get *ttl* seconds; how long absence is remembered is set to *negative_ttl*.
    """

    name: DnsName
    file: Path
    servers: tuple[Server, ...]
    ttl: int
    negative_ttl: int
    reload: Reload

    def names(self) -> Mapping[DnsName, Record]:
        """Return everything in the file and in what it includes, but for the apex.

        Raises Malformed when a file is no zone file, Absent when an included one is not there,
        Unavailable when one cannot be read.
        """
        content = self._read()
        apex = records.wire_name(self.name)
        with content.zone.reader() as own, content.included.reader() as others:
            found = {
                records.read_name(name): _record(name, own, others)
                for name in {*own.iterate_names(), *others.iterate_names()} - {apex}
            }
        return {name: record for name, record in found.items() if record is not None}

    def names_at(self, names: Iterable[DnsName]) -> Mapping[DnsName, Record]:
        """Return what stands at *names* only; raises as `names`."""
        content = self._read()
        with content.zone.reader() as own, content.included.reader() as others:
            found = {name: _record(records.wire_name(name), own, others) for name in names}
        return {name: record for name, record in found.items() if record is not None}

    def settle(self) -> None:
        """Have loaded what was written by somebody who was stopped before it was.

        Until then it is there for nobody but us. Raises Unavailable when nothing loads it or a
        server does not have it in time, and as `names`.
        """
        if self.unloaded.exists():
            with self._read().zone.reader() as zone:
                serial = _soa(zone).serial
            _LOG.warning("loading again zone=%s, it was written and not loaded", self.name)
            self._load(serial)

    def apply(self, plan: Plan[DnsName, Record]) -> None:
        """Make *plan* true at every server; what is true already stays as it is.

        A name that holds neither what was found nor what is wanted is left alone, and all others
        are done: then it raises Conflict, with an issue for each such name. Raises Unavailable when
        a server does not have it in time, and as `names`.
        """
        if plan.is_empty:
            return
        self.settle()
        content = self._read()
        with content.zone.writer() as own, content.included.reader() as others:
            apex = records.wire_name(self.name)
            found = {each: _record(owner(apex, each.name), own, others) for each in changes(plan)}
            undone = [each for each, there in found.items() if there == each.before]
            blamed = {
                each.name: blame.UNEXPECTED
                for each, there in found.items()
                if there not in (each.before, each.after)
            } | {each.name: _ELSEWHERE for each in undone if _is_included(each, others)}
            todo = [each for each in undone if each.name not in blamed]
            if todo:
                serial = self._changed(own, todo)
                self._write(own, content.lines)
        if todo:
            self._load(serial)
        _LOG.info("written zone=%s names=%d left=%d", self.name, len(todo), len(blamed))
        if blamed:
            raise blame.failure(self.name, blamed)

    def answering(self, names: Iterable[DnsName]) -> frozenset[DnsName]:
        """Return those of *names* that any of the servers still answers; raises Unavailable."""
        return openly.answering(self.servers, names, self.reload.timeout)

    @property
    def unloaded(self) -> Path:
        """A file that is there while what was written is not known to be served."""
        return self.file.with_name(f"{self.file.name}.unloaded")

    def _read(self) -> Content:
        apex = records.wire_name(self.name)
        text = master_file.content(self.file)
        if text is None:
            text = master_file.new(apex, self.negative_ttl)
        return includes.content(text, self.file, apex)

    def _changed(self, own: Transaction, todo: Iterable[Change]) -> int:
        """Make the changes in an open zone and return its new serial, newer than any served."""
        for change in todo:
            name = records.wire_name(change.name)
            own.delete(name)
            if change.after is not None:
                for rdata in records.rdatas(change.after):
                    own.add(name, self.ttl, rdata)
        soa = _soa(own)
        newest = self.reload.newest(self.servers, self.name, soa.serial)
        own.update_serial((newest + 1 - soa.serial) % _SERIALS, name=records.wire_name(self.name))
        serial = _soa(own).serial
        wanted = _soa(own).replace(minimum=self.negative_ttl)
        own.replace(
            records.wire_name(self.name), dns.rdataset.from_rdata(self.negative_ttl, wanted)
        )
        return serial

    def _write(self, own: Transaction, included: Iterable[str]) -> None:
        """The mark is on disk before the file is: whoever is stopped in between is followed up."""
        master_file.write(self.unloaded, ())
        texts = (master_file.print_node(name, own) for name in own.iterate_names())
        master_file.write(self.file, (*texts, *included))

    def _load(self, serial: int) -> None:
        """Have the file loaded; a server that only lags behind the first does not hold up others.

        What it does not have yet it will get by itself: the next run goes on from there.
        """
        self.reload.run()
        late = self.reload.late(self.servers, self.name, serial)
        if self.servers[0] not in late:
            self.unloaded.unlink(missing_ok=True)
        if late:
            said = "; ".join(late.values())
            raise Unavailable(
                f"the zone {self.name} was written with the serial {serial}, and after"
                f" {self.reload.seconds:g} s not every server has it: {said}"
            )


def _record(name: dns.name.Name, own: Transaction, others: Transaction) -> Record | None:
    nodes = (own.get_node(name), others.get_node(name))
    return records.record(rdataset for node in nodes if node for rdataset in node)


def _is_included(change: Change, others: Transaction) -> bool:
    return others.get_node(records.wire_name(change.name)) is not None


def _soa(zone: Transaction) -> SOA:
    origin = cast(dns.name.Name, zone.manager.origin_information()[0])
    return cast(SOA, cast(dns.rdataset.Rdataset, zone.get(origin, dns.rdatatype.SOA))[0])
