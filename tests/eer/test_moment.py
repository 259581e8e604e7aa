"""A date stands for all the instants it has: from its first one to the first one behind it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from eer.domain import moment
from eer.domain.errors import Malformed


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.fhir(83)
@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("2026", "2025-12-31T23:00Z", "2026-12-31T23:00Z"),
        ("2026-02", "2026-01-31T23:00Z", "2026-02-28T23:00Z"),
        ("2024-02-29", "2024-02-28T23:00Z", "2024-02-29T23:00Z"),
        ("2026-03-29", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),
        ("2026-10-25", "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
        ("2026-05-05T12:00", "2026-05-05T10:00Z", "2026-05-05T10:01Z"),
        ("2026-05-05T12:00Z", "2026-05-05T12:00Z", "2026-05-05T12:01Z"),
        ("2026-05-05T12:00+05:30", "2026-05-05T06:30Z", "2026-05-05T06:31Z"),
        ("2026-01-05T12:00:07", "2026-01-05T11:00:07Z", "2026-01-05T11:00:08Z"),
        ("2026-05-05T12:00:07Z", "2026-05-05T12:00:07Z", "2026-05-05T12:00:08Z"),
        ("2026-05-05T12:00:07.5Z", "2026-05-05T12:00:07.5Z", "2026-05-05T12:00:07.6Z"),
        ("2026-05-05T12:00:07.500Z", "2026-05-05T12:00:07.5Z", "2026-05-05T12:00:07.501Z"),
        (
            "2026-05-05T12:00:07.1234567Z",
            "2026-05-05T12:00:07.123456Z",
            "2026-05-05T12:00:07.123457Z",
        ),
        ("2026-06-30T23:59:60Z", "2026-06-30T23:59:59Z", "2026-07-01T00:00:00Z"),
        ("0001-01-02", "0001-01-01T23:09:40Z", "0001-01-02T23:09:40Z"),
        ("9999-12-31", "9999-12-30T23:00Z", "9999-12-31T23:00Z"),
        ("9999-12", "9999-11-30T23:00Z", "9999-12-31T23:00Z"),
        ("9999", "9998-12-31T23:00Z", "9999-12-31T23:00Z"),
    ],
)
def test_a_date_is_as_wide_as_it_is_precise(written: str, low: str, high: str) -> None:
    first, last = moment.stretch(written)

    assert (first, last) == (at(low), at(high))


@pytest.mark.parametrize(
    "written",
    [
        *("", "x", "26", "2026-1", "2026-13", "2026-02-30", "2026-05-05 12:00", "2026-05-05T"),
        *("2026-05-05T12", "2026-05-05T24:00Z", "2026-05-05T12:60Z", "2026-05-05T12:00:61Z"),
        *("2026-05-05T12:00:99Z", "2026-05-05T12:00:00.Z", "2026-05-05T12:00:00,5Z", "0000"),
        *("2026-05-05T12:00:00+25:00", "2026-05-05T12:00:00+0200", "2026-05-05T12:00:00z"),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "-2026", "2026-05-05Z"),
        "\N{ARABIC-INDIC DIGIT TWO}026",
    ],
)
def test_what_is_no_date_is_malformed(written: str) -> None:
    with pytest.raises(Malformed, match=r"expected|dateTime"):
        moment.stretch(written)


@given(strategies.PRIMITIVES["dateTime"])
def test_every_date_of_a_resource_is_one(written: str) -> None:
    low, high = moment.stretch(written)

    assert low < high
    assert low.utcoffset() == high.utcoffset() == timedelta(0)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.integers(0, 6))  # noqa: DTZ001
def test_each_digit_narrows_a_time_to_within_what_it_was(when: datetime, digits: int) -> None:
    whole = when.isoformat(timespec="microseconds")
    shorter = whole[: len(whole) - 6 + digits].rstrip(".") + "Z"

    (low, high), (first, last) = moment.stretch(f"{whole}Z"), moment.stretch(shorter)

    assert first <= low < high <= last
    assert last - first == timedelta(microseconds=10 ** (6 - digits))
