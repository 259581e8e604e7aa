"""Who may sign can be named: by subject, or by fingerprint; several while one follows another."""

from datetime import UTC, datetime

import pytest

from builders_smp import Issuer, rsa_key, signer
from eer.domain.errors import Malformed, Refused
from eer.settings import read
from smp.domain.signed_by import ANYBODY, Accepted, SignedBy, parse
from smp.pki import signed_by
from smp.settings.archive import Verifying

WHO = SignedBy(
    "organizationIdentifier=NTRDK-1,CN=SMP\\; one,O=Example,C=DK",
    "2.5.4.97=#0c074e5452444b2d31,CN=SMP\\; one,O=Example,C=DK",
    "1f",
    "ab" * 32,
    datetime(2028, 11, 20, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "named",
    [
        WHO.subject,
        WHO.java_subject,
        "c=dk, o=EXAMPLE, cn=smp\\; one, organizationidentifier=ntrdk-1",
        "ab" * 32,
        ":".join(["AB"] * 32),
    ],
)
def test_a_signer_that_is_named_is_accepted(named: str) -> None:
    Accepted((parse(named),)).check(WHO)
    Accepted(("CN=Another", parse(named))).check(WHO)


@pytest.mark.parametrize("named", ["CN=SMP\\; one", "CN=Another,O=Example,C=DK", "cd" * 32])
def test_any_other_is_refused_in_words(named: str) -> None:
    with pytest.raises(Refused) as refused:
        Accepted((parse(named),)).check(WHO)

    assert refused.value.text == (
        f"signed by {WHO.subject}, serial 1f, SHA-256 {WHO.fingerprint}, until "
        "2028-11-20T00:00:00Z: trusted, but none of the 1 that SMP_SIGNERS names; add it there if "
        "it is the SMP's next signer"
    )


def test_where_nobody_is_named_anybody_is_accepted_and_that_is_told() -> None:
    ANYBODY.check(WHO)

    assert "SMP_SIGNERS names nobody" in ANYBODY.warning
    assert Accepted(("ab" * 32,)).warning == ""


@pytest.mark.parametrize("text", ["", "ab" * 31, "the SMP", "CN"])
def test_what_is_neither_subject_nor_fingerprint_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


def test_a_certificate_is_told_as_it_can_be_named() -> None:
    found = signed_by.read(signer().certificate)

    for named in (found.subject, found.java_subject, found.fingerprint):
        Accepted((parse(named),)).check(found)
    assert found.as_json() == {
        "subject": found.subject,
        "serial": f"{signer().certificate.serial_number:x}",
        "fingerprint": signer().fingerprint,
        "not_after": signer().certificate.not_valid_after_utc.isoformat(),
    }


def test_a_certificate_of_the_same_subject_is_another_by_its_fingerprint() -> None:
    other = Issuer(rsa_key()).certificate(rsa_key(1), signer().certificate.subject)

    Accepted((signed_by.read(signer().certificate).subject,)).check(signed_by.read(other))
    with pytest.raises(Refused):
        Accepted((signer().fingerprint,)).check(signed_by.read(other))


def test_signers_are_parted_by_semicolons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMP_SIGNERS", f'{WHO.subject} ; {"AB:" * 31}AB;CN="a;b",C=DK;')

    assert read(Verifying).signers == (WHO.subject, "ab" * 32, 'CN="a;b",C=DK')


@pytest.mark.parametrize("text", ["the SMP", "CN=one;two", "CN=one\\", 'CN="one;CN=two'])
def test_a_setting_that_names_nobody_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SMP_SIGNERS", text)

    with pytest.raises(Malformed, match="SMP_SIGNERS"):
        read(Verifying)
