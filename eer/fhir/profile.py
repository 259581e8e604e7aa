"""Does a resource keep what its profile demands of one element?

The vocabulary in which the resource types state their rules; each function yields every fault
it finds. EER 3.0.0, docs/interfaces/eer-rules.md.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime

from eer.domain.errors import Issue, IssueCode, Malformed, error, warning
from eer.domain.identifiers import CVR_SYSTEM, GLN_SYSTEMS, SOR_SYSTEM, Cvr, Gln, SorId
from eer.domain.model import Link, Role
from eer.domain.period import Period
from eer.domain.wording import say
from eer.fhir import element
from eer.fhir.element import Json
from eer.fhir.terminology import Vocabulary

Pointer = tuple[str, Json, Role]
"""A Reference element: the FHIRPath it stands at, itself, and what it must lead to."""

Parser = Callable[[str], Gln | SorId | Cvr]

# Each authority's identifiers: what people call them, and how they are read.
_AUTHORITIES: dict[str, tuple[str, Parser | None]] = {
    **dict.fromkeys(GLN_SYSTEMS, ("GLN", Gln.parse)),
    SOR_SYSTEM: ("SOR", SorId.parse),
    CVR_SYSTEM: ("CVR", Cvr.parse),
    "urn:oid:1.2.208.176.1.4": ("ydernummer", None),
    "https://kombit.dk/sts/organisation": ("KOMBIT", None),
}


def required(json: Json, type_name: str, names: Collection[str]) -> Iterator[Issue]:
    """Yield an issue for each element of *names* that is not there."""
    for name in names:
        if name not in json and f"_{name}" not in json:
            text = say("{element} is missing: the profile demands it", element=name)
            yield error(IssueCode.REQUIRED, f"{type_name}.{name}", text)


def absent(json: Json, type_name: str, names: Collection[str]) -> Iterator[Issue]:
    """Yield an issue for each element of *names* that is there."""
    for name in names:
        if name in json or f"_{name}" in json:
            text = say("{element} found: the profile does not allow it", element=name)
            yield error(IssueCode.STRUCTURE, f"{type_name}.{name}", text)


def at_most_one(json: Json, type_name: str, url: str) -> Iterator[Issue]:
    """Yield an issue when the extension *url* stands more than once."""
    found = element.extensions(json, url)
    for place, _ in found[1:]:
        text = say(
            "extension {extension} found {times} times, expected at most once",
            extension=_last(url),
            times=len(found),
        )
        yield error(IssueCode.STRUCTURE, f"{type_name}.extension[{place}]", text)


def valued(json: Json, at: str, url: str, value: str) -> Iterator[Issue]:
    """Yield an issue for each extension *url* without the element *value*, such as valueString."""
    for place, each in element.extensions(json, url):
        if value not in each:
            text = say(
                "extension {extension} has no {element}: its definition demands it",
                extension=_last(url),
                element=value,
            )
            yield error(IssueCode.STRUCTURE, f"{at}.extension[{place}]", text)


def coded(vocabulary: Vocabulary, concept: Json, place: str, system: str) -> Iterator[Issue]:
    """Yield an issue for a CodeableConcept without a known code of *system*."""
    found = element.codings(concept, system)
    if not found:
        text = say("no coding of {system}: expected one", system=system)
        yield error(IssueCode.CODE_INVALID, place, text)
    for code in found:
        yield from known(vocabulary, code, place, system)


def known(vocabulary: Vocabulary, code: str, place: str, system: str) -> Iterator[Issue]:
    """Yield an issue when *code* is not in *system*, with the code probably meant."""
    if code not in vocabulary.codes(system):
        meant = vocabulary.nearest(system, code)
        text = say("{code!r} is not a code of {system}", code=code, system=system)
        if meant:
            text = say("{fault}; did you mean {code}?", fault=text, code=meant)
        yield error(IssueCode.CODE_INVALID, place, text)


def local(pointers: Iterable[Pointer]) -> Iterator[Issue]:
    """Yield an issue for each reference that does not name a resource of this register."""
    for at, pointer, role in pointers:
        if element.reference(pointer) is None:
            written = element.text(pointer, "reference")
            text = (
                say(
                    "{written!r} found, expected Type/id of {role} in this register",
                    written=written,
                    role=role,
                )
                if written
                else say(
                    "no reference found, expected Type/id of {role} in this register", role=role
                )
            )
            yield error(IssueCode.VALUE, f"{at}.reference", text)


def links(pointers: Iterable[Pointer]) -> tuple[Link, ...]:
    """Return where *pointers* lead, as far as they say so."""
    return tuple(
        Link(at, target, role)
        for at, pointer, role in pointers
        if (target := element.reference(pointer)) is not None
    )


def first_instant(written: str | None) -> datetime | None:
    """Return when a date or dateTime begins, None where none stands that can be read."""
    try:
        return None if written is None else Period.parse(written, None).start
    except Malformed:
        return None


def organisational_identifiers(json: Json, type_name: str) -> Iterator[Issue]:
    """Yield the faults of GLN, SOR and CVR identifiers: form, check digit, use, number.

    dk-core 3.4.0: each of these systems at most once; `use`, where given, is `official`.
    """
    seen: set[str] = set()
    for place, system, value in element.identifiers(json):
        at = f"{type_name}.identifier[{place}]"
        name, parse = _AUTHORITIES.get(system or "", ("", None))
        if name and name in seen:
            text = say("a second {authority} identifier: expected one", authority=name)
            yield error(IssueCode.STRUCTURE, at, text)
        seen.add(name)
        if parse is not None:
            use = element.text(element.many(json, "identifier")[place], "use")
            yield from _official(at, use)
            yield from _wellformed(at, name, value, parse)


def _official(at: str, use: str | None) -> Iterator[Issue]:
    if use not in (None, "official"):
        text = say("use {use!r} found, expected official or none", use=use)
        yield error(IssueCode.VALUE, f"{at}.use", text)


def _wellformed(at: str, name: str, value: str | None, parse: Parser) -> Iterator[Issue]:
    if value is None:
        text = say("the {authority} identifier has no value", authority=name)
        yield error(IssueCode.REQUIRED, f"{at}.value", text)
        return
    try:
        parsed = parse(value)
    except Malformed as fault:
        yield error(IssueCode.VALUE, f"{at}.value", fault.text)
        return
    if isinstance(parsed, SorId) and not parsed.has_check_digit:
        text = say("SOR id {sor}: the Verhoeff check digit is off, as in placeholders", sor=value)
        yield warning(IssueCode.VALUE, f"{at}.value", text)


def _last(url: str) -> str:
    return url.rpartition("/")[2]
