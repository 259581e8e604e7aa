"""What tools write has certificates that the register would publish, or says why not."""

from dataclasses import dataclass

import pytest

from builders_smp import access_point_certificate
from eer.domain.errors import Malformed, Refused
from eer.domain.model import Certificate
from eer.domain.policy import Outcome
from eer.domain.standing import Standing, Verdict
from eer.settings import Settings
from smp.wiring import certificates

STRICT = Settings(database_url="sqlite://", base_url="http://127.0.0.1/fhir")
LENIENT = STRICT.model_copy(update={"ap_untrusted": Outcome.WARN})


@dataclass
class Authorities:
    found: Standing | None = None

    def standing(self, certificate: Certificate) -> Standing | None:
        assert certificate.der == access_point_certificate()
        return self.found


@pytest.mark.parametrize("found", [None, Standing(Verdict.GOOD)])
def test_a_certificate_without_fault_is_read(found: Standing | None) -> None:
    judge = certificates.judge(Authorities(found), STRICT)

    assert judge(access_point_certificate()).der == access_point_certificate()
    assert certificates.objection(judge)(access_point_certificate()) == ""


@pytest.mark.parametrize("verdict", [Verdict.REVOKED, Verdict.TEST, Verdict.UNTRUSTED])
def test_any_other_is_refused_with_the_reason(verdict: Verdict) -> None:
    judge = certificates.judge(Authorities(Standing(verdict, "the why")), STRICT)

    with pytest.raises(Refused, match=f"is {verdict}: the why"):
        judge(access_point_certificate())
    assert "the why" in certificates.objection(judge)(access_point_certificate())


def test_an_untrusted_one_counts_where_the_operator_lets_it() -> None:
    untrusted = Authorities(Standing(Verdict.UNTRUSTED, "the why"))

    assert certificates.judge(untrusted, LENIENT)(access_point_certificate())
    with pytest.raises(Refused):
        certificates.judge(Authorities(Standing(Verdict.REVOKED)), LENIENT)(
            access_point_certificate()
        )


def test_what_is_no_certificate_is_objected_to_as_well() -> None:
    judge = certificates.judge(Authorities(), STRICT)

    with pytest.raises(Malformed):
        judge(b"x")
    assert "not a DER certificate" in certificates.objection(judge)(b"x")
