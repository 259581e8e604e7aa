"""Is the signer of a document one of those we were told to trust?

RFC 5280, section 6.1, as eer/chain.py has it; not revocation. Which of them may sign is asked of
smp/domain/signed_by.py.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from cryptography import x509

from eer import chain
from eer.domain.errors import Malformed, Refused
from smp.pki import names

E = TypeVar("E", bound=x509.ExtensionType)


def anchors(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Read the certificates of a trust file, issuing ones among them.

    Raises Malformed when there is none, Refused when one of them may not issue.
    """
    try:
        found = tuple(x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise Malformed("trust file: expected certificates in PEM") from None
    for certificate in found:
        if not may_issue(certificate):
            raise Refused(
                f"trust file: {_name(certificate)} is not a certificate authority's; "
                "put its issuer there"
            )
    return found


def check(
    certificate: x509.Certificate,
    anchors: Iterable[x509.Certificate],
    at: datetime,
    intermediates: Iterable[x509.Certificate] = (),
) -> None:
    """Check that *certificate* may sign documents at *at* and that its chain ends in *anchors*.

    *intermediates* are used to build the chain and not trusted for themselves. Raises Refused.
    """
    _check_dates(certificate, at)
    usage = extension(certificate, x509.KeyUsage)
    if usage is None or not usage.digital_signature:
        raise Refused(f"{_name(certificate)}: its key usage lacks digitalSignature")
    check_chain(certificate, anchors, at, intermediates)


def check_chain(
    certificate: x509.Certificate,
    anchors: Iterable[x509.Certificate],
    at: datetime,
    intermediates: Iterable[x509.Certificate] = (),
) -> None:
    """Check that the chain of *certificate* ends in *anchors* at *at*; raises Refused."""
    trusted = [anchor for anchor in anchors if may_issue(anchor)]
    if not trusted:
        raise Refused("trust file: expected the certificate of an authority, found none")
    try:
        chain.verified(certificate, trusted, at, intermediates)
    except Refused as fault:
        raise Refused(
            f"{_name(certificate)}: not issued by any of {len(trusted)} anchors: {fault.text}"
        ) from None


def _check_dates(certificate: x509.Certificate, at: datetime) -> None:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at < begin:
        raise Refused(f"{_name(certificate)}: not valid before {begin.isoformat()}")
    if at > end:
        raise Refused(f"{_name(certificate)}: expired {end.isoformat()}")


def may_issue(certificate: x509.Certificate) -> bool:
    """Whether *certificate* is a certificate authority's."""
    constraints = extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    """Return its extension of that kind, if it has one; raise Refused when it cannot be read."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except (ValueError, x509.DuplicateExtension) as fault:
        raise Refused(f"{_name(certificate)}: unreadable extensions: {fault}") from None


def _name(certificate: x509.Certificate) -> str:
    return names.rfc2253(certificate.subject)
