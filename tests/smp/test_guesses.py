"""Passwords that are tried too often have to wait, and nobody else has."""

import pytest

from eer.domain.errors import Refused
from smp.web import guesses
from smp.web.guesses import FREE, Guesses


def exhausted(*addresses: str) -> Guesses:
    tried = Guesses(lambda: 0.0)
    for number in range(FREE):
        tried.check("tool", addresses[number % len(addresses)])
    return tried


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("192.0.2.7", "::ffff:192.0.2.7"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_addresses_of_one_party_count_together(one: str, other: str) -> None:
    with pytest.raises(Refused, match="too many wrong passwords"):
        exhausted(one, other).check("tool", one)


@pytest.mark.parametrize(
    ("name", "address"),
    [("tool", "2001:db8:0:1::1"), ("tool", "192.0.2.8"), ("other", "2001:db8::1")],
)
def test_others_do_not(name: str, address: str) -> None:
    exhausted("2001:db8::1").check(name, address)


def test_so_many_at_once_as_are_free_are_looked_at_and_no_more() -> None:
    tried = exhausted("192.0.2.7")

    with pytest.raises(Refused):
        tried.check("tool", "192.0.2.7")
    tried.right("tool", "192.0.2.7")
    tried.right("tool", "192.0.2.7")
    tried.check("tool", "192.0.2.7")


def test_the_oldest_are_forgotten_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guesses, "MOST", 3)
    tried = exhausted("192.0.2.7")
    for number in range(2):
        tried.check(f"{number}" * 1000, "192.0.2.8")
    with pytest.raises(Refused):
        tried.check("tool", "192.0.2.7")

    for number in range(3):
        tried.check(f"{number}", "192.0.2.9")

    tried.check("tool", "192.0.2.7")
