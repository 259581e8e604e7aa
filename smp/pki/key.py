"""Which keys sign, wherever they are kept: in files, or in an HSM (smp/pki/token.py)?

RSASSA-PKCS1-v1_5 with SHA-256 (OASIS SMP 1.0, 3.6.2.1; RFC 8017, 8.2).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from eer.domain.errors import Absent, Malformed, Refused, Unavailable
from smp.pki import files, names

KEY_BITS = 3072
"""The bits of the keys that are made here."""

SMALLEST_KEY = 2048
"""The fewest bits of an RSA key that signs."""


def following(file: Path) -> Path:
    """Return where the next signer's stands of what *file* is the present one's."""
    return file.with_name(f"{file.name}.next")


def former(file: Path) -> Path:
    """Return where the former signer's stands of what *file* is the present one's."""
    return file.with_name(f"{file.name}.former")


class Keys(Protocol):
    """Where keys are kept.

    Of a key only `public_key()` and `sign(data, padding, algorithm)` are asked: it is
    cryptography's type because signxml and the maker of requests take nothing else.
    """

    def of(self, certificate: x509.Certificate) -> RSAPrivateKey:
        """Return the key that *certificate* is of; raise Refused when it is not there."""

    def new(self, name: bytes) -> RSAPrivateKey:
        """Return a key for the next signer, kept from now on; none is ever overwritten.

        *name* tells it from all others, by chance.
        """

    def promote(self, certificate: x509.Certificate) -> None:
        """Let the key of *certificate* stand as the present one; the one before is kept."""


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """A PEM file, and beside it the one of the next signer."""

    present: Path

    @property
    def next(self) -> Path:
        """Where the next signer's key stands."""
        return following(self.present)

    def of(self, certificate: x509.Certificate) -> RSAPrivateKey:
        """Return the key that *certificate* is of, whichever of the two it is.

        Raises Absent or Unavailable when a file cannot be read, Malformed when it is no key.
        """
        there = [file for file in (self.present, self.next) if file.exists()]
        for file in there or [self.present]:
            key = read_key(file)
            if key.public_key() == certificate.public_key():
                return key
        raise Refused(
            f"the certificate of {names.rfc2253(certificate.subject)} is of another key than "
            f"{' and '.join(map(str, there))}; put the two that belong together there"
        )

    def new(self, name: bytes) -> RSAPrivateKey:
        """Return the next signer's key; one that is there and waits for its certificate is it."""
        del name
        if self.next.exists():
            return read_key(self.next)
        key = generate_private_key(65537, KEY_BITS)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files.write_new(self.next, pem, files.SECRET)
        return key

    def promote(self, certificate: x509.Certificate) -> None:
        """Let the next file be the present one if it is the key of *certificate*."""
        if self.next.exists() and read_key(self.next).public_key() == certificate.public_key():
            files.take_place(self.next, self.present, former(self.present))


@dataclass(frozen=True, slots=True)
class Moving:
    """Keys on their way from one place to another: new ones are made in the *new_place*."""

    new_place: Keys
    old_place: Keys

    def of(self, certificate: x509.Certificate) -> RSAPrivateKey:
        """Return the key of *certificate*, wherever it is; raise what the new place does.

        A new place that does not answer keeps nobody from signing with a key of the old one.
        """
        try:
            return self.new_place.of(certificate)
        except (Refused, Unavailable) as fault:
            try:
                return self.old_place.of(certificate)
            except (Absent, Refused):
                raise fault from None

    def new(self, name: bytes) -> RSAPrivateKey:
        """Return a key for the next signer."""
        return self.new_place.new(name)

    def promote(self, certificate: x509.Certificate) -> None:
        """Let the key of *certificate* be the present one in either place."""
        self.new_place.promote(certificate)
        self.old_place.promote(certificate)


def read_key(file: Path) -> RSAPrivateKey:
    """Read the RSA key in *file*; raises Absent, Unavailable, Malformed and Refused."""
    try:
        key = load_pem_private_key(files.read(file, "signing key"), password=None)
    except TypeError:
        raise Malformed(
            f"{file}: the signing key is encrypted; store it without a password, "
            "readable by the publisher alone"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise Malformed(f"{file}: expected a private key in PEM") from None
    if not isinstance(key, RSAPrivateKey):
        raise Refused(f"{file}: the signing key must be RSA (SMP 1.0, 3.6.2.1)")
    if key.key_size < SMALLEST_KEY:
        raise Refused(
            f"{file}: an RSA key of {key.key_size} bits; make one of {SMALLEST_KEY} or more"
        )
    return key
