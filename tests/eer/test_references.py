"""References lead somewhere: between siblings, in extensions, in what is contained, by our URL."""

import pytest

import builders_bundle as bundles
import builders_fhir as build
import searches
from builders_web import BASE, Api
from eer.domain.errors import Conflict, Issue, IssueCode, Refused
from eer.domain.identifiers import Reference
from eer.domain.model import Role
from eer.fhir import canonicals, kinds, rewrite, terminology
from eer.register import changes, reindex, transaction
from eer.register.change import Delete, Put
from eer.register.counter import Counter
from eer.store.index import Index
from eer.store.records import Records

SEE = "https://extensions.example.dk/see"
PLACE = "https://extensions.example.dk/place"


def see(reference: str) -> build.Json:
    return build.linked(SEE, reference)


def device(*references: str, **changes: object) -> build.Json:
    """Return a device that points at others by an extension of somebody's."""
    return build.device(1, extension=[see(each) for each in references] or None, **changes)


def practitioner_of(place: str) -> build.Json:
    """Return a contained resource, which points at a location here."""
    return {"resourceType": "PractitionerRole", "id": "inner", "location": [{"reference": place}]}


def location(**more: object) -> build.Json:
    return {"resourceType": "Location", "id": "ward", **more}


def links(json: build.Json) -> list[tuple[str, str, Role]]:
    reading = kinds.reading(build.ref(json), json)
    return [(link.expression, str(link.target), link.role) for link in reading.links]


def faults(json: build.Json) -> list[tuple[IssueCode, str]]:
    issues = kinds.issues(json, terminology.shipped())
    return [(issue.code, issue.expression) for issue in issues if issue.is_error]


def errors(failure: pytest.ExceptionInfo[Refused]) -> list[Issue]:
    return [issue for issue in failure.value.issues if issue.is_error]


# Where references stand


def test_a_reference_in_an_extension_is_a_link_at_its_fhirpath() -> None:
    assert links(device("Location/ward")) == [
        ("Device.extension[0].value", "Location/ward", Role.ANY)
    ]


def test_a_reference_in_what_is_contained_is_a_link() -> None:
    found = links(device(contained=[practitioner_of("Location/ward")]))

    assert found == [("Device.contained[0].location[0]", "Location/ward", Role.ANY)]


def test_a_reference_beside_a_primitive_is_a_link() -> None:
    found = links(build.device(_manufacturer={"extension": [see("Location/ward")]}))

    assert found == [("Device.manufacturer.extension[0].value", "Location/ward", Role.ANY)]


def test_a_reference_inside_a_reference_is_a_link() -> None:
    assigned = {"identifier": {"value": "x", "assigner": {"reference": "Organization/unit-1"}}}

    assert links(build.device(owner=assigned)) == [
        ("Device.owner.identifier.assigner", "Organization/unit-1", Role.ANY)
    ]


def test_what_a_rule_needs_is_one_link_and_no_second() -> None:
    assert links(build.device(owner={"reference": "Organization/unit-1"})) == [
        ("Device.owner", "Organization/unit-1", Role.ORGANIZATION)
    ]


def test_what_only_looks_like_a_reference_is_none() -> None:
    odd = build.device(note=[{"text": "Organization/unit-1"}], unknown={"reference": "Device/x"})
    alone = build.device(contained=[{"resourceType": "Nothing", "x": {"reference": "Device/x"}}])

    assert links(odd) == links(alone) == []


def test_a_reference_to_what_is_contained_is_no_link() -> None:
    assert links(device("#inner", contained=[{"resourceType": "Location", "id": "inner"}])) == []


# Where they may lead


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("Practitioner/x", IssueCode.NOT_SUPPORTED),
        ("urn:uuid:0b5f0e2a-8a2b-4f6e-8a1e-2f6f1d2b3c4d", IssueCode.VALUE),
        ("urn:oid:1.2.3", IssueCode.VALUE),
        ("Location?identifier=x", IssueCode.VALUE),
    ],
)
def test_a_reference_that_can_lead_nowhere_is_refused(reference: str, code: IssueCode) -> None:
    assert faults(device(reference)) == [(code, "Device.extension[0].value.reference")]


