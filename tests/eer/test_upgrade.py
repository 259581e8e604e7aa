"""What an earlier release wrote is found by all that this one searches by."""

import json

import pytest
from sqlalchemy import Connection, text

import builders_fhir as build
import builders_web as web
from builders_fhir import Clock
from eer.domain.errors import Unavailable
from eer.register import reindex
from eer.settings import Settings
from eer.store import migrations
from eer.store.instants import micros
from eer.store.records import Records
from eer.store.session import Store
from eer.wiring import schema

UNIT = build.organization(1, endpoint=[{"reference": "Endpoint/endpoint-1"}])
RESOURCES = [UNIT, build.endpoint(1)]


def written(connection: Connection) -> None:
    """Write as revision 0001 had it: two units' versions, one of them changed since."""
    stored = [build.organization(1, name="Et gammelt navn"), *RESOURCES]
    for sequence, json_ in enumerate(stored, 1):
        number = 2 if sequence == 2 else 1
        row = {
            "sequence": sequence,
            "type": json_["resourceType"],
            "id": json_["id"],
            "number": number,
            "at": micros(build.NOW) + sequence,
            "body": json.dumps(json_ | {"meta": {"versionId": str(number)}}).encode(),
        }
        connection.execute(
            text(
                "INSERT INTO version (sequence, type, id, number, at, method, body, author) "
                "VALUES (:sequence, :type, :id, :number, :at, 'PUT', :body, '{}')"
            ),
            row,
        )
    for name, sequence in (("Organization/unit-1", 2), ("Endpoint/endpoint-1", 3)):
        type_name, _, resource_id = name.partition("/")
        connection.execute(
            text(
                "INSERT INTO resource (type, id, sequence, deleted) "
                "VALUES (:type, :id, :sequence, false)"
            ),
            {"type": type_name, "id": resource_id, "sequence": sequence},
        )


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Return the settings of a register that an earlier release wrote, and this one migrated."""
    found = Settings(database_url=database_url, base_url=web.BASE)
    store = Store.at(database_url)
    with store.migrating() as connection:
        migrations.migrate(connection, "0001")
        written(connection)
    store.close()
    schema.migrate(found)
    return found


def test_what_was_there_is_found_by_everything(settings: Settings) -> None:
    store = Store.at(settings.database_url)
    fhir = web.api(build.register_over(store, Clock()))

    for search in (
        "Organization?name=laegehuset",
        f"Organization?identifier={build.sor(1)}",
        "Organization?endpoint.status=active",
        "Endpoint?organization=unit-1",
        f"Endpoint?_lastUpdated=ge{build.NOW:%Y-%m-%dT%H:%M:%SZ}",
    ):
        assert fhir.get(search).get_json()["total"] == 1, search
    assert fhir.get("Organization?name=Et gammelt").get_json()["total"] == 0
    assert fhir.get("Organization/unit-1/_history").get_json()["total"] == 2
    assert fhir.put(UNIT | {"name": "Et nyt navn"}).headers["ETag"] == 'W/"3"'
    assert fhir.get("Organization?name=et nyt").get_json()["total"] == 1
    store.close()


def test_an_index_of_another_release_is_made_anew_and_not_served_before(
    settings: Settings,
) -> None:
    store = Store.at(settings.database_url)
    with store.migrating() as connection:
        Records(connection).put_fingerprint("another")
        Records(connection).forget_index()

    with store.reading() as connection, pytest.raises(Unavailable, match="run eer migrate"):
        reindex.check(Records(connection))
    schema.migrate(settings)

    with store.reading() as connection:
        reindex.check(Records(connection))
    fhir = web.api(build.register_over(store, Clock()))
    assert fhir.get("Organization?name=laegehuset").get_json()["total"] == 1
    store.close()
