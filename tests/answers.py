"""Every kind of answer that the register gives, asked for in an order over the sample.

For judges that know FHIR and nothing of us: whatever is answered has to be FHIR. Some of what is
asked changes the register, so each walk wants a fresh one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import builders_fhir as build
from builders_web import FHIR_JSON, FHIR_XML, Api, Json, api
from eer.register.counter import Counter
from eer.store import migrations
from eer.store.session import Store
from flows.served import GLN_OF_NORTH, NORTH, SOR_OF_NORTH

_NEW = build.organization(800, id=None)
_NAMED = f"Organization?identifier=urn:oid:1.2.208.176.1.1|{build.sor(800)}"
_JSON_PATCH = "application/json-patch+json"


@dataclass(frozen=True)
class Question:
    """A request: its method, what stands below the base, what is sent and under which headers."""

    method: str
    path: str
    sent: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_known: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.headers or ''}".strip()


@dataclass(frozen=True)
class Answer:
    """What came back to a question."""

    question: Question
    status: int
    body: bytes


def walked(database: Path, sample: Json, media_type: str) -> Sequence[Answer]:
    """Return all answers of a new register at *database*; the clock stands, ids are counted."""
    with _register(database) as counter:
        return list(answers(api(counter), sample, media_type))


def read_back(database: Path, file: Path, media_type: str) -> Sequence[Answer]:
    """Return each resource of *file* as a new register at *database* has it, and all as pages."""
    with _register(database) as counter:
        report = build.loaded(counter, (file.name, file.read_bytes()))
        questions = [Question("GET", each) for each in (*report.created, "Endpoint", "_history")]
        return list(_asked(api(counter), questions, media_type))


@contextmanager
def _register(database: Path) -> Iterator[Counter]:
    store = Store.at(f"sqlite:///{database}")
    with store.migrating() as connection:
        migrations.migrate(connection)
    yield build.register_over(store, build.Clock())
    store.close()


def answers(fhir: Api, sample: Json, media_type: str) -> Iterator[Answer]:
    """Write the sample, ask everything, and yield each answer that has a body."""
    return _asked(fhir, (Question("POST", "", sample), *_questions(sample)), media_type)


def _asked(fhir: Api, questions: Iterable[Question], media_type: str) -> Iterator[Answer]:
    for each in questions:
        api = fhir if each.is_known else fhir.as_(None)
        headers = {"Content-Type": FHIR_JSON, "Accept": media_type, **each.headers}
        sent = each.sent if isinstance(each.sent, bytes | None) else json.dumps(each.sent).encode()
        answer = api.ask(each.method, each.path, headers=headers, data=sent)
        if answer.data:
            yield Answer(each, answer.status_code, answer.data)


def _questions(sample: Json) -> Iterable[Question]:
    yield from (Question("GET", entry["request"]["url"]) for entry in sample["entry"])
    yield from (Question("GET", each) for each in _LOOKS)
    yield from _WRITES
    yield from _FAILURES
    yield from (Question("GET", each) for each in _HISTORIES)


_LOOKS = (
    *("metadata", "metadata?_summary=true", "metadata?_elements=rest"),
    *(f"Organization/{NORTH}{each}" for each in ("/_history/1", "?_elements=name")),
    *(f"Endpoint/{NORTH}?_summary={each}" for each in ("true", "text", "data", "false")),
    *(f"Endpoint?_count=3&_summary={each}" for each in ("true", "text", "data", "count")),
    "Endpoint?_count=5&_include=Endpoint:organization&_revinclude=Organization:endpoint",
    "Organization?_elements=name&_sort=-name&_total=none",
    f"Organization?messageType={quote(build.ACK_2_0)}&_count=2&_include=Organization:endpoint",
    *("Organization?name=none", "Organization?unknown=1", "Device?identifier=none"),
    *("Device?_count=0", "MessageDefinition", "CodeSystem?_count=1", "ValueSet?_count=1"),
    *("SearchParameter", "OperationDefinition", "StructureDefinition"),
    "?_type=Organization,Endpoint&_count=5",
    f"Organization/{NORTH}/$validate",
    f"Organization/$getEerReceiverDataBySORId?sorId={SOR_OF_NORTH}",
    f"Organization/$getEerReceiverDataBySORId?sorId=1&messageType={quote(build.HCO_1_2)}",
    f"Organization/$addressability?gln={GLN_OF_NORTH}&messageType={quote(build.ACK_2_0)}",
    f"Organization/$addressability?sorId=1&messageType={quote(build.HCO_1_2)}",
    f"Endpoint/{NORTH}/$publication",
)

_RENAMED = _NEW | {"name": "Lægehuset Nyhavn"}
_PARAMETERS = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "resource", "resource": _NEW | {"name": None}},
        {"name": "mode", "valueCode": "create"},
    ],
}


def _bundle(kind: str, *entries: tuple[str, str, Json | None]) -> Json:
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [
            {"request": {"method": method, "url": url}} | ({"resource": sent} if sent else {})
            for method, url, sent in entries
        ],
    }


_WRITES = (
    Question("POST", "Organization", _NEW),
    Question("POST", "Organization", _NEW, {"If-None-Exist": _NAMED}),
    Question("PUT", _NAMED, _RENAMED),
    Question("PUT", _NAMED, _RENAMED, {"Prefer": "return=OperationOutcome"}),
    Question(
        "PATCH",
        _NAMED,
        [{"op": "add", "path": "/alias", "value": ["Nyhavn"]}],
        {"Content-Type": _JSON_PATCH},
    ),
    Question("POST", "Organization/$validate", _NEW),
    Question("POST", "Organization/$validate", _PARAMETERS),
    Question(
        "POST",
        "",
        _bundle(
            "batch",
            ("POST", "Organization", build.organization(801, id=None)),
            ("PUT", "Organization/other", build.organization(802)),
            ("PATCH", _NAMED, {"resourceType": "Parameters"}),
            ("DELETE", "Organization?name=none", None),
            ("GET", f"Organization/{NORTH}", None),
            ("GET", "Organization/none", None),
            ("GET", "Endpoint?_count=2&_include=Endpoint:organization", None),
            ("GET", "Endpoint/_history?_count=2", None),
        ),
    ),
    Question(
        "POST",
        "",
        _bundle("transaction", ("POST", "Organization", build.organization(803, id=None))),
        {"Prefer": "return=representation"},
    ),
    Question(
        "POST",
        "",
        _bundle("transaction", ("POST", "Organization", build.organization(804, id=None))),
        {"Prefer": "return=OperationOutcome"},
    ),
    Question("POST", "", _bundle("batch")),
    Question("DELETE", _NAMED),
    Question("DELETE", _NAMED),
    Question("PUT", "Organization/gone", build.organization(805, id="gone")),
    Question("DELETE", "Organization/gone"),
)
_FAILURES = (
    Question("GET", "Organization/none"),
    Question("GET", "Organization/gone"),
    Question("GET", f"Organization/{NORTH}/_history/9"),
    Question("GET", "Patient/1"),
    Question("GET", "nowhere/at/all/here"),
    Question("POST", f"Organization/{NORTH}", _NEW),
    Question("GET", f"Organization/{NORTH}", is_known=False),
    Question("GET", f"Organization/{NORTH}", headers={"Authorization": "Bearer x"}),
    Question("GET", "Organization", headers={"Accept": "text/turtle"}),
    Question("GET", "Organization?_format=turtle"),
    Question("GET", "Organization?_lastUpdated=yesterday"),
    Question("GET", "Organization?name:sounds-like=x"),
    Question("GET", "Organization?unknown=1", headers={"Prefer": "handling=strict"}),
    Question("GET", "Organization/_history?_since=yesterday"),
    Question("GET", "Organization/$none"),
    Question("POST", "Organization", _NEW, {"Content-Type": "text/plain"}),
    Question("POST", "Organization", b"{"),
    Question("POST", "Organization", b"<Organization/>", {"Content-Type": FHIR_XML}),
    Question("POST", "Organization", build.device()),
    Question("POST", "Organization", _NEW | {"name": 7, "active": "yes", "unknown": True}),
    Question("POST", "Organization", {"resourceType": "Organization", "text": {"div": "<p>"}}),
    Question("POST", "Endpoint", build.endpoint(806, status="bogus", address="no url")),
    Question("POST", _NAMED, _NEW),
    Question("POST", "Organization", build.organization(807, id=None, identifier=None)),
    Question("PUT", f"Organization/{NORTH}", _NEW),
    Question("PUT", "Organization/another", build.organization(803, id="another")),
    Question("PUT", "Organization?active=true", _NEW),
    Question("DELETE", "Organization"),
    Question("DELETE", f"Organization/{NORTH}"),
    Question("DELETE", f"Endpoint/{NORTH}", headers={"If-Match": 'W/"9"'}),
    Question("PATCH", f"Endpoint/{NORTH}", {}, {"Content-Type": "application/json"}),
    Question("PATCH", f"Endpoint/{NORTH}", [{"op": "x"}], {"Content-Type": _JSON_PATCH}),
    Question(
        "PATCH",
        f"Endpoint/{NORTH}",
        [{"op": "test", "path": "/status", "value": "off"}],
        {"Content-Type": _JSON_PATCH},
    ),
    Question("POST", "", {"resourceType": "Bundle", "type": "message"}),
    Question("POST", "", _bundle("transaction", ("POST", "Organization", {"name": "x"}))),
    Question("POST", "", _bundle("transaction", ("PUT", "Patient/1", _NEW))),
    Question("POST", "Organization/$validate", b"no resource"),
)
_HISTORIES = (
    "Organization/gone/_history",
    "Organization/_history?_count=4",
    "_history?_count=5",
    "_history?_since=2100-01-01T00:00:00Z",
)
