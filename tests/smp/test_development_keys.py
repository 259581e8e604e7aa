from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from builders_smp import NOW, service_metadata
from eer.domain.errors import Malformed, Refused
from smp.pki import trust
from smp.pki.development import Files, Report, create
from smp.pki.sign import Signer
from smp.pki.verify import verify
from smp.xml import parse, render

SERIAL = 4711


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Files, Report]:
    """Make keys once: two of 3072 bits take a while."""
    files = files_in(tmp_path_factory.mktemp("keys") / "var")
    return files, create(files, at=NOW, serial=SERIAL)


@pytest.fixture
def files(made: tuple[Files, Report], tmp_path: Path) -> Files:
    """Return a copy that a test may take apart."""
    copy = files_in(tmp_path)
    for source in made[1].made:
        (tmp_path / source.name).write_bytes(source.read_bytes())
    return copy


def files_in(folder: Path) -> Files:
    return Files(folder / "signer.key", folder / "signer.pem", folder / "trust.pem")


def certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def contents(files: Files) -> list[bytes]:
    return [file.read_bytes() for file in (*files.of_authority, *files.of_signer) if file.exists()]


def test_everything_that_is_missing_is_made(made: tuple[Files, Report]) -> None:
    files, report = made

    assert Report((*files.of_authority, *files.of_signer), ()) == report
    assert all(file.is_file() for file in report.made)


def test_the_authoritys_key_stands_beside_the_trust_file(made: tuple[Files, Report]) -> None:
    assert made[0].authority_key.name == "trust.pem.key"


def test_nothing_else_is_left_behind(made: tuple[Files, Report]) -> None:
    files, report = made

    assert set(report.made) == set(files.trust.parent.iterdir())


def test_keys_are_for_their_owner_alone(made: tuple[Files, Report]) -> None:
    files, _ = made

    assert {0o600} == {
        file.stat().st_mode & 0o777 for file in (files.signing_key, files.authority_key)
    }
    assert {0o644} == {
        file.stat().st_mode & 0o777 for file in (files.signing_certificate, files.trust)
    }


def test_keys_are_rsa_of_3072_bits(made: tuple[Files, Report]) -> None:
    key = load_pem_private_key(made[0].signing_key.read_bytes(), password=None)

    assert key.key_size == 3072  # type: ignore[union-attr]  # RSA has one
    assert made[0].signing_key.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_what_is_signed_with_them_is_trusted(made: tuple[Files, Report]) -> None:
    files, _ = made
    signer = Signer.load(*files.of_signer, at=NOW)

    verified = verify(parse.document(signer.sign(render.service_metadata(service_metadata()))))

    trust.check(verified.certificate, trust.anchors(files.trust.read_bytes()), NOW)


def test_the_signer_is_valid_for_two_years(made: tuple[Files, Report]) -> None:
    found = certificate(made[0].signing_certificate)

    assert found.not_valid_before_utc == NOW
    assert NOW + timedelta(days=730) == found.not_valid_after_utc


def test_serials_are_the_ones_handed_in(made: tuple[Files, Report]) -> None:
    files, _ = made

    assert certificate(files.signing_certificate).serial_number == SERIAL
    assert certificate(files.trust).serial_number == SERIAL + 1


def test_the_signer_may_only_sign_and_the_authority_only_issue(made: tuple[Files, Report]) -> None:
    usages = [
        certificate(file).extensions.get_extension_for_class(x509.KeyUsage).value
        for file in (made[0].signing_certificate, made[0].trust)
    ]

    assert [(usage.digital_signature, usage.key_cert_sign) for usage in usages] == [
        (True, False),
        (False, True),
    ]


def test_a_second_time_keeps_everything(files: Files) -> None:
    before = contents(files)

    report = create(files, at=NOW, serial=1)

    assert Report((), (*files.of_signer, files.trust)) == report
    assert before == contents(files)


def test_a_trust_file_of_others_is_kept_with_a_signer_of_others(files: Files) -> None:
    files.authority_key.unlink()

    report = create(files, at=NOW, serial=1)

    assert report.made == ()


def test_a_new_signer_is_issued_by_the_authority_that_is_there(files: Files) -> None:
    for file in files.of_signer:
        file.unlink()

    report = create(files, at=NOW, serial=1)

    assert Report(files.of_signer, files.of_authority) == report
    trust.check(
        certificate(files.signing_certificate), trust.anchors(files.trust.read_bytes()), NOW
    )


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (["signer.pem"], r"signer\.key is there and .*signer\.pem is not"),
        (["signer.key"], r"signer\.pem is there and .*signer\.key is not"),
        (["trust.pem"], r"signer\.pem is there and .*trust\.pem is not"),
        (["trust.pem", "trust.pem.key"], r"signer\.pem is there and .*trust\.pem is not"),
        (["signer.key", "signer.pem", "trust.pem"], r"trust\.pem\.key is there and"),
        (["signer.key", "signer.pem", "trust.pem.key"], r"trust\.pem is there and"),
    ],
)
def test_half_a_set_is_refused_and_left_alone(missing: list[str], said: str, files: Files) -> None:
    for name in missing:
        (files.trust.parent / name).unlink()
    before = contents(files)

    with pytest.raises(Refused, match=said):
        create(files, at=NOW, serial=1)
    assert before == contents(files)


def test_a_file_that_appears_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    files.authority_key.symlink_to(tmp_path / "not there yet")

    with pytest.raises(Refused, match="made by another process meanwhile"):
        create(files, at=NOW, serial=1)
    assert [files.authority_key] == list(tmp_path.iterdir())


def test_an_authority_of_another_key_is_refused(files: Files, made: tuple[Files, Report]) -> None:
    for file in files.of_signer:
        file.unlink()
    files.authority_key.write_bytes(made[0].signing_key.read_bytes())

    with pytest.raises(Refused, match="no certificate of the RSA key"):
        create(files, at=NOW, serial=1)


def test_an_authority_that_cannot_be_read_is_malformed(files: Files) -> None:
    for file in files.of_signer:
        file.unlink()
    files.authority_key.write_bytes(b"no key")

    with pytest.raises(Malformed, match=r"trust\.pem\.key.* expected a key and"):
        create(files, at=NOW, serial=1)
