"""What can go wrong, named by what the caller can do about it.

Six kinds, raised where the fault is known and translated once at each edge. An issue is one
fault with its place; a failure carries all of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much an issue weighs, in FHIR's words (value set issue-severity)."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


class IssueCode(StrEnum):
    """The kind of an issue, in FHIR's words (value set issue-type), as far as used here."""

    INVALID = "invalid"
    STRUCTURE = "structure"
    REQUIRED = "required"
    VALUE = "value"
    INVARIANT = "invariant"
    CODE_INVALID = "code-invalid"
    BUSINESS_RULE = "business-rule"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not-found"
    DELETED = "deleted"
    CONFLICT = "conflict"
    MULTIPLE_MATCHES = "multiple-matches"
    NOT_SUPPORTED = "not-supported"
    TOO_LONG = "too-long"
    TOO_COSTLY = "too-costly"
    PROCESSING = "processing"
    LOGIN = "login"
    FORBIDDEN = "forbidden"
    THROTTLED = "throttled"
    TRANSIENT = "transient"
    EXCEPTION = "exception"
    INFORMATIONAL = "informational"


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault: what was found and what was expected, and the FHIRPath of its place."""

    severity: Severity
    code: IssueCode
    expression: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether this issue alone refuses what it is about."""
        return self.severity is Severity.ERROR

    def under(self, place: str) -> "Issue":
        """Return this issue as seen from *place*, the FHIRPath of what contains it."""
        inner = self.expression.partition(".")[2]
        path = f"{place}.{inner}" if inner else place
        return Issue(self.severity, self.code, path, self.text)


def error(code: IssueCode, expression: str, text: str) -> Issue:
    """Return the issue that refuses what stands at *expression*."""
    return Issue(Severity.ERROR, code, expression, text)


def warning(code: IssueCode, expression: str, text: str) -> Issue:
    """Return the issue that lets what stands at *expression* pass, but says so."""
    return Issue(Severity.WARNING, code, expression, text)


def errors_of(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Return those of *issues* that refuse."""
    return tuple(issue for issue in issues if issue.is_error)


class Failure(Exception):
    """What all six kinds have: one sentence for people, and the issues behind it."""

    default_code = IssueCode.EXCEPTION

    def __init__(self, text: str, issues: Iterable[Issue] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.issues = tuple(issues) or (error(self.default_code, "", text),)


class Malformed(Failure):
    """The text cannot be read as what it claims to be: correct it."""

    default_code = IssueCode.STRUCTURE


class Refused(Failure):
    """It was understood and is not allowed, by a rule or for this caller."""

    default_code = IssueCode.BUSINESS_RULE


class Absent(Failure):
    """What was asked for is not here, or no longer."""

    default_code = IssueCode.NOT_FOUND


class Conflict(Failure):
    """It clashes with what is here now: look again, then decide."""

    default_code = IssueCode.CONFLICT


class Implausible(Failure):
    """It may be right, but a person has to say so."""

    default_code = IssueCode.BUSINESS_RULE


class Unavailable(Failure):
    """Something needed does not answer now: try again later."""

    default_code = IssueCode.TRANSIENT


def as_json(failure: Failure) -> dict[str, object]:
    """Return what machines are told of *failure*: the sentence, its kind and the issues."""
    return {
        "failure": failure.text,
        "kind": type(failure).__name__,
        "issues": [asdict(issue) for issue in failure.issues],
    }


@contextmanager
def placed(place: str) -> Iterator[None]:
    """Let a failure inside say that it is about what stands at *place*; nothing changes for ""."""
    try:
        yield
    except Failure as failure:
        issues = [
            issue if issue.expression.startswith(place) else issue.under(place)
            for issue in failure.issues
        ]
        raise type(failure)(failure.text, issues) from None


EXIT_CODES: Mapping[type[Failure], int] = {
    Malformed: 2,
    Refused: 1,
    Absent: 1,
    Conflict: 1,
    Implausible: 1,
    Unavailable: 3,
}
"""The exit code of a command that ends in a failure (decision 17); 4 is lookup's own verdict."""
