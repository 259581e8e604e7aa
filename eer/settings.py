"""What does the environment say about the register, and is all of it right?

Every setting stands in docs/configuration.md; a test compares.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from eer.domain.errors import Issue, IssueCode, Malformed, error
from eer.domain.policy import Level, Outcome
from eer.domain.wording import say

Model = TypeVar("Model", bound=BaseSettings)
Other = TypeVar("Other", bound=BaseSettings)

_LAST_PORT = 65_535


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.port == 0:  # reading it refuses what is no port at all
        raise ValueError("expected a port from 1 to 65535")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("expected an http or https URL with a host, without query or fragment")
    return text.rstrip("/")


HttpUrl = Annotated[str, AfterValidator(_http_url)]
"""An absolute http or https URL, kept without its final slash."""


def _split(text: object) -> object:
    if not isinstance(text, str):
        return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _list_url(text: str) -> str:
    """As written: a list may stand at a path that ends in a slash, or behind a query."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected http or https URLs, separated by commas, found {text!r}")
    return text


class Settings(BaseSettings):
    """The register's settings; each is the environment variable of its name in capitals, EER_…."""

    model_config = SettingsConfigDict(env_prefix="EER_", frozen=True, extra="ignore")

    database_url: str = Field(description="SQLAlchemy URL of the register's database")
    base_url: HttpUrl = Field(description="where clients find the FHIR API, without final slash")
    development_issuer_key_file: Path = Field(
        default=Path("var/development-issuer.jwk"),
        description="key of the development token issuer; accepted only on loopback",
    )

    gln_per_unit: Level = Field(
        default=Level.WARN, description="what a second GLN for one SOR unit is: off, warn or error"
    )
    certification: Level = Field(
        default=Level.WARN,
        description="what a payload type that a device is not certified for is: off, warn or error",
    )
    ap_trust_file: Path | None = Field(
        default=None, description="PEM file of the authorities that AP certificates are of"
    )
    ap_test_trust_file: Path | None = Field(
        default=None, description="PEM file of test authorities: what is of them is refused"
    )
    ap_certificate: Level = Field(
        default=Level.WARN,
        description="what an AP certificate is that is written and untrusted or revoked",
    )
    ap_expired: Outcome = Field(
        default=Outcome.WITHDRAW,
        description="what comes of an AP certificate's expiry: withdraw or warn",
    )
    ap_untrusted: Outcome = Field(
        default=Outcome.WITHDRAW,
        description="what comes of an AP certificate of no trusted authority: withdraw or warn",
    )
    crl_directory: Path | None = Field(
        default=None, description="folder of the revocation lists, PEM or DER"
    )
    crl_urls: Annotated[
        tuple[Annotated[str, AfterValidator(_list_url)], ...],
        NoDecode,
        BeforeValidator(_split),
    ] = Field(default=(), description="where revocation lists are fetched from, by commas")

    message_type_strict: bool = Field(
        default=False, description="whether messageType looks at Organization.endpoint alone"
    )
    deleted_as_not_found: bool = Field(
        default=False, description="whether reading what was deleted is 404 instead of 410"
    )

    held_answers: Annotated[int, Field(ge=0)] = Field(
        default=32, description="MiB of answers that each process holds while nobody writes"
    )

    @model_validator(mode="after")
    def _has_what_lists_need(self) -> Self:
        if self.crl_urls and self.crl_directory is None:
            raise ValueError("EER_CRL_URLS is set and EER_CRL_DIRECTORY, where they go, is not")
        if self.crl_directory is not None and self.ap_trust_file is None:
            raise ValueError("EER_CRL_DIRECTORY is set and EER_AP_TRUST_FILE is not: who signed?")
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether the API is offered to this machine alone."""
        return is_loopback(self.base_url)


def is_loopback(url: str) -> bool:
    """Whether the host of *url* is this machine."""
    return is_this_machine(urlsplit(url).hostname or "")


def is_this_machine(host: str) -> bool:
    """Whether *host* is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read(model: type[Model]) -> Model:
    """Read *model* from the environment; raise Malformed with every fault at once."""
    found, issues = _read(model)
    if found is None:
        raise _faults(issues)
    return found


def read_both(one: type[Model], other: type[Other]) -> tuple[Model, Other]:
    """Read two models; raise Malformed with every fault of both at once."""
    (first, faults), (second, more) = _read(one), _read(other)
    if first is None or second is None:
        raise _faults((*faults, *more))
    return first, second


def host_port(text: str) -> tuple[str, int]:
    """Read HOST:PORT, an IPv6 address in brackets; raise Malformed when it is none."""
    host, mark, port = text.rpartition(":")
    is_port = port.isascii() and port.isdigit() and int(port) <= _LAST_PORT
    if not (mark and host.strip("[]") and is_port):
        raise Malformed(
            say(
                "{found!r} found, expected HOST:PORT, the port at most {most}",
                found=text,
                most=_LAST_PORT,
            )
        )
    return host.strip("[]"), int(port)


def _read(model: type[Model]) -> tuple[Model | None, tuple[Issue, ...]]:
    prefix = model.model_config.get("env_prefix", "")
    try:
        return model(), ()
    except ValidationError as fault:
        return None, tuple(
            error(IssueCode.VALUE, name, _said(name, each))
            for each in fault.errors(include_url=False)
            for name in [f"{prefix}{each['loc'][0]}".upper() if each["loc"] else ""]
        )


def _faults(issues: Iterable[Issue]) -> Malformed:
    told = tuple(issues)
    text = say("settings (see docs/configuration.md):")
    for issue in told:
        text = say("{faults}\n  {fault}", faults=text, fault=issue.text)
    return Malformed(text, told)


def _said(name: str, fault: ErrorDetails) -> str:
    what = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        what = say("is not set")
    return say("{place}: {fault}", place=name, fault=what) if name else what
