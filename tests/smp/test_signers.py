"""A next signer is asked for, checked, installed beside the present one, and promoted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from builders_smp import NOW, Issuer, rsa_key, subject
from eer.domain.errors import Malformed, Refused, Unavailable
from smp.pki import chain, files, request
from smp.pki.chain import Measure
from smp.pki.key import KeyFiles, Moving, following, former, read_key
from smp.pki.ring import Ring

DAY = timedelta(days=1)
AUTHORITY = Issuer(rsa_key(9))
PRESENT, NEXT = rsa_key(1), rsa_key(2)


def write_key(file: Path, key: Any) -> None:
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def write_certificate(file: Path, *certificates: x509.Certificate) -> None:
    file.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))


def issued(key: RSAPrivateKey, days: int = 365, **parts: Any) -> x509.Certificate:
    return AUTHORITY.certificate(key, subject("Signer"), end=NOW + days * DAY, **parts)


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    """A signer with its key, and a key that waits for its certificate."""
    keys = KeyFiles(tmp_path / "signer.key")
    write_key(keys.present, PRESENT)
    write_key(keys.next, NEXT)
    write_certificate(tmp_path / "signer.pem", issued(PRESENT, days=100))
    return Ring(tmp_path / "signer.pem", keys)


def measure(ring: Ring, *, at: Any = NOW) -> Measure:
    present = x509.load_pem_x509_certificate(ring.certificate.read_bytes())
    return Measure(ring.keys, [AUTHORITY.itself(end=NOW + 900 * DAY)], at, present)


# Asking for one


def test_a_new_key_is_for_its_owner_alone_and_has_3072_bits(tmp_path: Path) -> None:
    keys = KeyFiles(tmp_path / "signer.key")

    made = keys.new(b"")

    assert made.key_size == 3072
    assert keys.next.stat().st_mode & 0o777 == 0o600
    assert read_key(keys.next).public_key() == made.public_key()


def test_a_key_that_waits_for_its_certificate_is_never_overwritten(ring: Ring) -> None:
    assert ring.keys.new(b"").public_key() == NEXT.public_key()


def test_a_request_names_the_subject_the_key_and_what_it_is_for() -> None:
    name = request.subject("CN=smp.example.dk,2.5.4.97=NTRDK-99000015,O=Prøve,C=DK")

    made = x509.load_pem_x509_csr(request.make(NEXT, name))

    assert made.is_signature_valid
    assert made.public_key() == NEXT.public_key()
    assert [part.value for part in made.subject] == [
        *("DK", "Prøve", "NTRDK-99000015", "smp.example.dk")
    ]
    assert made.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature


@pytest.mark.parametrize("text", ["smp.example.dk", "CN=", "", "C=Denmark"])
def test_a_subject_that_is_no_name_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="subject"):
        request.subject(text)


# Checking what came back


def wrong_chains() -> dict[str, tuple[Callable[[], list[x509.Certificate]], str]]:
    other = Issuer(rsa_key(8), subject("Somebody else"))
    curve = ec.generate_private_key(ec.SECP256R1())
    return {
        "another key": (lambda: [issued(rsa_key(3))], "is of another key than"),
        "not RSA": (lambda: [issued(curve)], "its key is not RSA"),  # type: ignore[arg-type]
        "small": (lambda: [issued(rsa_key(bits=1024))], "a key of 1024 bits, expected 2048"),
        "no usage": (lambda: [issued(NEXT, usage=None)], "lacks digitalSignature"),
        "other usage": (lambda: [issued(NEXT, usage="crl_sign")], "lacks digitalSignature"),
        "an authority": (
            lambda: [issued(NEXT, authority=True, usage="digital_signature")],
            "is a certificate authority's",
        ),
        "too early": (lambda: [issued(NEXT, begin=NOW + DAY)], "not valid before 2026-05-06"),
        "too late": (lambda: [issued(NEXT, days=-1, begin=NOW - 9 * DAY)], "expired 2026-05-04"),
        "not trusted": (lambda: [other.certificate(NEXT)], "not issued by any of 1 anchors"),
        "disordered": (lambda: [issued(NEXT), other.itself()], "CN=Somebody else,C=DK: did not"),
        "sooner over": (lambda: [issued(NEXT, days=99)], "no later than the present signer"),
    }


@pytest.mark.parametrize("case", wrong_chains())
def test_a_chain_that_is_not_right_is_refused(ring: Ring, case: str) -> None:
    made, said = wrong_chains()[case]

    with pytest.raises(Refused, match=said):
        ring.install(made(), measure(ring))

    assert not ring.next.exists()


def test_the_present_signer_does_not_follow_itself(ring: Ring) -> None:
    present = measure(ring).present
    assert present is not None

    with pytest.raises(Refused, match="is the signer already"):
        ring.install([present], measure(ring))


def test_all_that_is_wrong_is_told_at_once(ring: Ring) -> None:
    wrong = Issuer(rsa_key(8)).certificate(
        rsa_key(3), usage=None, end=NOW - DAY, begin=NOW - 9 * DAY
    )

    with pytest.raises(Refused) as caught:
        chain.check([wrong], measure(ring))

    lines = caught.value.text.splitlines()
    assert lines[0] == "the chain has 5 faults:"
    assert [word in caught.value.text for word in ("another key", "digitalSig", "expired")] == [
        True
    ] * 3
    assert len(lines) == 6


def test_a_right_chain_is_installed_as_the_next_with_the_issuers(ring: Ring) -> None:
    certificates = [issued(NEXT), AUTHORITY.itself(end=NOW + 900 * DAY)]

    file = ring.install(certificates, measure(ring))

    assert x509.load_pem_x509_certificates(file.read_bytes()) == certificates
    assert ring.signers(measure(ring).anchors, NOW).follows is not None


def test_a_next_signer_that_is_there_is_never_overwritten(ring: Ring) -> None:
    ring.install([issued(NEXT)], measure(ring))

    with pytest.raises(Refused, match=r"signer\.pem\.next is there"):
        ring.install([issued(NEXT)], measure(ring))


def test_the_first_signer_of_all_may_be_installed_too(ring: Ring) -> None:
    ring.certificate.unlink()

    ring.install([issued(NEXT)], replace(measure_of_nobody(ring), present=None))

    signers = ring.signers(measure_of_nobody(ring).anchors, NOW)
    assert signers.present.certificate.public_key() == NEXT.public_key()
    assert signers.follows is None


def measure_of_nobody(ring: Ring) -> Measure:
    return Measure(ring.keys, [AUTHORITY.itself(end=NOW + 900 * DAY)], NOW, None)


# Who signs


def test_while_nobody_is_installed_nobody_follows(ring: Ring) -> None:
    signers = ring.signers(measure(ring).anchors, NOW)

    assert signers.present.certificate.public_key() == PRESENT.public_key()
    assert (signers.follows, signers.trouble) == (None, "")


def test_one_who_cannot_sign_is_told_and_does_not_disturb_the_present_one(ring: Ring) -> None:
    ring.install([issued(NEXT)], measure(ring))
    write_key(following(ring.certificate.with_name("signer.key")), rsa_key(3))

    signers = ring.signers(measure(ring).anchors, NOW)

    assert signers.follows is None
    assert "of another key than" in signers.trouble


def test_an_expired_signer_is_let_in_only_while_somebody_follows(ring: Ring) -> None:
    anchors = measure(ring).anchors
    with pytest.raises(Refused, match="expired"):
        ring.signers(anchors, NOW + 101 * DAY)

    ring.install([issued(NEXT)], measure(ring))

    assert ring.signers(anchors, NOW + 101 * DAY).follows is not None


# Promotion


def test_a_promoted_signer_stands_where_the_one_before_did_which_is_kept(ring: Ring) -> None:
    before = ring.certificate.read_bytes()
    ring.install([issued(NEXT)], measure(ring))

    ring.promote()

    signers = ring.signers(measure(ring).anchors, NOW)
    assert signers.present.certificate.public_key() == NEXT.public_key()
    assert signers.follows is None
    assert before == former(ring.certificate).read_bytes()
    assert read_key(ring.certificate.with_name("signer.key")).public_key() == NEXT.public_key()
    assert not ring.next.exists()


class Killed(BaseException):
    """As if the power had failed."""


def test_a_promotion_killed_anywhere_leaves_a_signer_and_can_be_finished(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchors = measure(ring).anchors
    ring.install([issued(NEXT)], measure(ring))
    real = files.take_place
    monkeypatch.setattr(files, "take_place", lambda *given: [real(*given), fall()])

    with pytest.raises(Killed):
        ring.promote()

    monkeypatch.undo()
    assert ring.signers(anchors, NOW).present.certificate.public_key() == NEXT.public_key()

    ring.finish()

    assert read_key(ring.certificate.with_name("signer.key")).public_key() == NEXT.public_key()
    assert ring.keys.new(b"").public_key() != NEXT.public_key()


def fall() -> None:
    raise Killed


# Keys that move


def test_while_keys_move_each_is_found_where_it_is(ring: Ring, tmp_path: Path) -> None:
    moving = Moving(KeyFiles(tmp_path / "new.key"), ring.keys)
    made = moving.new(b"")

    assert moving.of(issued(made)).public_key() == made.public_key()
    assert moving.of(issued(PRESENT)).public_key() == PRESENT.public_key()
    with pytest.raises(Refused, match=r"another key than .*new\.key\.next"):
        moving.of(issued(rsa_key(3)))

    moving.promote(issued(made))

    assert read_key(tmp_path / "new.key").public_key() == made.public_key()


class Silent(KeyFiles):
    """An HSM that does not answer, as far as keys are asked of it."""

    def of(self, certificate: x509.Certificate) -> RSAPrivateKey:
        raise Unavailable(f"HSM token 'ehmi' does not answer for {certificate.serial_number}")


def test_a_new_place_that_does_not_answer_keeps_nobody_from_signing_with_an_old_key(
    ring: Ring, tmp_path: Path
) -> None:
    moving = Moving(Silent(tmp_path / "new.key"), ring.keys)

    assert moving.of(issued(PRESENT)).public_key() == PRESENT.public_key()
    with pytest.raises(Unavailable, match="does not answer"):
        moving.of(issued(rsa_key(3)))
