"""How far has a publisher come with a participant?

What is reported to the register, so that it can say what is published without asking.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """A step of publication that is done: for whom, at which sequence, which, when and where.

    *participant* is `scheme::value`, *sequence* the register's as the publisher read it, *where*
    the base URL or the DNS zone that the step touched.
    """

    participant: str
    sequence: int
    step: str
    at: datetime
    where: str
