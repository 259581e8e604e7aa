"""What an earlier release wrote is found by all that this one searches by."""

import json

import pytest
from sqlalchemy import Connection, text

import builders_fhir as build
import builders_web as web
from builders_fhir import Clock
from eer.domain.errors import Unavailable
from eer.fhir import kinds
from eer.register import reindex
from eer.settings import Settings
from eer.store import migrations
from eer.store.index import Index
from eer.store.instants import micros
from eer.store.records import Records
from eer.store.session import Store
from eer.wiring import schema, serve
from eer.wiring.server import Place

UNIT = build.organization(1, endpoint=[{"reference": "Endpoint/endpoint-1"}])
RESOURCES = [UNIT, build.endpoint(1)]


def written(connection: Connection) -> None:
    """Write as revision 0001 had it: one changed since, one gone, and another id of one."""
    stored = [build.organization(1, name="Et gammelt navn"), *RESOURCES, build.device()]
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
    connection.execute(
        text(
            "INSERT INTO version (sequence, type, id, number, at, method, author) "
            "VALUES (5, 'Device', 'device-1', 2, :at, 'DELETE', '{}')"
        ),
        {"at": micros(build.NOW) + 5},
    )
    for name, sequence in (
        ("Organization/unit-1", 2),
        ("Endpoint/endpoint-1", 3),
        ("Device/device-1", 5),
    ):
        type_name, _, resource_id = name.partition("/")
        connection.execute(
            text(
                "INSERT INTO resource (type, id, sequence, deleted) "
                "VALUES (:type, :id, :sequence, :deleted)"
            ),
            {"type": type_name, "id": resource_id, "sequence": sequence, "deleted": sequence == 5},
        )
    connection.execute(
        text(
            "INSERT INTO term (type, id, parameter, system, code) "
            "VALUES ('Organization', 'unit-1', 'identifier', 'urn:x', 'outdated')"
        )
    )
    connection.execute(
        text("INSERT INTO alias (type, id, kept) VALUES ('Organization', 'other', 'unit-1')")
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
        Index(connection).put_fingerprint("another")
        Index(connection).forget_index()

    with store.reading() as connection, pytest.raises(Unavailable, match="run eer migrate"):
        reindex.check(Records(connection))
    schema.migrate(settings)

    with store.reading() as connection:
        reindex.check(Records(connection))
    fhir = web.api(build.register_over(store, Clock()))
    assert fhir.get("Organization?name=laegehuset").get_json()["total"] == 1
    store.close()


def test_what_was_gone_stays_gone_and_comes_back_above_it(settings: Settings) -> None:
    store = Store.at(settings.database_url)
    fhir = web.api(build.register_over(store, Clock()))

    assert fhir.get("Device/device-1").status_code == 410
    assert fhir.get("Device?identifier=device-1").get_json()["total"] == 0
    assert fhir.get("Device/device-1/_history/1").status_code == 200
    assert fhir.put(build.device()).headers["ETag"] == 'W/"3"'
    assert fhir.get("Device?identifier=device-1").get_json()["total"] == 1
    store.close()


def test_another_id_leads_to_the_one_that_is_kept(settings: Settings) -> None:
    store = Store.at(settings.database_url)
    fhir = web.api(build.register_over(store, Clock()))

    assert fhir.get("Organization/other").get_json()["id"] == "unit-1"
    assert fhir.get("Endpoint?organization=other").get_json()["total"] == 1
    assert fhir.delete("Organization/unit-1").status_code == 409
    store.close()


def test_keys_are_the_sequences_of_first_versions(settings: Settings) -> None:
    store = Store.at(settings.database_url)
    with store.reading() as connection:
        rows = connection.execute(text("SELECT id, key, at FROM resource ORDER BY id")).all()
    store.close()

    first = micros(build.NOW)
    assert [tuple(row) for row in rows] == [
        ("device-1", 4, first + 5),
        ("endpoint-1", 3, first + 3),
        ("unit-1", 1, first + 2),
    ]


@pytest.mark.parametrize("change", ["0001", "0002", "another release"])
def test_a_register_that_is_not_migrated_is_not_served(database_url: str, change: str) -> None:
    settings = Settings(database_url=database_url, base_url=web.BASE)
    store = Store.at(database_url)
    with store.migrating() as connection:
        if change.startswith("0"):
            migrations.migrate(connection, change)
            if change != "0001":
                Index(connection).put_fingerprint(kinds.fingerprint())
        else:
            migrations.migrate(connection)
            Index(connection).put_fingerprint(change)
    store.close()

    with pytest.raises(Unavailable, match="run eer migrate"):
        serve.serve(settings, Place("127.0.0.1", 1, 1))
