"""How long is somebody asked who does not answer?

So that one silent server costs a few time-outs and not one for each question.
"""

from collections.abc import Callable
from typing import TypeVar

from eer.domain.errors import Failure, Unavailable

T = TypeVar("T")


class Patience:
    """Asks somebody until it did not answer *tries* times in a row, or until *is_over*."""

    def __init__(self, whom: str, tries: int, is_over: Callable[[], bool]) -> None:
        self._whom = whom
        self._tries = tries
        self._is_over = is_over
        self._silent = 0

    def ask(self, question: Callable[[], T]) -> T:
        """Return what *question* does; raises Unavailable without asking when patience is over."""
        if self._silent >= self._tries:
            raise Unavailable(
                f"{self._whom} did not answer {self._tries} times in a row and is asked no further"
            )
        if self._is_over():
            raise Unavailable(f"{self._whom} is asked no further: the time for it is over")
        try:
            answer = question()
        except Unavailable:
            self._silent += 1
            raise
        except Failure:
            self._silent = 0
            raise
        self._silent = 0
        return answer
