"""How is a request that was made at random nudged towards one that a client might send?

At random, little gets past the first check. Nudged, it names what is there, or carries a resource
that is right but for an element or two, under a condition that may hold.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from schemathesis import Case

import builders_fhir as build
from builders_fhir import Json
from builders_web import FHIR_JSON, FHIR_XML
from eer.domain.errors import Malformed
from eer.fhir import canonicals, codec_xml, kinds
from examples import example, linked

Draw = Callable[[st.SearchStrategy[Any]], Any]

KNOWN = [
    *linked(),
    *(example(name, number) for name in kinds.KINDS for number in (1, 2)),
]
"""What the register is filled with, none before what it points at."""

_IDS = {
    **{name: [e["id"] for e in KNOWN if e["resourceType"] == name] for name in kinds.KINDS},
    **{name: [*kinds.definitions(name), "x"] for name in kinds.DEFINITIONS},
}
_CONDITIONS = {
    "If-Match": ["*", 'W/"1"', 'W/"2"', "3", 'W/"4"', "x"],
    "If-None-Match": ["*", 'W/"1"', 'W/"2", W/"3"', "x"],
    "If-Modified-Since": ["Tue, 05 May 2026 12:00:00 GMT", "x"],
    "If-None-Exist": ["_id=unit-1", "identifier=device-1", "url=x", "_count=1", "", "?x=y"],
    "Prefer": [
        *("return=minimal", "return=representation", "return=OperationOutcome"),
        *("handling=strict", "handling=lenient; return=minimal", "x"),
    ],
    "Accept-Language": ["da", "en;q=0.1, da", "x;"],
}
_QUERIES = [
    *("name:contains", "name:exact", "identifier:not", "identifier:of-type", "status:missing"),
    *("organization.name", "organization:Organization.partof.name", "endpoint.status", "type:in"),
    *("_has:Endpoint:organization:status", "_has:Organization:endpoint:name", "url:below"),
    *("identifier:text", "context-type-value", "messageType:not", "_lastUpdated", "_sort", "_id"),
    *("_include", "_include:iterate", "_revinclude", "_elements", "_page", "_count", "address"),
    *("_remembered", "_since", "_at", "_before", "_type", "profile", "mode", "_format", "_pretty"),
]
_VALUES = [
    *("æ", "%", "_", "a|b", "|", "a|", r"a\,b", "$", "x$y", "true", "ge2026-05", "5|x|y", "xml"),
    *("Organization:endpoint", "-name,_id", "Organization/unit-1", "http://x.example|1", "2026"),
    *("Device:organization", "unit-1,unit-2", "0", "1", "", "sa0001", "lt9999-12-31", "1e5|x|y"),
    *("Endpoint:organization:Organization", "Organization", "Organization,Device", "delete"),
]
_ASKED = {
    "sorId": [build.sor(1), build.sor(2), build.sor(9)],
    "gln": [build.gln(1), build.gln(9)],
    "identifier": [f"urn:oid:1.2.208.176.1.1|{build.sor(1)}", f"|{build.gln(1)}"],
    "messageType": [build.HCO_1_2, build.ACK_2_0, f"{canonicals.PAYLOADS}|{build.HCO_1_2}"],
    "activeOnly": ["true", "false"],
    "version": ["1", "2", "99999999999999999999"],
    "mode": ["create", "update", "delete", "profile"],
    "profile": [canonicals.DEVICE, canonicals.MESSAGING_ORGANIZATION],
}
_POINTERS = [
    *("/status", "/name", "/identifier/0/value", "/identifier/-", "/meta/versionId", "/x", ""),
    *("/extension/0/url", "/contact", "/identifier/01", "/~2", "/resourceType", "/type", "/id"),
]
_FHIRPATHS = [
    *("Device.status", "Organization.name", "Endpoint.identifier[0]", "Device", "x(", "Device.id"),
    *("Organization.identifier.where(system = 'x')", "Endpoint.extension.first()", "Location.name"),
]
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
_ANYTHING = st.recursive(
    _SCALARS,
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3)
    ),
    max_leaves=5,
)


def nudge(case: Case, draw: Draw) -> None:
    """Change a request for the better."""
    type_name = case.path.split("/")[1]
    if "id" in case.path_parameters:
        case.path_parameters["id"] = draw(st.sampled_from(_IDS[type_name]))
    for name, values in _CONDITIONS.items():
        case.headers.pop(name, None)
        if _is_one_in(5, draw):
            case.headers[name] = draw(st.sampled_from(values))
    _nudge_query(case, type_name, draw)
    if case.media_type == "application/json-patch+json":
        case.body = draw(st.lists(_operations(), max_size=3))
    elif case.media_type in (FHIR_JSON, FHIR_XML):
        body = _body(case, type_name, draw)
        case.body = body if case.media_type == FHIR_JSON else _as_xml(body, draw)


def _is_one_in(many: int, draw: Draw) -> bool:
    return bool(draw(st.integers(1, many)) == many)


def _nudge_query(case: Case, type_name: str, draw: Draw) -> None:
    is_write = case.method in ("PUT", "PATCH", "DELETE")
    case.query = {} if is_write or draw(st.booleans()) else dict(case.query)
    if is_write and "id" not in case.path_parameters:
        case.query["_id"] = draw(st.sampled_from(_IDS[type_name]))
    if "$" in case.path:
        for name in draw(st.lists(st.sampled_from(sorted(_ASKED)), max_size=3)):
            case.query[name] = _asked(name, draw)
    elif not is_write or _is_one_in(5, draw):
        for name in draw(st.lists(st.sampled_from(_QUERIES), max_size=2)):
            case.query[name] = draw(st.sampled_from(_VALUES))


def _asked(name: str, draw: Draw) -> str:
    return str(draw(st.sampled_from(_VALUES if _is_one_in(5, draw) else _ASKED[name])))


def _operations() -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
            "path": st.sampled_from(_POINTERS),
        },
        optional={"value": _ANYTHING, "from": st.sampled_from(_POINTERS)},
    )


def _body(case: Case, type_name: str, draw: Draw) -> Json:
    if case.method == "PATCH":
        return _parameters([draw(_step()) for _ in range(draw(st.integers(0, 2)))])
    if type_name not in _IDS:
        return draw(_bundle(draw))
    found = _resource(type_name, draw, case.body)
    if case.method == "PUT" and "id" in case.path_parameters:
        case.path_parameters["id"] = found["id"] if isinstance(found["id"], str) else "x"
    elif case.method == "PUT":
        found.pop("id", None)
    if "$validate" in case.path and draw(st.booleans()):
        mode = {"name": "mode", "valueCode": draw(st.sampled_from(["create", "delete", "x"]))}
        return _parameters([{"name": "resource", "resource": found}, mode])
    if "$" in case.path and "$validate" not in case.path:
        names = draw(st.lists(st.sampled_from(sorted(_ASKED)), max_size=4))
        return _parameters([{"name": each, "valueString": _asked(each, draw)} for each in names])
    return found


def _resource(type_name: str, draw: Draw, made: object) -> Json:
    """Return an example with some elements of what was *made*, or with any that are none."""
    found = dict(draw(st.sampled_from([e for e in KNOWN if e["resourceType"] == type_name])))
    own = made if isinstance(made, dict) and made else found
    for name in draw(st.lists(st.sampled_from(sorted(own)), max_size=2)):
        found[name] = own[name] if not _is_one_in(3, draw) else draw(_ANYTHING)
    return found


def _parameters(parts: list[Json]) -> Json:
    return {"resourceType": "Parameters", **({"parameter": parts} if parts else {})}


@st.composite
def _step(draw: Draw) -> Json:
    """Return an operation of a FHIRPath Patch, more or less."""
    kind = draw(st.sampled_from(["add", "insert", "delete", "replace", "move", "x"]))
    parts = [
        {"name": "type", "valueCode": kind},
        {"name": "path", "valueString": draw(st.sampled_from(_FHIRPATHS))},
        {"name": "name", "valueString": draw(st.sampled_from(["name", "status", "x"]))},
        {"name": "value", draw(st.sampled_from(["valueString", "valueCode"])): draw(_ANYTHING)},
        {"name": "index", "valueInteger": draw(st.integers(-1, 2))},
    ]
    return {"name": "operation", "part": parts[: draw(st.integers(1, 5))]}


@st.composite
def _bundle(draw: Draw, made: Draw) -> Json:
    """Return a batch or a transaction of what single requests ask for."""
    entries = [draw(_entry(made)) for _ in range(draw(st.integers(0, 3)))]
    kind = draw(st.sampled_from(["batch", "transaction", "transaction", "history"]))
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


@st.composite
def _entry(draw: Draw, made: Draw) -> Json:
    name = draw(st.sampled_from(sorted(_IDS)))
    method = draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "x"]))
    query = f"?{draw(st.sampled_from(_QUERIES))}={draw(st.sampled_from(_VALUES))}"
    own = draw(st.sampled_from(_IDS[name]))
    paths = [name, f"{name}/{own}", f"{name}{query}", f"{name}/{own}/_history", "", "x/y/z", query]
    asked = {"method": method, "url": draw(st.sampled_from(paths))}
    for condition in ("ifMatch", "ifNoneMatch", "ifNoneExist", "ifModifiedSince"):
        if draw(st.integers(0, 4)) == 0:
            asked[condition] = draw(st.sampled_from([*_CONDITIONS["If-Match"], "_id=unit-1"]))
    found: Json = {"request": asked}
    if draw(st.booleans()):
        found["fullUrl"] = draw(st.sampled_from(["urn:uuid:x", f"http://x.example/{name}/{own}"]))
    if method in ("POST", "PUT") and name in kinds.KINDS:
        found["resource"] = _resource(name, made, None)
    elif method == "PATCH":
        found["resource"] = _parameters([draw(_step())])
    return found


def _as_xml(body: Json, draw: Draw) -> bytes:
    """Return XML, with some bytes of it changed at times."""
    try:
        found = codec_xml.printed(body)
    except (Malformed, KeyError, TypeError, ValueError, AttributeError):
        found = codec_xml.printed(build.device())
    if not _is_one_in(5, draw):
        return found
    place = draw(st.integers(0, len(found)))
    return found[:place] + draw(st.binary(max_size=3)) + found[place:]
