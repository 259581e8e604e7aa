"""What does the register know of one resource type?

A type states itself in one file of eer/fhir/types as a Kind; everything else is made from these:
what is searched, what is judged, and what the CapabilityStatement says.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from eer.domain.errors import Issue
from eer.domain.folding import sound
from eer.domain.identifiers import Reference
from eer.domain.model import Reading
from eer.domain.search import Clause, Condition, Indexed, Missing, Text, Token
from eer.fhir import element, index, path
from eer.fhir.element import Json
from eer.fhir.path import Found
from eer.fhir.terminology import Vocabulary

HL7 = "http://hl7.org/fhir/SearchParameter"


class TermKind(StrEnum):
    """The search parameter types (FHIR R4 value set search-param-type) in use here."""

    TOKEN = "token"  # noqa: S105 - FHIR's word for it
    REFERENCE = "reference"
    STRING = "string"
    DATE = "date"
    URI = "uri"
    QUANTITY = "quantity"
    COMPOSITE = "composite"


Routes = Callable[[Clause | Missing], tuple[Condition, ...]]


def _itself(token: Token) -> tuple[Token, ...]:
    return (token,)


@dataclass(frozen=True, slots=True)
class Term:
    """A search parameter: its type, where its definition stands, and where its values do.

    *targets* are the types a reference may lead to; *only* the datatypes of a choice that count;
    *parts* the two parameters of a composite, whose paths begin at its own. *alternatives* are
    the tokens that are searched for in place of one, *respelled* is how a text is indexed and
    searched. *routes* say what a clause means in other parameters' terms, the literal meaning
    first; such a parameter has no values of its own, and *expression* says what its definition
    has in place of paths. *system* is the one kind of contact points that counts. *describes* is
    what a definition of it says that is not HL7's. *implied* are the systems of its codes that
    stand without one.
    """

    kind: TermKind
    definition: str
    paths: tuple[str, ...]
    targets: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    parts: "tuple[Term, ...]" = ()
    alternatives: Callable[[Token], tuple[Token, ...]] = _itself
    respelled: Callable[[str], str] = str
    system: str = ""
    routes: "Routes | None" = None
    expression: str = ""
    describes: str = ""
    implied: tuple[str, ...] = ()

    def meant(self, token: Token) -> Iterator[Token]:
        """Yield the tokens that are searched for in place of one.

        The system of a code is not written with it, and yet it may be asked for by that (R4
        search, token).
        """
        yield from self.alternatives(token)
        if token.system and token.system in self.implied:
            yield Token("", token.code)

    def of(self, type_name: str) -> "Term":
        """Return the parameter as it is of a type of resource."""
        if self.kind is not TermKind.TOKEN:
            return self
        ends = (each for one in self.paths for each in path.elements(type_name, one))
        return replace(self, implied=tuple(dict.fromkeys(e.system for e in ends if e.system)))

    def indexed(self, name: str, type_name: str, json: Json) -> Iterator[Indexed]:
        """Yield the values of the parameter, called *name*, in a resource of *type_name*."""
        if self.kind is TermKind.COMPOSITE:
            for number, part in enumerate(self.parts, 1):
                yield from part.values(f"{name}:{number}", type_name, json)
            return
        for each in self.values(name, type_name, json):
            yield replace(each, place=0) if each.place else each

    def values(self, name: str, type_name: str, json: Json) -> Iterator[Indexed]:
        """Yield the values, each with the place of the repeated element it stands in."""
        convert = index.CONVERTERS[self.kind]
        for each in self.paths:
            for found in path.found(json, type_name, each):
                if self._counts(found):
                    yield from map(self._respelled, convert(name, found))

    def _counts(self, found: Found) -> bool:
        if self.system:
            return element.text(found.value, "system") == self.system
        return not self.only or found.type in self.only

    def _respelled(self, each: Indexed) -> Indexed:
        if self.respelled is str or not isinstance(each.value, Text):
            return each
        return replace(each, value=Text(self.respelled(each.value.text)))


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type: its profiles, its rules, its search terms and its reading.

    *issues* are the faults of a resource by itself, beyond its structure; *identity* are the
    (system, value) pairs under which `eer load` finds a resource that is here under another id,
    by the parameter *identified_by*. *fixed* makes, of the kinds that are kept, all there is of a
    type that only the program itself says something of.
    """

    type: str
    profiles: tuple[str, ...]
    terms: Mapping[str, Term]
    issues: Callable[[Json, Vocabulary], Iterable[Issue]]
    reading: Callable[[Reference, Json], Reading]
    identity: Callable[[Json], tuple[Token, ...]]
    identified_by: str = "identifier"
    fixed: "Fixed | None" = None
    all_terms: Mapping[str, Term] = field(init=False)

    def __post_init__(self) -> None:
        terms = {name: each.of(self.type) for name, each in {**COMMON, **self.terms}.items()}
        object.__setattr__(self, "all_terms", terms)

    def indexed(self, json: Json) -> Iterator[Indexed]:
        """Yield every value that a resource of this type is found under."""
        for name, term in self.all_terms.items():
            yield from term.indexed(name, self.type, json)


