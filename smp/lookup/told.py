"""What is told of one lookup: which steps were taken, what each found, and how did it end?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from eer.domain.errors import Absent, Failure, Unavailable
from smp.domain.identifiers import DocumentId, ParticipantId
from smp.domain.metadata import Redirect, ServiceGroup, ServiceMetadata


class Outcome(StrEnum):
    """What an access point is left with."""

    FOUND = "found"
    NOT_FOUND = "not found"
    NO_ANSWER = "no answer"
    UNTRUSTED = "answered, but not to be trusted"


class StepName(StrEnum):
    """The steps of a lookup."""

    NAME = "name hashed"
    NAPTR = "NAPTR answer and TTL"
    URL = "URL"
    STATUS = "HTTP status"
    XML = "XML"
    SCHEMA = "schema"
    SIGNATURE = "signature"
    CHAIN = "chain"
    REDIRECT = "redirect"
    SIGNER = "signer that the redirect names"
    NO_FURTHER = "no second redirect"
    IDS = "ids match"
    CHOICE = "process and transport chosen"
    ENDPOINT = "endpoint"
    CERTIFICATE = "certificate subject and expiry"
    DOCUMENTS = "documents listed"


_LOCATING = (StepName.NAME, StepName.NAPTR)
_SIGNED_ANSWER = (
    *(StepName.URL, StepName.STATUS, StepName.XML, StepName.SCHEMA),
    *(StepName.SIGNATURE, StepName.CHAIN),
)
_READING = (StepName.IDS, StepName.CHOICE, StepName.ENDPOINT, StepName.CERTIFICATE)

DOCUMENT_STEPS = (*_LOCATING, *_SIGNED_ANSWER, *_READING)
REDIRECTED_STEPS = (
    *(*_LOCATING, *_SIGNED_ANSWER, StepName.REDIRECT),
    *(*_SIGNED_ANSWER, StepName.SIGNER, StepName.NO_FURTHER, *_READING),
)
GROUP_STEPS = (
    *(StepName.NAME, StepName.NAPTR, StepName.URL, StepName.STATUS, StepName.XML),
    *(StepName.SCHEMA, StepName.IDS, StepName.DOCUMENTS),
)

Fact = str | int | None | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: whether it went well, what was found, for people and as single facts."""

    name: StepName
    ok: bool
    found: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """One lookup; *said* is what was read and may be believed, None unless it was found.

    *redirect* is where the SMP that was asked leads to, and whom it names: it may be believed too.
    """

    participant: ParticipantId
    document: DocumentId | None
    outcome: Outcome
    steps: tuple[Step, ...]
    said: ServiceMetadata | ServiceGroup | None = None
    redirect: Redirect | None = None

    @property
    def sha256(self) -> str | None:
        """SHA-256 of what the SMP that was asked answered, in hex."""
        return self._fact(StepName.STATUS, "sha256")

    @property
    def signer(self) -> str | None:
        """SHA-256 of the certificate by which that is signed, in hex."""
        return self._fact(StepName.SIGNATURE, "fingerprint")

    def _fact(self, step: StepName, name: str) -> str | None:
        """Return a fact of the first such *step*: further ones are taken behind a redirect."""
        found = next((each.facts.get(name) for each in self.steps if each.name is step), None)
        return found if isinstance(found, str) else None

    @property
    def failed(self) -> Step | None:
        """The step at which it ended, if not at its goal."""
        return None if self.outcome is Outcome.FOUND else self.steps[-1]


class Notes:
    """The steps taken so far; which one comes next is known, so that its failure has a name."""

    def __init__(self, order: tuple[StepName, ...]) -> None:
        self._order = order
        self.steps: tuple[Step, ...] = ()
        self.redirect: Redirect | None = None

    def add(self, found: str, **facts: Fact) -> None:
        """Note the next step as taken."""
        self.steps += (Step(self._order[len(self.steps)], ok=True, found=found, facts=facts),)

    def turn(self, redirect: Redirect) -> None:
        """Note that the answer was a redirect: further steps are taken at another SMP."""
        self._order = REDIRECTED_STEPS
        self.redirect = redirect
        href, uid = redirect.href, redirect.certificate_uid
        self.add(f"to {href}, signed there by {uid}", href=href, certificate_uid=uid)

    def end(self, fault: Failure) -> Outcome:
        """Note the next step as failed, and return what that makes of the lookup."""
        self.steps += (Step(self._order[len(self.steps)], ok=False, found=fault.text),)
        match fault:
            case Absent():
                return Outcome.NOT_FOUND
            case Unavailable():
                return Outcome.NO_ANSWER
            case _:
                return Outcome.UNTRUSTED


def as_json(trace: Trace, warning: str = "") -> dict[str, object]:
    """Return *trace* for machines."""
    return {
        "warning": warning or None,
        "participant": str(trace.participant),
        "document": None if trace.document is None else str(trace.document),
        "outcome": trace.outcome.name.lower(),
        "steps": [
            {"step": step.name.value, "ok": step.ok, "found": step.found, **step.facts}
            for step in trace.steps
        ],
    }


def lines(trace: Trace, warning: str = "") -> list[str]:
    """Return *trace* for people, a line a step and one for the outcome, fit for a terminal."""
    width = max(len(step.name) for step in trace.steps)
    said = [
        f"{'ok' if step.ok else 'FAILED':<6}  {step.name:<{width}}  {step.found}"
        for step in trace.steps
    ]
    for step in trace.steps:
        documents = step.facts.get("documents")
        if isinstance(documents, tuple):
            said += [f"{'':<6}  {'':<{width}}  {document}" for document in documents]
    if warning:
        said.append(f"warning {warning}")
    where = "" if trace.failed is None else f", at: {trace.failed.name}"
    return [printable(line) for line in (*said, f"{trace.outcome}{where}")]


def printable(text: str) -> str:
    r"""Return *text* with what could move or colour a terminal escaped, as `\x1b`.

    It may come from anybody who runs a name server or an SMP.
    """
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
