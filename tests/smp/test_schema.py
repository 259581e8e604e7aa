import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lxml import etree

import official
from builders_smp import GOLDEN, endpoint, service_group, service_metadata, signed
from eer.domain.errors import Malformed
from smp.domain.metadata import ServiceGroup
from smp.xml import parse, render, validate

NAMESPACE = "http://docs.oasis-open.org/bdxr/ns/SMP/2016/05"
SMP, DS = f"{{{NAMESPACE}}}", "{http://www.w3.org/2000/09/xmldsig#}"

THREADS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from eer.domain.errors import Malformed
from smp.xml import parse, validate
body, barrier = open(sys.argv[1], "rb").read(), Barrier(8)

def check(number):
    root = parse.document(body)
    if number % 2:
        root.remove(root[0])
    barrier.wait()
    try:
        validate.check(root)
    except Malformed:
        return "wrong"
    return "right"

with ThreadPoolExecutor(8) as pool:
    print(*pool.map(check, range(8)))
"""
"""A process in which nothing has been compiled yet, and eight threads begin at once."""

Change = Callable[[etree._Element], None]


def document() -> etree._Element:
    return parse.document(signed())


def group() -> etree._Element:
    return parse.document(render.service_group(service_group()))


def found(root: etree._Element, name: str) -> etree._Element:
    return next(root.iter(f"{SMP}{name}", f"{DS}{name}"))


def redirect() -> etree._Element:
    """Return a signed document whose metadata lead elsewhere; the signature does not hold."""
    root = document()
    information = found(root, "ServiceInformation")
    information.getparent().remove(information)  # type: ignore[union-attr]  # it has one
    leads = etree.SubElement(
        root[0], f"{SMP}Redirect", href="https://other.example.dk/a/services/b"
    )
    etree.SubElement(leads, f"{SMP}CertificateUID").text = "CN=Other,C=DK"
    return root


def with_extension() -> etree._Element:
    root = document()
    extension = etree.SubElement(found(root, "ServiceInformation"), f"{SMP}Extension")
    etree.SubElement(extension, f"{SMP}ExtensionName").text = "one of theirs"
    etree.SubElement(extension, "{urn:example}other")
    return root


def with_all_elements() -> etree._Element:
    root = document()
    contact = found(root, "TechnicalContactUrl")
    contact.addnext(etree.Element(f"{SMP}TechnicalInformationUrl"))
    required = found(root, "RequireBusinessLevelSignature")
    required.addnext(etree.Element(f"{SMP}MinimumAuthenticationLevel"))
    return root


def without_dates() -> etree._Element:
    meta = service_metadata(endpoint(activation=None, expiration=None, description=""))
    return parse.document(signed(meta))


def empty_group() -> etree._Element:
    body = render.service_group(ServiceGroup(service_group().participant, (), "https://a"))
    return parse.document(body)


GOOD = [
    *(document, group, redirect, with_extension, with_all_elements, without_dates, empty_group),
    lambda: document()[0],
]


def drop(name: str) -> Change:
    def change(root: etree._Element) -> None:
        element = found(root, name)
        element.getparent().remove(element)  # type: ignore[union-attr]  # it has one

    return change


def text(name: str, put: str) -> Change:
    def change(root: etree._Element) -> None:
        found(root, name).text = put

    return change


def attribute(name: str, key: str, put: str) -> Change:
    def change(root: etree._Element) -> None:
        found(root, name).set(key, put)

    return change


def no_attribute(name: str, key: str) -> Change:
    def change(root: etree._Element) -> None:
        del found(root, name).attrib[key]

    return change


def emptied(name: str) -> Change:
    def change(root: etree._Element) -> None:
        element = found(root, name)
        for child in element:
            element.remove(child)

    return change


def extended(name: str, child: str) -> Change:
    def change(root: etree._Element) -> None:
        etree.SubElement(found(root, name), child)

    return change


def swapped(name: str) -> Change:
    """Move an element before the one it stands behind."""

    def change(root: etree._Element) -> None:
        element = found(root, name)
        before = element.getprevious()
        assert before is not None
        before.addprevious(element)

    return change


def second_transform(root: etree._Element) -> None:
    algorithm = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    etree.SubElement(found(root, "Transforms"), f"{DS}Transform", Algorithm=algorithm)


def same_link_twice(root: etree._Element) -> None:
    first, second = root.iter(f"{SMP}ServiceMetadataReference")
    first.set("href", second.attrib["href"])


# What the standard's own schema refuses as well
BAD: list[tuple[Callable[[], etree._Element], Change]] = [
    (document, drop("Signature")),
    (document, drop("ServiceMetadata")),
    (document, drop("ParticipantIdentifier")),
    (document, drop("DocumentIdentifier")),
    (document, drop("ProcessList")),
    (document, drop("ProcessIdentifier")),
    (document, drop("ServiceEndpointList")),
    (document, drop("EndpointURI")),
    (document, drop("Certificate")),
    (document, drop("ServiceDescription")),
    (document, drop("TechnicalContactUrl")),
    (document, drop("SignedInfo")),
    (document, drop("SignatureValue")),
    (document, drop("DigestValue")),
    (document, drop("X509Data")),
    (document, emptied("ServiceMetadata")),
    (document, emptied("ProcessList")),
    (document, emptied("ServiceEndpointList")),
    (document, no_attribute("Endpoint", "transportProfile")),
    (document, no_attribute("SignatureMethod", "Algorithm")),
    (document, text("RequireBusinessLevelSignature", "no")),
    (document, text("ServiceActivationDate", "2026-05-04")),
    (document, text("ServiceActivationDate", "2026-13-04T22:00:00Z")),
    (document, text("ServiceExpirationDate", "")),
    (document, text("ServiceMetadata", "text")),
    (document, attribute("ParticipantIdentifier", "agency", "x")),
    (document, attribute("EndpointURI", "scheme", "x")),
    (document, extended("Endpoint", f"{SMP}Other")),
    (document, extended("Endpoint", f"{SMP}Extension")),
    (document, extended("ServiceMetadata", f"{SMP}Redirect")),
    (document, extended("SignedServiceMetadata", f"{DS}Signature")),
    (document, swapped("Signature")),
    (document, swapped("DocumentIdentifier")),
    (document, swapped("ServiceExpirationDate")),
    (document, swapped("TechnicalContactUrl")),
    (document, swapped("SignatureValue")),
    (redirect, drop("CertificateUID")),
    (redirect, no_attribute("Redirect", "href")),
    (group, drop("ParticipantIdentifier")),
    (group, drop("ServiceMetadataReferenceCollection")),
    (group, text("ServiceMetadataReference", "text")),
    (group, extended("ServiceMetadataReference", f"{SMP}Other")),
    (group, extended("ServiceGroup", f"{DS}Signature")),
    (group, swapped("ServiceMetadataReferenceCollection")),
]

# What only ours refuses, since clients break on it
NARROWER: list[tuple[Callable[[], etree._Element], Change]] = [
    (document, text("EndpointURI", "")),
    (document, text("Certificate", "")),
    (document, text("ParticipantIdentifier", "")),
    (document, attribute("DocumentIdentifier", "scheme", "")),
    (document, text("ServiceActivationDate", "2026-05-04T22:00:00")),
    (document, attribute("Endpoint", "transportProfile", "peppol-transport-as4-v2_0")),
    (document, attribute("Reference", "URI", "#x")),
    (
        document,
        attribute("SignatureMethod", "Algorithm", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
    ),
    (document, second_transform),
    (group, no_attribute("ServiceMetadataReference", "href")),
    (group, same_link_twice),
]


@pytest.fixture
def standard() -> etree.XMLSchema:
    return official.schema()


@pytest.mark.parametrize("make", GOOD)
def test_what_may_be_published_passes(make: Callable[[], etree._Element]) -> None:
    validate.check(make())


@pytest.mark.parametrize("name", ["signed_service_metadata", "service_group", "signed_by_xmlsec1"])
def test_golden_documents_pass(name: str) -> None:
    validate.check(parse.document((GOLDEN / f"{name}.xml").read_bytes()))


@pytest.mark.smp(45, 46)
@pytest.mark.parametrize(("make", "change"), BAD + NARROWER)
def test_what_clients_cannot_use_is_malformed(
    make: Callable[[], etree._Element], change: Change
) -> None:
    root = make()
    change(root)

    with pytest.raises(Malformed, match="against the schema"):
        validate.check(root)


def test_another_root_is_malformed() -> None:
    with pytest.raises(Malformed, match="Endpoint: "):
        validate.check(found(document(), "Endpoint"))


def test_every_fault_is_said() -> None:
    root = document()
    text("EndpointURI", "")(root)
    text("ServiceExpirationDate", "never")(root)

    with pytest.raises(Malformed) as caught:
        validate.check(root)

    said = " ".join(issue.text for issue in caught.value.issues)
    assert "EndpointURI" in said
    assert "'never'" in said


@pytest.mark.parametrize("attempt", range(4))
def test_threads_may_begin_to_check_at_once(attempt: int) -> None:
    del attempt  # what goes wrong goes wrong by chance: about every second time
    ended = subprocess.run(
        [sys.executable, "-c", THREADS, GOLDEN / "service_group.xml"],
        cwd=GOLDEN.parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.split() == ["right", "wrong"] * 4


def test_threads_are_told_their_own_faults() -> None:
    """What is right stays right while others are told what is wrong."""

    def check(number: int) -> str:
        root = document()
        if number % 2:
            text("ServiceExpirationDate", f"never{number}")(root)
        try:
            validate.check(root)
        except Malformed as fault:
            return fault.text.partition("'never")[2].partition("'")[0]
        return "right"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(check, range(200)))

    assert said == ["right" if number % 2 == 0 else str(number) for number in range(200)]


@pytest.mark.smp(34)
@pytest.mark.parametrize("make", GOOD)
def test_the_standards_own_schema_passes_the_same(
    make: Callable[[], etree._Element], standard: etree.XMLSchema
) -> None:
    standard.assertValid(parse.document(render.printed(make())))


@pytest.mark.parametrize(("make", "change"), BAD)
def test_the_standards_own_schema_refuses_the_same(
    make: Callable[[], etree._Element], change: Change, standard: etree.XMLSchema
) -> None:
    root = make()
    change(root)

    assert not standard.validate(root)


@pytest.mark.parametrize(("make", "change"), NARROWER)
def test_ours_is_narrower_only_where_it_says_so(
    make: Callable[[], etree._Element], change: Change, standard: etree.XMLSchema
) -> None:
    root = make()
    change(root)

    standard.assertValid(root)


def test_the_pilot_documents_pass(shared: Path) -> None:
    for path in (shared / "data/smp-examples").glob("*-oasis-*.xml"):
        validate.check(parse.document(path.read_bytes()))
