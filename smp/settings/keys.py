"""What does whoever makes keys and certificates read?"""

from pydantic_settings import BaseSettings

from smp.settings.defaults import (
    PKCS11_KEY,
    PKCS11_PIN,
    SIGNING_CERTIFICATE,
    SIGNING_KEY,
    TRUST,
    TSIG_KEY,
)
from smp.settings.spelling import (
    ENVIRONMENT,
    Pkcs11Key,
    Pkcs11Module,
    Pkcs11PinFile,
    Pkcs11Token,
    SigningCertificateFile,
    SigningKeyFile,
    TrustFile,
    TsigKeyFile,
)


class Keys(BaseSettings):
    """What `smp keys create` reads."""

    model_config = ENVIRONMENT

    signing_key_file: SigningKeyFile = SIGNING_KEY
    signing_certificate_file: SigningCertificateFile = SIGNING_CERTIFICATE
    trust_file: TrustFile = TRUST
    tsig_key_file: TsigKeyFile = TSIG_KEY


class Renewing(BaseSettings):
    """What `smp keys request`, `install` and `promote` read."""

    model_config = ENVIRONMENT

    signing_key_file: SigningKeyFile = SIGNING_KEY
    signing_certificate_file: SigningCertificateFile = SIGNING_CERTIFICATE
    trust_file: TrustFile = TRUST
    pkcs11_module: Pkcs11Module = ""
    pkcs11_token: Pkcs11Token = ""
    pkcs11_key: Pkcs11Key = PKCS11_KEY
    pkcs11_pin_file: Pkcs11PinFile = PKCS11_PIN
