"""What each fault of an SML means: the kind of failure, its cause, and what to do."""

import pytest

from eer.domain.errors import Absent, Conflict, Failure, Refused, Unavailable
from smp.domain import sml_fault
from smp.domain.sml_fault import Fault, Kind


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault(Kind.NOT_FOUND, "[ERR-100] The SMP 'x' doesn't exist"), Absent, "smp sml register"),
        (Fault(Kind.BAD_REQUEST, "[ERR-100] no"), Absent, "smp sml register"),
        (Fault(Kind.UNAUTHORIZED, "[ERR-101] no"), Refused, "smp sml prepare-certificate"),
        (Fault(Kind.BAD_REQUEST, "[ERR-106] already exist"), Conflict, "smp sml migrate"),
        (Fault(Kind.BAD_REQUEST, "[ERR-110] not in the list"), Absent, "smp sml list"),
        (Fault(Kind.BAD_REQUEST, "[ERR-999] odd"), Refused, "correct that"),
        (Fault(Kind.BAD_REQUEST, ""), Refused, "BadRequestFault: no text"),
        (Fault(Kind.NOT_FOUND, "odd"), Absent, "smp sml show"),
        (Fault(Kind.UNAUTHORIZED, "odd"), Refused, "SMP_SML_CERTIFICATE_FILE"),
        (Fault(Kind.INTERNAL_ERROR, "odd"), Unavailable, "may have done it or not"),
    ],
)
def test_a_fault_is_told_with_its_cause_and_what_to_do(
    fault: Fault, kind: type[Failure], said: str
) -> None:
    failure = sml_fault.failure(fault, "adding somebody")

    assert type(failure) is kind
    assert failure.text.startswith("adding somebody: the SML says ")
    assert said in failure.text


@pytest.mark.parametrize("digits", [6, 5000, 100_000])
def test_a_number_that_no_sml_has_is_none(digits: int) -> None:
    fault = Fault(Kind.BAD_REQUEST, f"[ERR-{'1' * digits}] odd")

    assert fault.code is None
    assert type(sml_fault.failure(fault, "adding somebody")) is Refused


@pytest.mark.parametrize(
    ("fault", "gone"),
    [
        (Fault(Kind.NOT_FOUND, ""), True),
        (Fault(Kind.NOT_FOUND, "[ERR-101] another's"), False),
        (Fault(Kind.BAD_REQUEST, "[ERR-110] not in the list"), True),
        (Fault(Kind.BAD_REQUEST, "[ERR-100] no such SMP"), True),
        (Fault(Kind.BAD_REQUEST, "ERR-110"), False),
    ],
)
def test_what_is_not_there_need_not_be_removed(fault: Fault, gone: bool) -> None:  # noqa: FBT001
    assert fault.says_gone == gone
