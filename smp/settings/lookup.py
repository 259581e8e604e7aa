"""What does an access point read that looks up?"""

from pydantic_settings import BaseSettings

from smp.settings.defaults import NAMESERVER, PROCESSES, PROFILES, SCHEMES, TRUST, ZONE
from smp.settings.spelling import (
    ENVIRONMENT,
    CaseSensitiveSchemes,
    DocumentSchemes,
    Nameservers,
    Processes,
    SmpSigners,
    TransportProfiles,
    TrustFile,
    Zone,
)


class Lookup(BaseSettings):
    """What `smp lookup` reads: what an access point is told when it is set up."""

    model_config = ENVIRONMENT

    zone: Zone = ZONE
    nameservers: Nameservers = (NAMESERVER,)
    trust_file: TrustFile = TRUST
    signers: SmpSigners = ()
    case_sensitive_schemes: CaseSensitiveSchemes = ()
    document_schemes: DocumentSchemes = SCHEMES
    processes: Processes = PROCESSES
    transport_profiles: TransportProfiles = PROFILES
