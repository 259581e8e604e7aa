"""What the XML codec promises: FHIR R4 xml.html, and traps 10 to 16 of other codecs."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from lxml import etree

from eer.domain.errors import Malformed
from eer.fhir import codec_json, codec_xml, r4, structure, xhtml
from eer.fhir.codec_json import Json
from strategies import resources

FHIR = 'xmlns="http://hl7.org/fhir"'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">Lægehuset <b>A</b></div>'


def basic(inner: str, attributes: str = FHIR) -> bytes:
    return f"<Basic {attributes}>{inner}</Basic>".encode()


def refusal(body: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        codec_xml.parse(body)
    return caught.value


def faults(inner: str) -> list[tuple[str, str]]:
    return [(issue.expression, issue.text) for issue in refusal(basic(inner)).issues]


def unprintable(resource: Json) -> str:
    with pytest.raises(Malformed) as caught:
        codec_xml.printed(resource)
    return caught.value.text


def sorted_members(value: Any) -> Any:
    """Return *value* with its members by name: XML has an order of its own."""
    if isinstance(value, dict):
        return {name: sorted_members(value[name]) for name in sorted(value)}
    return [sorted_members(each) for each in value] if isinstance(value, list) else value


def with_plain_narratives(value: Any) -> Any:
    """Return *value* with each narrative spelled as the codec spells it (`&quot;` as `"`)."""
    if isinstance(value, dict):
        return {
            name: xhtml.printed(xhtml.parse(each)) if name == "div" else with_plain_narratives(each)
            for name, each in value.items()
        }
    return [with_plain_narratives(each) for each in value] if isinstance(value, list) else value


@settings(max_examples=200, deadline=None)
@given(resources())
def test_json_to_xml_to_json_loses_nothing(resource: Json) -> None:
    found = codec_xml.parse(codec_xml.printed(resource))

    assert resource == found
    assert codec_json.printed(sorted_members(resource)) == codec_json.printed(sorted_members(found))


@settings(max_examples=60, deadline=None)
@given(resources())
def test_xml_to_json_to_xml_loses_nothing(resource: Json) -> None:
    body = codec_xml.printed(resource)

    assert body == codec_xml.printed(codec_xml.parse(body))


def test_printed_has_the_declaration_the_default_namespace_and_the_defined_order() -> None:
    resource = {"resourceType": "Basic", "code": {"text": "a<b>\n"}, "id": "x", "language": "da"}

    assert codec_xml.printed(resource) == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Basic xmlns="http://hl7.org/fhir">'
        b'<id value="x"/><language value="da"/>'
        b'<code><text value="a&lt;b&gt;&#10;"/></code></Basic>'
    )


def test_ids_of_elements_are_attributes_and_an_extension_has_its_url_in_one() -> None:  # trap 10
    resource = {
        "resourceType": "Basic",
        "code": {"id": "c1", "text": "a", "_text": {"id": "t1"}},
        "extension": [{"id": "e1", "url": "https://example.dk/x", "valueDecimal": 1}],
    }
    body = codec_xml.printed(resource)

    assert b'<code id="c1"><text id="t1" value="a"/></code>' in body
    assert b'<extension id="e1" url="https://example.dk/x"><valueDecimal value="1"/>' in body
    assert resource == codec_xml.parse(body)


@pytest.mark.parametrize(
    "name",
    [
        {"given": [None, "Bo"], "_given": [{"id": "a"} | {"extension": []}, None]},
        {"given": ["Bo", None, "Li"], "_given": [None, {"extension": []}, {"id": "b"}]},
        {"_given": [{"extension": []}, {"extension": []}]},
    ],
)
def test_values_and_extensions_of_an_array_stay_aligned(name: Json) -> None:  # trap 11
    for companion in name["_given"]:
        if companion is not None and "extension" in companion:
            companion["extension"] = [{"url": "https://example.dk/x", "valueCode": "unknown"}]
    resource = {"resourceType": "Patient", "name": [name]}

    assert resource == codec_xml.parse(codec_xml.printed(resource))


def test_resources_inside_resources_come_back() -> None:
    inner = {"resourceType": "Organization", "id": "o", "name": "Lægehuset", "active": True}
    entry = {"resource": {"resourceType": "Endpoint", "contained": [inner, inner]}}
    bundle = {"resourceType": "Bundle", "type": "collection", "total": 1, "entry": [entry, entry]}

    assert bundle == codec_xml.parse(codec_xml.printed(bundle))


def test_a_narrative_is_xhtml_in_xml_and_a_string_in_json() -> None:
    resource = {"resourceType": "Basic", "text": {"status": "generated", "div": DIV}}
    body = codec_xml.printed(resource)

    assert DIV.encode() in body
    assert resource == codec_xml.parse(body)


def test_a_prefixed_narrative_becomes_a_plain_one_without_what_is_declared_around_it() -> None:
    body = basic(
        '<text><status value="generated"/><h:div>Lægehuset <!-- c --><h:b>A</h:b></h:div></text>',
        f'{FHIR} xmlns:h="http://www.w3.org/1999/xhtml" xmlns:q="urn:q"',
    )

    assert codec_xml.parse(body)["text"]["div"] == DIV


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf<Basic xmlns="http://hl7.org/fhir"><id value="x"/></Basic>',
        b'<f:Basic xmlns:f="http://hl7.org/fhir"><f:id value="x"/></f:Basic>',
        b'<?xml version="1.0"?><Basic xmlns="http://hl7.org/fhir"><?c?><id value="x"/></Basic>',
        b'<Basic xmlns="http://hl7.org/fhir"><!-- why --><id value="x"><!-- x --></id>\n</Basic>',
        basic(
            '<id value="x"/>', f'{FHIR} {XSI} xsi:schemaLocation="http://hl7.org/fhir basic.xsd"'
        ),
    ],
)
def test_any_form_of_the_same_xml_is_read(body: bytes) -> None:  # traps 13 and 14
    assert codec_xml.parse(body) == {"resourceType": "Basic", "id": "x"}


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ('<language value="da"/><id value="x"/>', ("Basic.id", "found behind language")),
        ('<id value="x"/><id value="y"/>', ("Basic.id", "more than once")),
        ('<foo value="x"/>', ("Basic", "element <foo> found")),
        ('<x:id xmlns:x="urn:x" value="x"/>', ("Basic", "{urn:x}id")),
        ('<div xmlns="http://www.w3.org/1999/xhtml"/>', ("Basic", "div> found")),
        ('<text><status value="generated"/><div/></text>', ("Basic.text", "<div> found")),
        ('<id value="x" lang="da"/>', ("Basic.id", "attribute lang found")),
        ('<id value="x" id="y"/>', ("Basic.id", "expected a value only")),
        ('<code value="x"/>', ("Basic.code", "attribute value found")),
        ('<id value="x"/>stray', ("Basic", "'stray' found")),
        ("<id>x</id>", ("Basic.id", "'x' found")),
        ("<language/>", ("Basic.language", "neither a value nor an extension")),
        ('<code><coding><userSelected value="TRUE"/></coding></code>',
         ("Basic.code.coding[0].userSelected", "'TRUE' found, expected true or false")),
        ('<extension url="u"><valueInteger value="1.0"/></extension>',
         ("Basic.extension[0].value", "'1.0' found, expected a whole number")),
        ('<extension url="u"><valueDecimal value="+1"/></extension>',
         ("Basic.extension[0].value", "'+1' found, expected a decimal")),
        ('<extension url="u"><valueCode value="a"/><valueId value="b"/></extension>',
         ("Basic.extension[0].value", "valueCode and valueId found")),
        ("<contained/>", ("Basic.contained[0]", "expected one resource inside")),
        ("<contained><Foo/></contained>", ("Basic.contained[0]", "expected one resource inside")),
        ("<contained><Basic/><Basic/></contained>", ("Basic.contained[0]", "expected one")),
    ],
)  # fmt: skip  # one case, one thought
def test_what_the_table_does_not_know_is_refused_with_its_place(  # trap 12
    inner: str, expected: tuple[str, str]
) -> None:
    places = faults(inner)

    assert [place for place, text in places if expected[1] in text][:1] == [expected[0]]


def test_all_faults_are_said_at_once() -> None:
    places = [place for place, _ in faults('<foo/><language/><id value="x"/>stray')]

    assert sorted(places) == ["Basic", "Basic", "Basic.id", "Basic.language"]


@pytest.mark.parametrize(
    "body",
    [
        b'<Basic><id value="x"/></Basic>',
        b'<Basic xmlns="http://hl7.org/fhir/"/>',
        b'<Foo xmlns="http://hl7.org/fhir"/>',
        b'<Resource xmlns="http://hl7.org/fhir"/>',
        b"<html/>",
    ],
)
def test_a_root_that_is_no_resource_is_refused(body: bytes) -> None:  # traps 12 and 13
    assert "expected a resource in the namespace" in refusal(body).text


@pytest.mark.parametrize(
    "definition",
    [
        "",
        '[<!ENTITY a "b">]',
        '[<!ENTITY a SYSTEM "file:///etc/hostname">]',
        'SYSTEM "http://example.dk/x.dtd"',
        "[<!ENTITY a",
        '[<!ENTITY a "bbbbbbbbbb">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 10))
        + "]",
    ],
)
def test_a_doctype_is_refused_whatever_it_declares(definition: str) -> None:  # trap 15
    body = f'<!DOCTYPE Basic {definition}><Basic {FHIR}><id value="&#97;"/></Basic>'

    assert "DOCTYPE" in refusal(body.encode()).text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "XML, line"),
        (b'<Basic xmlns="http://hl7.org/fhir">\n<id', "XML, line 2"),
        (b'<Basic xmlns="http://hl7.org/fhir">&nbsp;</Basic>', "nbsp"),
        (b'{"resourceType":"Basic"}', "XML, line 1"),
        (f'<?xml version="1.0" encoding="UTF-16"?><Basic {FHIR}/>'.encode("utf-16"), "UTF-8"),
        (f'<?xml version="1.0" encoding="ISO-8859-1"?><Basic {FHIR}/>'.encode(), "expected UTF-8"),
    ],
)
def test_what_is_no_xml_in_utf8_is_refused(body: bytes, said: str) -> None:
    assert said in refusal(body).text


@pytest.mark.parametrize("levels", [60, 200, 5000])
def test_what_is_too_deep_is_refused(levels: int) -> None:  # trap 16
    inner = '<extension url="u">' * levels + "</extension>" * levels

    assert "deep" in refusal(basic(inner)).text.lower()


def test_what_is_too_deep_is_not_printed() -> None:
    resource: Json = {"resourceType": "Basic"}
    for _ in range(2000):
        resource = {"resourceType": "Basic", "contained": [resource]}

    assert "deeper than" in unprintable(resource)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"foo": 1}, "Basic: 'foo' found"),
        ({"_id": {"id": "x"}}, "'_id' found"),
        ({"code": {"resourceType": "Basic"}}, "Basic.code: 'resourceType' found"),
        ({"identifier": []}, "Basic.identifier: expected an array"),
        ({"identifier": {}}, "Basic.identifier: expected an array"),
        ({"identifier": ["x"]}, "Basic.identifier[0]: a string found, expected an object"),
        ({"language": None}, "Basic.language: null found"),
        ({"language": 1}, "Basic.language: a number (1) found, expected a string"),
        ({"language": "a\x01"}, "Basic.language: the character U+0001"),
        ({"implicitRules": "a\ufffe"}, "U+FFFE"),
        (
            {"code": {"coding": [{"userSelected": "true"}]}},
            "a string ('true') found, expected a bool",
        ),
        ({"text": {"div": 1}}, "Basic.text.div: a number found"),
        ({"text": {"div": "<p>"}}, "Basic.text.div: XML, line 1"),
        ({"text": {"div": "<div/>"}}, "expected a div in the namespace"),
        ({"contained": [{"resourceType": "Foo"}]}, "Basic.contained[0]: resourceType 'Foo' found"),
        ({"contained": ["x"]}, "resourceType None found"),
        ({"extension": [{"url": "u", "valueCode": "a", "valueId": "b"}]}, "extension[0].value:"),
    ],
)
def test_what_xml_cannot_say_is_not_printed(members: Json, said: str) -> None:  # trap 5
    assert said in unprintable({"resourceType": "Basic"} | members)


@pytest.mark.parametrize("given_", [{"given": ["a"], "_given": [None, None]}, {"given": [None]}])
def test_misaligned_or_empty_arrays_are_not_printed(given_: Json) -> None:
    assert "Patient.name[0].given" in unprintable({"resourceType": "Patient", "name": [given_]})


def test_no_resource_type_is_not_printed() -> None:
    assert "expected one of R4" in unprintable({"id": "x"})


@settings(max_examples=60, deadline=None)
@given(resources())
def test_what_the_structure_check_lets_pass_can_be_printed(resource: Json) -> None:
    assert structure.issues(resource) == []
    assert codec_xml.printed(resource)


def test_the_table_has_no_other_types() -> None:
    with pytest.raises(Malformed, match="'Foo' found, expected a type of FHIR R4"):
        r4.elements("Foo")


def test_every_type_has_a_form_in_xml() -> None:
    bare = [{"resourceType": name, "id": "x"} for name in sorted(r4.resources())]

    assert bare == [codec_xml.parse(codec_xml.printed(each)) for each in bare]


def test_hl7s_json_examples_come_back_from_xml(shared: Path) -> None:
    examples = sorted((shared / "data" / "hl7" / "examples").glob("*.json"))

    assert examples
    for example in examples:
        wanted = with_plain_narratives(codec_json.parse(example.read_bytes()))
        found = codec_xml.parse(codec_xml.printed(wanted))
        expected = codec_json.printed(sorted_members(wanted))
        assert expected == codec_json.printed(sorted_members(found)), example.name


def test_hl7s_xml_examples_come_back_as_they_are(shared: Path) -> None:
    examples = sorted((shared / "data" / "hl7" / "examples").glob("*.xml"))

    assert examples
    for example in examples:
        printed = codec_xml.printed(codec_xml.parse(example.read_bytes()))
        assert canonical(example.read_bytes()) == canonical(printed), example.name


def canonical(body: bytes) -> bytes:
    """Return XML in canonical form, without comments and the blanks between elements."""
    parser = etree.XMLParser(remove_blank_text=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(body, parser)
    root.attrib.pop("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", None)
    for element in root.iter("{http://hl7.org/fhir}*"):
        element.text = element.tail = None
    for div in root.iter("{http://www.w3.org/1999/xhtml}div"):
        div.tail = div.tail if div.getparent().tag.startswith(f"{{{xhtml.NAMESPACE}}}") else None
    return etree.tostring(root, method="c14n", exclusive=True)
