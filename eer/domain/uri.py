"""Which addresses can be published as they are?

RFC 3986, as narrow as XML Schema's anyURI and every HTTP client agree on; RFC 6068 for mailto,
RFC 3966 for tel.
"""

import re
from ipaddress import IPv6Address
from urllib.parse import quote

from eer.domain.errors import Malformed
from eer.domain.wording import say

_CHARACTER = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})"
_HTTP = re.compile(
    rf"https?://(?:(?P<name>[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?)|\[(?P<v6>[0-9A-Fa-f:.]+)\])"
    rf"(?::(?P<port>[0-9]{{1,5}}))?(?:/{_CHARACTER}*)?(?:\?(?:{_CHARACTER}|\?)*)?"
)
_LAST_PORT = 65_535
_FEWEST_DIGITS = 3


def http_url(text: str) -> str:
    """Return *text* if it is an absolute http or https URL; raise Malformed when it is not."""
    found = _HTTP.fullmatch(text)
    if found is None or int(found["port"] or 1) not in range(1, _LAST_PORT + 1):
        raise Malformed(say("{url!r} found, expected an http or https URL with a host", url=text))
    if found["v6"] is not None:
        try:
            IPv6Address(found["v6"])
        except ValueError:
            raise Malformed(
                say("{url!r}: expected an IPv6 address in the brackets", url=text)
            ) from None
    return text


def contact_uri(system: str, value: str) -> str | None:
    """Return a FHIR ContactPoint as a URI: mailto, tel or the URL itself; None when it is none."""
    if system == "email" and re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        return f"mailto:{quote(value, safe='@')}"
    if system == "phone":
        number = re.sub(r"[^0-9+]", "", value)
        digits = number.count("+") <= number.startswith("+") and len(number) >= _FEWEST_DIGITS
        return f"tel:{number}" if digits else None
    if system == "url":
        try:
            return http_url(value)
        except Malformed:
            return None
    return None
