"""How long is somebody asked who does not answer, or answers slowly?

So that one silent server costs a few time-outs and not one for each question, and one that is slow
for all costs a minute or two.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from eer.domain.errors import Failure, Unavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """What is expected of somebody who is asked often.

    Not to be silent *tries* times in a row, and to take *average* seconds an answer at most, after
    *grace* seconds for all of them.
    """

    tries: int
    average: float
    grace: float


class Patience:
    """Asks somebody as long as the *pace* is kept, and until *is_over*.

    *clock* tells seconds that never go back. Several threads may ask at once: each counts.
    """

    def __init__(
        self, whom: str, pace: Pace, clock: Callable[[], float], is_over: Callable[[], bool]
    ) -> None:
        self._whom = whom
        self._pace = pace
        self._clock = clock
        self._is_over = is_over
        self._silent = 0
        self._asked = 0
        self._seconds = 0.0
        self._lost = ""

    def ask(self, question: Callable[[], T]) -> T:
        """Return what *question* does; raises Unavailable without asking when patience is lost."""
        if self._lost:
            raise Unavailable(self._lost)
        if self._is_over():
            raise Unavailable(f"{self._whom} is asked no further: the time for it is over")
        began = self._clock()
        try:
            answer = question()
        except Unavailable:
            self._silent += 1
            raise
        except Failure:
            self._silent = 0
            raise
        else:
            self._silent = 0
        finally:
            self._judge(self._clock() - began)
        return answer

    def _judge(self, seconds: float) -> None:
        self._asked += 1
        self._seconds += seconds
        pace = self._pace
        if self._silent >= pace.tries:
            why = f"did not answer {pace.tries} times in a row"
        elif self._seconds > pace.grace + pace.average * self._asked:
            why = f"takes {self._seconds / self._asked:.1f} s an answer"
        else:
            return
        self._lost = self._lost or f"{self._whom} {why} and is asked no further"
