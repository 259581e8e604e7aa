"""What are the interactions made of?"""

from dataclasses import dataclass

from eer.gate.gate import Gate
from eer.register.counter import Counter


@dataclass(frozen=True, slots=True)
class Parts:
    """The register, the gate, where clients find us, and which release this is.

    *held_answers* is how many MiB of answers each process holds.
    """

    counter: Counter
    gate: Gate
    base_url: str
    version: str
    held_answers: int = 32
