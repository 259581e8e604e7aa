"""What does the publisher read, and is all of it right?"""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings

from eer.settings import HttpUrl
from smp.domain import naming
from smp.settings.defaults import (
    NAMESERVER,
    PKCS11_KEY,
    PKCS11_PIN,
    PROCESSES,
    PROFILES,
    SCHEMES,
    SIGNING_CERTIFICATE,
    SIGNING_KEY,
    TRUST,
    TSIG_KEY,
    ZONE,
)
from smp.settings.spelling import (
    ENVIRONMENT,
    Command,
    DatabaseUrl,
    DnsTtl,
    DocumentSchemes,
    HostPort,
    ManageTlsCertificateFile,
    MaxAge,
    Nameservers,
    NegativeTtl,
    NextSignerDays,
    Pkcs11Key,
    Pkcs11Module,
    Pkcs11PinFile,
    Pkcs11Token,
    Processes,
    SampleCount,
    SampleEvery,
    SigningCertificateFile,
    SigningKeyFile,
    SigningProcesses,
    SmlCertificateFile,
    SmlKeyFile,
    SmlTrustFile,
    SmlUrl,
    SmpId,
    SmpSigners,
    TransportProfiles,
    TrustFile,
    TsigKeyFile,
    Zone,
    address_or_name,
    naptr_url,
    zone_name,
)


class Publishing(BaseSettings):
    """What `smp plan`, `publish` and `audit` read."""

    model_config = ENVIRONMENT

    database_url: DatabaseUrl
    base_url: Annotated[
        HttpUrl,
        AfterValidator(naptr_url),
        Field(description="where access points find the SMP; goes into names and links"),
    ]
    signing_key_file: SigningKeyFile = SIGNING_KEY
    signing_certificate_file: SigningCertificateFile = SIGNING_CERTIFICATE
    trust_file: TrustFile = TRUST
    signers: SmpSigners = ()
    pkcs11_module: Pkcs11Module = ""
    pkcs11_token: Pkcs11Token = ""
    pkcs11_key: Pkcs11Key = PKCS11_KEY
    pkcs11_pin_file: Pkcs11PinFile = PKCS11_PIN
    signing_processes: SigningProcesses = 0
    next_signer_days: NextSignerDays = 14
    zone: Zone = ZONE
    nameserver: Annotated[
        HostPort, Field(description="the primary that takes updates, HOST:PORT")
    ] = NAMESERVER
    nameservers: Nameservers = (NAMESERVER,)
    tsig_key_file: TsigKeyFile = TSIG_KEY
    dns_ttl: DnsTtl = 60
    negative_ttl: NegativeTtl = None
    zone_file_to_write: Annotated[
        Path | None, Field(description="the zone's file, where its server takes no updates")
    ] = None
    reload_command: Command = ()
    publisher_name: Annotated[
        Annotated[str, AfterValidator(zone_name)] | None,
        Field(description="the publisher's own name; legacy CNAMEs lead to it"),
    ] = None
    publisher_address: Annotated[
        str,
        AfterValidator(address_or_name),
        Field(description="IP address of the publisher's name, or a host it is an alias of"),
    ] = "127.0.0.1"
    sml_url: SmlUrl | None = None
    sml_smp_id: SmpId | None = None
    sml_key_file: SmlKeyFile | None = None
    sml_certificate_file: SmlCertificateFile | None = None
    sml_trust_file: SmlTrustFile | None = None
    manage_tls_certificate_file: ManageTlsCertificateFile | None = None
    naptr: Annotated[bool, Field(description="whether NAPTR records are published")] = True
    cname: Annotated[bool, Field(description="whether legacy CNAME records are published")] = True
    document_schemes: DocumentSchemes = SCHEMES
    processes: Processes = PROCESSES
    transport_profiles: TransportProfiles = PROFILES
    max_age: MaxAge = 60
    sample_every: SampleEvery = 60
    sample_count: SampleCount = 20

    @model_validator(mode="after")
    def _has_names(self) -> "Publishing":
        if not (self.naptr or self.cname):
            raise ValueError("SMP_NAPTR and SMP_CNAME are both off: then nobody could be found")
        return self

    @model_validator(mode="after")
    def _has_one_locator(self) -> "Publishing":
        """Names are made by a zone of our own or by a central SML, and nobody is both."""
        given = {each for each in self.model_fields_set if getattr(self, each) is not None}
        needed = {"sml_smp_id", "sml_key_file", "sml_certificate_file"}
        if self.sml_url is None:
            faults = [
                f"SMP_{each.upper()} is set, and SMP_SML_URL is not"
                for each in sorted(given & {*needed, "sml_trust_file"})
            ]
        else:
            faults = [f"SMP_{each.upper()} is needed" for each in sorted(needed - given)]
            faults += [
                f"SMP_{each.upper()} is set too: names are made by a zone or by an SML, not by both"
                for each in sorted(given & {"nameserver", "tsig_key_file"})
            ]
            if not self.naptr:
                faults.append("SMP_NAPTR is off: whoever is registered has a NAPTR")
            if not isinstance(self.naming.publisher_record, naming.Address):
                faults.append("SMP_PUBLISHER_ADDRESS: an SML takes an IP address")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _reloads(self) -> "Publishing":
        if (self.zone_file_to_write is None) != (self.reload_command == ()):
            raise ValueError("SMP_ZONE_FILE_TO_WRITE and SMP_RELOAD_COMMAND: set both or neither")
        return self

    @property
    def absence(self) -> int:
        """For how many seconds the zone lets absence be remembered."""
        return self.dns_ttl if self.negative_ttl is None else self.negative_ttl

    @property
    def ttl(self) -> timedelta:
        """How long others may remember a record."""
        return timedelta(seconds=self.dns_ttl)

    @property
    def takeover(self) -> timedelta:
        """How long before its end the signer is followed by one that was rehearsed."""
        return timedelta(days=self.next_signer_days)

    @property
    def naming(self) -> naming.Naming:
        """How names are made.

        A central SML makes them all; one of them, the NAPTR, stands for a participant in our plans.
        """
        record: naming.Address | naming.Cname
        try:
            record = naming.Address(str(ip_address(self.publisher_address)))
        except ValueError:
            record = naming.Cname(naming.dns_name(self.publisher_address))
        return naming.Naming(
            zone=naming.dns_name(self.zone),
            base_url=self.base_url,
            publisher=naming.dns_name(
                self.publisher_name or f"{self.sml_smp_id or 'smp'}.publisher.{self.zone}"
            ),
            publisher_record=record,
            naptr=self.naptr,
            cname=self.cname and self.sml_url is None,
        )
