"""FHIR R4 search: text by its beginning, wholly and anywhere; æ, ø and å alike on each database.

https://hl7.org/fhir/R4/search.html#string; folding as decided: å is aa, æ is ae, ø is oe, other
accents fall away.
"""

import unicodedata
from collections.abc import Iterable
from typing import Literal

import pytest

import builders_fhir as build
import searches
from builders_web import Api

NAMES = [
    *("Ærø Sygehus", "Århus Lægehus", "Ørum Klinik", "Café Übel", "Aalborg Øst", "Orø Lægehus"),
]
FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
ADDRESS = {
    "use": "work",
    "line": ["Søndre Strandvej 7", "Baghuset"],
    "city": "Ærøskøbing",
    "district": "Ærø",
    "state": "Syddanmark",
    "postalCode": "5970",
    "country": "DK",
}


@pytest.fixture
def filled(fhir: Api) -> Api:
    units = [build.organization(number, name=name) for number, name in enumerate(NAMES)]
    return searches.registered(fhir, *units)


def named(fhir: Api, search: str) -> list[str]:
    return sorted(each["name"] for each in searches.resources(searches.page(fhir, search)))


def all_named(fhir: Api, written: Iterable[str], below: str) -> dict[str, list[str]]:
    return {each: named(fhir, f"{below}{each}") for each in written}


@pytest.mark.fhir(78)
def test_text_is_found_by_its_beginning_whatever_its_case_and_accents(filled: Api) -> None:
    expected = {
        "Ærø": ["Ærø Sygehus"],
        "ærø": ["Ærø Sygehus"],
        "ÆRØ": ["Ærø Sygehus"],
        "aero": ["Ærø Sygehus"],
        "AEROE": ["Ærø Sygehus"],
        "Aerø": ["Ærø Sygehus"],
        "ær": ["Ærø Sygehus"],
        "Århus": ["Århus Lægehus"],
        "århus": ["Århus Lægehus"],
        "ÅRHUS": ["Århus Lægehus"],
        "aarhus": ["Århus Lægehus"],
        "Aarhus": ["Århus Lægehus"],
        "Ørum": ["Ørum Klinik"],
        "ØRUM": ["Ørum Klinik"],
        "oerum": ["Ørum Klinik"],
        "Oerum k": ["Ørum Klinik"],
        "Café": ["Café Übel"],
        "CAFÉ": ["Café Übel"],
        "cafe": ["Café Übel"],
        "Cafe Ubel": ["Café Übel"],
        "cafè": ["Café Übel"],
        "Ålborg": ["Aalborg Øst"],
        "ålborg øst": ["Aalborg Øst"],
        "AALBORG OEST": ["Aalborg Øst"],
        "or": ["Orø Lægehus"],
        "Aa": ["Aalborg Øst", "Århus Lægehus"],
        "Å": ["Aalborg Øst", "Århus Lægehus"],
        "Sygehus": [],
        "rø": [],
        "Arhus": [],
        "Orum": [],
        "hospital": [],
        "ærø,CAFE": ["Café Übel", "Ærø Sygehus"],
    }

    assert all_named(filled, expected, "Organization?name=") == expected


@pytest.mark.fhir(78)
def test_a_letter_is_the_same_however_its_accent_is_encoded(fhir: Api) -> None:
    composed, apart = (unicodedata.normalize(form, "Århus Café") for form in FORMS)
    searches.registered(
        fhir, build.organization(1, name=composed), build.organization(2, name=apart)
    )

    assert composed != apart
    for written in (composed, apart, "aarhus cafe"):
        assert searches.found(fhir, f"Organization?name={written}") == ["unit-1", "unit-2"]


