"""FHIR R4 search: URIs as they are, those above and below, and canonicals with their versions.

https://hl7.org/fhir/R4/search.html#uri
"""

import pytest

import builders_fhir as build
import searches
from builders_web import Api

MESSAGES = "https://messages.example.dk/MessageDefinition"
ABOVE = "https://plans.example.dk/ActivityDefinition/lookup"


@pytest.fixture
def filled(fhir: Api) -> Api:
    return searches.registered(
        fhir,
        build.owner(),
        build.access_point(1, url="https://ap.example.dk/as4"),
        build.access_point(2, url="https://ap.example.dk/as4/two"),
        build.access_point(3, url="https://ap.example.dk.example.org/as4"),
        build.message_definition(parent=[f"{ABOVE}|1.0"]),
        build.message_definition(
            id="hco-1.1", url=f"{MESSAGES}/hco/old", version="1.1", parent=[ABOVE]
        ),
    )


@pytest.mark.fhir(82)
def test_a_uri_is_found_as_it_is(filled: Api) -> None:
    expected = {
        "Device?url=https://ap.example.dk/as4": ["ap-1"],
        "Device?url=https://ap.example.dk/as4/two": ["ap-2"],
        "Device?url=https://ap.example.dk/as4,https://ap.example.dk/as4/two": ["ap-1", "ap-2"],
        "Device?url=https://ap.example.dk": [],
        "Device?url=https://ap.example.dk/as4/": [],
        "Device?url=https://ap.example.dk/AS4": [],
        "Device?url=http://ap.example.dk/as4": [],
        f"MessageDefinition?url={MESSAGES}/hco": ["hco-1.2"],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(82)
def test_below_are_the_uris_that_go_on_from_one(filled: Api) -> None:
    expected = {
        "Device?url:below=https://ap.example.dk/as4": ["ap-1", "ap-2"],
        "Device?url:below=https://ap.example.dk/": ["ap-1", "ap-2"],
        "Device?url:below=https://ap.example.dk/as4/two": ["ap-2"],
        "Device?url:below=https://ap.example.dk/as4/two/three": [],
        "Device?url:below=https://ap.example.dk/AS4": [],
        f"MessageDefinition?url:below={MESSAGES}/": ["hco-1.1", "hco-1.2"],
        f"MessageDefinition?url:below={MESSAGES}/hco/old": ["hco-1.1"],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(82)
def test_above_are_the_uris_that_one_goes_on_from(filled: Api) -> None:
    expected = {
        "Device?url:above=https://ap.example.dk/as4/two/three": ["ap-1", "ap-2"],
        "Device?url:above=https://ap.example.dk/as4/two": ["ap-1", "ap-2"],
        "Device?url:above=https://ap.example.dk/as4": ["ap-1"],
        "Device?url:above=https://ap.example.dk/as44": [],
        "Device?url:above=https://ap.example.dk": [],
        f"MessageDefinition?url:above={MESSAGES}/hco/old/1": ["hco-1.1", "hco-1.2"],
    }

    assert searches.findings(filled, expected) == expected


@pytest.mark.fhir(82)
def test_a_canonical_is_found_with_its_version_and_without(filled: Api) -> None:
    expected = {
        ABOVE: ["hco-1.1", "hco-1.2"],
        f"{ABOVE}|1.0": ["hco-1.2"],
        f"{ABOVE}|2.0": [],
        f"{ABOVE}x": [],
    }

    assert searches.findings(filled, expected, "MessageDefinition?parent=") == expected


@pytest.mark.fhir(82)
def test_a_url_that_changed_is_found_as_it_is_now(filled: Api) -> None:
    searches.registered(filled, build.access_point(1, url="https://new.example.dk/as4"))

    assert searches.found(filled, "Device?url=https://ap.example.dk/as4") == []
    assert searches.found(filled, "Device?url=https://new.example.dk/as4") == ["ap-1"]
