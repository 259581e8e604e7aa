"""What does the environment say about the register, and is all of it right?

Every setting stands in docs/configuration.md; a test compares.
"""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from eer.domain.errors import IssueCode, Malformed, error

Model = TypeVar("Model", bound=BaseSettings)


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("expected an http or https URL with a host, without query or fragment")
    return text.rstrip("/")


HttpUrl = Annotated[str, AfterValidator(_http_url)]
"""An absolute http or https URL, kept without its final slash."""


class Settings(BaseSettings):
    """The register's settings; each is the environment variable of its name in capitals, EER_…."""

    model_config = SettingsConfigDict(env_prefix="EER_", frozen=True, extra="ignore")

    database_url: str = Field(description="SQLAlchemy URL of the register's database")
    base_url: HttpUrl = Field(description="where clients find the FHIR API, without final slash")
    development_issuer_key_file: Path = Field(
        default=Path("var/development-issuer.jwk"),
        description="key of the development token issuer; accepted only on loopback",
    )

    @property
    def is_loopback(self) -> bool:
        """Whether the API is offered to this machine alone."""
        return is_loopback(self.base_url)


def is_loopback(url: str) -> bool:
    """Whether the host of *url* is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read(model: type[Model]) -> Model:
    """Read *model* from the environment; raise Malformed with every fault at once."""
    prefix = model.model_config.get("env_prefix", "")
    try:
        return model()
    except ValidationError as fault:
        issues = [
            error(IssueCode.VALUE, name, f"{name}: {_said(each['type'], each['msg'])}")
            for each in fault.errors(include_url=False)
            if (name := f"{prefix}{each['loc'][0] if each['loc'] else ''}".upper())
        ]
        lines = "\n".join(f"  {issue.text}" for issue in issues)
        raise Malformed(f"settings (see docs/configuration.md):\n{lines}", issues) from None


def _said(kind: str, message: str) -> str:
    return "is not set" if kind == "missing" else message.removeprefix("Value error, ")
