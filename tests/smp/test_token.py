"""An HSM signs what a key file does: SoftHSM2 stands for one."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11.constants import Attribute
from pkcs11.util.rsa import decode_rsa_private_key

from builders_smp import Issuer, rsa_key, service_metadata, signed, signer, signing_key
from eer.domain.errors import Malformed, Refused, Unavailable
from fakes.hsm import LABEL, hsm
from fakes.signing import planned
from smp.cores import Cores
from smp.pki import request
from smp.pki.sign import Signer
from smp.pki.token import Token
from smp.signing import Signing, opened, proof
from smp.xml import render

pytestmark = [pytest.mark.debian, pytest.mark.slow]


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """A token that holds the committed key."""
    environment = hsm(tmp_path_factory.mktemp("token"))
    module = Path(environment["SMP_PKCS11_MODULE"])
    pin = Path(environment["SMP_PKCS11_PIN_FILE"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", environment["SOFTHSM2_CONF"])
        made = Token(module, LABEL, "smp-signer", pin)
        with made.open(writing=True) as session:
            der = signing_key().private_bytes(
                Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
            )
            session.create_object(
                {
                    **decode_rsa_private_key(der),
                    Attribute.TOKEN: True,
                    Attribute.LABEL: "smp-signer",
                }
            )
        yield made
        pkcs11.unload(str(module))


def test_an_hsm_gives_the_same_bytes_as_the_key_file(token: Token) -> None:
    hsm = Signer.of(signer().der, token)

    assert signed() == hsm.sign(render.service_metadata(service_metadata()))


def test_several_processes_sign_with_the_same_hsm(token: Token) -> None:
    hsm = Signer.of(signer().der, token)
    here = Signing(hsm, proof(hsm))

    made = Cores(here, partial(opened, token, signer().der), 2, 1).many([[planned()], [planned()]])

    assert [[signed()], [signed()]] == list(made)


def test_a_key_made_in_the_token_cannot_be_taken_out_and_signs_its_request(token: Token) -> None:
    key = token.new(b"\x01" * 32)

    made = x509.load_pem_x509_csr(request.make(key, request.subject("CN=smp.example.dk,C=DK")))

    assert made.is_signature_valid
    assert (key.key_size, made.public_key()) == (3072, key.public_key())
    with pytest.raises(Refused, match="never leaves its token"):
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(Refused, match="never leaves its token"):
        key.private_numbers()
    with pytest.raises(Refused, match="never leaves its token"):
        key.decrypt(b"", padding.PKCS1v15())


def test_keys_of_one_label_are_told_apart_by_their_certificates(token: Token) -> None:
    made = [token.new(bytes([number]) * 32) for number in (2, 3)]
    certificates = [Issuer(rsa_key()).certificate(key) for key in made]

    found = [token.of(certificate).public_key() for certificate in certificates]

    assert [key.public_key() for key in made] == found


def test_a_certificate_whose_key_is_elsewhere_is_refused(token: Token) -> None:
    with pytest.raises(Refused, match="has no key 'smp-signer' of the certificate"):
        token.of(Issuer(rsa_key()).certificate(rsa_key()))


def test_a_small_key_is_refused(token: Token) -> None:
    with pytest.raises(Refused, match="RSA key of 2048 bits or more"):
        token.of(Issuer(rsa_key()).certificate(rsa_key(bits=1024)))


def test_an_hsm_signs_in_no_other_way(token: Token) -> None:
    key = token.of(signer().certificate)

    with pytest.raises(Refused, match=r"PKCS#1 v1\.5 and SHA-256 only"):
        key.sign(b"", padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    with pytest.raises(Refused, match="only"):
        key.sign(b"", padding.PKCS1v15(), SHA512())


@pytest.mark.parametrize("wrong", ["token", "module"])
def test_an_hsm_that_does_not_answer_is_unavailable(token: Token, wrong: str) -> None:
    changed = {"token": "elsewhere"} if wrong == "token" else {"module": Path("/none.so")}

    with pytest.raises(Unavailable, match="look at the HSM"):
        replace(token, **changed).of(signer().certificate)  # type: ignore[arg-type]


def test_a_session_that_was_lost_is_opened_anew(token: Token) -> None:
    hsm = Signer.of(signer().der, token)
    hsm.sign(render.service_metadata(service_metadata()))
    pkcs11.lib(str(token.module)).reinitialize()

    with pytest.raises(Unavailable):
        hsm.sign(render.service_metadata(service_metadata()))

    assert signed() == hsm.sign(render.service_metadata(service_metadata()))


def test_a_pin_that_is_no_text_is_told_in_words(token: Token, tmp_path: Path) -> None:
    file = tmp_path / "pin"
    file.write_bytes(b"\xff\xfe")
    file.chmod(0o600)

    with pytest.raises(Malformed, match="pin: expected the PIN of the HSM in UTF-8"):
        replace(token, pin_file=file).of(signer().certificate)
