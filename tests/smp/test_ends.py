"""Every certificate that publication stands on is told of, under a label of its own."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import builders_legacy
from builders_smp import NOW, Issuer, access_point_certificate, rsa_key, subject
from eer.domain.errors import Malformed
from eer.settings import Settings
from fakes.publishing import fresh_store
from smp.domain.ends import MOST, Ends, soonest
from smp.pki import signed_by
from smp.pki.ends import of_pem
from smp.settings.publishing import Publishing
from smp.wiring.ends import Certificates, certificates

ISSUER = Issuer(rsa_key())
DAY = timedelta(days=1)


def issued(name: str, days: int) -> x509.Certificate:
    return ISSUER.certificate(rsa_key(1), subject(name), end=NOW + days * DAY)


def pem(file: Path, *certificates: x509.Certificate) -> Path:
    file.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))
    return file


def short(certificate: x509.Certificate) -> str:
    return signed_by.read(certificate).fingerprint[:8]


def told(folder: Path, **files: Path) -> Ends:
    settings = Publishing.model_construct(**{"trust_file": None, **files})
    with fresh_store(folder / "smp.db") as store:
        register = Settings.model_construct(ap_trust_file=files.get("ap_trust_file"))
        return certificates(settings, register, builders_legacy.book(store)).ends()


@pytest.mark.parametrize(
    ("setting", "label"),
    [("sml_certificate_file", "sml-client"), ("manage_tls_certificate_file", "manage-tls")],
)
def test_a_certificate_of_ours_ends_with_the_first_of_its_chain(
    tmp_path: Path, setting: str, label: str
) -> None:
    file = pem(tmp_path / "one.pem", issued("Ours", 40), issued("Between", 30))

    assert told(tmp_path, **{setting: file}).at == {label: NOW + 30 * DAY}


@pytest.mark.parametrize(
    ("setting", "label"),
    [("trust_file", "anchor"), ("sml_trust_file", "sml-anchor"), ("ap_trust_file", "ap-anchor")],
)
def test_each_anchor_is_told_by_its_subject_also_two_of_one_subject(
    tmp_path: Path, setting: str, label: str
) -> None:
    old, new = issued("Root", 30), issued("Root", 900)
    file = pem(tmp_path / "trust.pem", old, new)

    found = told(tmp_path, **{setting: file})

    assert found.at == {
        f"{label} CN=Root,C=DK {short(old)}": NOW + 30 * DAY,
        f"{label} CN=Root,C=DK {short(new)}": NOW + 900 * DAY,
    }
    assert found.unread == 0


def test_what_tools_wrote_is_told_once_for_each_certificate_and_again_when_they_write(
    tmp_path: Path,
) -> None:
    ap = x509.load_der_x509_certificate(access_point_certificate())
    label = f"legacy {ap.subject.rfc4514_string()} {short(ap)}"
    with fresh_store(tmp_path / "smp.db") as store:
        found = Certificates({}, {}, builders_legacy.book(store))
        assert found.ends() == Ends()
        builders_legacy.put(store, 1)
        builders_legacy.put(store, 2)

        assert found.ends().at == {label: ap.not_valid_after_utc}

        builders_legacy.forget(store, 1)
        builders_legacy.forget(store, 2)
        assert found.ends().at == {}


def test_a_file_that_cannot_be_read_is_counted_and_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nothing")
    good = pem(tmp_path / "good.pem", issued("Ours", 40))

    found = told(
        tmp_path,
        sml_certificate_file=tmp_path / "absent.pem",
        sml_trust_file=tmp_path / "bad.pem",
        manage_tls_certificate_file=good,
    )

    assert found == Ends({"manage-tls": NOW + 40 * DAY}, unread=2)


def test_of_very_many_those_that_end_first_are_told() -> None:
    many: dict[str, datetime] = {f"{n}": NOW + n * DAY for n in reversed(range(3 * MOST))}

    assert soonest(many) == {f"{n}": NOW + n * DAY for n in range(MOST)}


def test_a_file_without_a_certificate_is_malformed() -> None:
    with pytest.raises(Malformed, match="expected certificates in PEM"):
        of_pem(b"nothing")
