"""An export of phoss SMP, invented."""

from base64 import b64encode
from xml.sax.saxutils import quoteattr

from builders import HOMECARE, gln
from builders_smp import access_point_certificate

CERTIFICATE = b64encode(access_point_certificate()).decode()
ARMOURED = f"-----BEGIN CERTIFICATE-----\n{CERTIFICATE}\n-----END CERTIFICATE-----"


def exported_endpoint(inside: str = CERTIFICATE, **attributes: str) -> str:
    said = {
        "transportprofile": "bdxr-transport-ebms3-as4-v1p0",
        "endpointref": "https://legacy.example.dk/as4",
        "reqblsig": "false",
        "techcontacturl": "mailto:drift@example.dk",
        **attributes,
    }
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in said.items())
    return (
        f"<endpoint {written}><certificate>{inside}</certificate>"
        "<svcdescription>Prøve</svcdescription></endpoint>"
    )


def serviceinfo(code: str = HOMECARE, *endpoints: str) -> str:
    return (
        f'<serviceinfo servicegroupid="x"><doctypeidentifier scheme="busdox-docid-qns" '
        f"value={quoteattr(code)} /><process>"
        '<processidentifier scheme="cenbii-procid-ubl" value="urn:ehmi:sdn-emergence" />'
        f"{''.join(endpoints or (exported_endpoint(),))}</process></serviceinfo>"
    )


def group(number: int, *inside: str, scheme: str = "iso6523-actorid-upis") -> str:
    return (
        f'<servicegroup ownerid="admin"><participant scheme="{scheme}" '
        f'value="0088:{gln(number)}" />'
        f"{''.join(inside or (serviceinfo(),))}</servicegroup>"
    )


def export(*groups: str, version: str = "1.0", prolog: str = "") -> bytes:
    text = f'{prolog}<smp-data version="{version}">{"".join(groups)}</smp-data>'
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode()
