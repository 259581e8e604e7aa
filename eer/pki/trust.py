"""How does a certificate stand, by the authorities and the lists that we were given?

Where nothing was given nothing is asked: unchecked() says what.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography import x509

from eer.chain import Chain
from eer.domain.errors import Refused
from eer.domain.model import Certificate
from eer.domain.standing import Standing, Verdict
from eer.domain.wording import say
from eer.pki.authorities import Authorities
from eer.pki.lists import Folder, Lists

_DAY = timedelta(days=1)
_MOST_HELD = 10_000
_NO_LISTS = Lists()


@dataclass(frozen=True, slots=True)
class _Held:
    """A standing that holds *since* then, by these *lists*."""

    lists: Lists
    since: datetime
    standing: Standing

    def holds(self, lists: Lists, at: datetime) -> bool:
        until = self.standing.until
        return self.lists is lists and self.since <= at and (until is None or at < until)


@dataclass(frozen=True)
class Trust:
    """The authorities that access points may have certificates of, those of tests, and the lists.

    Each may be missing. Standings are held until time or a list may change them.
    """

    authorities: Authorities = field(default_factory=Authorities)
    tests: Authorities = field(default_factory=Authorities)
    folder: Folder | None = None
    _held: dict[bytes, _Held] = field(default_factory=dict)

    @property
    def asks_nothing(self) -> bool:
        """Whether it was given nothing to judge by."""
        return not self.authorities.certificates and not self.tests.certificates

    def standing(self, certificate: Certificate, at: datetime) -> Standing | None:
        """Return how *certificate* stands at *at*; None where nothing was given to judge by."""
        if self.asks_nothing:
            return None
        lists = _NO_LISTS if self.folder is None else self.folder.lists()
        held = self._held.get(certificate.der)
        if held is not None and held.holds(lists, at):
            return held.standing
        found = self._standing(x509.load_der_x509_certificate(certificate.der), lists, at)
        if held is None or held.since <= at:
            if len(self._held) >= _MOST_HELD:
                self._held.clear()
            self._held[certificate.der] = _Held(lists, at, found)
        return found

    def remarks(self, at: datetime) -> tuple[str, ...]:
        """Return what somebody should see to, so that revocation is known."""
        if self.folder is None:
            return ()
        return tuple(self.folder.lists().remarks(self.authorities.certificates, at))

    def unchecked(self) -> tuple[str, ...]:
        """Return what is not asked of any certificate, and which setting would change that."""
        return tuple(self._unchecked())

    def _unchecked(self) -> Iterator[str]:
        if not self.authorities.certificates:
            yield say("whose AP certificates are: EER_AP_TRUST_FILE is not set")
        if self.folder is None:
            yield say("whether AP certificates are revoked: EER_CRL_DIRECTORY is not set")

    def _standing(self, certificate: x509.Certificate, lists: Lists, at: datetime) -> Standing:
        until = self._until(lists, at)
        if (of_test := _chain(self.tests, certificate, at)) is not None:
            anchor = of_test[-1].subject.rfc4514_string()
            return Standing(Verdict.TEST, say("it leads to {anchor}", anchor=anchor), until)
        if not self.authorities.certificates:
            return Standing(Verdict.GOOD, until=until)
        try:
            chain = self.authorities.chain(certificate, at)
        except Refused as fault:
            return Standing(Verdict.UNTRUSTED, fault.text, until)
        for why, since in _revocations(chain, lists):
            if since <= at:
                return Standing(Verdict.REVOKED, why, until)
            until = min(since, until or since)
        return Standing(Verdict.GOOD, until=until)

    def _until(self, lists: Lists, at: datetime) -> datetime | None:
        """With lists, a day at most: there may be news in them."""
        edges = [each for of in (self.authorities, self.tests) for each in of.edges() if each > at]
        if self.folder is not None:
            edges.append(at + _DAY)
            lapse = lists.next(at)
            edges += [] if lapse is None else [lapse + timedelta(seconds=1)]
        return min(edges, default=None)


def _chain(authorities: Authorities, certificate: x509.Certificate, at: datetime) -> Chain | None:
    if not authorities.certificates:
        return None
    try:
        return authorities.chain(certificate, at)
    except Refused:
        return None


def _revocations(chain: Chain, lists: Lists) -> Iterator[tuple[str, datetime]]:
    """Yield who of *chain* is revoked, in words, and since when."""
    for certificate, issuer in pairwise(chain):
        for each in lists.covering(certificate, issuer):
            since = each.revoked(certificate)
            if since is not None:
                yield (
                    say(
                        "{subject}, since {since:%Y-%m-%dT%H:%M:%SZ}",
                        subject=certificate.subject.rfc4514_string(),
                        since=since,
                    ),
                    since,
                )
