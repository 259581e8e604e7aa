"""What is a setting where nobody says anything: as it suits one machine?"""

from pathlib import Path

ZONE = "sml.example.dk."
NAMESERVER = ("127.0.0.1", 8053)
SCHEMES = ("dk-medcom-messaging", "busdox-docid-qns")
PROCESSES = ("dk-medcom-messaging::urn:ehmi:sdn-emergence",)
PROFILES = ("bdxr-transport-ebms3-as4-v1p0", "peppol-transport-as4-v2_0")
TRUST = Path("var/smp-trust.pem")
TSIG_KEY = Path("var/tsig.key")
SIGNING_KEY = Path("var/smp-signer.key")
SIGNING_CERTIFICATE = Path("var/smp-signer.pem")
PKCS11_KEY = "smp-signer"
PKCS11_PIN = Path("var/pkcs11.pin")
