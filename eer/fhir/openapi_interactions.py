"""What does each interaction take and come to? By the method and the path of its route.

FHIR R4 http, section 3.1.0; docs/interfaces/fhir.md says where the standard leaves room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from eer.fhir.openapi_parameters import HISTORY, PART, RESULTS

INSTANCE, TYPE = "/<type_name>/<resource_id>", "/<type_name>"
VERSION = f"{INSTANCE}/_history/<number>"


class Body(StrEnum):
    """What a request or an answer carries."""

    NOTHING = ""
    RESOURCE = "resource"
    WRITTEN = "written"
    """The resource, an OperationOutcome or nothing, as it is preferred."""
    BUNDLE = "Bundle"
    OUTCOME = "OperationOutcome"
    STATEMENT = "CapabilityStatement"
    PATCH = "patch"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Interaction:
    """An interaction by name; *summary* has a place for the type.

    *takes* are shared parameters, beside which a search takes those of the type. *gives* is what
    comes by status; *refuses* are the statuses of failures beside those that any request may meet.
    """

    name: str
    summary: str
    gives: Mapping[int, Body]
    takes: tuple[str, ...] = ()
    is_search: bool = False
    sends: Body = Body.NOTHING
    refuses: tuple[int, ...] = ()


_HELD = ("If-None-Match", "If-Modified-Since", *PART)
_WRITE = ("If-Match", "If-None-Match", "Prefer")
_READ = {200: Body.RESOURCE, 304: Body.NOTHING}
_UPDATED = {200: Body.WRITTEN, 201: Body.WRITTEN}
_CHANGED = {200: Body.WRITTEN}
_GONE = {200: Body.OUTCOME}
_SEARCH = (*RESULTS, "Prefer")
_REFUSED = (409, 412, 413, 415, 422)
_FOUND = {200: Body.BUNDLE}

INTERACTIONS: Mapping[tuple[str, str], Interaction] = {
    ("GET", INSTANCE): Interaction(
        "read",
        "Read a {type}",
        _READ,
        takes=_HELD,
        refuses=(404, 410),
    ),
    ("GET", VERSION): Interaction(
        "vread",
        "Read a version of a {type}",
        _READ,
        takes=_HELD,
        refuses=(404, 410),
    ),
    ("PUT", INSTANCE): Interaction(
        "update",
        "Write a {type} under its id",
        _UPDATED,
        takes=_WRITE,
        sends=Body.RESOURCE,
        refuses=(404, *_REFUSED),
    ),
    ("PUT", TYPE): Interaction(
        "conditionalUpdate",
        "Write the {type} that a search finds",
        _UPDATED,
        takes=_WRITE,
        is_search=True,
        sends=Body.RESOURCE,
        refuses=_REFUSED,
    ),
    ("PATCH", INSTANCE): Interaction(
        "patch",
        "Change a {type} in part",
        _CHANGED,
        takes=_WRITE,
        sends=Body.PATCH,
        refuses=(404, 410, *_REFUSED),
    ),
    ("PATCH", TYPE): Interaction(
        "conditionalPatch",
        "Change the {type} that a search finds in part",
        _CHANGED,
        takes=_WRITE,
        is_search=True,
        sends=Body.PATCH,
        refuses=(404, *_REFUSED),
    ),
    ("DELETE", INSTANCE): Interaction(
        "delete",
        "Delete a {type}",
        _GONE,
        takes=_WRITE,
        refuses=(404, 409, 412),
    ),
    ("DELETE", TYPE): Interaction(
        "conditionalDelete",
        "Delete the {type} that a search finds",
        _GONE,
        takes=_WRITE,
        is_search=True,
        refuses=(409, 412),
    ),
    ("GET", f"{INSTANCE}/_history"): Interaction(
        "history",
        "Read the versions of a {type}",
        _FOUND,
        takes=HISTORY,
        refuses=(404,),
    ),
    ("GET", f"{TYPE}/_history"): Interaction(
        "historyOfType",
        "Read the versions of every {type}",
        _FOUND,
        takes=HISTORY,
    ),
    ("POST", TYPE): Interaction(
        "create",
        "Create a {type}",
        _UPDATED,
        takes=("If-None-Exist", "Prefer"),
        sends=Body.RESOURCE,
        refuses=_REFUSED,
    ),
    ("GET", TYPE): Interaction(
        "search",
        "Search for every {type}",
        _FOUND,
        takes=_SEARCH,
        is_search=True,
    ),
    ("GET", f"{TYPE}/_search"): Interaction(
        "searchByPath",
        "Search for every {type}",
        _FOUND,
        takes=_SEARCH,
        is_search=True,
    ),
    ("POST", f"{TYPE}/_search"): Interaction(
        "searchByForm",
        "Search for every {type}",
        _FOUND,
        takes=("Prefer",),
        sends=Body.FORM,
        refuses=(413, 415),
    ),
    ("POST", "/"): Interaction(
        "bundle",
        "Do a batch or a transaction",
        _FOUND,
        takes=("Prefer",),
        sends=Body.BUNDLE,
        refuses=(404, 405, 410, *_REFUSED),
    ),
    ("GET", "/"): Interaction(
        "searchAll",
        "Search among several types",
        _FOUND,
        takes=("_type", *_SEARCH),
        is_search=True,
    ),
    ("GET", "/_search"): Interaction(
        "searchAllByPath",
        "Search among several types",
        _FOUND,
        takes=("_type", *_SEARCH),
        is_search=True,
    ),
    ("POST", "/_search"): Interaction(
        "searchAllByForm",
        "Search among several types",
        _FOUND,
        takes=("_type", "Prefer"),
        sends=Body.FORM,
        refuses=(413, 415),
    ),
    ("GET", "/_history"): Interaction(
        "historyOfAll",
        "Read the versions of everything",
        _FOUND,
        takes=HISTORY,
    ),
}
"""What leads to the same with another path is said once: the base with a slash."""

CAPABILITIES = Interaction(
    "capabilities",
    "Read what the server can do, as FHIR says it",
    {200: Body.STATEMENT, 304: Body.NOTHING},
    ("If-None-Match", *PART),
)
