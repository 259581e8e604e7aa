"""What the structure check promises: nothing gets in that R4 does not allow, and the rest does.

The traps are those into which fhir.resources alone would walk.
"""

from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings

from eer.domain.errors import IssueCode
from eer.fhir import codec_json, judge, structure, xhtml
from eer.fhir.codec_json import Json
from strategies import resources

XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
SYSTEM = "urn:oid:1.2.208.184.100.3"


ORGANIZATION = "Endpoint.managingOrganization.reference"
VALUE = "Endpoint.extension[0].value"


def endpoint(**members: Any) -> Json:
    """Return a valid Endpoint with *members*; None leaves one out."""
    made = {
        "resourceType": "Endpoint",
        "id": "5790009000019",
        "status": "active",
        "connectionType": {"system": "http://example.dk/eDelivery", "code": "ehmi"},
        "payloadType": [{"coding": [{"system": SYSTEM, "code": "urn:dk:healthcare:medcom"}]}],
        "address": "https://ap.example.dk/as4",
    } | members
    return {name: value for name, value in made.items() if value is not None}


def extended(**value: Any) -> Json:
    return endpoint(extension=[{"url": "https://example.dk/x"} | value])


def leading_to(reference: str) -> Json:
    return {"managingOrganization": {"reference": reference}}


def narrated(div: str) -> Json:
    return endpoint(text={"status": "generated", "div": div})


def faults(resource: Json) -> list[tuple[IssueCode, str]]:
    return [(issue.code, issue.expression) for issue in structure.issues(resource)]


def texts(resource: Json) -> str:
    return "\n".join(issue.text for issue in structure.issues(resource))


@settings(max_examples=150, deadline=None)
@given(resources())
def test_what_r4_allows_passes(resource: Json) -> None:
    assert structure.issues(resource) == []


def test_the_smallest_endpoint_passes() -> None:
    assert structure.issues(endpoint()) == []


