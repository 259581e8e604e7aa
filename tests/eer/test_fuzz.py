"""Whatever is asked that the description allows, or forbids, is answered as it says."""

import pytest

import fuzzing
from eer.store.session import Store

TYPES = ("Organization", "Device", "SearchParameter", "Server")


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_no_request_that_can_be_made_of_the_description_is_answered_otherwise(
    store: Store,
) -> None:
    fuzz = fuzzing.over(store)
    some = [each for each in fuzz.operations() if set(each.tags) & set(TYPES)]

    for mode in fuzzing.MODES:
        for each in some:
            fuzz.explore(each, mode, 3, 1)

    assert not fuzz.faults, "\n\n".join(fuzz.faults.values())
    statuses = {status for _, status in fuzz.answers}
    assert fuzz.answers.total() > 250
    assert {200, 400, 404} <= statuses
