"""What did the embedded name server's zone hold when it was last changed?

A master file (RFC 1035 section 5): one line a record, absolute names, so that any other name server
can take it over. Each change replaces the file as a whole, or not at all.
"""

import os
from pathlib import Path
from typing import cast

import dns.btreezone
import dns.exception
import dns.name
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.tokenizer
import dns.zone
import dns.zonefile
from dns.rdtypes.ANY.SOA import SOA
from dns.zone import Transaction

from eer.domain.errors import Malformed, Unavailable
from smp.sml import amend

_HOST = "localhost."
"""Server and contact of a new zone: names that need no record in it."""

_REFRESH, _RETRY, _EXPIRE = 3600, 600, 604_800


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
        found = self._read(origin)
        zone = found if found is not None else _parsed(_new(origin, ttl), origin, "a new zone")
        with zone.writer() as open_zone:
            _last(open_zone, origin, ttl)
            changed = bool(amend.touched(open_zone))
        with zone.reader() as said:
            self._texts = {name: _text(name, said) for name in said.iterate_names()}
        if changed or found is None:
            self._write(self._texts)
        return zone

    def save(self, zone: Transaction) -> None:
        """Put what an open transaction has changed on disk; raises Unavailable when that fails."""
        texts = self._texts | {name: _text(name, zone) for name in amend.touched(zone)}
        self._write(texts)
        self._texts = {name: text for name, text in texts.items() if text}

    def _read(self, origin: dns.name.Name) -> dns.btreezone.Zone | None:
        try:
            return _parsed(self._path.read_text("utf-8"), origin, str(self._path))
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise Unavailable(f"zone file {self._path} cannot be read: {fault.strerror}") from None
        except UnicodeDecodeError:
            raise Malformed(f"zone file {self._path} is not text") from None

    def _write(self, texts: dict[dns.name.Name, str]) -> None:
        """Write a file beside it, wait for the disk, then rename: a reader sees old or new."""
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("w", encoding="utf-8") as file:
                file.writelines(texts.values())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            _sync(self._path.parent)
        except OSError as fault:
            raise Unavailable(
                f"zone file {self._path} cannot be written: {fault.strerror}"
            ) from None


def _parsed(text: str, origin: dns.name.Name, file: str) -> dns.btreezone.Zone:
    zone = dns.btreezone.Zone(origin, relativize=False)
    tokens = dns.tokenizer.Tokenizer(text, filename=file)
    try:
        with zone.writer(replacement=True) as open_zone:
            dns.zonefile.Reader(tokens, dns.rdataclass.IN, open_zone).read()
        zone.check_origin()
    except dns.zone.NoSOA:
        raise Malformed(
            f"zone file {file}: expected a SOA record for {origin}, found none"
        ) from None
    except dns.zone.NoNS:
        raise Malformed(
            f"zone file {file}: expected an NS record for {origin}, found none"
        ) from None
    except dns.exception.DNSException as fault:
        place = "{}:{}: ".format(*tokens.where())
        said = str(fault).removeprefix(place).rstrip(".")
        raise Malformed(
            f"zone file {place}{said}: correct it there or in the line"
            " before, or move the file away and publish anew"
        ) from None
    return zone


def _new(origin: dns.name.Name, ttl: int) -> str:
    times = f"1 {_REFRESH} {_RETRY} {_EXPIRE} {ttl}"
    return f"{origin} {ttl} IN SOA {_HOST} {_HOST} {times}\n{origin} {ttl} IN NS {_HOST}\n"


def _last(zone: Transaction, origin: dns.name.Name, ttl: int) -> None:
    """Make an absence be remembered for *ttl* (RFC 2308, 4): a setting that may have changed."""
    found = cast(dns.rdataset.Rdataset, zone.get(origin, dns.rdatatype.SOA))
    soa = cast(SOA, found[0])
    if (found.ttl, soa.minimum) != (ttl, ttl):
        zone.replace(origin, dns.rdataset.from_rdata(ttl, soa.replace(minimum=ttl)))
        zone.update_serial(name=origin)


def _text(name: dns.name.Name, zone: Transaction) -> str:
    node = zone.get_node(name)
    return node.to_text(name) + "\n" if node else ""


def _sync(directory: Path) -> None:
    """Make the renaming itself last: it is in the directory, not in the file."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