@pytest.mark.parametrize(
    "reference",
    [
        "https://other.example.dk/fhir/Practitioner/x",
        "urn:ietf:rfc:3986",
        "StructureDefinition/certified-for",
    ],
)
def test_what_another_keeps_may_be_pointed_at(reference: str) -> None:
    assert faults(device(reference)) == []


def test_a_fault_that_a_rule_tells_is_told_once() -> None:
    by_urn = build.endpoint(managingOrganization={"reference": "urn:oid:1.2.3"})

    assert [place for _, place in faults(by_urn)] == ["Endpoint.managingOrganization.reference"]


@pytest.mark.parametrize(
    "pointing",
    [
        device("Location/ward"),
        device(contained=[practitioner_of("Location/ward")]),
        build.device(_manufacturer={"extension": [see("Location/ward")]}),
        {"resourceType": "Location", "id": "part", "partOf": {"reference": "Location/ward"}},
    ],
)
def test_what_is_pointed_at_is_there_first_and_goes_last(
    counter: Counter, pointing: build.Json
) -> None:
    with pytest.raises(Refused, match="Location/ward is not in the register"):
        build.put(counter, pointing)
    build.put(counter, pointing, location())

    with pytest.raises(Conflict, match=f"still pointed at by {build.ref(pointing)}:"):
        build.remove(counter, "Location/ward")
    gone = [Delete(build.ref(each)) for each in (location(), pointing)]
    transaction.commit(counter, gone, build.THE_OPERATOR)

    assert changes.sequence(counter) == 4


def test_who_lets_go_lets_it_go(counter: Counter) -> None:
    build.put(counter, device("Location/ward"), location())
    build.put(counter, device())

    assert build.remove(counter, "Location/ward").version.number == 2


def test_who_lets_go_in_the_same_transaction_lets_it_go(counter: Counter) -> None:
    build.put(counter, device("Location/ward"), location())

    letting_go = [Delete(build.ref(location())), Put(build.ref(device()), device())]
    transaction.commit(counter, letting_go, build.THE_OPERATOR)

    assert changes.sequence(counter) == 4


def test_everybody_who_points_is_named(counter: Counter) -> None:
    pointing = [build.device(number, extension=[see("Location/ward")]) for number in range(1, 6)]
    build.put(counter, location(), *pointing)

    with pytest.raises(Conflict) as failure:
        build.remove(counter, "Location/ward")

    assert all(str(build.ref(each)) in failure.value.text for each in pointing)


def test_a_link_leads_to_the_id_that_is_kept(counter: Counter) -> None:
    build.loaded(counter, build.file(build.organization(1)))
    build.loaded(counter, build.file(build.organization(1, id="overlay")))
    build.put(counter, device("Organization/overlay"))

    with pytest.raises(Conflict, match="still pointed at by Device/device-1"):
        build.remove(counter, "Organization/unit-1")


def test_a_batch_of_files_may_point_at_each_other_in_extensions(counter: Counter) -> None:
    files = [build.file(device("Location/ward"), "1.json"), build.file(location(), "2.json")]

    report = build.loaded(counter, *files)

    assert (len(report.created), report.refused) == (2, ())


@pytest.mark.parametrize(
    "reference", ["urn:uuid:0b5f0e2a-8a2b-4f6e-8a1e-2f6f1d2b3c4d", "Location?identifier=x"]
)
def test_a_file_is_refused_what_leads_nowhere(counter: Counter, reference: str) -> None:
    sent = build.collection(location(), device(reference))

    report = build.loaded(counter, build.file(sent))

    assert report.created == ("Location/ward",)
    assert [issue.expression for each in report.refused for issue in each.issues] == [
        "Bundle.entry[1].resource.extension[0].value.reference"
    ]


# By our own URL


