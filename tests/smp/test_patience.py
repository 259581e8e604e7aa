import pytest

from eer.domain.errors import Absent, Unavailable
from smp.patience import Pace, Patience


class Person:
    """Answers with what is next, each after some seconds; a failure is raised."""

    def __init__(self, *answers: str | Exception, takes: float = 0) -> None:
        self.answers = list(answers)
        self.takes = takes
        self.asked = 0
        self.seconds = 0.0

    def __call__(self) -> str:
        self.asked += 1
        self.seconds += self.takes
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def clock(self) -> float:
        return self.seconds


def patience(person: Person, *, is_over: bool = False) -> Patience:
    return Patience("he", Pace(2, 0.5, 60), person.clock, lambda: is_over)


def ask(patience: Patience, person: Person) -> str | None:
    try:
        return patience.ask(person)
    except (Absent, Unavailable):
        return None


def test_who_is_silent_some_times_in_a_row_is_asked_no_further() -> None:
    person = Person(*[Unavailable("?")] * 9)
    asking = patience(person)

    for _ in range(5):
        ask(asking, person)

    assert person.asked == 2
    with pytest.raises(Unavailable, match="he did not answer 2 times in a row and is asked no"):
        asking.ask(person)


@pytest.mark.parametrize("answer", ["yes", Absent("no")])
def test_any_answer_makes_up_for_a_silence(answer: str | Exception) -> None:
    person = Person(Unavailable("?"), answer, Unavailable("?"), "yes")
    asking = patience(person)

    said = [ask(asking, person) for _ in range(4)]

    assert said[-1] == "yes"


def test_who_answers_slowly_is_asked_no_further_after_a_while() -> None:
    person = Person(*["yes"] * 999, takes=4)
    asking = patience(person)

    for _ in range(200):
        ask(asking, person)

    assert 60 < person.seconds < 120
    with pytest.raises(Unavailable, match=r"he takes 4\.0 s an answer and is asked no further"):
        asking.ask(person)


def test_who_answers_in_time_is_asked_for_as_long_as_it_takes() -> None:
    person = Person(*["yes"] * 9999, takes=0.4)
    asking = patience(person)

    assert {ask(asking, person) for _ in range(9000)} == {"yes"}


def test_when_the_time_is_over_nobody_is_asked() -> None:
    person = Person("yes")

    with pytest.raises(Unavailable, match="the time for it is over"):
        patience(person, is_over=True).ask(person)
    assert person.asked == 0
