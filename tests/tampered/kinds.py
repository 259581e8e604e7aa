"""Which tampered documents are there, so many of all kinds, the same ones but for forgers' keys?"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, islice
from random import Random

from tampered import content, forged, signature, structure
from tampered.victim import Kind, Victim

EVERY: tuple[Kind, ...] = (
    *content.KINDS,
    *structure.KINDS,
    *signature.KINDS,
    *forged.KINDS,
)
"""What everybody must refuse."""


def told(kind: Kind) -> str:
    return str(getattr(kind, "__name__", kind)).strip("_").replace("_", " ")


def tampered(bodies: Sequence[bytes], many: int) -> Iterator[tuple[str, bytes]]:
    """Yield so *many* of *bodies*, each changed in another way than the one before."""
    for number, kind in enumerate(islice(cycle(EVERY), many)):
        yield f"{told(kind)}, {number}", first(kind, bodies, number)[1]


def each(kinds: Iterable[Kind], bodies: Sequence[bytes]) -> Iterator[tuple[Kind, bytes, bytes]]:
    """Yield one of *bodies* for each kind, with what it was changed to."""
    for number, kind in enumerate(kinds):
        yield (kind, *first(kind, bodies, number))


def first(kind: Kind, bodies: Sequence[bytes], number: int) -> tuple[bytes, bytes]:
    """Return the first of *bodies*, from somewhere on, that can be changed so, and the outcome."""
    for place in range(number * 7, number * 7 + len(bodies)):
        body, another = bodies[place % len(bodies)], bodies[(place + 1) % len(bodies)]
        made = kind(Victim(body, another, Random(place)))  # noqa: S311 - the same each time
        if made is not None:
            assert made != body, told(kind)
            return body, made
    raise AssertionError(f"no document that can be changed so: {told(kind)}")
