"""How is a zone read from its master file, and put on disk whole or not at all?

RFC 1035 section 5: one line a record, absolute names, so that any name server can take it over.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import dns.btreezone
import dns.exception
import dns.name
import dns.rdataclass
import dns.tokenizer
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
        read_into(open_zone, text, file, origin)
    try:
        zone.check_origin()
    except dns.zone.NoSOA:
        raise Malformed(
            f"zone file {file}: expected a SOA record for {origin}, found none"
        ) from None
    except dns.zone.NoNS:
        raise Malformed(
            f"zone file {file}: expected an NS record for {origin}, found none"
        ) from None
    return zone


def read_into(
    zone: Transaction, text: str, file: str, origin: dns.name.Name, ttl: int | None = None
) -> None:
    """Add the records of *text* to an open *zone*; names that are not whole end in *origin*.

    Records without a TTL get *ttl*, if nothing else says it. Raises Malformed, naming the line.
    """
    tokens = dns.tokenizer.Tokenizer(text, filename=file)
    try:
        reader = dns.zonefile.Reader(tokens, dns.rdataclass.IN, zone, default_ttl=ttl)
        reader.current_origin = origin
        reader.read()
    except dns.exception.DNSException as fault:
        place = "{}:{}: ".format(*tokens.where())
        said = str(fault).removeprefix(place).rstrip(".")
        raise Malformed(
            f"zone file {place}{said}: correct it there or in the line"
            " before, or move the file away and publish anew"
        ) from None


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
