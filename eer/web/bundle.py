"""FHIR batch and transaction, as https://hl7.org/fhir/R4/http.html#transaction has them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from flask import Response, request
from werkzeug.exceptions import HTTPException

from eer.domain.access import Principal
from eer.domain.errors import Failure, IssueCode, Malformed, Refused, error, placed
from eer.domain.wording import say
from eer.fhir import element, meta
from eer.fhir import request as requests
from eer.fhir.outcome import outcome
from eer.fhir.request import Answer, Request
from eer.register import write
from eer.register.change import Effect
from eer.register.intent import ORDER, Intent
from eer.register.resolve import Nothing
from eer.register.write import Result
from eer.store.records import Records
from eer.web import answers, entries, errors, formats, prefer
from eer.web.parts import Parts
from eer.web.prefer import Return

TRANSACTION, BATCH = "transaction", "batch"
MOST_BYTES = 64 * 1024 * 1024
_READS = ("GET", "HEAD")
T = TypeVar("T")


def view(parts: Parts) -> Callable[[], Response]:
    """Return the view of `POST [base]`."""

    def answer() -> Response:
        wanted = formats.wanted(request)
        preferred = prefer.preferred(request)
        by = parts.gate.principal(request)
        json = formats.body(request)
        kind = element.text(json, "type")
        if element.text(json, "resourceType") != "Bundle" or kind not in (TRANSACTION, BATCH):
            text = say(
                "{type} of type {found!r} found, expected a Bundle of type transaction or batch",
                type=element.text(json, "resourceType"),
                found=kind,
            )
            raise Malformed(text, (error(IssueCode.INVALID, "Bundle.type", text),))
        asked = list(requests.requests(json, parts.base_url))
        _check_size(asked)
        do = _transaction if kind == TRANSACTION else _batch
        found = do(parts, asked, by, preferred.comes_back)
        body = requests.answered(f"{kind}-response", found)
        return preferred.on(wanted.response(body))

    return answer


def _check_size(asked: Sequence[object]) -> None:
    if len(asked) > requests.MOST_ENTRIES:
        text = say(
            "{found} entries found, expected {most} at most",
            found=len(asked),
            most=requests.MOST_ENTRIES,
        )
        raise Refused(text, (error(IssueCode.TOO_COSTLY, "Bundle.entry", text),))


def _transaction(
    parts: Parts, asked: Sequence[Request | Malformed], by: Principal, wanted: Return | None
) -> list[Answer]:
    for each in asked:
        if isinstance(each, Malformed):
            raise each
    sound = [each for each in asked if isinstance(each, Request)]
    intents: dict[int, Intent] = {}
    for place, each in enumerate(sound):
        if each.method not in _READS:
            with placed(each.place):
                intents[place] = entries.intent(each)
    reads = {place: each for place, each in enumerate(sound) if each.method in _READS}

    reader = _Reader(parts, by)

    def then(records: Records) -> dict[int, Answer]:
        found: dict[int, Answer] = {}
        for place, each in reads.items():
            with placed(each.place):
                found[place] = reader.read(records, each)
        return found

    results, found = write.perform_all(parts.counter, list(intents.values()), by, then)
    for place, result in zip(intents, results, strict=True):
        found[place] = _answer(parts, result, wanted)
    return [found[place] for place in sorted(found)]


def _batch(
    parts: Parts, asked: Sequence[Request | Malformed], by: Principal, wanted: Return | None
) -> list[Answer]:
    """Do each entry by itself, in a transaction's order; one that fails touches no other."""
    found: dict[int, Answer] = {}
    writes: list[tuple[int, Intent]] = []
    for place, each in enumerate(asked):
        if isinstance(each, Malformed):
            found[place] = _failed(parts, each)
        elif each.method not in _READS:
            answer = _guarded(parts, partial(entries.intent, each))
            if isinstance(answer, Answer):
                found[place] = answer
            else:
                writes.append((place, answer))
    for place, intent in sorted(writes, key=lambda each: ORDER[type(each[1])]):
        result = _guarded(parts, partial(write.perform, parts.counter, intent, by))
        found[place] = result if isinstance(result, Answer) else _answer(parts, result, wanted)
    reader = _Reader(parts, by)
    for place, each in enumerate(asked):
        if isinstance(each, Request) and each.method in _READS:
            with parts.counter.store.reading() as connection:
                records = Records(connection)
                found[place] = _guarded(parts, partial(reader.read, records, each))
    return [found[place] for place in sorted(found)]


@dataclass(slots=True)
class _Reader:
    """Reads what the entries of one Bundle ask for, as long as the answers can be held."""

    parts: Parts
    by: Principal
    size: int = 0

    def read(self, records: Records, asked: Request) -> Answer:
        self._check()
        found = entries.read(self.parts, records, asked, self.by)
        self.size += len(found.resource or b"")
        self._check()
        return found

    def _check(self) -> None:
        if self.size > MOST_BYTES:
            text = say(
                "the answers are larger than {most} bytes: ask for less at a time", most=MOST_BYTES
            )
            raise Refused(text, (error(IssueCode.TOO_COSTLY, "", text),))


def _guarded(parts: Parts, act: Callable[[], T]) -> T | Answer:
    try:
        return act()
    except (Failure, HTTPException) as fault:
        return _failed(parts, fault)


def _failed(parts: Parts, fault: Failure | HTTPException) -> Answer:
    status, issues = errors.told(fault, parts.counter.policy)
    return Answer(status=_line(status), outcome=outcome(issues, formats.spoken(request)))


def _answer(parts: Parts, result: Result, wanted: Return | None) -> Answer:
    if isinstance(result, Nothing):
        issue = errors.information(IssueCode.NOT_FOUND, result.text)
        return Answer(status=_line(200), outcome=outcome((issue,), formats.spoken(request)))
    version = result.version
    is_gone = version.body is None
    said = outcome(result.issues, formats.spoken(request)) if wanted is Return.OUTCOME else None
    return Answer(
        status=_line(201 if result.effect is Effect.CREATED else 200),
        location=None if is_gone else answers.url_of(parts, version),
        etag=f'W/"{version.number}"',
        last_modified=meta.instant(version.at),
        outcome=said,
        resource=version.body if wanted is Return.REPRESENTATION else None,
    )


def _line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
