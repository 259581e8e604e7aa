"""Files into the register: merged by business identifier, taken or refused with every reason."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import builders_fhir as build
from eer.domain.errors import Absent, Conflict, IssueCode, Malformed
from eer.domain.identifiers import Reference
from eer.fhir import bundle, codec_xml, params
from eer.register import changes, load, read, search
from eer.register.counter import Counter
from eer.register.load import Report
from eer.store.records import Records

URN = "urn:uuid:0b5f0e2a-8a2b-4f6e-8a1e-2f6f1d2b3c4"
NAMES = ("Organization/owner-90", "Device/ap-1", "Organization/unit-1", "Endpoint/endpoint-1")


def refused_at(report: Report) -> list[tuple[str, str]]:
    return [
        (refusal.name, issue.expression)
        for refusal in report.refused
        for issue in refusal.issues
        if issue.is_error
    ]


def posted(*resources: build.Json) -> build.Json:
    """Return a transaction that POSTs each of *resources* under a URN of its place."""
    entries = [
        {
            "fullUrl": f"{URN}{place}",
            "resource": each,
            "request": {"method": "POST", "url": each["resourceType"]},
        }
        for place, each in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def found(counter: Counter, **terms: str) -> list[str]:
    with counter.store.reading() as connection:
        records = Records(connection)
        asked = params.search(counter.terms(records), ("Organization",), terms.items())
        page = search.page(records, asked)
    return [str(version.reference) for version in page.matches]


def test_a_transaction_is_taken_whole(counter: Counter) -> None:
    report = build.loaded(counter, build.file(build.transaction(*build.registered())))

    assert report == Report(created=NAMES, sequence=4)


def test_loading_again_changes_nothing(counter: Counter) -> None:
    files = build.file(build.transaction(*build.registered()))
    build.loaded(counter, files)

    report = build.loaded(counter, files)

    assert report == Report(unchanged=NAMES, sequence=4)


def test_loading_in_the_other_form_changes_nothing(counter: Counter) -> None:
    sent = build.transaction(*build.registered())
    build.loaded(counter, build.file(sent))

    report = build.loaded(counter, ("file.xml", codec_xml.printed(sent)))

    assert report == Report(unchanged=NAMES, sequence=4)


def test_what_changed_is_told_apart_from_what_did_not(counter: Counter) -> None:
    build.loaded(counter, build.file(build.transaction(*build.registered())))
    changed = [*build.registered()[:3], build.endpoint(name="Nyt navn"), build.device()]

    report = build.loaded(counter, build.file(build.transaction(*changed)))

    assert (report.created, report.updated) == (("Device/device-1",), ("Endpoint/endpoint-1",))
    assert report.unchanged == NAMES[:3]


def test_one_bad_entry_among_many_refuses_a_transaction(counter: Counter) -> None:
    devices = [build.device(number) for number in range(1, 42)]
    devices[17] = build.device(18, status="bogus", manufacturer=None)

    report = build.loaded(counter, build.file(build.transaction(*devices), "pilot.json"))

    assert refused_at(report) == [
        ("Device/device-18", "Bundle.entry[17].resource.status"),
        ("Device/device-18", "Bundle.entry[17].resource.manufacturer"),
    ]
    assert report.refused[0].file == "pilot.json"
    assert (report.created, changes.sequence(counter)) == ((), 0)


def test_one_bad_entry_leaves_the_rest_of_a_collection(counter: Counter) -> None:
    sent = build.collection(build.device(1), build.device(2, manufacturer=None), build.device(3))

    report = build.loaded(counter, build.file(sent))

    assert report.created == ("Device/device-1", "Device/device-3")
    assert refused_at(report) == [("Device/device-2", "Bundle.entry[1].resource.manufacturer")]


def test_what_hangs_on_something_refused_is_refused_too(counter: Counter) -> None:
    sent = build.collection(build.endpoint(1), build.organization(1, name=None), build.device())

    report = build.loaded(counter, build.file(sent))

    assert report.created == ("Device/device-1",)
    assert sorted(refused_at(report)) == [
        ("Endpoint/endpoint-1", "Bundle.entry[0].resource.managingOrganization"),
        ("Organization/unit-1", "Bundle.entry[1].resource.name"),
    ]


def test_warnings_name_what_they_are_about(counter: Counter) -> None:
    sent = build.transaction(build.organization(1), build.endpoint(1))

    report = build.loaded(counter, build.file(sent))

    assert [(each.name, each.issue.expression) for each in report.warnings] == [
        ("Endpoint/endpoint-1", "Endpoint.managingOrganization")
    ]


def test_a_resource_of_a_type_that_is_not_kept_is_refused(counter: Counter) -> None:
    patient = {"resourceType": "Patient", "id": "nancy"}

    report = build.loaded(counter, build.file(build.collection(patient, build.device())))

    assert report.created == ("Device/device-1",)
    assert report.refused[0].issues[0].code is IssueCode.NOT_SUPPORTED


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_taken(counter: Counter) -> None:
    with pytest.raises(Malformed, match=r"broken\.json: JSON"):
        build.loaded(counter, build.file(build.device()), ("broken.json", b'{"resourceType": "De'))

    assert changes.sequence(counter) == 0


def test_files_of_single_resources_may_point_at_each_other(counter: Counter) -> None:
    files = [build.file(each, f"{place}.json") for place, each in enumerate(build.registered())]

    report = build.loaded(counter, *reversed(files))

    assert sorted(report.created) == sorted(NAMES)


def test_a_file_builds_on_the_files_before_it(counter: Counter) -> None:
    first = build.file(build.transaction(build.organization(1), build.organization(2)))
    rest = [build.file(build.endpoint(number), f"{number}.json") for number in (1, 2)]

    report = build.loaded(counter, first, *rest)

    assert report.refused == ()
    assert len(report.created) == 4


# Ids: the first seen stays


def test_a_posted_resource_gets_an_id_and_its_siblings_find_it(counter: Counter) -> None:
    unit = build.organization(1, id=None)
    mailbox = build.endpoint(1, id=None, managingOrganization={"reference": f"{URN}0"})

    report = build.loaded(counter, build.file(posted(unit, mailbox)))

    assert report.created == ("Organization/minted-1", "Endpoint/minted-2")
    assert build.current(counter, "Endpoint/minted-2")["managingOrganization"] == {
        "reference": "Organization/minted-1"
    }


def test_urns_of_a_collection_are_found_too(counter: Counter) -> None:
    mailbox = build.endpoint(1, managingOrganization={"reference": f"{URN}0"})
    sent = build.collection(build.organization(1), mailbox)
    sent["entry"][0]["fullUrl"] = f"{URN}0"

    report = build.loaded(counter, build.file(sent))

    assert report.refused == ()


def test_a_posted_resource_is_known_by_its_business_identifier(counter: Counter) -> None:
    build.loaded(counter, build.file(build.organization(1)))

    report = build.loaded(counter, build.file(posted(build.organization(1, id=None, name="Nyt"))))

    assert report.updated == ("Organization/unit-1",)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (build.organization(1), build.organization(1, id="overlay")),
        (build.owner(), build.owner(id="overlay")),
        (build.device(), build.device(id="overlay")),
        (build.message_definition(), build.message_definition(id="overlay")),
    ],
)
def test_another_id_of_the_same_becomes_an_alias(
    counter: Counter, first: build.Json, again: build.Json
) -> None:
    build.loaded(counter, build.file(first))

    report = build.loaded(counter, build.file(again))

    name = first["resourceType"]
    kept, other = f"{name}/{first['id']}", f"{name}/overlay"
    assert (report.unchanged, report.aliases) == ((kept,), ((other, kept),))
    assert build.current(counter, other)["id"] == first["id"]


def test_a_device_is_known_by_any_of_its_identifiers(counter: Counter) -> None:
    both = [{"value": "one"}, {"value": "two"}]
    build.loaded(counter, build.file(build.device(identifier=both)))

    report = build.loaded(counter, build.file(build.device(id="overlay", identifier=both)))

    assert report.aliases == (("Device/overlay", "Device/device-1"),)


def test_a_device_that_could_be_either_of_two_is_neither(counter: Counter) -> None:
    build.loaded(counter, build.file(build.collection(build.device(1), build.device(2))))
    both = [{"value": "device-1"}, {"value": "device-2"}]

    report = build.loaded(counter, build.file(build.device(3, identifier=both)))

    assert refused_at(report) == [
        ("Device/device-3", "Device.identifier[0]"),
        ("Device/device-3", "Device.identifier[1]"),
    ]


def test_an_endpoint_of_sor_is_another_only_where_an_id_is_the_gln(counter: Counter) -> None:
    by_sor = build.endpoint(1, id=build.gln(1), status="suspended")
    build.loaded(counter, build.file(build.transaction(build.organization(1), by_sor)))

    report = build.loaded(counter, build.file(build.endpoint(1, id="overlay")))

    assert report.updated == (f"Endpoint/{build.gln(1)}",)
    assert report.aliases == (("Endpoint/overlay", f"Endpoint/{build.gln(1)}"),)


def test_two_endpoints_that_follow_each_other_stay_two(counter: Counter) -> None:
    change = "2026-06-01T00:00:00+02:00"
    first = build.endpoint(1, period={"start": build.START, "end": change})
    build.loaded(counter, build.file(build.transaction(build.organization(1), first)))

    report = build.loaded(
        counter, build.file(build.endpoint(1, id="next", period={"start": change}))
    )

    assert report.created == ("Endpoint/next",)
    assert report.aliases == ()


def test_an_alias_leads_to_the_kept_wherever_it_stands(counter: Counter) -> None:
    build.loaded(counter, build.file(build.organization(1)))
    overlay = build.organization(1, id="overlay", endpoint=[{"reference": "Endpoint/endpoint-1"}])
    mailbox = build.endpoint(1, managingOrganization={"reference": "Organization/overlay"})

    report = build.loaded(counter, build.file(build.transaction(overlay, mailbox)))

    assert report.refused == ()
    assert report.warnings == ()
    assert found(counter) == ["Organization/unit-1"]
    assert found(counter, identifier=build.sor(1)) == ["Organization/unit-1"]
    with pytest.raises(Conflict, match="pointed at by Endpoint/endpoint-1"):
        build.remove(counter, "Organization/unit-1")


def test_an_alias_is_loaded_as_the_one_that_is_kept(counter: Counter) -> None:
    build.loaded(counter, build.file(build.organization(1)))
    build.loaded(counter, build.file(build.organization(1, id="overlay")))
    renamed = build.organization(7, id="overlay", name="Omdøbt")

    report = build.loaded(counter, build.file(renamed))

    assert report.updated == ("Organization/unit-1",)


def test_an_alias_takes_no_write_of_its_own(counter: Counter) -> None:
    build.loaded(counter, build.file(build.organization(1)))
    build.loaded(counter, build.file(build.organization(1, id="overlay")))

    with pytest.raises(Conflict, match="is another id of Organization/unit-1"):
        build.put(counter, build.organization(1, id="overlay"))
    with pytest.raises(Conflict, match="is another id of Organization/unit-1"):
        build.remove(counter, "Organization/overlay")


def test_an_alias_of_what_is_deleted_reads_as_deleted(counter: Counter) -> None:
    build.loaded(counter, build.file(build.organization(1)))
    build.loaded(counter, build.file(build.organization(1, id="overlay")))
    build.remove(counter, "Organization/unit-1")

    with pytest.raises(Absent) as failure:
        read.read(counter, Reference("Organization", "overlay"))

    assert failure.value.issues[0].code is IssueCode.DELETED


def test_what_was_deleted_under_an_id_may_become_an_alias(counter: Counter) -> None:
    build.loaded(counter, build.file(build.organization(2, id="overlay")))
    build.remove(counter, "Organization/overlay")
    build.loaded(counter, build.file(build.organization(1)))

    build.loaded(counter, build.file(build.organization(1, id="overlay")))

    assert build.current(counter, "Organization/overlay")["id"] == "unit-1"
    with pytest.raises(Conflict, match="is another id of"):
        build.put(counter, build.organization(2, id="overlay"))


def test_what_is_refused_leaves_no_alias(counter: Counter) -> None:
    build.loaded(counter, build.file(build.organization(1)))
    wrong = build.organization(1, id="overlay", name=None)

    report = build.loaded(counter, build.file(build.collection(wrong, build.device())))

    assert report.aliases == ()
    with counter.store.reading() as connection:
        assert Records(connection).kept(Reference("Organization", "overlay")) is None


def test_two_of_a_file_that_are_the_same_are_refused(counter: Counter) -> None:
    build.loaded(counter, build.file(build.organization(1)))
    again = build.organization(1, id="overlay")

    report = build.loaded(counter, build.file(build.transaction(build.organization(1), again)))

    assert refused_at(report) == [("Organization/overlay", "Bundle.entry[1].resource.identifier")]


def test_two_new_ones_that_hold_the_same_are_refused(counter: Counter) -> None:
    sent = build.transaction(build.organization(1), build.organization(1, id="overlay"))

    report = build.loaded(counter, build.file(sent))

    assert len(report.refused) == 2
    assert changes.sequence(counter) == 0


def test_an_id_that_is_none_is_refused(counter: Counter) -> None:
    report = build.loaded(counter, build.file(build.device(id="a_b")))

    assert refused_at(report) == [("Device/a_b", "Device.id")]


# What the issue names


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (
            {"identifier": [{"system": "https://www.gs1.org/gln", "value": "5790009000012"}]},
            "identifier[0].value",
        ),
        ({"payloadType": build.payloads("urn:unknown")}, "payloadType[0]"),
    ],
)
def test_bad_input_is_refused_with_its_place(
    counter: Counter, wrong: build.Json, place: str
) -> None:
    sent = build.transaction(build.organization(1), build.endpoint(1, **wrong))

    report = build.loaded(counter, build.file(sent))

    assert refused_at(report) == [("Endpoint/endpoint-1", f"Bundle.entry[1].resource.{place}")]
    assert changes.sequence(counter) == 0


def test_xml_with_a_doctype_is_refused(counter: Counter) -> None:
    body = b'<!DOCTYPE Device [<!ENTITY x "y">]><Device xmlns="http://hl7.org/fhir"/>'

    with pytest.raises(Malformed, match=r"bad\.xml"):
        build.loaded(counter, ("bad.xml", body))


def test_progress_is_told_unit_by_unit(counter: Counter) -> None:
    told: list[int] = []
    files = [
        build.file(build.transaction(*build.registered())),
        build.file(build.collection(build.device())),
    ]

    load.load(counter, files, build.THE_OPERATOR, told.append)

    assert told == [4, 1]


# The pilot


@pytest.fixture
def pilot(shared: Path, clock: build.Clock) -> tuple[str, bytes]:
    clock.at = datetime(2026, 8, 20, tzinfo=UTC)
    file = shared / "data" / "pp26-bundle.json"
    if not file.exists():
        pytest.skip("wants ../shared/data/pp26-bundle.json")
    return file.name, file.read_bytes()


KNOWN_WARNINGS = {
    ("Organization/DefaultOrg", "Organization.identifier[0].value"),
    ("Endpoint/DefaultEndpoint", "Endpoint.address"),
    ("Endpoint/DefaultEndpoint", "Endpoint.managingOrganization"),
    ("Endpoint/EMR-TEST2-5744008360227", "Endpoint.managingOrganization"),
    ("Endpoint/EMR-TEST2-5744008360227", "Endpoint.identifier"),
    ("Endpoint/EMR-TEST2-5790002515798", "Endpoint.identifier"),
    ("Device/MultiMed-AP", "Device.extension"),
}


def test_the_pilot_is_taken_whole_and_again_in_both_forms(
    counter: Counter, pilot: tuple[str, bytes]
) -> None:
    sent = bundle.parse(pilot[1])

    first = build.loaded(counter, pilot)
    again = build.loaded(counter, pilot)
    in_xml = build.loaded(counter, ("pilot.xml", codec_xml.printed(dict(sent))))

    assert first.refused == ()
    assert (len(first.created), len(again.unchanged), len(in_xml.unchanged)) == (41, 41, 41)
    dummy = "is a placeholder; messages go to the access point's address"
    unmarked = [each for each in first.warnings if "has no mark of the EU" in each.issue.text]
    assert len(unmarked) == 6 + 15
    assert {
        (each.name, each.issue.expression)
        for each in first.warnings
        if each not in unmarked
        if not each.issue.text.endswith(dummy) or each.name == "Endpoint/DefaultEndpoint"
    } == KNOWN_WARNINGS
    assert again.warnings == first.warnings


def test_the_pilot_is_taken_whole_in_xml(counter: Counter, pilot: tuple[str, bytes]) -> None:
    body = codec_xml.printed(dict(bundle.parse(pilot[1])))

    report = build.loaded(counter, ("pilot.xml", body))

    assert (len(report.created), report.refused) == (41, ())


def test_the_pilot_is_kept_as_it_came(counter: Counter, pilot: tuple[str, bytes]) -> None:
    build.loaded(counter, pilot)

    for entry in json.loads(pilot[1])["entry"]:
        resource = entry["resource"]
        kept = build.current(counter, entry["request"]["url"])
        kept["meta"] = {"profile": kept["meta"]["profile"]}
        assert kept == resource


def test_one_bad_entry_refuses_the_whole_pilot(counter: Counter, pilot: tuple[str, bytes]) -> None:
    broken = json.loads(pilot[1])
    certificate = broken["entry"][18]["resource"]["extension"][0]["extension"][0]
    certificate["valueBase64Binary"] = certificate["valueBase64Binary"][:400]

    report = build.loaded(counter, build.file(broken, "pilot.json"))

    assert [place for _, place in refused_at(report)] == [
        "Bundle.entry[18].resource.extension[0].extension[0].value"
    ]
    assert changes.sequence(counter) == 0
