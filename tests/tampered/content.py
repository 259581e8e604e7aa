"""In which ways can be changed what a document says, letter by letter?"""

import unicodedata
from base64 import b64encode

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from builders_smp import AUTHORITY
from smp.xml.render import printed
from tampered.victim import SMP, Kind, Victim, other_letter


def _a_letter_of_a_text(victim: Victim) -> bytes:
    root = victim.root()
    found = victim.element(root, leaf=True)
    found.text = other_letter(found.text or "", victim.chance.randrange(len(found.text or "")))
    return printed(root)


def _a_letter_of_an_attribute(victim: Victim) -> bytes:
    root = victim.root()
    found = victim.chance.choice([each for each in root[0].iter() if each.attrib])
    name, value = victim.chance.choice(found.items())
    found.set(name, other_letter(value, len(value) // 2) if value else "A")
    return printed(root)


def _the_address(victim: Victim) -> bytes:
    root = victim.root()
    redirect = root[0].find(f"{SMP}Redirect")
    if redirect is not None:
        redirect.set("href", "https://other.example.dk/a/services/b")
    else:
        victim.chance.choice([*root.iter(f"{SMP}EndpointURI")]).text = "https://other.example.dk"
    return printed(root)


def _the_certificate_to_encrypt_with(victim: Victim) -> bytes | None:
    root = victim.root()
    other = x509.load_pem_x509_certificate(AUTHORITY.read_bytes()).public_bytes(Encoding.DER)
    for found in root.iter(f"{SMP}Certificate"):
        found.text = b64encode(other).decode()
        return printed(root)
    return None


def _who_signs_where_it_leads(victim: Victim) -> bytes | None:
    root = victim.root()
    for found in root.iter(f"{SMP}CertificateUID"):
        found.text = "CN=Other,C=DK"
        return printed(root)
    return None


def _whose_it_is(victim: Victim) -> bytes | None:
    root = victim.root()
    for found in root.iter(f"{SMP}ParticipantIdentifier"):
        found.text = "0088:5790009999999"
        return printed(root)
    return None


def _its_end_put_off(victim: Victim) -> bytes | None:
    root = victim.root()
    for found in root.iter(f"{SMP}ServiceExpirationDate"):
        found.text = "2099-12-31T23:59:59Z"
        return printed(root)
    return None


def _the_case_of_a_letter(victim: Victim) -> bytes:
    root = victim.root()
    found = victim.chance.choice(
        [e for e in root[0].iter() if (e.text or "").swapcase() != (e.text or "")]
    )
    found.text = (found.text or "").swapcase()
    return printed(root)


def _a_blank_behind_a_text(victim: Victim) -> bytes:
    root = victim.root()
    found = victim.element(root, leaf=True)
    found.text = f"{found.text} "
    return printed(root)


def _a_line_between_elements(victim: Victim) -> bytes:
    root = victim.root()
    victim.element(root, leaf=False)[0].tail = "\n"
    return printed(root)


def _the_same_letters_composed_otherwise(victim: Victim) -> bytes | None:
    root = victim.root()
    for found in root[0].iter():
        other = unicodedata.normalize("NFD", found.text or "")
        if other != (found.text or ""):
            found.text = other
            return printed(root)
    return None


def _the_encoding_that_it_names(victim: Victim) -> bytes:
    return victim.body.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"', 1)


KINDS: tuple[Kind, ...] = (
    _a_letter_of_a_text,
    _a_letter_of_an_attribute,
    _the_address,
    _the_certificate_to_encrypt_with,
    _who_signs_where_it_leads,
    _whose_it_is,
    _its_end_put_off,
    _the_case_of_a_letter,
    _a_blank_behind_a_text,
    _a_line_between_elements,
    _the_same_letters_composed_otherwise,
    _the_encoding_that_it_names,
)
