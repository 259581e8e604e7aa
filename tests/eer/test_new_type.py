"""A type is one file: dropped into its folder, it is kept, found, told and stated."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import builders_fhir as build
import builders_web as web
from builders_web import Api
from eer.fhir import kinds, types
from eer.register.counter import Counter

FILE = '''"""What is searched of a Basic? FHIR R4."""

from eer.fhir import kind, plain

KIND = plain.kind(
    "Basic",
    {
        "author": kind.reference("Basic-author", "author", "Organization"),
        "code": kind.token("Basic-code", "code"),
        "created": kind.date("Basic-created", "created"),
        "identifier": kind.token("Basic-identifier", "identifier"),
    },
)
'''
BASIC: build.Json = {
    "resourceType": "Basic",
    "id": "note",
    "identifier": [{"system": "urn:x", "value": "1"}],
    "code": {"coding": [{"system": "urn:y", "code": "note"}]},
    "created": "2026-05-05",
    "author": {"reference": "Organization/unit-1"},
}


@pytest.fixture
def extended(counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """Return the API of a register with one type more."""
    (tmp_path / "basic.py").write_text(FILE, encoding="utf-8")
    monkeypatch.setattr(types, "__path__", [*types.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    monkeypatch.setattr(kinds, "KINDS", kinds.discovered())
    yield web.api(counter)
    sys.modules.pop("eer.fhir.types.basic", None)


def test_a_new_type_is_kept_searched_and_told(extended: Api) -> None:
    extended.put(build.organization(1))

    assert extended.put(BASIC).status_code == 201
    assert extended.get("Basic/note").get_json()["created"] == "2026-05-05"
    for search in (
        "identifier=urn:x|1",
        "code=note",
        "created=ge2026-05",
        "author=unit-1",
        "author.name=laegehuset",
        "author:missing=false",
    ):
        assert extended.get(f"Basic?{search}").get_json()["total"] == 1, search
    assert extended.get("Organization?_has:Basic:author:code=note").get_json()["total"] == 1
    included = extended.get("Basic?_include=Basic:author").get_json()["entry"]
    assert [each["search"]["mode"] for each in included] == ["match", "include"]
    assert extended.delete("Organization/unit-1").status_code == 409
    assert extended.get("Basic/_history").get_json()["total"] == 1


def test_a_new_type_is_stated(extended: Api) -> None:
    stated = extended.get("metadata").get_json()["rest"][0]["resource"]
    described = extended.client.get("/fhir/openapi.json").get_json()

    (basic,) = [each for each in stated if each["type"] == "Basic"]
    assert {"author", "code", "created"} < {each["name"] for each in basic["searchParam"]}
    assert basic["searchInclude"] == ["Basic:author"]
    assert "/Basic/{id}" in described["paths"]


def test_without_its_file_it_is_not_known(fhir: Api) -> None:
    assert fhir.get("Basic/note").status_code == 404
