"""What time is it to a run, where the clock may have been set back?

Never earlier than when something was done: whose period has begun does not go with a clock that
is wrong. Once it is right all goes on by itself; if it was ahead before, a person has to say so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

TOLERATED = timedelta(minutes=1)
"""By so much clocks are set, and apart on two machines, without anybody being told."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What the *clock* says, and when the last deed was that stands in the books."""

    clock: datetime
    last: datetime

    @property
    def at(self) -> datetime:
        """What time it is to a run."""
        return max(self.clock, self.last)

    @property
    def is_behind(self) -> bool:
        """Whether the clock is so far behind that nothing is to be timed by it."""
        return self.last - self.clock > TOLERATED

    @property
    def digest(self) -> str:
        """Return what a person repeats who says that the clock is right."""
        return sha256(self.last.isoformat().encode()).hexdigest()[:16]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what is to be told."""
        if not self.is_behind:
            return ()
        told = (
            f"the clock says {self.clock.isoformat()}, and something was done at "
            f"{self.last.isoformat()}: until then no time passes here, and nobody begins, ends or "
            "retires; set the clock, or if it is right and was ahead then: smp publish --accept "
            f"{self.digest}"
        )
        return (told,)
