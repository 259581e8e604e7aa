"""What does a client prefer of an answer? RFC 7240; FHIR R4 http, sections 3.1.0.1.8 and 9."""

from dataclasses import dataclass
from enum import StrEnum

from flask import Request, Response


class Return(StrEnum):
    """What comes back from a write."""

    MINIMAL = "minimal"
    REPRESENTATION = "representation"
    OUTCOME = "OperationOutcome"


@dataclass(frozen=True, slots=True)
class Preferred:
    """What comes back, None if nothing is said; and whether unknown parameters are refused."""

    comes_back: Return | None = None
    is_strict: bool = False
    applied: tuple[str, ...] = ()

    def on(self, response: Response) -> Response:
        """Say on *response* which preferences it honours."""
        if self.applied:
            response.headers["Preference-Applied"] = ", ".join(self.applied)
        return response


def preferred(request: Request) -> Preferred:
    """Read the Prefer headers; what is not understood is passed over, as RFC 7240 has it."""
    comes_back: Return | None = None
    is_strict = False
    applied: list[str] = []
    written = ",".join(request.headers.getlist("Prefer"))
    for each in written.replace(";", ",").split(","):
        name, _, value = (part.strip() for part in each.partition("="))
        value = value.strip('"')
        if name == "return" and value in tuple(Return):
            comes_back = Return(value)
            applied.append(f"return={value}")
        elif name == "handling" and value in ("strict", "lenient"):
            is_strict = value == "strict"
            applied.append(f"handling={value}")
    return Preferred(comes_back, is_strict, tuple(applied))
