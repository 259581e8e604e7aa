"""In which portions is a plan of publication carried out?"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from eer.domain.plan import Plan
from smp.domain.naming import DnsName, Record
from smp.domain.publication import DocumentStep, RetireDocument, whose

_DOCUMENTS_AT_ONCE = 100
_NAMES_AT_ONCE = 500

S = TypeVar("S", DocumentStep, RetireDocument)


def batches(steps: Sequence[S]) -> Iterator[list[S]]:
    """Return *steps* in portions; all of a participant stay together, as one transaction."""
    batch: list[S] = []
    for _, some in groupby(steps, key=whose):
        batch += some
        if len(batch) >= _DOCUMENTS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def pieces(plan: Plan[DnsName, Record]) -> Iterator[Plan[DnsName, Record]]:
    """Return *plan* in portions, by name.

    Additions and drops never stand in one plan, so that it does not matter which is first.
    """
    names = sorted((*plan.add, *plan.replace, *plan.drop))
    for start in range(0, len(names), _NAMES_AT_ONCE):
        some = names[start : start + _NAMES_AT_ONCE]
        yield Plan(
            {name: plan.add[name] for name in some if name in plan.add},
            {name: plan.replace[name] for name in some if name in plan.replace},
            {name: plan.drop[name] for name in some if name in plan.drop},
        )
