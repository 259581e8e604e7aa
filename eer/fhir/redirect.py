"""To which other SMP does an Endpoint lead, if to any, and is that said rightly?

An extension of ours (docs/interfaces/eer-rules.md) for the Redirect of OASIS SMP 1.0, 2.3.4.1.
"""

from collections.abc import Callable, Iterator

from eer.domain import uri
from eer.domain.errors import Issue, IssueCode, Malformed, error, warning
from eer.domain.model import Certificate, Redirect, Unreadable
from eer.domain.wording import say
from eer.fhir import canonicals, certificate, element, profile
from eer.fhir.element import Json

TARGET, CERTIFICATE, CERTIFICATE_UID = "target", "certificate", "certificateUid"
_TYPE = "Endpoint"


def issues(json: Json) -> Iterator[Issue]:
    """Yield every fault of an Endpoint's redirect."""
    yield from profile.at_most_one(json, _TYPE, canonicals.SMP_REDIRECT)
    for place, each in element.extensions(json, canonicals.SMP_REDIRECT):
        at = f"{_TYPE}.extension[{place}]"
        yield from _faults(_base_url, each, at)
        yield from _faults(_signer, each, at)
        yield from _open_channel(each, at)


def read(json: Json) -> Redirect | Unreadable | None:
    """Read where an Endpoint leads; None when it has an answer of its own."""
    for _, each in element.extensions(json, canonicals.SMP_REDIRECT):
        try:
            return Redirect(_base_url(each), _signer(each))
        except Malformed as fault:
            return Unreadable(fault.text)
    return None


def _faults(reader: Callable[[Json], object], redirect: Json, at: str) -> Iterator[Issue]:
    try:
        reader(redirect)
    except Malformed as fault:
        yield error(IssueCode.VALUE, at, fault.text)


def _open_channel(redirect: Json, at: str) -> Iterator[Issue]:
    for value in _values(redirect, TARGET, "valueUrl"):
        if value.startswith("http:"):
            text = say("{url} is not https: senders ask there without encryption", url=value)
            yield warning(IssueCode.BUSINESS_RULE, at, text)


def _base_url(redirect: Json) -> str:
    """Return the target without slashes at its end; raise Malformed when it is no base URL."""
    found = _values(redirect, TARGET, "valueUrl")
    if len(found) != 1:
        raise Malformed(
            say("{found} target in the redirect, expected one as valueUrl", found=len(found))
        )
    if "?" in found[0]:
        raise Malformed(
            say("{url!r} found, expected the base URL of an SMP without a query", url=found[0])
        )
    return uri.http_url(found[0]).rstrip("/")


def _signer(redirect: Json) -> Certificate | str:
    """Return who signs at the target; raise Malformed unless that is said in exactly one way."""
    certificates = _values(redirect, CERTIFICATE, "valueBase64Binary")
    subjects = _values(redirect, CERTIFICATE_UID, "valueString")
    if len(certificates) + len(subjects) != 1:
        raise Malformed(
            say(
                "{certificates} certificate and {subjects} certificateUid in the redirect, "
                "expected one of the two: who signs at the target",
                certificates=len(certificates),
                subjects=len(subjects),
            )
        )
    return _certificate(certificates[0]) if certificates else _subject(subjects[0])


def _certificate(text: str) -> Certificate:
    found = certificate.read(text)
    if isinstance(found, Unreadable):
        raise Malformed(say("the certificate cannot be read: {why}", why=found.why))
    if not found.subject:
        raise Malformed(say("the certificate has no subject, by which a redirect names a signer"))
    if not found.subject.isprintable():
        raise Malformed(
            say(
                "the certificate's subject {subject!r} has characters that no document can carry",
                subject=found.subject,
            )
        )
    return found


def _subject(text: str) -> str:
    if not text or text != text.strip() or not text.isprintable():
        raise Malformed(
            say(
                "certificateUid {text!r} found, expected one line without blanks around it",
                text=text,
            )
        )
    return text


def _values(redirect: Json, part: str, value: str) -> tuple[str, ...]:
    """Return what *redirect* has in its extensions *part*; what has no such value is empty."""
    return tuple(element.text(each, value) or "" for _, each in element.extensions(redirect, part))
