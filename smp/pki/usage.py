"""What may a key be used for, says its certificate? RFC 5280, section 4.2.1.3."""

from cryptography import x509


def of_signer() -> x509.KeyUsage:
    """Return that it signs documents, and nothing else."""
    return _usage(signs=True)


def of_authority() -> x509.KeyUsage:
    """Return that it signs certificates and revocation lists."""
    return _usage(signs=False)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )
