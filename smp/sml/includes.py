"""What does a zone's file say itself, what by including others, and how does it stay so?

RFC 1035 section 5.1, as BIND reads it: an included file begins with the origin and the TTL of the
place where it is included, gives its TTL back and its origin not. A file that is written anew has
them nowhere else, so they are written before each of those lines.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import dns.btreezone
import dns.exception
import dns.name
from dns.zone import Transaction

from eer.domain.errors import Absent, Malformed
from smp.sml import master_file
from smp.sml.master_file import Lifetimes, Reading

_INCLUDE = re.compile(
    r'^\$INCLUDE[ \t]+(?:"([^"\n]+)"|([^\s;]+))(?:[ \t]+([^\s;]+))?.*\n?',
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Content:
    """What the file says itself, what others say, and the *lines* that include those."""

    zone: dns.btreezone.Zone
    included: dns.btreezone.Zone
    lines: tuple[str, ...]


def content(text: str, file: Path, apex: dns.name.Name) -> Content:
    """Read *text*, of *file*, and what it includes.

    Raises Malformed when it is no zone file, or includes what could not stay as it is; Absent when
    an included file is not there, Unavailable when it cannot be read.
    """
    zone, included = (dns.btreezone.Zone(apex, relativize=False) for _ in range(2))
    lines: list[str] = []
    with zone.writer(replacement=True) as own, included.writer(replacement=True) as others:
        reading, end = Reading(own, str(file), apex), 0
        for found in _INCLUDE.finditer(text):
            reading.read(text[end : found.start()], text.count("\n", 0, end))
            end = found.end()
            quoted, plain, said = found.groups()
            path, origin = file.parent / (quoted or plain), _origin(said, reading, file)
            if not path.exists():
                raise Absent(f"zone file {file} includes {path}, which is not there")
            lines.append(_line(quoted or plain, origin, reading.lifetimes))
            reading.lifetimes = _include(path, origin, reading.lifetimes, others)
        reading.read(text[end:], text.count("\n", 0, end))
    master_file.check_apex(zone, str(file))
    return Content(zone, included, tuple(lines))


def _origin(said: str | None, reading: Reading, file: Path) -> dns.name.Name:
    try:
        return dns.name.from_text(said, reading.origin) if said else reading.origin
    except dns.exception.DNSException as fault:
        raise Malformed(f"zone file {file}: $INCLUDE with the origin {said}: {fault}") from None


def _line(path: str, origin: dns.name.Name, lifetimes: Lifetimes) -> str:
    """Return the lines that mean the same wherever they stand."""
    ttl = lifetimes.last if lifetimes.default is None else lifetimes.default
    return ("" if ttl is None else f"$TTL {ttl}\n") + f'$INCLUDE "{path}" {origin}\n'


def _include(
    path: Path, origin: dns.name.Name, lifetimes: Lifetimes, others: Transaction
) -> Lifetimes:
    """Add what the file at *path* says to *others*; return what records behind it get."""
    text = master_file.content(path) or ""
    if _INCLUDE.search(text):
        raise Malformed(
            f"zone file {path}: included and includes others: include them in the first"
        )
    reading = Reading(others, str(path), origin, lifetimes)
    reading.read(text)
    if lifetimes.default is None and lifetimes.last is not None:
        _check_stays(text, path, origin, lifetimes)
    return reading.lifetimes


def _check_stays(text: str, path: Path, origin: dns.name.Name, lifetimes: Lifetimes) -> None:
    """Raise Malformed when records get another TTL behind a $TTL than behind the last record."""
    said = []
    for each in (lifetimes, Lifetimes(default=lifetimes.last)):
        zone = dns.btreezone.Zone(origin, relativize=False)
        with zone.writer(replacement=True) as open_zone:
            Reading(open_zone, str(path), origin, each).read(text)
        with zone.reader() as read:
            said.append({(name, data.rdtype, data.ttl) for name, data in read.iterate_rdatasets()})
    if said[0] != said[1]:
        raise Malformed(
            f"zone file {path}: some of its records take their TTL from the one before and there is"
            " no $TTL, so they would not keep it: put a $TTL at its top"
        )
