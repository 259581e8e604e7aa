"""What does whoever writes and checks archives read?"""

from pydantic_settings import BaseSettings

from smp.settings.defaults import PKCS11_KEY, PKCS11_PIN, SIGNING_CERTIFICATE, SIGNING_KEY, TRUST
from smp.settings.spelling import (
    ENVIRONMENT,
    DatabaseUrl,
    Pkcs11Key,
    Pkcs11Module,
    Pkcs11PinFile,
    Pkcs11Token,
    SigningCertificateFile,
    SigningKeyFile,
    SmpSigners,
    TrustFile,
)


class Exporting(BaseSettings):
    """What `smp export` reads."""

    model_config = ENVIRONMENT

    database_url: DatabaseUrl
    signing_key_file: SigningKeyFile = SIGNING_KEY
    signing_certificate_file: SigningCertificateFile = SIGNING_CERTIFICATE
    trust_file: TrustFile = TRUST
    signers: SmpSigners = ()
    pkcs11_module: Pkcs11Module = ""
    pkcs11_token: Pkcs11Token = ""
    pkcs11_key: Pkcs11Key = PKCS11_KEY
    pkcs11_pin_file: Pkcs11PinFile = PKCS11_PIN


class Verifying(BaseSettings):
    """What `smp verify` reads."""

    model_config = ENVIRONMENT

    trust_file: TrustFile = TRUST
    signers: SmpSigners = ()
