"""Which keys sign that never leave an HSM? PKCS#11 (OASIS, 3.0), mechanism SHA256_RSA_PKCS.

A key is found by what its certificate says of it, so that the present and the next one may bear
one label. A worker process opens its own session: none outlives a fork.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    PrivateFormat,
)
from pkcs11.constants import Attribute, MechanismFlag, ObjectClass
from pkcs11.exceptions import PKCS11Error, UserAlreadyLoggedIn
from pkcs11.mechanisms import KeyType, Mechanism
from pkcs11.types import Session, SignMixin

from eer.domain.errors import Malformed, Refused, Unavailable
from smp.pki import files, names
from smp.pki.key import KEY_BITS, SMALLEST_KEY


@dataclass(frozen=True, slots=True)
class Token:
    """Where keys are: *module* speaks to the HSM, *label* is what the keys in *token* bear."""

    module: Path
    token: str
    label: str
    pin_file: Path

    def of(self, certificate: x509.Certificate) -> rsa.RSAPrivateKey:
        """Return the key of *certificate*; raise Refused when the token has none."""
        public = certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey) or public.key_size < SMALLEST_KEY:
            raise Refused(
                f"the certificate of {names.rfc2253(certificate.subject)} must be of an RSA key of "
                f"{SMALLEST_KEY} bits or more"
            )
        key = TokenKey(self, public)
        key.check()
        return key

    def new(self, name: bytes) -> rsa.RSAPrivateKey:
        """Return a key that was made in the token and cannot be taken out of it."""
        with self.speaking(), self.open(writing=True) as session:
            public, _ = session.generate_keypair(
                KeyType.RSA,
                KEY_BITS,
                id=name,
                label=self.label,
                store=True,
                capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
            modulus = int.from_bytes(public[Attribute.MODULUS])
            exponent = int.from_bytes(public[Attribute.PUBLIC_EXPONENT])
        return TokenKey(self, rsa.RSAPublicNumbers(exponent, modulus).public_key())

    def promote(self, certificate: x509.Certificate) -> None:
        """Nothing moves: a key is found by its certificate."""

    def open(self, *, writing: bool = False) -> Session:
        """Log in; a process does so once for all its sessions."""
        try:
            pin = files.read(self.pin_file, "PIN of the HSM").decode().strip()
        except UnicodeDecodeError:
            raise Malformed(f"{self.pin_file}: expected the PIN of the HSM in UTF-8") from None
        token = pkcs11.lib(str(self.module)).get_token(token_label=self.token)
        try:
            return token.open(rw=writing, user_pin=pin)
        except UserAlreadyLoggedIn:
            return token.open(rw=writing)

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Translate what the module raises."""
        try:
            yield
        except PKCS11Error as fault:
            said = str(fault) or type(fault).__name__
            raise Unavailable(
                f"HSM token {self.token!r} by {self.module}: {said}; look at the HSM, its token, "
                "label and PIN"
            ) from None


class TokenKey(rsa.RSAPrivateKey):
    """A key in a token, as far as a key can be used that nobody can see."""

    def __init__(self, token: Token, public: rsa.RSAPublicKey) -> None:
        self._token = token
        self._public = public
        self._found: SignMixin | None = None

    def check(self) -> None:
        """Raise Refused when the token has no such key, Unavailable when it does not answer."""
        with self._token.speaking():
            self._key()

    @property
    def key_size(self) -> int:
        """Return the bits of the modulus."""
        return self._public.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        """Return the public key."""
        return self._public

    def sign(
        self,
        data: bytes,
        padding: padding.AsymmetricPadding,
        algorithm: utils.Prehashed | utils.NoDigestInfo | HashAlgorithm,
    ) -> bytes:
        """Sign *data*; raise Refused for another way than the one of SMP, Unavailable else.

        After a failure the session is opened anew the next time.
        """
        if not _is_the_one_way(padding, algorithm):
            raise Refused("an HSM signs with RSA PKCS#1 v1.5 and SHA-256 only")
        with self._token.speaking():
            key = self._key()
            try:
                return bytes(key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
            except PKCS11Error:
                self._found = None
                raise

    def _key(self) -> SignMixin:
        if self._found is None:
            modulus = self._public.public_numbers().n
            sought = {
                Attribute.CLASS: ObjectClass.PRIVATE_KEY,
                Attribute.LABEL: self._token.label,
                Attribute.MODULUS: modulus.to_bytes((self.key_size + 7) // 8),
            }
            found = next(iter(self._token.open().get_objects(sought)), None)
            if not isinstance(found, SignMixin):
                raise Refused(
                    f"HSM token {self._token.token!r} has no key {self._token.label!r} of the "
                    "certificate; look at the label, and which token the key was made in"
                )
            self._found = found
        return self._found

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> bytes:
        """Refuse: it signs."""
        del ciphertext, padding
        self._stays()

    def private_numbers(self) -> rsa.RSAPrivateNumbers:
        """Refuse: they never leave the token."""
        self._stays()

    def private_bytes(
        self,
        encoding: Encoding,
        format: PrivateFormat,  # noqa: A002 - cryptography's name
        encryption_algorithm: KeySerializationEncryption,
    ) -> bytes:
        """Refuse: they never leave the token."""
        del encoding, format, encryption_algorithm
        self._stays()

    def _stays(self) -> NoReturn:
        raise Refused(f"the key {self._token.label!r} signs, and never leaves its token")

    def __copy__(self) -> "TokenKey":
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> "TokenKey":
        return self


def _is_the_one_way(scheme: padding.AsymmetricPadding, algorithm: object) -> bool:
    return isinstance(scheme, padding.PKCS1v15) and isinstance(algorithm, SHA256)
