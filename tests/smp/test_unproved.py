"""What follows when documents do not come out as meant."""

import pytest

from builders import HOMECARE, RECEIPT
from fakes.publishing import key
from smp.domain.publication import DropDocument
from smp.domain.unproved import Consequences, consequences

FAILED = frozenset({key(1).participant})


@pytest.mark.parametrize(
    ("drops", "expected"),
    [
        ((), Consequences(frozenset(), frozenset(), frozenset())),
        ((DropDocument(key(1)),), Consequences(frozenset(), frozenset(), frozenset())),
        (
            (DropDocument(key(1)), DropDocument(key(1, RECEIPT))),
            Consequences(frozenset({key(1), key(1, RECEIPT)}), FAILED, frozenset()),
        ),
        (
            (DropDocument(key(1)), DropDocument(key(1, RECEIPT), is_stopped=True)),
            Consequences(frozenset({key(1)}), FAILED, frozenset()),
        ),
        (
            (DropDocument(key(1), is_stopped=True), DropDocument(key(1, RECEIPT), is_stopped=True)),
            Consequences(frozenset(), FAILED, FAILED),
        ),
    ],
)
def test_only_what_would_leave_a_name_without_a_document_is_postponed(
    drops: tuple[DropDocument, ...], expected: Consequences
) -> None:
    assert consequences(drops, FAILED, [key(1), key(1, RECEIPT)]) == expected


def test_a_document_that_goes_is_known_however_it_is_spelled() -> None:
    follows = consequences([DropDocument(key(1, HOMECARE.upper()))], FAILED, [key(1)])

    assert follows.nameless == FAILED


def test_drops_of_others_are_not_postponed() -> None:
    follows = consequences([DropDocument(key(2))], FAILED, [])

    assert follows.postponed == frozenset()
    assert follows.bereft == FAILED