@pytest.mark.parametrize(
    ("members", "code", "place"),
    [
        # trap 1: required bindings
        ({"status": "bogus"}, IssueCode.CODE_INVALID, "Endpoint.status"),
        ({"contact": [{"system": "pigeon"}]}, IssueCode.CODE_INVALID, "Endpoint.contact[0].system"),
        # trap 2: what is empty
        ({"payloadType": []}, IssueCode.STRUCTURE, "Endpoint.payloadType"),
        ({"payloadType": [{}]}, IssueCode.STRUCTURE, "Endpoint.payloadType[0]"),
        ({"payloadType": [{"coding": []}]}, IssueCode.STRUCTURE, "Endpoint.payloadType[0].coding"),
        ({"period": {}}, IssueCode.STRUCTURE, "Endpoint.period"),
        ({"period": {"id": "p"}}, IssueCode.STRUCTURE, "Endpoint.period"),
        ({"name": ""}, IssueCode.VALUE, "Endpoint.name"),
        # trap 3: long ids
        ({"id": "a" * 65}, IssueCode.VALUE, "Endpoint.id"),
        ({"id": "a_b"}, IssueCode.VALUE, "Endpoint.id"),
        # trap 4: invariants of any type
        (
            {"period": {"start": "2026-02", "end": "2026-01-31"}},
            IssueCode.INVARIANT,
            "Endpoint.period",
        ),
        ({"extension": [{"url": "u"}]}, IssueCode.INVARIANT, "Endpoint.extension[0]"),
        (
            {
                "extension": [
                    {"url": "u", "valueCode": "a", "extension": [{"url": "v", "valueCode": "b"}]}
                ]
            },
            IssueCode.INVARIANT,
            "Endpoint.extension[0]",
        ),
        (leading_to("#o"), IssueCode.INVARIANT, ORGANIZATION),
        # trap 5: control characters
        ({"name": "a\x01"}, IssueCode.VALUE, "Endpoint.name"),
        ({"name": "a\ufffe"}, IssueCode.VALUE, "Endpoint.name"),
        # trap 6: JSON types
        ({"period": {"start": 2024}}, IssueCode.VALUE, "Endpoint.period.start"),
        ({"name": {"text": "x"}}, IssueCode.VALUE, "Endpoint.name"),
        ({"connectionType": "x"}, IssueCode.STRUCTURE, "Endpoint.connectionType"),
        ({"connectionType": [{"code": "x"}]}, IssueCode.STRUCTURE, "Endpoint.connectionType"),
        ({"payloadType": {"text": "x"}}, IssueCode.STRUCTURE, "Endpoint.payloadType"),
        ({"header": "a: b"}, IssueCode.STRUCTURE, "Endpoint.header"),
        # trap 7: names that are not FHIR's
        ({"resource_type": "Endpoint"}, IssueCode.STRUCTURE, "Endpoint"),
        ({"status__ext": {"id": "x"}}, IssueCode.STRUCTURE, "Endpoint"),
        ({"fhir_comments": ["x"]}, IssueCode.STRUCTURE, "Endpoint"),
        ({"_status": {"fhir_comments": ["x"]}}, IssueCode.STRUCTURE, "Endpoint.status"),
        ({"_id": {"id": "x"}}, IssueCode.STRUCTURE, "Endpoint"),
        ({"_period": {"id": "x"}}, IssueCode.STRUCTURE, "Endpoint"),
        (
            {"period": {"resourceType": "Period", "start": "2026"}},
            IssueCode.STRUCTURE,
            "Endpoint.period",
        ),
        # trap 8: blanks, references, free text
        ({"name": " \n"}, IssueCode.VALUE, "Endpoint.name"),
        ({"address": "not an address"}, IssueCode.VALUE, "Endpoint.address"),
        (leading_to("Patient/1"), IssueCode.VALUE, ORGANIZATION),
        (leading_to("Foo/1"), IssueCode.VALUE, ORGANIZATION),
        (leading_to("the clinic"), IssueCode.VALUE, ORGANIZATION),
        # trap 9: contained
        ({"contained": [{"id": "x"}]}, IssueCode.REQUIRED, "Endpoint.contained[0]"),
        ({"contained": [{"resourceType": "FooType"}]}, IssueCode.VALUE, "Endpoint.contained[0]"),
        ({"contained": [{"resourceType": ["Endpoint"]}]}, IssueCode.VALUE, "Endpoint.contained[0]"),
        ({"contained": ["x"]}, IssueCode.STRUCTURE, "Endpoint.contained[0]"),
        (
            {
                "contained": [
                    {
                        "resourceType": "Basic",
                        "code": {"text": "x"},
                        "contained": [{"resourceType": "Binary", "contentType": "a/b"}],
                    }
                ]
            },
            IssueCode.INVARIANT,
            "Endpoint.contained[0].contained",
        ),
        # nulls and alignment
        ({"header": [None]}, IssueCode.STRUCTURE, "Endpoint.header[0]"),
        ({"payloadType": [None]}, IssueCode.STRUCTURE, "Endpoint.payloadType[0]"),
        (
            {"header": ["a"], "_header": [{"id": "x"}, {"id": "y"}]},
            IssueCode.STRUCTURE,
            "Endpoint.header",
        ),
        ({"header": ["a"], "_header": {"id": "x"}}, IssueCode.STRUCTURE, "Endpoint.header"),
        ({"_name": {"id": "x"}}, IssueCode.STRUCTURE, "Endpoint.name"),
        ({"_name": "x"}, IssueCode.STRUCTURE, "Endpoint.name"),
        ({"name": "a", "_name": {"id": 5}}, IssueCode.VALUE, "Endpoint.name.id"),
        # what is missing
        ({"status": None}, IssueCode.REQUIRED, "Endpoint.status"),
        ({"payloadType": None}, IssueCode.REQUIRED, "Endpoint.payloadType"),
        ({"address": None}, IssueCode.REQUIRED, "Endpoint.address"),
        # choices
        (
            {"extension": [{"url": "u", "valueCode": "a", "valueId": "b"}]},
            IssueCode.STRUCTURE,
            VALUE,
        ),
        (
            {"extension": [{"url": "u", "valueCodeableReference": {"id": "b"}}]},
            IssueCode.STRUCTURE,
            "Endpoint.extension[0]",
        ),
    ],
)
def test_what_r4_does_not_allow_is_refused_at_its_place(
    members: Json, code: IssueCode, place: str
) -> None:
    assert faults(endpoint(**members)) == [(code, place)]


def test_a_null_is_refused() -> None:
    assert faults(endpoint() | {"name": None}) == [(IssueCode.STRUCTURE, "Endpoint.name")]


@pytest.mark.parametrize(
    "value",
    [
        {"valueDecimal": "1.5"},
        {"valueInteger": 5.0},
        {"valueInteger": "5"},
        {"valueInteger": True},
        {"valueBoolean": "true"},
        {"valueBoolean": 1},
        {"valueDate": "2023-02-29"},
        {"valueDate": "0000"},
        {"valueDate": "2024-1-1"},
        {"valueDateTime": "2024-01-01T10:00"},
        {"valueDateTime": "2024-01-01T10:00:00"},
        {"valueInstant": "2024-01-01"},
        {"valueTime": "24:00:00"},
        {"valueCode": " a"},
        {"valueCode": "a  b"},
        {"valueInteger": 2**31},
        {"valuePositiveInt": 0},
        {"valueUnsignedInt": -1},
        {"valueUuid": "c757873d-ec9a-4326-a141-556f43239520"},
        {"valueOid": "1.2.208"},
        {"valueBase64Binary": "A"},
        {"valueId": "a_b"},
        {"valueUri": "a b"},
        {"valueDecimal": float("nan")},
        {"valueInteger": codec_json.parse(b'{"n":' + b"9" * 5000 + b"}")["n"]},
    ],
)
def test_a_value_without_the_form_of_its_type_is_refused(value: Json) -> None:
    assert faults(extended(**value)) == [(IssueCode.VALUE, VALUE)]