@pytest.mark.fhir(78)
def test_exact_is_the_whole_text_with_its_case_and_accents(filled: Api) -> None:
    expected = {
        "Ærø Sygehus": ["Ærø Sygehus"],
        "Ærø": [],
        "ærø sygehus": [],
        "Aeroe Sygehus": [],
        "Cafe Ubel": [],
        "Café Übel": ["Café Übel"],
        "Århus Lægehus,Café Übel": ["Café Übel", "Århus Lægehus"],
    }

    assert all_named(filled, expected, "Organization?name:exact=") == expected


@pytest.mark.fhir(78)
def test_contains_is_anywhere_in_the_text(filled: Api) -> None:
    expected = {
        "sygehus": ["Ærø Sygehus"],
        "RØ SYG": ["Ærø Sygehus"],
        "ubel": ["Café Übel"],
        "laegehus": ["Orø Lægehus", "Århus Lægehus"],
        "oe": ["Aalborg Øst", "Orø Lægehus", "Ærø Sygehus", "Ørum Klinik"],
        "ø": ["Aalborg Øst", "Orø Lægehus", "Ærø Sygehus", "Ørum Klinik"],
        "Ærø Sygehus": ["Ærø Sygehus"],
        "hospital": [],
    }

    assert all_named(filled, expected, "Organization?name:contains=") == expected


@pytest.mark.fhir(78)
@pytest.mark.parametrize("modifier", ["", ":exact", ":contains"])
def test_each_text_of_the_register_takes_both_modifiers(fhir: Api, modifier: str) -> None:
    texts = [
        (resource["type"], each["name"])
        for resource in fhir.get("metadata").get_json()["rest"][0]["resource"]
        for each in resource.get("searchParam", [])
        if each["type"] == "string"
    ]

    refused = [
        (type_name, name)
        for type_name, name in texts
        if searches.strictly(fhir, f"{type_name}?{name}{modifier}=nowhere").status_code != 200
    ]

    assert ("Organization", "name") in texts
    assert refused == []


@pytest.mark.fhir(78)
@pytest.mark.parametrize(
    "search",
    [
        *("name=Klinikken", "name:exact=Klinikken på havnen", "name:contains=havn"),
        *("phonetic=Havnehuset", "address=søndre", "address=baghuset", "address=aeroes"),
        *("address=5970", "address:contains=strand", "address-city=ærøsk", "address-use=work"),
        *("address-city:exact=Ærøskøbing", "address-postalcode=597", "address-country=dk"),
        *("address-state=SYD", "address-state:contains=danmark"),
    ],
)
def test_aliases_and_addresses_are_found(fhir: Api, search: str) -> None:
    unit = build.organization(
        1, name="Havnehuset", alias=["Lægerne", "Klinikken på havnen"], address=[ADDRESS]
    )
    searches.registered(fhir, unit, build.organization(2))

    assert searches.found(fhir, f"Organization?{search}") == ["unit-1"]


@pytest.mark.fhir(78)
@pytest.mark.parametrize(
    "search",
    [
        *("Endpoint?name=lægehuset 1", "Endpoint?name:contains=ehmi", "Device?manufacturer=netlev"),
        *("Device?device-name=adgangspunkt", "Device?device-name:contains=punkt 1"),
        *(
            "MessageDefinition?name=HOMECARE",
            "MessageDefinition?title:exact=HomeCareObservation 1.2",
        ),
        *("MessageDefinition?description=maalinger", "MessageDefinition?publisher=medcom"),
        "MessageDefinition?description:contains=HJEMMEPLEJEN",
    ],
)
def test_the_texts_of_each_type_are_found(fhir: Api, search: str) -> None:
    searches.registered(searches.directory(fhir), build.message_definition())

    assert len(searches.found(fhir, search)) == 1


@pytest.mark.fhir(78)
def test_text_that_changed_is_found_as_it_is_now(filled: Api) -> None:
    searches.registered(filled, build.organization(0, name="Fyn Sygehus"))

    assert named(filled, "Organization?name=Ærø") == []
    assert named(filled, "Organization?name=fyn") == ["Fyn Sygehus"]
