"""How is a zone read from its master file, and put on disk whole or not at all?

RFC 1035 section 5: one line a record, absolute names, so that any name server can take it over.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import dns.btreezone
import dns.exception
import dns.name
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.tokenizer
import dns.transaction
import dns.zone
import dns.zonefile
from dns.zone import Transaction

from eer.domain.errors import Malformed, Unavailable

_HOST = "localhost."
"""Server and contact of a new zone: names that need no record in it."""

_REFRESH, _RETRY, _EXPIRE = 3600, 600, 604_800


def new(origin: dns.name.Name, ttl: int) -> str:
    """Return the text of a zone that holds nothing yet; absence lasts *ttl*."""
    times = f"1 {_REFRESH} {_RETRY} {_EXPIRE} {ttl}"
    return f"{origin} {ttl} IN SOA {_HOST} {_HOST} {times}\n{origin} {ttl} IN NS {_HOST}\n"


def content(path: Path) -> str | None:
    """Return what the file at *path* says; None when there is none.

    Raises Unavailable when it cannot be read, Malformed when it is not text.
    """
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise Unavailable(f"zone file {path} cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise Malformed(f"zone file {path} is not text") from None


def parse(text: str, origin: dns.name.Name, file: str) -> dns.btreezone.Zone:
    """Return the zone that *text*, of *file*, says; raises Malformed, naming file and line."""
    zone = dns.btreezone.Zone(origin, relativize=False)
    with zone.writer(replacement=True) as open_zone:
        Reading(open_zone, file, origin).read(text)
    check_apex(zone, file)
    return zone


def check_apex(zone: dns.btreezone.Zone, file: str) -> None:
    """Raise Malformed when *zone*, of *file*, has not what every zone has."""
    try:
        zone.check_origin()
    except dns.zone.NoSOA:
        raise Malformed(
            f"zone file {file}: expected a SOA record for {zone.origin}, found none"
        ) from None
    except dns.zone.NoNS:
        raise Malformed(
            f"zone file {file}: expected an NS record for {zone.origin}, found none"
        ) from None


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """What a record without a TTL gets: the *default* (`$TTL`), else the *last* that was said.

    Each is None while it is not known (RFC 2308, section 4; RFC 1035, section 5.1).
    """

    default: int | None = None
    last: int | None = None


class Reading:
    """A file as it is read into an open *zone*, part by part; names end in *origin* at first.

    Origin, owner and TTL go on from part to part, as BIND has it.
    """

    def __init__(
        self,
        zone: Transaction,
        file: str,
        origin: dns.name.Name,
        lifetimes: Lifetimes | None = None,
    ) -> None:
        self._file = file
        self._reader = dns.zonefile.Reader(_tokens("", file), dns.rdataclass.IN, zone)
        self._reader.current_origin = origin
        self.lifetimes = lifetimes or Lifetimes()
        zone.check_put_rdataset(self._look_at)

    @property
    def origin(self) -> dns.name.Name:
        """Where names that are not whole end from here on."""
        return cast(dns.name.Name, self._reader.current_origin)

    @property
    def lifetimes(self) -> Lifetimes:
        """What a record without a TTL gets from here on."""
        said, reader = self._default(), self._reader
        return Lifetimes(said, reader.last_ttl if reader.last_ttl_known else None)

    @lifetimes.setter
    def lifetimes(self, known: Lifetimes) -> None:
        reader = self._reader
        reader.default_ttl_known, reader.default_ttl = known.default is not None, known.default or 0
        reader.last_ttl_known, reader.last_ttl = known.last is not None, known.last or 0
        reader.default_ttl_from_soa = False

    def read(self, text: str, lines: int = 0) -> None:
        """Add the records of *text*, which stands behind so many *lines*.

        Raises Malformed, naming the line.
        """
        tokens = _tokens(text, self._file)
        tokens.line_number += lines
        self._reader.tok = tokens
        try:
            self._reader.read()
        except dns.exception.DNSException as fault:
            place = "{}:{}: ".format(*tokens.where())
            said = str(fault).removeprefix(place).rstrip(".")
            raise Malformed(
                f"zone file {place}{said}: correct it there or in the line"
                " before, or move the file away and publish anew"
            ) from None

    def _default(self) -> int | None:
        reader = self._reader
        is_said = reader.default_ttl_known and not (
            reader.default_ttl_from_soa and reader.rfc2308_ttl
        )
        return reader.default_ttl if is_said else None

    def _look_at(
        self, _zone: dns.transaction.Transaction, _name: dns.name.Name, found: dns.rdataset.Rdataset
    ) -> None:
        """A SOA without a TTL makes its last number the default, one with a TTL does not."""
        if found.rdtype == dns.rdatatype.SOA:
            self._reader.rfc2308_ttl = self._reader.last_ttl_known


def _tokens(text: str, file: str) -> dns.tokenizer.Tokenizer:
    return dns.tokenizer.Tokenizer(text, filename=file)


def print_node(name: dns.name.Name, zone: Transaction) -> str:
    """Return the lines of what stands at *name*; none when nothing does."""
    node = zone.get_node(name)
    return node.to_text(name) + "\n" if node else ""


def write(path: Path, texts: Iterable[str]) -> None:
    """Write a file beside it, wait for the disk, then rename: a reader sees old or new.

    Raises Unavailable when that fails.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as file:
            file.writelines(texts)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _sync(path.parent)
    except OSError as fault:
        with suppress(OSError):
            beside.unlink()  # where there is no room, half a file is in the way of a whole one
        raise Unavailable(
            f"zone file {path} cannot be written: {fault.strerror}; it stands as it was, mend that"
            " and try again"
        ) from None


def _sync(directory: Path) -> None:
    """Make the renaming itself last: it is in the directory, not in the file."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
