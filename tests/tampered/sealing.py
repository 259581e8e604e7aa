"""How does somebody with a key, but the wrong one or too much say, make a signature fit again?"""

from base64 import b64encode
from collections.abc import Callable
from copy import deepcopy
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from lxml import etree

from tampered.victim import part


def without_signature(root: etree._Element) -> etree._Element:
    """Return a copy of the document as an enveloped signature covers it."""
    copy = deepcopy(root)
    copy.remove(copy[-1])
    return copy


def write_digest(
    root: etree._Element, of: etree._Element, hashed: Callable[[bytes], Any] = sha256
) -> None:
    """Let the signature have the digest *of* an element: of a copy, as in smp/pki/verify.py."""
    alone = etree.fromstring(etree.tostring(of, with_tail=False))
    value = hashed(etree.tostring(alone, method="c14n")).digest()
    part(root, "DigestValue").text = b64encode(value).decode()


def seal(root: etree._Element, key: RSAPrivateKey, hashing: HashAlgorithm | None = None) -> None:
    """Sign what the signature says of itself by now."""
    signed = etree.tostring(part(root, "SignedInfo"), method="c14n")
    value = key.sign(signed, PKCS1v15(), hashing or SHA256())
    part(root, "SignatureValue").text = b64encode(value).decode()
