"""What stands in the zone at its primary now, without reading all of it each time?

The whole of it the first time (AXFR, RFC 5936), what changed since after that (IXFR, RFC 1995).
The copy lives as long as the process and is written nowhere: a new process reads the whole zone.
"""

import logging
from collections.abc import Callable

import dns.name
import dns.zone

from eer.domain.errors import Refused, Unavailable
from smp.sml.exchange import Connection

_LOG = logging.getLogger(__name__)

_WHOLE_EVERY = 24
"""Transfers until the whole zone is read again: a primary that was made anew may have come to the
same serial with other names, and only that tells."""


class Copy:
    """A zone as its primary had it when it was last read."""

    def __init__(self, zone: dns.name.Name, connect: Callable[[], Connection]) -> None:
        self._name = zone
        self._connect = connect
        self._zone: dns.zone.Zone | None = None
        self._since = 0

    def refreshed(self) -> dns.zone.Zone:
        """Return the zone as it is now; raises Refused and Unavailable as the connection does.

        A primary that does not tell what changed, or tells what cannot be, is asked for all.
        """
        if self._zone is not None and self._since < _WHOLE_EVERY:
            try:
                with self._connect() as connection:
                    connection.transfer(self._zone)
            except (Refused, Unavailable) as fault:
                _LOG.info("reading whole zone=%s, changes not told: %s", self._name, fault)
            else:
                self._since += 1
                return self._zone
        return self._whole()

    def _whole(self) -> dns.zone.Zone:
        zone = dns.zone.Zone(self._name, relativize=False)
        with self._connect() as connection:
            connection.transfer(zone)
        self._zone, self._since = zone, 0
        return zone
