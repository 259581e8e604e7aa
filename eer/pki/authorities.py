"""Which authorities are trusted, and which of them has issued a certificate?

RFC 5280, section 6.1, as eer/chain.py has it; revocation is asked of eer/pki/revocation.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from eer import chain
from eer.chain import Chain
from eer.domain.errors import Malformed, Refused
from eer.domain.wording import say

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Authorities:
    """The certificates of a trust file, of authorities all of them.

    Trusted for themselves are those whose issuer is not among them; the others lead to those.
    """

    certificates: tuple[x509.Certificate, ...] = ()

    @cached_property
    def anchors(self) -> list[x509.Certificate]:
        """Those that are trusted for themselves."""
        names = {each.subject for each in self.certificates}
        return [
            each
            for each in self.certificates
            if each.issuer not in names or each.issuer == each.subject
        ]

    def chain(self, certificate: x509.Certificate, at: datetime) -> Chain:
        """Return the chain of *certificate* at *at*; raise Refused when there is none.

        Its own dates are not judged: an expired one is looked at as of its last second.
        """
        begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        others = [each for each in self.certificates if each not in self.anchors]
        try:
            return chain.verified(certificate, self.anchors, min(max(at, begin), end), others)
        except Refused as fault:
            raise Refused(
                say(
                    "{subject}, issued by {issuer}: {fault}",
                    subject=certificate.subject.rfc4514_string(),
                    issuer=_issuer(certificate),
                    fault=fault.text,
                )
            ) from None

    def edges(self) -> Iterator[datetime]:
        """Yield the instants at which time alone may change the chains.

        A certificate is valid to the end of its last second.
        """
        for each in self.certificates:
            yield each.not_valid_before_utc
            yield each.not_valid_after_utc + _SECOND


def read(setting: str, pem: bytes) -> Authorities:
    """Read the trust file that *setting* names.

    Raises Malformed when it holds no certificate, Refused when one of them may not issue.
    """
    try:
        found = tuple(x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise Malformed(say("{setting}: expected certificates in PEM", setting=setting)) from None
    for each in found:
        if not _may_issue(each):
            raise Refused(
                say(
                    "{setting}: {subject} is not a certificate authority's; put its issuer there",
                    setting=setting,
                    subject=each.subject.rfc4514_string(),
                )
            )
    return Authorities(found)


def key_of(certificate: x509.Certificate) -> bytes:
    """Return what tells an authority from another one of its name: its public key."""
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _issuer(certificate: x509.Certificate) -> str:
    """Whoever registers a certificate may have written into it what is no name."""
    try:
        return certificate.issuer.rfc4514_string()
    except ValueError:
        return "?"


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return found.value.ca