@pytest.mark.parametrize("path", ["Organization/unit-1", "Organization/unit-1/_history/1"])
def test_a_reference_by_our_url_is_one_of_ours(fhir: Api, path: str) -> None:
    fhir.put(build.organization(1))

    response = fhir.put(build.endpoint(managingOrganization={"reference": f"{BASE}/{path}"}))

    assert response.status_code == 201
    stored = fhir.get("Endpoint/endpoint-1").get_json()
    assert stored["managingOrganization"] == {"reference": path}
    assert searches.found(fhir, "Endpoint?organization=Organization/unit-1") == ["endpoint-1"]


def test_a_reference_by_our_url_leads_somewhere_too(fhir: Api) -> None:
    response = fhir.put(device(f"{BASE}/Location/ward"))

    assert response.status_code == 422
    assert "Location/ward is not in the register" in response.get_data(as_text=True)


def test_a_url_that_is_no_reference_stays_as_it_came() -> None:
    url = {"url": SEE, "valueUrl": f"{BASE}/Location/ward"}
    json = device(f"{BASE}/Location/ward") | {"extension": [url, see(f"{BASE}/Location/ward")]}

    found = rewrite.localized(json, BASE)

    assert found["extension"] == [url, see("Location/ward")]
    assert rewrite.localized(device(), BASE) == device()


def test_a_sibling_is_found_by_its_url_before_it_is_ours(fhir: Api) -> None:
    elsewhere = bundles.entry("POST", "Location", location(id=None), f"{BASE}/Location/theirs")
    elsewhere["resource"] = {"resourceType": "Location", "name": "Afdelingen"}
    pointing = bundles.update(device(f"{BASE}/Location/theirs"))

    response = bundles.sent(fhir, bundles.transaction(pointing, elsewhere))

    assert bundles.statuses(response) == ["201", "201"]
    (extension,) = fhir.get("Device/device-1").get_json()["extension"]
    assert extension["valueReference"]["reference"].startswith("Location/minted-")


# What hangs on them


def test_what_is_published_hangs_on_what_the_rules_know_only(counter: Counter) -> None:
    other = build.registered()[-1]
    other["extension"] = [*other["extension"], see("Device/device-1")]
    build.put(counter, *build.registered()[:-1], other, build.device(1))
    before = changes.sequence(counter)

    build.put(counter, build.device(1, manufacturer="Et andet hus"))

    assert changes.touched(counter, before) == frozenset()


def test_a_definition_touches_nobody_who_is_certified_for_it(counter: Counter) -> None:
    definition = build.message_definition()
    ap = build.access_point()
    certified = ap | {"extension": [*ap["extension"], *build.certified("hco-1.2")]}
    owner, _, unit, endpoint = build.registered()
    build.put(counter, definition, owner, certified, unit, endpoint)
    before = changes.sequence(counter)

    build.put(counter, build.message_definition(title="Et andet navn"))

    assert changes.touched(counter, before) == frozenset()


def test_an_index_that_is_made_anew_knows_who_points_where(counter: Counter) -> None:
    build.put(counter, device("Location/ward"), location())
    with counter.store.migrating() as connection:
        records = Records(connection)
        index = Index(connection)
        index.forget_links()
        index.put_fingerprint("of an older release")
        reindex.bring_up(records)

    with counter.store.reading() as connection:
        pointing = Records(connection).pointing(Reference("Location", "ward"))

    assert pointing == (Reference("Device", "device-1"),)


def test_a_unit_of_many_parts_has_its_endpoints_found_among_them(counter: Counter) -> None:
    parts = [
        build.organization(number, partOf={"reference": "Organization/unit-1"})
        for number in range(2, 40)
    ]
    build.put(counter, build.organization(1), *parts)
    link = build.linked(canonicals.EUA_SYSTEM, "Device/device-1")

    (endpoint, _, _) = build.put(
        counter,
        build.endpoint(1),
        build.device(1, "EUA"),
        build.organization(1, extension=[link], endpoint=[{"reference": "Endpoint/endpoint-1"}]),
    )

    assert endpoint.issues == ()
