"""A document of ours that leads to another SMP, and who signs there."""

from cryptography import x509
from cryptography.x509.oid import NameOID

from builders_smp import document_id, participant
from smp.domain.identifiers import document_path
from smp.domain.metadata import Redirect, ServiceMetadata
from smp.pki import names

THERE = "https://smp.other.example.dk"
WHO, WHAT = participant(), document_id()
PATH = document_path(WHO, WHAT)


def named(common_name: str = "Den anden SMP") -> x509.Name:
    """Return a subject as a Danish system certificate has it."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, "NTRDK-99000015"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Prøvestyrelsen, Ærø"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, "UI:DK-O:G:00000000-0000-4000"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


UID = names.rfc2253(named())


def leading(href: str = THERE + PATH, uid: str = UID) -> ServiceMetadata:
    return ServiceMetadata(WHO, WHAT, (), Redirect(href, uid))
