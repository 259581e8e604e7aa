import pytest

from eer.domain.errors import Absent, Unavailable
from smp.patience import Patience


class Person:
    """Answers with what is next; a failure is raised."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def ask(patience: Patience, person: Person) -> str | None:
    try:
        return patience.ask(person)
    except (Absent, Unavailable):
        return None


def test_who_is_silent_some_times_in_a_row_is_asked_no_further() -> None:
    patience, person = Patience("he", 2, lambda: False), Person(*[Unavailable("?")] * 9)

    for _ in range(5):
        ask(patience, person)

    assert person.asked == 2
    with pytest.raises(Unavailable, match="he did not answer 2 times in a row"):
        patience.ask(person)


@pytest.mark.parametrize("answer", ["yes", Absent("no")])
def test_any_answer_makes_up_for_a_silence(answer: str | Exception) -> None:
    person = Person(Unavailable("?"), answer, Unavailable("?"), "yes")
    patience = Patience("he", 2, lambda: False)

    said = [ask(patience, person) for _ in range(4)]

    assert said[-1] == "yes"


def test_when_the_time_is_over_nobody_is_asked() -> None:
    person = Person("yes")

    with pytest.raises(Unavailable, match="the time for it is over"):
        Patience("he", 2, lambda: True).ask(person)
    assert person.asked == 0
