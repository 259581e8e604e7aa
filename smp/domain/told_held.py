"""What is told of steps that wait for a person: to people in lines, to machines as JSON?"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TypeVar

from eer.domain.plan import Plan
from smp.domain.naming import Address, Cname, Naptr, Record
from smp.domain.publication import Held
from smp.domain.state import Version

_MOST_LINES = 20

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Step:
    """A held step: what it is about, and where that leads and would lead; None when it goes."""

    of: str
    found: str
    wanted: str | None

    def __str__(self) -> str:
        return (
            f"drop {self.of}"
            if self.wanted is None
            else f"move {self.of}: {self.found} > {self.wanted}"
        )


def held_lines(held: Held) -> Iterator[str]:
    """Return what is held for people, with what lets it through; at most twenty steps of it."""
    if held.is_empty:
        return
    for switch in held.switches:
        yield f"held       {switch} ({switch.touches} follow)"
    for name, count in _counts(held).items():
        yield f"held       {count} {name}"
    steps = [*_documents(held), *_names(held)]
    for step in steps[:_MOST_LINES]:
        yield f"held       {step}"
    if len(steps) > _MOST_LINES:
        yield f"held       and {len(steps) - _MOST_LINES} more"
    yield f"held       let them through with: smp publish --accept {held.digest}"


def held_json(held: Held) -> dict[str, object] | None:
    """Return what is held for machines, all of it; None when nothing is."""
    if held.is_empty:
        return None
    return {
        "digest": held.digest,
        "switches": [str(switch) for switch in held.switches],
        **_counts(held),
        "documents": [asdict(step) for step in _documents(held)],
        "names": [asdict(step) for step in _names(held)],
        "waiting": [str(key) for key in held.waiting],
    }


def record_text(record: Record) -> str:
    """Return in one line where *record* leads."""
    match record:
        case Naptr(base_url):
            return base_url
        case Cname(target):
            return target
        case Address(ip):
            return ip
        case _:
            return "; ".join(record.text.splitlines())


def _counts(held: Held) -> dict[str, int]:
    counts = {
        "documents to drop": len(held.documents.drop),
        "documents to move": len(held.documents.replace),
        "names to drop": len(held.names.drop),
        "names to move": len(held.names.replace),
        "documents waiting for the signer": len(held.waiting),
    }
    return {name: count for name, count in counts.items() if count}


def _documents(held: Held) -> Iterator[_Step]:
    return _steps(held.documents, _addresses)


def _names(held: Held) -> Iterator[_Step]:
    return _steps(held.names, record_text)


def _steps(plan: Plan[K, V], leads: Callable[[V], str]) -> Iterator[_Step]:
    moves = {str(key): pair for key, pair in plan.replace.items()}
    for of, (found, wanted) in sorted(moves.items(), key=lambda each: each[0]):
        yield _Step(of, leads(found), leads(wanted))
    drops = {str(key): value for key, value in plan.drop.items()}
    for of, found in sorted(drops.items(), key=lambda each: each[0]):
        yield _Step(of, leads(found), None)


def _addresses(version: Version) -> str:
    return ", ".join(version.addresses)
