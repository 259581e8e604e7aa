"""What HL7's cases for FHIRPath Patch and JSON Patch, and RFC 7396, expect of a patch."""

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from conftest import SHARED
from eer.domain.errors import IssueCode, Refused
from eer.fhir import codec_json, codec_xml, patch
from eer.fhir.codec_json import Json

CASES = SHARED / "data" / "hl7" / "patch"
FHIRPATH_CASES = CASES / "fhir-patch-tests.xml"
JSON_CASES = CASES / "json-patch-tests.json"

# RFC 7396, appendix A: target, patch, result
MERGES = (
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
)


def fhirpath_cases() -> list[Any]:
    if not FHIRPATH_CASES.is_file():
        return []
    cases = etree.parse(FHIRPATH_CASES).getroot()
    return [pytest.param(case, id=case.get("name")) for case in cases.findall("case")]


def json_cases() -> list[Any]:
    if not JSON_CASES.is_file():
        return []
    return [pytest.param(case, id=case["comment"]) for case in json.loads(JSON_CASES.read_text())]


def resource(case: etree._Element, name: str) -> Json:
    return codec_xml.parse(etree.tostring(case.find(name)[0]))


@pytest.mark.fhir(63)
@pytest.mark.parametrize("case", fhirpath_cases())
def test_a_fhirpath_patch_does_what_hl7_expects(case: etree._Element) -> None:
    before, parameters = resource(case, "input"), resource(case, "diff")

    if case.find("error") is not None:
        with pytest.raises(Refused) as caught:
            patch.fhirpath_patch(before, parameters)
        assert [issue.code for issue in caught.value.issues] == [IssueCode.PROCESSING]
    else:
        found = patch.fhirpath_patch(before, parameters)
        assert resource(case, "output") == codec_xml.parse(codec_xml.printed(found))


@pytest.mark.fhir(64)
@pytest.mark.parametrize("case", json_cases())
def test_a_json_patch_does_what_hl7_expects(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(Refused):
            patch.json_patch(case["doc"], case["patch"])
    else:
        assert case["expected"] == patch.json_patch(case["doc"], case["patch"])


@pytest.mark.fhir(63, 64)
def test_hl7_has_the_cases_that_were_counted(shared: Path) -> None:
    del shared
    assert (len(fhirpath_cases()), len(json_cases())) == (33, 16)


@pytest.mark.parametrize(("target", "merge", "expected"), MERGES)
def test_a_merge_does_what_rfc_7396_expects(target: str, merge: str, expected: str) -> None:
    before = json.loads(target)

    found = patch.merged(before, json.loads(merge))

    assert json.loads(expected) == found
    assert json.loads(target) == before
    assert codec_json.printed(found) == expected.encode()
