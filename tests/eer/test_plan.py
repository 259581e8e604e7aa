from hypothesis import given
from hypothesis import strategies as st

from eer.domain.plan import Limits, Plan, check, diff

STATES = st.dictionaries(st.integers(0, 30), st.integers(0, 2))


def applied(plan: Plan[int, int], found: dict[int, int]) -> dict[int, int]:
    kept = {key: value for key, value in found.items() if key not in plan.drop}
    replaced = {key: wanted for key, (_, wanted) in plan.replace.items()}
    return kept | replaced | dict(plan.add)


def moved(found: int, wanted: int) -> bool:
    return abs(found - wanted) > 1


@given(STATES, STATES)
def test_a_plan_turns_what_is_found_into_what_is_wanted(
    wanted: dict[int, int], found: dict[int, int]
) -> None:
    assert applied(diff(wanted=wanted, found=found), found) == wanted


@given(STATES, STATES)
def test_a_plan_is_empty_where_nothing_differs(
    wanted: dict[int, int], found: dict[int, int]
) -> None:
    plan = diff(wanted=wanted, found=found)

    assert plan.is_empty == (wanted == found)
    assert plan.size == sum(
        1 for key in wanted | found if wanted.get(key, -1) != found.get(key, -1)
    )


@given(STATES, STATES, st.integers(0, 5), st.sampled_from([0, 0.05, 0.5, 1]))
def test_splitting_a_plan_loses_nothing(
    wanted: dict[int, int], found: dict[int, int], count: int, share: float
) -> None:
    plan = diff(wanted=wanted, found=found)

    free, held = check(plan, Limits(count, share), present=len(found), moves=moved)

    assert {**free.add, **held.add} == plan.add
    assert {**free.replace, **held.replace} == plan.replace
    assert {**free.drop, **held.drop} == plan.drop
    assert free.size + held.size == plan.size


@given(STATES, STATES)
def test_only_drops_and_moves_are_ever_held(wanted: dict[int, int], found: dict[int, int]) -> None:
    plan = diff(wanted=wanted, found=found)

    _, held = check(plan, Limits(0, 0), present=len(found), moves=moved)

    assert held.drop == plan.drop
    assert set(held.replace) == {key for key, pair in plan.replace.items() if moved(*pair)}
    assert not held.add


def test_a_plan_goes_on_up_to_either_limit_and_is_held_beyond_both() -> None:
    found = dict.fromkeys(range(100), 0)

    def held(dropped: int, present: int) -> int:
        plan = diff(wanted={k: v for k, v in found.items() if k >= dropped}, found=found)
        return check(plan, Limits(10, 0.05), present=present, moves=moved)[1].size

    assert held(10, present=100) == 0
    assert held(11, present=220) == 0
    assert held(11, present=219) == 11


@given(STATES, STATES)
def test_a_digest_does_not_depend_on_the_order_of_keys(
    wanted: dict[int, int], found: dict[int, int]
) -> None:
    plan = diff(wanted=wanted, found=found)
    backwards = Plan(
        dict(reversed([*plan.add.items()])),
        dict(reversed([*plan.replace.items()])),
        dict(reversed([*plan.drop.items()])),
    )

    assert backwards.digest() == plan.digest()


@given(STATES, STATES, STATES)
def test_plans_that_differ_have_different_digests(
    found: dict[int, int], one: dict[int, int], other: dict[int, int]
) -> None:
    first, second = diff(wanted=one, found=found), diff(wanted=other, found=found)

    assert (first.digest() == second.digest()) == (first == second)
    assert len(first.digest()) == 16