@pytest.mark.parametrize(
    "value",
    [
        {"valueMeta": {"tag": [{"code": "a"}]}},
        {"valueUuid": "urn:uuid:c757873d-ec9a-1111-a1c4-000000000000"},
        {"valueDecimal": codec_json.parse(b'{"n":1.10}')["n"]},
        {"valueDecimal": codec_json.parse(b'{"n":1e999}')["n"]},
        {"valueInteger": codec_json.parse(b'{"n":-0}')["n"]},
        {"valueInstant": "2016-12-31T23:59:60.123456789-00:00"},
        {"valueBase64Binary": "AAAA AAAA\nAA=="},
        {"valueString": "\u00a0no-break\u2003spaces"},
        {"_valueBoolean": {"extension": [{"url": "u", "valueCode": "unknown"}]}},
        {"valueReference": {"reference": "https://example.dk/fhir/Patient/1"}},
        {"valueReference": {"reference": "urn:uuid:c757873d-ec9a-1111-a1c4-000000000000"}},
        {"valueReference": {"reference": "Organization?identifier=x|1"}},
        {"valueReference": {"reference": "Organization/1/_history/2"}},
        {"valueReference": {"reference": "#"}},
        {"valuePeriod": {"start": "2026-01-01", "end": "2026-01-01"}},
        {"valuePeriod": {"start": "2026-01-01T10:00:00Z", "end": "2026-01-01T11:00:00+01:00"}},
        {"valuePeriod": {"start": "2016-12-31T23:59:60Z", "end": "2016"}},
    ],
)
def test_what_only_the_judge_would_refuse_passes(value: Json) -> None:
    assert structure.issues(extended(**value)) == []


def test_a_local_reference_finds_what_is_contained_from_everywhere() -> None:
    inner = {"resourceType": "Organization", "id": "a", "name": "A", "partOf": {"reference": "#b"}}
    other = {"resourceType": "Organization", "id": "b", "name": "B"}

    assert structure.issues(endpoint(contained=[inner, other]) | leading_to("#a")) == []


def test_a_resource_in_a_bundle_has_its_own_contained() -> None:
    inner = {"resourceType": "Organization", "id": "a", "name": "A"}
    good = endpoint(contained=[inner], **leading_to("#a"))
    bad = endpoint(**leading_to("#a"))
    entries = [{"resource": good}, {"resource": bad}]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}

    place = "Bundle.entry[1].resource.managingOrganization.reference"
    assert faults(bundle) == [(IssueCode.INVARIANT, place)]


def test_all_faults_are_said_at_once_and_say_what_was_found_and_expected() -> None:
    coding = {"system": SYSTEM, "code": 5, "display": " "}
    broken = endpoint(status="bogus", payloadType=[{"coding": [{}, coding]}], address=None, foo=1)

    assert faults(broken) == [
        (IssueCode.STRUCTURE, "Endpoint"),
        (IssueCode.CODE_INVALID, "Endpoint.status"),
        (IssueCode.STRUCTURE, "Endpoint.payloadType[0].coding[0]"),
        (IssueCode.VALUE, "Endpoint.payloadType[0].coding[1].code"),
        (IssueCode.VALUE, "Endpoint.payloadType[0].coding[1].display"),
        (IssueCode.REQUIRED, "Endpoint.address"),
    ]
    assert "a number (5) found, expected a string" in texts(broken)
    assert "'bogus' found, expected one of active, entered-in-error" in texts(broken)
    assert all(word not in texts(broken) for word in ("pydantic", "http:", "pattern", "[A-Z"))


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ({}, IssueCode.REQUIRED),
        ({"resourceType": "Foo"}, IssueCode.VALUE),
        ({"resourceType": "Resource"}, IssueCode.VALUE),
        ({"resourceType": 1}, IssueCode.VALUE),
    ],
)
def test_a_resource_without_a_type_of_r4_is_refused(resource: Json, code: IssueCode) -> None:
    assert faults(resource) == [(code, "Resource")]


def test_depth_and_number_of_issues_are_limited() -> None:  # trap 16
    deep: Json = {"url": "u", "valueCode": "a"}
    for _ in range(2000):
        deep = {"url": "u", "extension": [deep]}

    assert "deeper than" in texts(endpoint(extension=[deep]))
    assert len(structure.issues(endpoint(payloadType=[{}] * 1000))) == structure.MOST_ISSUES


