"""Several things at once."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from eer.domain.errors import Failure


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Let all of *acts* begin together; return what each came to, or its failure."""
    barrier, results = Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        barrier.wait(10)
        try:
            results[place] = act()
        except Failure as failure:
            results[place] = failure  # type: ignore[call-overload]  # told by its caller

    threads = [Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results
