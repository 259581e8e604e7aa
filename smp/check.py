"""Is everything there that publishing needs, inside and around?

Each thing is looked at by itself, and nothing is changed; what one of them raises is what is told
of it, and the others are looked at all the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from eer.domain.errors import Failure, Unavailable
from smp.domain import checks
from smp.domain.checks import Check, Level
from smp.domain.naming import DnsName
from smp.sml.openly import Apex

Look = Callable[[], Iterable[Check]]


def check(looks: Mapping[str, Look]) -> tuple[Check, ...]:
    """Return what all *looks* come to, each by its subject, in their order."""
    return tuple(each for subject, look in looks.items() for each in _seen(subject, look))


def servers(apexes: Mapping[str, Callable[[], Apex]], limit: int) -> Iterator[Check]:
    """Ask each name server for its apex, and compare them; absence may last *limit* seconds."""
    found: dict[str, Apex] = {}
    for server, ask in apexes.items():
        try:
            found[server] = ask()
        except Failure as fault:
            yield _failed(f"name server {server}", fault)
        else:
            yield Check(f"name server {server}", Level.OK, "answers over UDP and TCP")
    if found:
        yield checks.serials({server: apex.serial for server, apex in found.items()})
    for server, apex in found.items():
        yield checks.negative_ttl(server, apex.negative_ttl, limit)


def first(asked: Iterable[Callable[[], frozenset[DnsName]]]) -> frozenset[DnsName]:
    """Return what the first that answers says; who is silent is told of already."""
    for ask in asked:
        try:
            return ask()
        except Unavailable:
            continue
    return frozenset()


def _seen(subject: str, look: Look) -> Iterator[Check]:
    try:
        yield from look()
    except Failure as fault:
        yield _failed(subject, fault)


def _failed(subject: str, fault: Failure) -> Check:
    level = Level.SILENT if isinstance(fault, Unavailable) else Level.ERROR
    return Check(subject, level, fault.text)
