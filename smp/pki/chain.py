"""May the certificates that an authority sent sign for us, and if not, what is wrong with them?

RFC 5280; OASIS SMP 1.0, 3.6.2.1. Documents carry the signer's certificate alone, so whoever looks
up must have its issuer: what is trusted is asked of that certificate, without those behind it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from eer.domain.errors import Failure, Refused
from smp.pki import names, trust
from smp.pki.key import SMALLEST_KEY, Keys


@dataclass(frozen=True, slots=True)
class Measure:
    """What a chain is held to: the *keys*, the *anchors* of access points, the time.

    *present* is the certificate that signs now, if any does.
    """

    keys: Keys
    anchors: Sequence[x509.Certificate]
    at: datetime
    present: x509.Certificate | None


def check(chain: Sequence[x509.Certificate], measure: Measure) -> None:
    """Raise Refused with everything that is wrong with *chain*, the signer's certificate first."""
    faults = list(_faults(chain, measure))
    if faults:
        what = f"{len(faults)} faults" if len(faults) > 1 else "a fault"
        raise Refused("\n".join([f"the chain has {what}:", *(f"  {fault}" for fault in faults)]))


def _faults(chain: Sequence[x509.Certificate], measure: Measure) -> Iterator[str]:
    signer = chain[0]
    yield from _of_key(signer, measure.keys)
    yield from _of_use(signer)
    for certificate in chain:
        yield from _of_dates(certificate, measure.at)
    yield from _of_order(chain)
    yield from _of_trust(signer, measure)
    if measure.present is not None:
        yield from _of_succession(signer, measure.present)


def _of_key(signer: x509.Certificate, keys: Keys) -> Iterator[str]:
    public = signer.public_key()
    if not isinstance(public, RSAPublicKey):
        yield f"{_name(signer)}: its key is not RSA (SMP 1.0, 3.6.2.1)"
        return
    if public.key_size < SMALLEST_KEY:
        yield f"{_name(signer)}: a key of {public.key_size} bits, expected {SMALLEST_KEY} or more"
        return
    try:
        keys.of(signer)
    except Failure as fault:
        yield fault.text


def _of_use(signer: x509.Certificate) -> Iterator[str]:
    try:
        usage = trust.extension(signer, x509.KeyUsage)
        if usage is None or not usage.digital_signature:
            yield f"{_name(signer)}: its key usage lacks digitalSignature"
        if trust.may_issue(signer):
            yield (
                f"{_name(signer)}: is a certificate authority's; the signer's comes first, its "
                "issuers after it"
            )
    except Refused as fault:
        yield fault.text


def _of_dates(certificate: x509.Certificate, at: datetime) -> Iterator[str]:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at < begin:
        yield f"{_name(certificate)}: not valid before {begin.isoformat()}; install it then"
    if at > end:
        yield f"{_name(certificate)}: expired {end.isoformat()}"


def _of_order(chain: Sequence[x509.Certificate]) -> Iterator[str]:
    for certificate, issuer in pairwise(chain):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            yield (
                f"{_name(issuer)}: did not issue {_name(certificate)}, after which it stands; "
                "each certificate is followed by its issuer's"
            )


def _of_trust(signer: x509.Certificate, measure: Measure) -> Iterator[str]:
    """Dates are told apart: asked is whether it is trusted while it is valid."""
    within = min(max(measure.at, signer.not_valid_before_utc), signer.not_valid_after_utc)
    try:
        trust.check_chain(signer, measure.anchors, within)
    except Refused as fault:
        yield f"{fault.text}; its issuer must stand in SMP_TRUST_FILE, as access points have it"


def _of_succession(signer: x509.Certificate, present: x509.Certificate) -> Iterator[str]:
    if signer == present:
        yield f"{_name(signer)}: is the signer already"
    elif signer.not_valid_after_utc <= present.not_valid_after_utc:
        yield (
            f"{_name(signer)}: expires {signer.not_valid_after_utc.isoformat()}, no later than the "
            f"present signer ({present.not_valid_after_utc.isoformat()})"
        )


def _name(certificate: x509.Certificate) -> str:
    return names.rfc2253(certificate.subject)
