"""Which other spellings of a document identifier mean the same message?

EHMI's texts write document identifiers in several ways (docs/interfaces/eer-rules.md); the code
system ehmi-message-definition-uri has the one that is registered and published. The others are
understood in searches only.
"""

import re

from eer.domain.participation import ACKNOWLEDGEMENT
from eer.domain.search import Token
from eer.fhir import canonicals

_FHIR = "urn:dk:healthcare:medcom:messaging:fhir:structuredefinition"
_EVENT = r"(?P<event>[a-z-]+)"
_VERSION = r"(?P<version>[0-9]+\.[0-9]+)"
_FHIR_SPELLING = re.compile(
    r"urn:dk:healthcare:(?:prod:)?(?:medcom:messaging|messaging:medcom):fhir:structuredefinition::?"
    rf"{_EVENT}(?:##?urn:dk:medcom:fhir:(?P<same>[a-z-]+)::?|:){_VERSION}"
)
_EBXML_SPELLING = re.compile(
    r"urn:dk:healthcare:(?:prod:)?messaging:oasis:ebxml:schema:xsd::?"
    r"(?:ehmi)?sbdh-?(?:receipt)?acknowledgement##?[a-z0-9:.-]+?::?(?:1\.0|ebbp-signals-2\.0)"
)


def alternatives(token: Token) -> tuple[Token, ...]:
    """Return *token*, and the codes of EHMI that its code is another spelling of."""
    code = (token.code or "").strip()
    if token.system not in (None, canonicals.PAYLOADS):
        return (token,)
    fhir = _FHIR_SPELLING.fullmatch(code)
    if fhir is not None:
        event, same = _event(fhir["event"]), fhir["same"]
        if same is not None and _event(same) != event:
            return _distinct(token, code)  # its halves speak of different messages
        return _distinct(token, *_of_event(event, fhir["version"]))
    if _EBXML_SPELLING.fullmatch(code) is not None:
        return _distinct(token, ACKNOWLEDGEMENT)
    return _distinct(token, code) if code else (token,)


def _event(written: str) -> str:
    return written.removesuffix("-message").replace("-", "")


def _of_event(event: str, version: str) -> tuple[str, str]:
    """Return the registered form, and the old one in which a single code still stands."""
    name = f"{event}-message"
    whole = f"{_FHIR}::{name}##urn:dk:medcom:fhir:{name}::{version}"
    return whole, f"{_FHIR}:{event}:{version}"


def _distinct(token: Token, *codes: str) -> tuple[Token, ...]:
    return tuple(dict.fromkeys([token, *(Token(token.system, code) for code in codes)]))
