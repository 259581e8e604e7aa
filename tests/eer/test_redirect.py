"""An endpoint that another SMP answers for: what it says, and what is wrong with it."""

from base64 import b64encode
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

import builders_fhir as build
from eer.domain import eligibility
from eer.domain.model import Certificate, Redirect, Unreadable
from eer.fhir import canonicals, kinds, redirect, terminology
from eer.register import directory
from eer.register.counter import Counter

TARGET = "https://smp.other.example.dk/smp"
UID = "CN=SMP of Prøvestyrelsen,O=Prøvestyrelsen\\, Ærø,C=DK"
OTHER = build.redirected(uid=UID)


def endpoint(*extensions: build.Json) -> build.Json:
    return build.endpoint(extension=list(extensions))


def parts(*found: tuple[str, str, str]) -> build.Json:
    """Return a redirect of just these parts: a name, the element of its value, and that."""
    return {
        "url": canonicals.SMP_REDIRECT,
        "extension": [{"url": name, element: value} for name, element, value in found],
    }


def nameless() -> bytes:
    """Return a certificate that names nobody."""
    key = ec.generate_private_key(ec.SECP256R1())
    return (
        x509.CertificateBuilder(x509.Name([]), x509.Name([]), key.public_key())
        .serial_number(1)
        .not_valid_before(build.NOW)
        .not_valid_after(build.NOW)
        .sign(key, SHA256())
        .public_bytes(Encoding.DER)
    )


def told(json: build.Json) -> list[str]:
    return [str(each.text) for each in kinds.issues(json, terminology.shipped())]


@pytest.mark.parametrize(
    "extension", [OTHER, build.redirected(TARGET, certificate=build.certificate())]
)
def test_a_redirect_names_another_smp_and_who_signs_there(extension: build.Json) -> None:
    assert build.faults(endpoint(extension)) == set()


def test_a_certificate_that_is_out_of_date_is_no_fault_since_only_its_subject_counts() -> None:
    expired = build.certificate(build.NOW.replace(year=2020), build.NOW.replace(year=2021))

    assert build.faults(endpoint(build.redirected(certificate=expired))) == set()


GOOD = ("target", "valueUrl", TARGET)
SIGNED = ("certificateUid", "valueString", UID)
DER = b64encode(build.certificate()).decode()


@pytest.mark.parametrize(
    ("extension", "words"),
    [
        (parts(SIGNED), "0 target in the redirect, expected one"),
        (parts(GOOD, GOOD, SIGNED), "2 target in the redirect"),
        (parts(("target", "valueString", TARGET), SIGNED), "expected an http or https URL"),
        (parts(("target", "valueUrl", "smp.other.example.dk"), SIGNED), "http or https URL"),
        (parts(("target", "valueUrl", "ftp://smp.other.example.dk"), SIGNED), "http or https URL"),
        (parts(("target", "valueUrl", f"{TARGET}?x=1"), SIGNED), "without a query"),
        (parts(("target", "valueUrl", f"{TARGET}#x"), SIGNED), "http or https URL"),
        (parts(GOOD), "0 certificate and 0 certificateUid in the redirect"),
        (parts(GOOD, SIGNED, SIGNED), "0 certificate and 2 certificateUid"),
        (parts(GOOD, SIGNED, ("certificate", "valueBase64Binary", DER)), "1 certificate and 1"),
        (parts(GOOD, ("certificate", "valueBase64Binary", "AAAA")), "certificate cannot be read"),
        (parts(GOOD, ("certificate", "valueString", DER)), "certificate cannot be read"),
        (build.redirected(TARGET, certificate=nameless()), "certificate has no subject"),
        (parts(GOOD, ("certificateUid", "valueString", f" {UID}")), "without blanks around it"),
        (parts(GOOD, ("certificateUid", "valueString", "CN=a,\nC=DK")), "expected one line"),
        (parts(GOOD, ("certificateUid", "valueInteger", "1")), "expected one line"),
    ],
)
def test_a_redirect_that_leads_nowhere_or_to_nobody_is_refused(
    extension: build.Json, words: str
) -> None:
    json = endpoint(extension)

    assert "Endpoint.extension[0]" in build.refusals(json)
    assert any(words in each for each in told(json))
    assert isinstance(redirect.read(json), Unreadable)


def test_everything_wrong_with_a_redirect_is_said_at_once() -> None:
    found = told(endpoint(parts()))

    assert [each[:9] for each in found if "in the redirect" in each] == ["0 target ", "0 certifi"]


def test_an_endpoint_leads_to_one_smp_at_most() -> None:
    assert build.refusals(endpoint(OTHER, OTHER)) == {"Endpoint.extension[1]"}


def test_a_target_without_encryption_is_a_warning() -> None:
    open_channel = build.redirected("http://smp.other.example.dk", uid=UID)

    assert build.faults(endpoint(open_channel)) == {("warning", "Endpoint.extension[0]")}


def test_a_redirect_reads_as_what_it_says() -> None:
    by_certificate = redirect.read(
        endpoint(build.redirected(f"{TARGET}/", certificate=build.certificate()))
    )

    assert redirect.read(endpoint(OTHER)) == Redirect("https://smp.other.example.dk", UID)
    assert isinstance(by_certificate, Redirect)
    assert isinstance(by_certificate.signer, Certificate)
    assert by_certificate.base_url == TARGET
    assert by_certificate.signer.der == build.certificate()
    assert redirect.read(endpoint()) is None


def test_a_redirect_may_be_published_without_an_access_point(counter: Counter) -> None:
    unit = build.organization(endpoint=[{"reference": "Endpoint/endpoint-1"}])
    build.put(counter, unit, endpoint(OTHER))

    seen = directory.directory(counter, frozenset({build.gln()}))

    (found,) = seen.endpoints
    assert found.redirect == Redirect("https://smp.other.example.dk", UID)
    assert eligibility.obstacles(seen, build.NOW) == {found.reference: ()}


def test_the_extension_is_defined_with_its_parts() -> None:
    definition = kinds.definitions("StructureDefinition")["smp-redirect"]
    elements: dict[str, Any] = {each["id"]: each for each in definition["snapshot"]["element"]}

    slices = {each["sliceName"]: each for each in elements.values() if "sliceName" in each}
    assert {name: (each["min"], each["max"]) for name, each in slices.items()} == {
        "target": (1, "1"),
        "certificate": (0, "1"),
        "certificateUid": (0, "1"),
    }
    assert {each["path"] for each in slices.values()} == {"Extension.extension"}
    assert elements["Extension.extension:target.url"]["fixedUri"] == "target"
    assert elements["Extension.extension:target.value[x]"]["type"] == [{"code": "url"}]
    assert elements["Extension.extension"]["min"] == 1
    assert elements["Extension.value[x]"]["max"] == "0"
    assert elements["Extension.url"]["fixedUri"] == canonicals.SMP_REDIRECT
