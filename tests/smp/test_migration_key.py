"""Migration keys have the form that the service in use demands."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.sml import KEY
from smp.domain import migration_key


@pytest.mark.smp(116)
@given(st.integers())
def test_every_key_has_the_form_that_is_demanded(seed: int) -> None:
    key = migration_key.make(random.Random(seed).randrange)  # noqa: S311 - any chance will do

    assert KEY.fullmatch(key)
    assert len(key) == migration_key.LENGTH
    assert key[0].isalpha()


@pytest.mark.smp(116)
@pytest.mark.parametrize("choice", ["first", "last"])
def test_the_unluckiest_chance_makes_a_key_all_the_same(choice: str) -> None:
    key = migration_key.make(lambda below: 0 if choice == "first" else below - 1)

    assert KEY.fullmatch(key)


def test_another_chance_makes_another_key() -> None:
    keys = {migration_key.make(random.Random(seed).randrange) for seed in range(100)}  # noqa: S311

    assert len(keys) == 100
