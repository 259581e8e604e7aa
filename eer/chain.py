"""Does a chain lead from a certificate to one that is trusted?

RFC 5280, section 6.1, as far as cryptography's verifier does it: signatures, dates, who may issue.
Without the rules of the web: no host names, no extended key usage. Revocation is asked elsewhere.
"""

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.verification import (
    ClientVerifier,
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from eer.domain.errors import Refused

Chain = tuple[x509.Certificate, ...]
"""A certificate, who issued it, who issued that one; the last is trusted."""


def verified(
    certificate: x509.Certificate,
    anchors: Iterable[x509.Certificate],
    at: datetime,
    others: Iterable[x509.Certificate] = (),
) -> Chain:
    """Return the chain of *certificate* that ends in *anchors* at *at*; raise Refused for none.

    *others* may stand in it and are not trusted for themselves. The fault says what is wrong, and
    not with whom: whoever asks knows.
    """
    try:
        found = _verifier(list(anchors), at).verify(certificate, list(others))
    except (VerificationError, ValueError, UnsupportedAlgorithm) as fault:
        raise Refused(str(fault)) from None
    return tuple(found.chain)


def _verifier(anchors: list[x509.Certificate], at: datetime) -> ClientVerifier:
    authority = (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _check_usage)
    )
    return (
        PolicyBuilder()
        .store(Store(anchors))
        .time(at)
        .extension_policies(ca_policy=authority, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )


def _check_usage(_: Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    """ValueError is how the verifier is told no."""
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("an issuer whose key usage lacks keyCertSign")
