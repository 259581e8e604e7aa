"""What has to change in how our SMP is registered at a central SML, and who has to agree to it?

Registering moves nobody. A new address moves every participant at once, and removing the SMP
removes them all: for that a person repeats the digest of what was shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from eer.domain.errors import Conflict, Implausible, Refused
from eer.domain.plan import Plan
from smp.domain.central import Registration
from smp.domain.identifiers import ParticipantId


@dataclass(frozen=True, slots=True)
class Enrolment:
    """How our SMP is registered and how it should be; None where it is not, or not to be.

    *participants* are those that follow: they are moved, or removed with it.
    """

    smp_id: str
    found: Registration | None
    wanted: Registration | None
    participants: frozenset[ParticipantId] = frozenset()

    @property
    def is_done(self) -> bool:
        """Whether it is as it should be."""
        return self.found == self.wanted

    @property
    def digest(self) -> str | None:
        """Sixteen hex digits to let exactly this through with; None where nobody need agree."""
        if self.found is None or self.is_done:
            return None
        if self.wanted is not None:
            return Plan({}, {self.smp_id: (self.found, self.wanted)}, {}).digest()
        going: dict[object, object] = dict.fromkeys(self.participants)
        return Plan({}, {}, {self.smp_id: self.found, **going}).digest()

    def check(self, accept: str | None) -> None:
        """Raise unless *accept* is the digest of this; Refused where there is nothing to accept."""
        if self.digest is None:
            if accept is not None:
                raise Refused(f"accept {accept}: nothing has to be agreed to; do it without")
        elif accept != self.digest:
            shown = "" if accept is None else f"accept {accept}: "
            raise Implausible(
                f"{shown}{self._change}: if that is meant, repeat it with --accept {self.digest}"
            )

    def check_new(self) -> None:
        """Raise Conflict where our SMP is registered otherwise than it should be."""
        if self.found is not None and not self.is_done:
            raise Conflict(
                f"{self.smp_id} is registered as {self.found} already, expected {self.wanted}:"
                " change it with smp sml update, or choose another SMP_SML_SMP_ID"
            )

    def lines(self) -> Iterator[str]:
        """Tell it to people."""
        yield f"found      {self.found or 'not registered'}"
        yield f"wanted     {self.wanted or 'not registered'}"
        if self.is_done:
            yield "nothing to do"
        elif self.digest is not None:
            yield f"held       {self._change}: let it through with --accept {self.digest}"

    def as_json(self) -> dict[str, object]:
        """Tell it to machines."""
        return {
            "smp": self.smp_id,
            "found": _json(self.found),
            "wanted": _json(self.wanted),
            "participants": len(self.participants),
            "is_done": self.is_done,
            "digest": self.digest,
        }

    @property
    def _change(self) -> str:
        whom = f"{len(self.participants)} participants"
        if self.wanted is None:
            return f"removing {self.smp_id} removes {whom} from DNS"
        return f"moving {self.smp_id} from {self.found} to {self.wanted} moves {whom}"


def _json(registration: Registration | None) -> dict[str, str] | None:
    if registration is None:
        return None
    return {"logical": registration.logical, "physical": registration.physical}