Fixed = Callable[[Mapping[str, Kind]], Iterable[Json]]


def token(definition: str, *paths: str, only: tuple[str, ...] = ()) -> Term:
    """Return a parameter over codes, identifiers, booleans or contact points."""
    return Term(TermKind.TOKEN, _definition(definition), paths, only=only)


def contact(definition: str, each: str, system: str) -> Term:
    """Return a parameter over the contact points of one *system*, such as email."""
    return Term(TermKind.TOKEN, _definition(definition), (each,), system=system)


def reference(definition: str, each: str, *targets: str) -> Term:
    """Return a parameter over references, or canonicals, to *targets*."""
    return Term(TermKind.REFERENCE, _definition(definition), (each,), targets=targets)


def string(definition: str, *paths: str) -> Term:
    """Return a parameter over texts."""
    return Term(TermKind.STRING, _definition(definition), paths)


def phonetic(definition: str, *paths: str) -> Term:
    """Return a parameter over how texts sound."""
    return Term(TermKind.STRING, _definition(definition), paths, respelled=sound)


def date(definition: str, *paths: str) -> Term:
    """Return a parameter over dates and periods."""
    return Term(TermKind.DATE, _definition(definition), paths)


def uri(definition: str, *paths: str) -> Term:
    """Return a parameter over addresses."""
    return Term(TermKind.URI, _definition(definition), paths)


def address(type_name: str) -> dict[str, Term]:
    """Return the parameters of an element `address`."""
    parts = {"city": "city", "country": "country", "postalcode": "postalCode", "state": "state"}
    return {
        "address": string(f"{type_name}-address", "address"),
        **{
            f"address-{name}": string(f"{type_name}-address-{name}", f"address.{element}")
            for name, element in parts.items()
        },
        "address-use": token(f"{type_name}-address-use", "address.use"),
    }


def canonical() -> dict[str, Term]:
    """Return the parameters that the conformance and terminology resources have in common."""
    amount = Term(
        TermKind.QUANTITY,
        _definition("conformance-context-quantity"),
        ("useContext.value",),
        only=("Quantity", "Range"),
    )
    concept = token("conformance-context", "useContext.value", only=("CodeableConcept",))
    of_type = token("conformance-context-type", "useContext.code")
    return {
        "context": concept,
        "context-quantity": amount,
        "context-type": of_type,
        "context-type-quantity": _pair("conformance-context-type-quantity", of_type, amount),
        "context-type-value": _pair("conformance-context-type-value", of_type, concept),
        "date": date("conformance-date", "date"),
        "description": string("conformance-description", "description"),
        "jurisdiction": token("conformance-jurisdiction", "jurisdiction"),
        "name": string("conformance-name", "name"),
        "publisher": string("conformance-publisher", "publisher"),
        "status": token("conformance-status", "status"),
        "title": string("conformance-title", "title"),
        "url": uri("conformance-url", "url"),
        "version": token("conformance-version", "version"),
    }


def _pair(definition: str, *parts: Term) -> Term:
    return Term(TermKind.COMPOSITE, _definition(definition), (), parts=parts)


def _definition(written: str) -> str:
    return written if ":" in written else f"{HL7}/{written}"


COMMON: Mapping[str, Term] = {
    "_profile": uri("Resource-profile", "meta.profile"),
    "_security": token("Resource-security", "meta.security"),
    "_source": uri("Resource-source", "meta.source"),
    "_tag": token("Resource-tag", "meta.tag"),
}
"""What every type is searched by, beside `_id` and `_lastUpdated`, which stand in the table."""
