"""How does OpenAPI say what can be asked for in a URL and in the headers of a request?"""

from collections.abc import Iterator, Mapping
from typing import Any

from eer.fhir import results
from eer.fhir.criteria import ID, LAST_UPDATED
from eer.fhir.kind import Term, TermKind
from eer.fhir.results import Summary, Total

Said = dict[str, Any]

_SEPARATED = "Values parted by a comma are alternatives; given again, each has to hold."
_DATE = r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+)?)?)?)?"
TABLE: Mapping[str, TermKind] = {ID: TermKind.TOKEN, LAST_UPDATED: TermKind.DATE}
"""What every type is searched by that no file states."""


def reference(name: str) -> Said:
    """Return a parameter that stands under *name* among the components."""
    return {"$ref": f"#/components/parameters/{name}"}


def shared() -> Mapping[str, Said]:
    """Return the parameters that are the same wherever they are taken, by name."""
    of_path = {
        "id": _path("id", r"^[A-Za-z0-9.\-]{1,64}$", "The id of a resource."),
        "vid": _path("vid", "^[0-9]{1,9}$", "The number of a version."),
    }
    queried = {each["name"]: each for each in _queried()}
    headers = {each["name"]: each for each in _headers()}
    return {**of_path, **queried, **headers}


RESULTS = (
    *(results.COUNT, results.SORT, results.TOTAL, results.INCLUDE, results.REVINCLUDE),
    *(results.SUMMARY, results.ELEMENTS, results.PAGE),
)
PART = (results.SUMMARY, results.ELEMENTS)
FORMS = ("_format", "_pretty", "Accept-Language")
HISTORY = ("_since", "_at", results.COUNT, "_before")


def of_search(type_name: str, terms: Mapping[str, Term]) -> Mapping[str, Said]:
    """Return the search parameters of a type by the names they have among the components."""
    table = {name: _searched(name, kind, "") for name, kind in TABLE.items()}
    own = {name: _searched(name, each.kind, _told(type_name, each)) for name, each in terms.items()}
    return {f"{type_name}.{name}": said for name, said in {**table, **own}.items()}


def _searched(name: str, kind: TermKind, text: str) -> Said:
    value: Said = {"type": "string"}
    if kind is TermKind.DATE:
        value["pattern"] = f"^{_DATE}(,{_DATE})*$"
    return {
        "name": name,
        "in": "query",
        "description": f"{text}FHIR search parameter of type {kind}. {_SEPARATED}",
        "style": "form",
        "explode": True,
        "schema": {"type": "array", "items": value},
    }


def _told(type_name: str, term: Term) -> str:
    where = term.expression or " | ".join(f"{type_name}.{each}" for each in term.paths)
    said = " ".join(each for each in (term.describes, where) if each)
    return f"{said} ({term.definition}). "


def _queried() -> Iterator[Said]:
    most = results.MAXIMUM_COUNT
    yield _query(
        results.COUNT,
        {"type": "integer", "minimum": 0, "maximum": 999_999_999},
        f"How many on a page: {results.DEFAULT_COUNT} unasked, {most} at most; 0 is the number.",
    )
    text = {"type": "string"}
    yield _query(results.SORT, text, "Parameters to sort by, parted by commas; - turns one round.")
    yield _query(results.TOTAL, {"type": "string", "enum": list(Total)}, "How the number is told.")
    yield _query(
        results.SUMMARY, {"type": "string", "enum": list(Summary)}, "How much is told of each."
    )
    yield _query(results.ELEMENTS, text, "The elements to tell of each, parted by commas.")
    yield _query(results.PAGE, text, "Where a page begins: as a link of the server has it.")
    many = {"type": "array", "items": text}
    yield _query(results.INCLUDE, many, "[Type]:[parameter]: what matches point at comes along.")
    yield _query(results.REVINCLUDE, many, "[Type]:[parameter]: what points at matches does.")
    forms = ["json", "xml", "application/fhir+json", "application/fhir+xml"]
    yield _query("_format", {"type": "string", "enum": forms}, "The form of the answer.")
    yield _query("_pretty", {"type": "boolean"}, "Whether the answer is spread over lines.")
    yield _query("_type", text, "The types to look among, parted by commas; without it, all.")
    yield _query("_since", text, "An instant: what was written since.")
    yield _query("_at", text, "A date, or a date and time: what was the newest version then.")
    yield _query("_before", text, "Where a page begins: as a link of the server has it.")


def _headers() -> Iterator[Said]:
    yield _header("If-Match", 'W/"n": only if n is the newest version; else 412.')
    yield _header("If-None-Match", 'W/"n": nothing comes if n is the newest version, but 304.')
    yield _header("If-Modified-Since", "A time: nothing comes if it was written before, but 304.")
    yield _header("If-None-Exist", "A search: nothing is created if one resource meets it.")
    yield _header(
        "Prefer",
        "return=minimal, return=representation or return=OperationOutcome; handling=strict "
        "refuses unknown parameters, handling=lenient passes them over.",
    )
    yield _header("Accept-Language", "da or en: the language of what is told.")


def _path(name: str, pattern: str, text: str) -> Said:
    value = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "description": text, "schema": value}


def _query(name: str, schema: Said, text: str) -> Said:
    return {"name": name, "in": "query", "description": text, "schema": schema}


def _header(name: str, text: str) -> Said:
    schema = {"type": "string"}
    return {"name": name, "in": "header", "description": text, "schema": schema}