def test_a_string_ends_at_a_megabyte() -> None:
    assert faults(endpoint(name="a" * 1024 * 1024)) == []
    assert faults(endpoint(name="a" * 1024 * 1024 + "b")) == [(IssueCode.TOO_LONG, "Endpoint.name")]


def test_blanks_in_base64_take_no_time() -> None:
    begin = perf_counter()
    structure.issues(extended(valueBase64Binary="AAAA     " * 20_000 + "!"))

    assert perf_counter() - begin < 2


@pytest.mark.parametrize(
    "div",
    [
        f"<div {XHTML}>x</div>",
        f'<div {XHTML} xml:lang="da" lang="da" id="n"><!-- c --><h1 class="a">x</h1><hr/></div>',
        f'<div {XHTML}><a href="https://example.dk">x</a><a name="y"/><a href="#y">z</a></div>',
        f'<div {XHTML}><img src="data:image/png;base64,AAAA" alt="x"/></div>',
        f'<div {XHTML}><p style="color: red">&#160;x &amp; y</p></div>',
        f'<h:div xmlns:h="{xhtml.NAMESPACE}"><h:p>x</h:p></h:div>',
    ],
)
def test_a_harmless_narrative_passes(div: str) -> None:
    assert structure.issues(narrated(div)) == []


@pytest.mark.parametrize(
    ("div", "said"),
    [
        ("plain text", "no XHTML"),
        ("<div>x</div>", "expected a div in the namespace"),
        (f"<p {XHTML}>x</p>", "expected a div in the namespace"),
        (f"<div {XHTML}>x", "no XHTML"),
        (f"<div {XHTML}>&nbsp;x</div>", "nbsp"),
        (f'<!DOCTYPE div [<!ENTITY a "b">]><div {XHTML}>&a;</div>', "DOCTYPE"),
        (f"<div {XHTML}> \n<p/></div>", "txt-2"),
        (f"<div {XHTML}>x<script>alert(1)</script></div>", "<script> found"),
        (f'<div {XHTML}>x<svg xmlns="http://www.w3.org/2000/svg"/></div>', "svg> found"),
        (f'<div {XHTML} onclick="a()">x</div>', "attribute onclick of <div>"),
        (f'<div {XHTML}><p src="a">x</p></div>', "attribute src of <p>"),
        (f'<div {XHTML}><a href=" javascript:a()">x</a></div>', "href of <a>"),
        (f'<div {XHTML}><a href="data:text/html,a">x</a></div>', "href of <a>"),
        (f'<div {XHTML}><p style="background: url(x)">x</p></div>', "style of <p>"),
        (f"<div {XHTML}>{'<b>' * 80}x{'</b>' * 80}</div>", "deeper than"),
    ],
)
def test_a_harmful_or_broken_narrative_is_refused(div: str, said: str) -> None:  # trap 5
    found = structure.issues(narrated(div))

    assert [issue.expression for issue in found] == ["Endpoint.text.div"]
    assert said in found[0].text


def test_the_judge_speaks_our_words() -> None:
    broken = endpoint(address=None, foo=1, period={"start": "yesterday"})

    found = {(issue.code, issue.expression) for issue in judge.issues(broken)}

    assert (IssueCode.STRUCTURE, "Endpoint.foo") in found
    assert (IssueCode.VALUE, "Endpoint.period.start") in found
    assert all("pydantic" not in issue.text for issue in judge.issues(broken))


def test_the_judge_is_not_asked_about_what_r4b_has_not() -> None:
    assert list(judge.issues({"resourceType": "MedicinalProduct", "foo": 1})) == []
    assert list(judge.issues({"resourceType": "Evidence", "foo": 1})) == []


def test_the_judge_has_no_verdict_where_it_stumbles() -> None:
    deep: Json = {"url": "u", "valueCode": "a"}
    for _ in range(2000):
        deep = {"url": "u", "extension": [deep]}

    assert list(judge.issues(endpoint(extension=[deep]))) == []


# What HL7's examples really have wrong: four links of an older release, items without linkId.
WRONG = {
    "bundle-questionnaire.json": IssueCode.REQUIRED,
    "devicemetric-example.json": IssueCode.VALUE,
    "deviceusestatement-example.json": IssueCode.VALUE,
    "medicationrequest0301.json": IssueCode.VALUE,
}


def test_hl7s_examples_pass_but_those_with_known_faults(shared: Path) -> None:
    examples = sorted((shared / "data" / "hl7" / "examples").glob("*.json"))

    found = {each.name: faults(codec_json.parse(each.read_bytes())) for each in examples}

    assert found
    assert {name: issues[0][0] for name, issues in found.items() if issues} == WRONG


def test_the_pilot_configuration_passes(shared: Path) -> None:
    pilot = shared / "data" / "pp26-bundle.json"

    assert structure.issues(codec_json.parse(pilot.read_bytes())) == []
