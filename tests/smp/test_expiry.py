from datetime import timedelta

import pytest

from builders import NOW
from smp.domain.expiry import Expiring, Successor, Urgency, expiring, takes_over

DAY = timedelta(days=1)
NOBODY = Successor()
REHEARSED = Successor("second", is_rehearsed=True)


def end(days: float, successor: Successor = NOBODY) -> Expiring:
    told = expiring(NOW + days * DAY, NOW, successor)
    assert told is not None
    return told


@pytest.mark.parametrize(
    ("days", "urgency"),
    [
        (89.9, Urgency.TOLD),
        (30, Urgency.TOLD),
        (29.9, Urgency.PRESSING),
        (7, Urgency.PRESSING),
        (6.9, Urgency.LAST),
        (0, Urgency.LAST),
        (-0.1, Urgency.OVER),
    ],
)
def test_the_nearer_the_end_the_louder(days: float, urgency: Urgency) -> None:
    assert end(days).urgency is urgency


def test_ninety_days_before_there_is_nothing_to_tell_yet() -> None:
    assert expiring(NOW + 90 * DAY, NOW, Successor()) is None


def test_who_never_expires_is_never_told() -> None:
    assert expiring(None, NOW, Successor(trouble="x")) is None


def test_a_successor_that_cannot_sign_is_told_at_any_time() -> None:
    told = end(500, Successor(trouble="it expired"))

    assert told.urgency is Urgency.NONE
    assert str(told) == (
        "expires 2027-12-16T12:00:00Z, in 500 days; the next one cannot sign: it expired"
    )


@pytest.mark.parametrize(
    ("successor", "said"),
    [
        (Successor(), "nobody follows: smp keys request"),
        (Successor("second"), "installed and not tried: smp keys rehearse"),
        (REHEARSED, "rehearsed and waits for smp publish --accept"),
        (
            Successor("second", is_rehearsed=True, takes_over=NOW),
            "rehearsed and takes over 2026-08-03T12:00:00Z",
        ),
    ],
)
def test_what_there_is_to_do_is_said(successor: Successor, said: str) -> None:
    assert said in str(end(20, successor))


def test_what_has_expired_is_said_to_sign_nothing() -> None:
    assert str(end(-1)).startswith("expired 2026-08-02T12:00:00Z, nothing is signed any more; ")


@pytest.mark.parametrize(
    ("days", "successor", "expected"),
    [
        (40, Successor(), False),
        (20, Successor(), True),
        (20, REHEARSED, True),
        (20, Successor("second", is_rehearsed=True, takes_over=NOW), False),
    ],
)
def test_somebody_is_needed_when_the_end_is_near_and_nobody_will_take_over(
    days: int, successor: Successor, *, expected: bool
) -> None:
    assert end(days, successor).needs_somebody is expected


def test_a_successor_takes_over_so_long_before_the_end() -> None:
    assert takes_over(NOW, 14 * DAY) == NOW - 14 * DAY


def test_without_a_time_for_it_nobody_takes_over_by_itself() -> None:
    assert takes_over(NOW, timedelta()) is None
    assert takes_over(None, 14 * DAY) is None
