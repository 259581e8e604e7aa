"""Is a list of revoked certificates its authority's, and whom does it name?

RFC 5280, sections 5 and 6.3. Understood are complete lists of the authority itself; of a list in
parts, each part for the certificates that name its place. Delta and indirect lists are refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from eer.domain.errors import Malformed, Refused
from eer.domain.wording import say
from eer.pki.authorities import key_of

_PEM = b"-----BEGIN"
_UNDERSTOOD = {
    x509.IssuingDistributionPoint.oid,
    x509.AuthorityKeyIdentifier.oid,
    x509.CRLNumber.oid,
}


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list whose signature holds, and the *authority* that signed it."""

    crl: x509.CertificateRevocationList
    authority: x509.Certificate

    @property
    def issued(self) -> datetime:
        """When it was made."""
        return self.crl.last_update_utc

    @property
    def next(self) -> datetime | None:
        """By when there will be a newer one."""
        return self.crl.next_update_utc

    @property
    def issuer(self) -> str:
        """The name of the authority."""
        return self.authority.subject.rfc4514_string()

    @property
    def scope(self) -> tuple[bytes, bytes, bytes]:
        """What tells it from lists that it takes the place of: whose it is, and which part."""
        point = _point(self.crl)
        part = b"" if point is None else point.public_bytes()
        return self.authority.subject.public_bytes(), key_of(self.authority), part

    def lapsed(self, at: datetime) -> bool:
        """Whether a newer one should be there."""
        return self.next is not None and self.next < at

    def covers(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        """Whether *certificate*, which *issuer* issued, would stand in it."""
        if (issuer.subject, key_of(issuer)) != (self.authority.subject, key_of(self.authority)):
            return False
        point = _point(self.crl)
        if point is None:
            return True
        is_authority = _is_authority(certificate)
        if (point.only_contains_user_certs and is_authority) or (
            point.only_contains_ca_certs and not is_authority
        ):
            return False
        return point.full_name is None or not _places(certificate).isdisjoint(point.full_name)

    def revoked(self, certificate: x509.Certificate) -> datetime | None:
        """Return since when *certificate* is revoked; None when it is not."""
        found = self.crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        return None if found is None else found.revocation_date_utc


def read(body: bytes, authorities: Iterable[x509.Certificate]) -> RevocationList:
    """Read a list in PEM or DER that one of *authorities* has signed.

    Raises Malformed when it is none, Refused when it may not be used.
    """
    try:
        is_pem = body.lstrip().startswith(_PEM)
        crl = x509.load_pem_x509_crl(body) if is_pem else x509.load_der_x509_crl(body)
        issuer = crl.issuer.rfc4514_string()
        unknown = [each.oid for each in crl.extensions if each.critical]
    except (ValueError, x509.DuplicateExtension) as fault:
        said = str(fault).splitlines()[0]
        text = say("not a revocation list in PEM or DER: {fault}", fault=said)
        raise Malformed(text) from None
    point = _point(crl)
    if not _UNDERSTOOD.issuperset(unknown) or (point is not None and _is_partial(point)):
        raise Refused(
            say(
                "a delta or indirect list, or one by reasons, of {issuer}: expected a complete one",
                issuer=issuer,
            )
        )
    return RevocationList(crl, _signer(crl, authorities))


def _signer(
    crl: x509.CertificateRevocationList, authorities: Iterable[x509.Certificate]
) -> x509.Certificate:
    named = [each for each in authorities if each.subject == crl.issuer and _may_sign(each)]
    for each in named:
        if _is_signed(crl, each):
            return each
    issuer = crl.issuer.rfc4514_string()
    if named:
        raise Refused(say("the signature of {issuer} does not hold", issuer=issuer))
    raise Refused(
        say("issued by {issuer}, expected an authority of EER_AP_TRUST_FILE", issuer=issuer)
    )


def _is_signed(crl: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    try:
        # It raises TypeError over a key that signs no lists, such as one of X25519.
        return crl.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return False


def _may_sign(authority: x509.Certificate) -> bool:
    """RFC 5280, 4.2.1.3: an authority whose key usage is told needs cRLSign."""
    try:
        return authority.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _point(crl: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    try:
        return crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return None


def _is_partial(point: x509.IssuingDistributionPoint) -> bool:
    """Whether it says nothing, or not everything, of who has a certificate of its issuer."""
    return bool(
        point.indirect_crl
        or point.only_some_reasons
        or point.only_contains_attribute_certs
        or point.relative_name
    )


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _places(certificate: x509.Certificate) -> set[x509.GeneralName]:
    """Return where the lists of a certificate stand, by what it says itself."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    except x509.ExtensionNotFound:
        return set()
    return {name for point in found.value for name in point.full_name or ()}
