"""What does the process read that takes writes of tools, and does it let in nobody, or anybody?"""

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from smp.settings.spelling import ENVIRONMENT, DatabaseUrl, ManageTlsCertificateFile, Texts


class Managing(BaseSettings):
    """What `smp manage` and `smp import` read."""

    model_config = ENVIRONMENT

    database_url: DatabaseUrl
    manage_clients_file: Annotated[
        Path, Field(description="the tools that may write, with hashed passwords")
    ] = Path("var/smp-clients.json")
    manage_wait: Annotated[
        float, Field(ge=0, le=300, description="seconds a write waits for the publisher")
    ] = 10
    manage_proxies: Annotated[
        Texts, Field(description="addresses of proxies that tell of client certificates")
    ] = ("127.0.0.1", "::1")
    manage_certificate_header: Annotated[
        str | None, Field(description="the header they tell it in; none is read without")
    ] = None
    manage_behind_tls: Annotated[
        bool, Field(description="whether a proxy in front speaks TLS, when not on loopback")
    ] = False
    manage_tls_certificate_file: ManageTlsCertificateFile | None = None
    manage_tls_key_file: Annotated[Path | None, Field(description="PEM file of its key")] = None
    manage_tls_clients_file: Annotated[
        Path | None, Field(description="PEM file of the authorities of clients' certificates")
    ] = None
    manage_passwords: Annotated[bool, Field(description="whether names and passwords count")] = True

    @model_validator(mode="after")
    def _has_tls_whole(self) -> "Managing":
        files = (self.manage_tls_certificate_file, self.manage_tls_key_file)
        faults = []
        if (files[0] is None) != (files[1] is None):
            faults.append("SMP_MANAGE_TLS_CERTIFICATE_FILE, SMP_MANAGE_TLS_KEY_FILE: set both")
        if files == (None, None) and self.manage_tls_clients_file is not None:
            faults.append("SMP_MANAGE_TLS_CLIENTS_FILE is for TLS, and there is none of our own")
        if files != (None, None) and self.manage_certificate_header is not None:
            faults.append(
                "SMP_MANAGE_CERTIFICATE_HEADER is for a proxy: where clients speak TLS with us "
                "anybody could write it"
            )
        if not self.manage_passwords and not self.knows_certificates:
            faults.append(
                "SMP_MANAGE_PASSWORDS is off: then SMP_MANAGE_TLS_CLIENTS_FILE or "
                "SMP_MANAGE_CERTIFICATE_HEADER is needed"
            )
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def knows_certificates(self) -> bool:
        """Whether clients may be known by certificates."""
        told = (self.manage_tls_clients_file, self.manage_certificate_header)
        return told != (None, None)
