"""Which texts name the same signer: as Java compares them, which is asked here too."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from builders_smp import Issuer, program, rsa_key
from eer.domain.errors import Malformed
from smp.domain import distinguished_names
from smp.pki import names

OCES = "CN=Prøvedrift SMP,2.5.4.5=#131044,2.5.4.97=#0c0e4e,O=Prøvestyrelsen\\, Ærø,C=DK"

SAME = {
    "itself": (OCES, OCES),
    "in another order": (
        "C=DK,O=Prøvestyrelsen\\, Ærø,CN=Prøvedrift SMP,2.5.4.97=#0c0e4e,2.5.4.5=#131044",
        OCES,
    ),
    "in another case": ("cn=PRØVE,c=dk", "CN=prøve,C=DK"),
    "hexadecimal in another case": ("2.5.4.97=#0C0E4E,C=DK", "2.5.4.97=#0c0e4e,C=DK"),
    "with blanks": (" CN = a b  ,  C= DK ", "CN=a b,C=DK"),
    "with semicolons": ("CN=a;C=DK", "CN=a,C=DK"),
    "in quotes": ('CN="a, b",C=DK', "CN=a\\, b,C=DK"),
    "with escapes of letters": ("CN=a\\3D\\C3\\B8,C=DK", "CN=a\\=ø,C=DK"),
    "with escapes that need not be": ("CN=a\\=b", "CN=a=b"),
    "with an escaped blank at its end": ("cn=A\\ ,C=DK", "CN=a\\ ,C=DK"),
    "with two in one part": ("CN=a+UID=b,C=DK", "UID=b+CN=a,C=DK"),
    "with a part twice": ("CN=a,CN=a", "CN=a"),
}
OTHER = {
    "another name": ("CN=a,C=DK", "CN=b,C=DK"),
    "a part more": ("CN=a,OU=b,C=DK", "CN=a,C=DK"),
    "another type": ("CN=a,C=DK", "OU=a,C=DK"),
    "hexadecimal or not": ("2.5.4.97=NTRDK-99000015", "2.5.4.97=#0c0e4e5452444b2d3939303030303135"),
    "the keyword of the identifier": ("organizationIdentifier=#0c0e4e", "2.5.4.97=#0c0e4e"),
    "a blank at its end": ("CN=a\\ ,C=DK", "CN=a,C=DK"),
    "two parts for one": ("CN=a,UID=b", "CN=a+UID=b"),
    "an escaped beginning": ("CN=\\#0c0e", "CN=#0c0e"),
}
NONE = {
    "a word": "somebody",
    "no type": "=a",
    "half a byte": "2.5.4.97=#0c0",
    "no hexadecimal": "2.5.4.97=#ærø",
    "a quote that is not closed": 'CN="a,C=DK',
    "half an escape": "CN=a\\",
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_these_name_the_same(pair: tuple[str, str]) -> None:
    assert distinguished_names.are_same(*pair)


@pytest.mark.parametrize("pair", OTHER.values(), ids=OTHER)
def test_these_name_others(pair: tuple[str, str]) -> None:
    assert not distinguished_names.are_same(*pair)


@pytest.mark.parametrize("text", [*NONE.values(), "CN=a,", "CN=\\FF", "", "CN=" + "a" * 5000])
def test_these_name_nobody(text: str) -> None:
    with pytest.raises(Malformed, match="subject"):
        distinguished_names.parse(text)


def oces(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in attributes])


SIGNERS: Mapping[str, x509.Name] = {
    "an OCES system certificate": oces(
        (NameOID.COUNTRY_NAME, "DK"),
        (NameOID.ORGANIZATION_IDENTIFIER, "NTRDK-99000015"),
        (NameOID.ORGANIZATION_NAME, "Prøvestyrelsen på Ærø, afd. for Åbne data"),
        (NameOID.SERIAL_NUMBER, "UI:DK-O:G:00000000-0000-4000-8000-000000000001"),
        (NameOID.COMMON_NAME, "Blåbærgrød+SMP"),
    ),
    "one with an address": oces(
        (NameOID.COUNTRY_NAME, "DK"),
        (NameOID.LOCALITY_NAME, "Ærøskøbing"),
        (NameOID.STREET_ADDRESS, " #1; Åvej "),
        (NameOID.EMAIL_ADDRESS, "drift@example.dk"),
        (NameOID.DOMAIN_COMPONENT, "example"),
    ),
    "one with Greek and beyond": oces((NameOID.COMMON_NAME, 'Αθήνα \U0001f600 \\ "q" <a>')),
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Return the subject of each signer as the JDK prints it."""
    folder = tmp_path_factory.mktemp("signers")
    files = []
    for number, name in enumerate(SIGNERS.values()):
        file = folder / f"{number}.der"
        file.write_bytes(_der(name))
        files.append(str(file))
    return dict(zip(SIGNERS, _java("print", *files), strict=True))


def _der(name: x509.Name) -> bytes:
    return Issuer(rsa_key()).certificate(rsa_key(), name).public_bytes(Encoding.DER)


def _java(*arguments: str) -> list[str]:
    java = program("java", "default-jdk-headless")
    source = Path(__file__).parent / "jdk" / "DistinguishedNames.java"
    command = [java, str(source), *arguments]
    ran = subprocess.run(command, capture_output=True, check=True)
    return ran.stdout.decode().splitlines()


@pytest.mark.smp(55)
@pytest.mark.debian
@pytest.mark.parametrize("signer", SIGNERS)
def test_a_certificate_uid_is_what_the_jdk_prints(signer: str, printed: Mapping[str, str]) -> None:
    assert names.of_certificate(_der(SIGNERS[signer])) == printed[signer]


@pytest.mark.debian
def test_the_jdk_holds_the_same_for_the_same(tmp_path: Path) -> None:
    pairs = {**SAME, **OTHER, **{name: (text, text) for name, text in NONE.items()}}
    file = tmp_path / "pairs"
    file.write_text("".join(f"{one}\n{other}\n" for one, other in pairs.values()), encoding="utf-8")

    said = dict(zip(pairs, _java("compare", str(file)), strict=True))

    assert said == {
        **dict.fromkeys(SAME, "same"),
        **dict.fromkeys(OTHER, "other"),
        **dict.fromkeys(NONE, "none"),
    }
