"""How is a setting written, and is what is written one?"""

import re
import shlex
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode, SettingsConfigDict

from eer.domain.errors import Malformed
from eer.settings import HttpUrl, host_port
from smp.domain import naming, signed_by
from smp.domain.identifiers import Identifier, ProcessId

ENVIRONMENT = SettingsConfigDict(env_prefix="SMP_", frozen=True, extra="ignore")

_LONGEST_TTL = 86_400
_NAMES = re.compile(r'(?:[^;\\"]|\\.|"(?:[^"\\]|\\.)*"|["\\])+', re.DOTALL)
_LABEL = "^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"


def _split(text: object) -> object:
    if not isinstance(text, str):
        return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _names(text: object) -> object:
    """Divide at semicolons, for commas part a subject; an escaped or quoted one divides nothing."""
    if not isinstance(text, str):
        return text
    return [part.strip() for part in _NAMES.findall(text) if part.strip()]


def _signer(text: str) -> str:
    try:
        return signed_by.parse(text)
    except Malformed:
        raise ValueError(
            f"expected the subject of a certificate as RFC 2253 or RFC 4514 writes it, or its "
            f"SHA-256 fingerprint, found {text!r}"
        ) from None


def _words(text: object) -> object:
    """Divide a command as a shell would, and as no shell will: nothing in it is expanded."""
    return tuple(shlex.split(text)) if isinstance(text, str) else text


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values or len(set(values)) != len(values):
        raise ValueError("expected one or more different values, separated by commas")
    return values


def _scheme(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text, re.ASCII):
        raise ValueError(f"expected schemes of small letters, digits and hyphens, found {text!r}")
    return text


def _address(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return host_port(text)
    except Malformed as fault:
        raise ValueError(fault.text) from None


def _process(text: str) -> str:
    try:
        return str(Identifier.parse(text))
    except Malformed as fault:
        raise ValueError(fault.text) from None


def zone_name(text: str) -> str:
    """Return a zone as a DNS name; raise ValueError when it is none."""
    name = naming.dns_name(text)
    if not re.fullmatch(r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+", name):
        raise ValueError(f"expected a DNS name, found {text!r}")
    return name


def address_or_name(text: str) -> str:
    """Return an IP address or a DNS name; raise ValueError when it is neither."""
    try:
        return str(ip_address(text))
    except ValueError:
        return zone_name(text)


def naptr_url(text: str) -> str:
    """Return *text*; raise ValueError when it cannot stand in a NAPTR."""
    if not naming.fits(text):
        raise ValueError(f"{text!r} cannot stand in a NAPTR: at most 248 octets, no ! $ or \\")
    return text


def process_ids(texts: tuple[str, ...]) -> tuple[ProcessId, ...]:
    """Return the configured processes as identifiers."""
    return tuple(ProcessId(Identifier.parse(text)) for text in texts)


def _sml_url(text: str) -> str:
    if not text.startswith("https:"):
        raise ValueError(f"expected an https URL: an SML knows us by our certificate, not {text!r}")
    return text


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Texts = Annotated[Words, AfterValidator(_some)]
CaseSensitiveSchemes = Annotated[Words, Field(description="schemes in which case counts")]
HostPort = Annotated[tuple[str, int], NoDecode, BeforeValidator(_address)]
HostPorts = Annotated[
    tuple[Annotated[tuple[str, int], BeforeValidator(_address)], ...],
    NoDecode,
    BeforeValidator(_split),
]
Ttl = Annotated[int, Field(ge=0, le=_LONGEST_TTL)]
MaxAge = Annotated[Ttl, Field(description="seconds an answer may be cached")]
DnsTtl = Annotated[Ttl, Field(description="seconds a record may be cached")]
NegativeTtl = Annotated[
    Ttl | None, Field(description="seconds an absence is cached; SMP_DNS_TTL where not set")
]
Command = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(_words),
    Field(description="makes the name server read SMP_ZONE_FILE_TO_WRITE; run without a shell"),
]
DatabaseUrl = Annotated[str, Field(description="SQLAlchemy URL of the publication database")]
Zone = Annotated[
    str,
    AfterValidator(zone_name),
    Field(description="the DNS zone the participants' names stand in"),
]
TsigKeyFile = Annotated[Path, Field(description="the TSIG key as BIND writes one")]
TrustFile = Annotated[Path, Field(description="PEM file of the anchors that SMP signers chain to")]
SmpSigners = Annotated[
    tuple[Annotated[str, AfterValidator(_signer)], ...],
    NoDecode,
    BeforeValidator(_names),
    Field(description="subjects or SHA-256 fingerprints of whoever may sign, by semicolons"),
]
SigningKeyFile = Annotated[Path, Field(description="PEM file of the RSA key that signs")]
SigningCertificateFile = Annotated[Path, Field(description="PEM file of the signer's certificate")]
NextSignerDays = Annotated[
    int,
    Field(
        ge=0,
        le=90,
        description="days before the signer expires at which a rehearsed next one takes over",
    ),
]
SampleEvery = Annotated[
    int, Field(ge=0, description="seconds between sampled audits of the watch; 0 for none")
]
SampleCount = Annotated[
    int, Field(ge=1, description="participants that a sampled audit takes by chance")
]
SigningProcesses = Annotated[
    int, Field(ge=0, description="processes that sign at once; 0: one for each core")
]
Pkcs11Module = Annotated[
    str, Field(description="library that speaks to an HSM by PKCS#11; empty: the key file signs")
]
Pkcs11Token = Annotated[str, Field(description="label of the token that holds the keys")]
Pkcs11Key = Annotated[str, Field(description="label of the signing keys in the token")]
Pkcs11PinFile = Annotated[Path, Field(description="file with the PIN of the token's user")]
Nameservers = Annotated[
    HostPorts, Field(description="every server that answers for the zone, HOST:PORT, by commas")
]
DocumentSchemes = Annotated[
    tuple[Annotated[str, AfterValidator(_scheme)], ...],
    NoDecode,
    BeforeValidator(_split),
    AfterValidator(_some),
    Field(description="schemes each document is published under, the first preferred"),
]
Processes = Annotated[
    tuple[Annotated[str, AfterValidator(_process)], ...],
    NoDecode,
    BeforeValidator(_split),
    AfterValidator(_some),
    Field(description="processes of each document, scheme::value, by commas"),
]
SmlUrl = Annotated[
    HttpUrl,
    AfterValidator(_sml_url),
    Field(description="central SML that makes the names, in the place of a zone of our own"),
]
SmpId = Annotated[
    str, Field(pattern=_LABEL, description="the identifier of this SMP at the SML: a DNS label")
]
SmlKeyFile = Annotated[Path, Field(description="PEM file of the key of this SMP at the SML")]
SmlCertificateFile = Annotated[Path, Field(description="PEM file of its certificate")]
SmlTrustFile = Annotated[
    Path, Field(description="PEM file of the anchors the SML's certificate chains to")
]
ManageTlsCertificateFile = Annotated[
    Path, Field(description="PEM file of the certificate to speak TLS with, and chain")
]
TransportProfiles = Annotated[
    Texts, Field(description="transport profiles of each process, the first preferred")
]
