"""SMART Health IT's fhirclient against a served register: strict models, links that are followed.

What it cannot do here has its outcome below and its reason in docs/interfaces/fhir-clients.md.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.device import Device
from fhirclient.models.endpoint import Endpoint
from fhirclient.models.messagedefinition import MessageDefinition
from fhirclient.models.operationoutcome import OperationOutcome
from fhirclient.models.organization import Organization
from fhirclient.models.parameters import Parameters, ParametersParameter
from fhirclient.models.resource import Resource
from fhirclient.server import FHIRNotFoundException, FHIRServer, FHIRUnauthorizedException
from requests import HTTPError

import builders_fhir as build
from flows.served import GLN_OF_NORTH, NORTH, SOR_OF_NORTH, Served, new_pair, new_unit, sor_of

pytestmark = pytest.mark.slow


def _server(register: Served) -> FHIRServer:
    return FHIRClient({"app_id": "tests", "api_base": register.base}).server


@pytest.fixture
def server(served: Served) -> Iterator[FHIRServer]:
    """Return the server as fhirclient knows it; a token it was given goes with every request."""
    found = _server(served)
    found.session.headers["Authorization"] = f"Bearer {served.token}"
    yield found
    found.session.close()


def outcome(fault: HTTPError) -> OperationOutcome:
    return OperationOutcome(fault.response.json())


def found(search: Any, server: FHIRServer) -> list[str]:
    return [_name(each) for each in search.perform_resources_iter(server)]


def _name(resource: Resource) -> str:
    return f"{resource.resource_type}/{resource.id}"


def test_fhirclient_reads_what_the_server_can(server: FHIRServer) -> None:
    assert server.prepare()
    assert server.capabilityStatement.fhirVersion == "4.0.1"


@pytest.mark.parametrize("model", [Organization, Endpoint, Device, MessageDefinition])
def test_fhirclients_strict_models_read_all_that_is_registered(
    server: FHIRServer, model: type[Resource]
) -> None:
    pages = list(model.where({"_count": "4"}).perform_iter(server))

    ids = [entry.resource.id for page in pages for entry in page.entry]
    assert len(set(ids)) == len(ids) == pages[0].total > 4
    assert [len(page.entry) for page in pages[:-1]] == [4] * (len(pages) - 1)


def test_fhirclient_creates_reads_updates_and_deletes(server: FHIRServer) -> None:
    unit = Organization(Organization(new_unit()).create(server))
    unit.name = "Lægehuset Åboulevarden"

    unit.update(server)

    read = Organization.read(unit.id, server)
    assert (read.name, read.meta.versionId) == ("Lægehuset Åboulevarden", "2")
    assert Organization.read_from(f"Organization/{unit.id}/_history/1", server).name != read.name

    told = read.delete()

    assert OperationOutcome(told).issue[0].severity == "information"
    with pytest.raises(HTTPError) as caught:
        Organization.read(unit.id, server)
    assert caught.value.response.status_code == 410
    assert outcome(caught.value).issue[0].code == "deleted"


def test_fhirclient_hears_what_is_not_there_and_who_is_not_known(
    server: FHIRServer, served: Served
) -> None:
    with pytest.raises(FHIRNotFoundException):
        Organization.read("nowhere", server)

    stranger = _server(served)
    with pytest.raises(FHIRUnauthorizedException):
        Organization.read(NORTH, stranger)
    stranger.session.close()


def test_fhirclient_hears_what_a_unit_is_refused_for(server: FHIRServer) -> None:
    with pytest.raises(HTTPError) as caught:
        Organization(new_unit(identifier=None)).create(server)

    assert caught.value.response.status_code == 422
    places = [each.expression for each in outcome(caught.value).issue]
    assert ["Organization.identifier"] in places


@pytest.mark.parametrize(
    ("criteria", "wanted"),
    [
        ({"name": "hjemmesygeplejen nord"}, 1),
        ({"name": {"$exact": "hjemmesygeplejen nord"}}, 0),
        ({"partof": {"$missing": "false"}, "_id": NORTH}, 1),
        ({"endpoint": {"status": "active"}, "_id": NORTH}, 1),
        ({"_has:Endpoint:organization:status": "off", "_id": NORTH}, 0),
        ({"_lastUpdated": "ge2026-01-01", "_id": NORTH}, 1),
    ],
    ids=str,
)
def test_fhirclient_searches(server: FHIRServer, criteria: dict[str, Any], wanted: int) -> None:
    assert len(found(Organization.where(criteria), server)) == wanted


def test_fhirclient_includes_by_the_name_of_the_parameter(server: FHIRServer) -> None:
    search = Endpoint.where({"_id": NORTH, "_include": "Endpoint:organization"})

    assert found(search, server) == [f"Endpoint/{NORTH}", f"Organization/{NORTH}"]


def test_fhirclients_include_by_the_name_of_an_element_is_passed_over_and_said(
    server: FHIRServer,
) -> None:
    search = Endpoint.where({"_id": NORTH}).include("managingOrganization")

    *matches, told = search.perform_resources_iter(server)

    assert [_name(each) for each in matches] == [f"Endpoint/{NORTH}"]
    assert isinstance(told, OperationOutcome)
    assert told.issue[0].severity == "warning"


@pytest.mark.parametrize(
    ("criteria", "code"),
    [
        ({"_lastUpdated": {"$gt": "2026-01-01"}}, "value"),  # sent as _lastUpdated=>2026-01-01
        ({"name": {"$asc": "x"}}, "not-supported"),  # sent as name:asc=x
    ],
    ids=str,
)
def test_fhirclients_operators_of_dstu1_are_refused(
    server: FHIRServer, criteria: dict[str, Any], code: str
) -> None:
    with pytest.raises(HTTPError) as caught:
        found(Endpoint.where(criteria), server)

    assert caught.value.response.status_code == 400
    assert outcome(caught.value).issue[0].code == code


def test_fhirclient_writes_a_transaction_and_a_batch(server: FHIRServer) -> None:
    written = Bundle(Bundle(new_pair()).create(server))

    places = ["/".join(each.response.location.split("/")[-4:-2]) for each in written.entry]
    unit = Organization.read(places[0].partition("/")[2], server)
    assert unit.endpoint[0].reference == places[1]

    asked = [{"request": {"method": "GET", "url": each}} for each in (places[0], "Device/none")]
    batch = Bundle({"type": "batch", "entry": asked})

    answered = Bundle(batch.create(server))

    assert [each.response.status for each in answered.entry] == ["200 OK", "404 Not Found"]


def test_fhirclient_reads_histories(server: FHIRServer) -> None:
    unit = Organization(Organization(new_unit()).create(server))
    unit.delete(server)

    of_it = Bundle.read_from(f"Organization/{unit.id}/_history", server)
    of_type = Bundle.read_from("Organization/_history?_count=1", server)
    of_all = Bundle.read_from("_history?_count=1", server)

    assert [each.request.method for each in of_it.entry] == ["DELETE", "POST"]
    assert of_type.total < of_all.total
    assert of_all.entry[0].fullUrl == of_it.entry[0].fullUrl


def test_fhirclient_validates(server: FHIRServer) -> None:
    answered = server.post_json("Organization/$validate", new_unit(name=None))

    severities = [each.severity for each in OperationOutcome(answered.json()).issue]
    assert "error" in severities


def test_fhirclient_calls_operations(server: FHIRServer) -> None:
    path = f"Organization/$getEerReceiverDataBySORId?sorId={SOR_OF_NORTH}"
    asked = Parameters()
    asked.parameter = [
        ParametersParameter({"name": name, "valueString": value})
        for name, value in (("gln", GLN_OF_NORTH), ("messageType", build.ACK_2_0))
    ]

    receivers = Bundle.read_from(path, server)
    answered = server.post_json("Organization/$addressability", asked.as_json()).json()
    progress = Parameters.read_from(f"Endpoint/{NORTH}/$publication", server)

    assert [each.search.mode for each in receivers.entry] == ["match", "include"]
    assert Parameters(answered).parameter[0].name == "addressable"
    assert [each.name for each in progress.parameter[:2]] == ["version", "sequence"]


def test_fhirclient_counts(server: FHIRServer) -> None:
    unit = new_unit()
    Organization(unit).create(server)

    (page,) = Organization.where({"identifier": sor_of(unit), "_count": "0"}).perform_iter(server)

    assert (page.total, page.entry) == (1, None)
