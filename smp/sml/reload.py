"""How do the servers of a zone come to serve what was written to its file?

A command of the operator's makes the primary read it, and the others follow by themselves; it is
done when every one of them answers with the new serial (RFC 1982).
"""

import logging
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import dns.serial

from eer.domain.errors import Malformed, Unavailable
from smp.domain.naming import DnsName
from smp.sml import openly
from smp.sml.openly import Server

_LOG = logging.getLogger(__name__)

_PAUSE = 0.1
_TOLD = 300


@dataclass(frozen=True)
class Reload:
    """A *command*, run without a shell, and for how many *seconds* it and the servers may take.

    *clock* counts seconds and never goes back, *wait* waits for some.
    """

    command: tuple[str, ...]
    clock: Callable[[], float]
    wait: Callable[[float], object]
    seconds: float = 60
    timeout: float = 5

    def run(self) -> None:
        """Run the command; raises Malformed when there is none, Unavailable when it fails."""
        named = f"reload command {' '.join(self.command)}"
        try:
            ran = subprocess.run(  # noqa: S603 - the operator's own words, and no shell
                self.command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{named} did not end within {self.seconds:g} s") from None
        except OSError as fault:
            raise Malformed(f"{named} cannot be run: {fault.strerror}") from None
        if ran.returncode:
            said = " ".join((ran.stderr or ran.stdout).split())[-_TOLD:] or "and said nothing"
            raise Unavailable(f"{named} ended with {ran.returncode}: {said}")
        _LOG.info("reloaded command=%s", self.command[0])

    def late(self, servers: Sequence[Server], zone: DnsName, serial: int) -> Mapping[Server, str]:
        """Wait until all *servers* answer *serial*; return those that do not, and what they say."""
        end = self.clock() + self.seconds
        while True:
            late = {
                server: said
                for server in servers
                if (said := self._lag(server, zone, serial)) is not None
            }
            if not late or self.clock() >= end:
                return late
            self.wait(_PAUSE)

    def newest(self, servers: Sequence[Server], zone: DnsName, serial: int) -> int:
        """Return *serial*, or a newer one that some server has already: who is silent has none."""
        for server in openly.everywhere(servers):
            try:
                found = openly.apex(server, zone, self.timeout).serial
            except Unavailable as fault:
                _LOG.warning("unknown serial zone=%s server=%s: %s", zone, server, fault.text)
                continue
            if dns.serial.Serial(found) > dns.serial.Serial(serial):
                serial = found
        return serial

    def _lag(self, server: Server, zone: DnsName, serial: int) -> str | None:
        """Return what the first address of *server* says that does not have *serial*."""
        for place in openly.everywhere([server]):
            try:
                found = openly.apex(place, zone, self.timeout).serial
            except Unavailable as fault:
                return fault.text
            if dns.serial.Serial(found) < dns.serial.Serial(serial):
                return f"name server {place} answers the serial {found}"
        return None
