"""What is logged is one line, whatever others sent."""

import logging
import sys

import pytest

from eer.wiring.logs import Lines

FORGED = "2026-01-01T00:00:00Z INFO smp.manage put document=evil"


def line(said: str, *, fault: Exception | None = None) -> str:
    info = None
    if fault is not None:
        try:
            raise fault
        except type(fault):
            info = sys.exc_info()
    record = logging.LogRecord(
        "smp.manage", logging.INFO, "", 0, "deleted document=%s", (said,), info
    )
    record.created = 1_785_758_400
    return Lines().format(record)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028", "\x1b[2K", "\u202e"])
def test_what_was_sent_begins_no_line_of_its_own(end: str) -> None:
    found = line(f"x{end}{FORGED}")

    assert found.splitlines() == [found]
    assert found.isprintable()
    assert found.startswith("2026-08-03T12:00:00Z INFO smp.manage deleted document=x\\")
    assert found.endswith(FORGED)


def test_what_prints_is_left_as_it_is() -> None:
    assert line("Prøve på æøå \\ %s") == (
        "2026-08-03T12:00:00Z INFO smp.manage deleted document=Prøve på æøå \\ %s"
    )


def test_nor_does_what_an_exception_says() -> None:
    head, *rest = line("x", fault=ValueError(f"a\n{FORGED}\x1b[2K")).splitlines()

    assert head.endswith("document=x")
    assert rest[0] == "  Traceback (most recent call last):"
    assert all(each.startswith("  ") and each.isprintable() for each in rest)
    assert rest[-1].startswith(f"  {FORGED}")
