"""Which revocation lists are in force?

Those of one folder, where people and the fetcher put them. The newest of an authority is in force
until a newer one is there: a list that has lapsed, became unreadable or cannot be fetched is told
of, and neither clears nor condemns anybody (docs/decisions/0008-revocation.md).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509

from eer.domain.errors import Failure, Unavailable
from eer.domain.wording import say
from eer.pki import revocation
from eer.pki.revocation import RevocationList

_LARGEST = 64 * 1024 * 1024
Seen = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Lists:
    """The lists that could be *read*, each by its file, and what is wrong with other files."""

    read: Mapping[str, RevocationList] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @cached_property
    def in_force(self) -> Mapping[str, RevocationList]:
        """The newest list of each scope: an older one may still name who was let go."""
        newest: dict[object, tuple[str, RevocationList]] = {}
        for name, each in self.read.items():
            other = newest.get(each.scope)
            if other is None or other[1].issued < each.issued:
                newest[each.scope] = name, each
        return dict(newest.values())

    def covering(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> Iterator[RevocationList]:
        """Yield the lists in which *certificate* of *issuer* would stand."""
        for each in self.in_force.values():
            if each.covers(certificate, issuer):
                yield each

    def next(self, at: datetime) -> datetime | None:
        """Return when the first list lapses that has not lapsed at *at*."""
        dates = (each.next for each in self.in_force.values() if not each.lapsed(at))
        return min((each for each in dates if each is not None), default=None)

    def remarks(self, authorities: Iterable[x509.Certificate], at: datetime) -> Iterator[str]:
        """Yield what somebody should see to: files, lapsed lists, *authorities* without one."""
        yield from self.faults
        for name, each in self.in_force.items():
            if each.lapsed(at):
                yield say(
                    "revocation list {name} of {issuer} lapsed {lapsed:%Y-%m-%dT%H:%M:%SZ}: it "
                    "stays in force, put a newer one there",
                    name=name,
                    issuer=each.issuer,
                    lapsed=each.next,
                )
        listed = {each.authority for each in self.in_force.values()}
        for authority in authorities:
            if authority not in listed and at <= authority.not_valid_after_utc:
                yield say(
                    "no revocation list of {issuer}: what it issued is not checked for revocation",
                    issuer=authority.subject.rfc4514_string(),
                )


class Folder:
    """The folder of the lists, read again when a file in it has changed."""

    def __init__(self, path: Path, authorities: tuple[x509.Certificate, ...]) -> None:
        self.path = path
        self._authorities = authorities
        self._held: tuple[Seen | str, Lists] | None = None

    def lists(self) -> Lists:
        """Return what is in force; the same value until something in the folder changes."""
        seen = self._seen()
        if self._held is None or self._held[0] != seen:
            good = {} if self._held is None else self._held[1].read
            self._held = seen, self._lists(seen, good)
        return self._held[1]

    def accepted(self, body: bytes) -> RevocationList:
        """Read a list that is to be put there; raise as revocation.read does."""
        return revocation.read(body, self._authorities)

    def _seen(self) -> Seen | str:
        """Return what tells whether anything has changed, or why that cannot be told."""
        try:
            return tuple(
                (path.name, status.st_mtime_ns, status.st_size)
                for path in sorted(self.path.iterdir())
                if path.is_file() and not path.name.startswith(".")
                for status in [path.stat()]
            )
        except OSError as fault:
            return str(fault.strerror)

    def _lists(self, seen: Seen | str, good: Mapping[str, RevocationList]) -> Lists:
        """What was *good* stays so in this process until its file has gone or is good again."""
        if isinstance(seen, str):
            text = say("EER_CRL_DIRECTORY {path}: {cause}", path=self.path, cause=seen)
            return Lists(good, (text,))
        found, faults = {}, []
        for name, _, size in seen:
            try:
                found[name] = self.accepted(_content(self.path / name, size))
            except Failure as fault:
                faults.append(say("revocation list {name}: {fault}", name=name, fault=fault.text))
                if name in good:
                    found[name] = good[name]
        return Lists(found, tuple(faults))


def _content(path: Path, size: int) -> bytes:
    if size > _LARGEST:
        raise Unavailable(say("more than {most} bytes", most=_LARGEST))
    try:
        return path.read_bytes()
    except OSError as fault:
        raise Unavailable(say("cannot be read ({cause})", cause=fault.strerror)) from None
