"""Is a payload code on its way out, and what takes its place?

A MessageDefinition says so by its status `retired`, from its date on; its identifier is the
payload code.
"""

from collections.abc import Iterator

from eer.domain import moment
from eer.domain.deprecation import Retirement
from eer.domain.search import Token
from eer.fhir import codec_json, element
from eer.fhir.element import Json
from eer.store.records import Records

_TYPE = "MessageDefinition"


def of(records: Records, document: str) -> Retirement | None:
    """Return that *document* is retired by everything that defines it, or None."""
    ids = {each.id for each in records.with_token(_TYPE, "identifier", Token(None, document))}
    found = [each for each in _all(records) if element.text(each, "id") in ids] if ids else []
    if not found or any(element.text(each, "status") != "retired" for each in found):
        return None
    names = {name for each in found for name in _names(each)}
    others = (each for each in _all(records) if names & {*element.texts(each, "replaces")})
    codes = (value for each in others for _, _, value in element.identifiers(each))
    date = element.text(found[-1], "date")
    return Retirement(
        None if date is None else moment.stretch(date)[0],
        tuple(dict.fromkeys(code for code in codes if code)),
    )


def _all(records: Records) -> Iterator[Json]:
    for version in list(records.all_of(_TYPE)):
        yield codec_json.parse(version.body or b"")


def _names(definition: Json) -> Iterator[str]:
    url, version = element.text(definition, "url"), element.text(definition, "version")
    if url is not None:
        yield url
        yield f"{url}|{version}"
