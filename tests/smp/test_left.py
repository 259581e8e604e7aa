"""What was done of a change of names, where some of them were refused."""

import pytest

from eer.domain.errors import Conflict, IssueCode, Refused, error
from eer.domain.plan import Plan
from smp.domain.left import Change, carried_out
from smp.domain.naming import DnsName, Naptr

ONE, TWO, SIX = (DnsName(f"{name}.sml.example.dk.") for name in ("one", "two", "six"))
OLD, NEW = Naptr("https://old.example.dk"), Naptr("https://new.example.dk")
CHANGE: Change = Plan({ONE: NEW}, {TWO: (OLD, NEW)}, {SIX: OLD})


def refusing(*names: str) -> Conflict:
    return Conflict("some", [error(IssueCode.CONFLICT, name, f"{name} is taken") for name in names])


def test_what_is_not_refused_was_done() -> None:
    applied: list[Change] = []

    assert carried_out(CHANGE, applied.append, is_first=True) == (CHANGE, {})
    assert applied == [CHANGE]


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        (ONE, Plan({}, {TWO: (OLD, NEW)}, {SIX: OLD})),
        (TWO, Plan({ONE: NEW}, {}, {SIX: OLD})),
        (SIX, Plan({ONE: NEW}, {TWO: (OLD, NEW)}, {})),
    ],
)
def test_a_name_that_is_refused_was_not_done(name: DnsName, rest: Change) -> None:
    def apply(_: Change) -> None:
        raise refusing(name)

    assert carried_out(CHANGE, apply, is_first=True) == (rest, {name: f"{name} is taken"})


@pytest.mark.parametrize(
    "fault", [refusing(ONE, "else.sml.example.dk."), Conflict("no names in it"), Refused("no")]
)
def test_where_it_is_not_about_names_of_the_change_nobody_knows_what_was_done(
    fault: Conflict | Refused,
) -> None:
    def apply(_: Change) -> None:
        raise fault

    with pytest.raises(type(fault)):
        carried_out(CHANGE, apply, is_first=False)


@pytest.mark.parametrize("is_first", [True, False])
def test_where_the_first_change_is_refused_whole_no_other_is_tried(*, is_first: bool) -> None:
    issue = error(IssueCode.FORBIDDEN, ONE, "not for this key")

    def apply(_: Change) -> None:
        raise Refused("all of it", (issue,))

    if is_first:
        with pytest.raises(Refused, match="all of it"):
            carried_out(CHANGE, apply, is_first=True)
    else:
        assert carried_out(CHANGE, apply, is_first=False)[1] == {ONE: "not for this key"}
