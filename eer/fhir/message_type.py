"""Which payload codes does somebody mean by a message type?

The codes of ehmi-message-definition-uri, as tokens (FHIR R4 search, section 3.1.1.5.10) and in the
other spellings that payloads.py knows.
"""

from collections.abc import Iterable

from eer.domain.addressability import MessageType
from eer.domain.errors import IssueCode, Malformed, error
from eer.domain.search import Token
from eer.domain.wording import any_of, say
from eer.fhir import canonicals, index, payloads, written
from eer.fhir.terminology import Vocabulary


def message(texts: Iterable[str], vocabulary: Vocabulary) -> MessageType:
    """Return the message type that any of *texts* means; raise Malformed for one without a code."""
    asked = [_token(each) for each in texts]
    known = vocabulary.codes(canonicals.PAYLOADS)
    meant = [
        other.code or ""
        for each in asked
        if each.system in (None, canonicals.PAYLOADS)
        for other in payloads.alternatives(each)
    ]
    documents = tuple(dict.fromkeys(meant))
    named = tuple(code for code in documents if code in known)
    codes = [each.code or "" for each in asked]
    return MessageType(
        name=any_of(dict.fromkeys(known[code] for code in named) if named else codes),
        documents=documents,
        known=named,
        nearest=None if named else vocabulary.nearest(canonicals.PAYLOADS, codes[0]),
    )


def _token(text: str) -> Token:
    token = written.token(text)
    if token.code is None or len(text) > index.LONGEST:
        found = say("messageType {found!r} found, expected a code", found=text[: index.LONGEST])
        raise Malformed(found, (error(IssueCode.VALUE, "", found),))
    return token
