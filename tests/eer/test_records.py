from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, delete, insert

import builders_fhir as build
from eer.domain.errors import Conflict, Failure, Malformed, Unavailable
from eer.domain.identifiers import Reference
from eer.domain.model import Claim, Link, Role
from eer.domain.search import Indexed, Token
from eer.domain.wording import Sentence
from eer.store.instants import instant, micros
from eer.store.records import Records
from eer.store.rows import Entry, Version
from eer.store.session import Store
from eer.store.tables import METADATA, link

ONE, OTHER = Reference("Device", "one"), Reference("Device", "other")
UNIT = Reference("Organization", "unit")


def version(
    sequence: int, reference: Reference, number: int = 1, body: bytes | None = b"{}"
) -> Version:
    at = build.NOW + timedelta(microseconds=sequence)
    return Version(sequence, reference, number, at, "PUT", body, "{}")


def claim(value: str) -> Claim:
    return Claim("device identifier", value, "Device.identifier")


def test_a_version_is_read_as_it_was_written(store: Store) -> None:
    first, second = version(1, ONE), version(2, ONE, 2, b'{"n":1.10}')
    with store.writing() as connection:
        Records(connection).put([Entry(first)])
        Records(connection).put([Entry(second)])

    with store.reading() as connection:
        records = Records(connection)
        assert records.current(ONE) == second
        assert records.version(ONE, 1) == first
        assert records.version(ONE, 3) is None
        assert records.current(OTHER) is None
        assert records.last() == (2, second.at)
        assert list(records.since(1)) == [second]
        assert list(records.all_of("Device")) == [second]
        assert records.count("Device") == 1


def test_an_empty_register_is_at_sequence_0(store: Store) -> None:
    with store.reading() as connection:
        sequence, at = Records(connection).last()

    assert (sequence, micros(at)) == (0, 0)


def test_a_deletion_is_current_and_not_listed(store: Store) -> None:
    with store.writing() as connection:
        records = Records(connection)
        records.put(
            [Entry(version(1, ONE), (Indexed("identifier", Token("", "x")),), (), (claim("x"),))]
        )
        records.put([Entry(version(2, ONE, 2, None))])

    with store.reading() as connection:
        records = Records(connection)
        current = records.current(ONE)
        assert current is not None
        assert current.body is None
        assert list(records.all_of("Device")) == []
        assert records.count("Device") == 0
        assert records.with_token("Device", "identifier", Token(None, "x")) == ()
        assert records.holder(claim("x")) is None


def test_terms_links_and_claims_are_those_of_the_current_version(store: Store) -> None:
    link = Link("Device.owner", UNIT, Role.ORGANIZATION)
    old = Entry(
        version(1, ONE), (Indexed("identifier", Token("urn:x", "old")),), (link,), (claim("old"),)
    )
    new = Entry(
        version(2, ONE, 2), (Indexed("identifier", Token("urn:x", "new")),), (), (claim("new"),)
    )
    with store.writing() as connection:
        records = Records(connection)
        records.put([old])
        assert records.pointing(UNIT) == (ONE,)
        records.put([new])

        assert records.pointing(UNIT) == ()
        assert records.with_token("Device", "identifier", Token("urn:x", "old")) == ()
        assert records.with_token("Device", "identifier", Token("urn:x", "new")) == (ONE,)
        assert records.with_token("Device", "identifier", Token("", "new")) == ()
        assert records.holder(claim("old")) is None
        assert records.holder(claim("new")) == ONE


def test_two_may_swap_what_they_hold(store: Store) -> None:
    with store.writing() as connection:
        records = Records(connection)
        records.put(
            [
                Entry(version(1, ONE), claims=(claim("a"),)),
                Entry(version(2, OTHER), claims=(claim("b"),)),
            ]
        )
        records.put(
            [
                Entry(version(3, ONE, 2), claims=(claim("b"),)),
                Entry(version(4, OTHER, 2), claims=(claim("a"),)),
            ]
        )

        assert (records.holder(claim("a")), records.holder(claim("b"))) == (OTHER, ONE)


def test_what_only_one_may_hold_is_held_once_whatever_was_judged(store: Store) -> None:
    rivals = [Entry(version(n, each), claims=(claim("a"),)) for n, each in ((1, ONE), (2, OTHER))]

    with pytest.raises(Conflict, match="somebody else was there first"), store.writing() as open_:
        Records(open_).put(rivals)

    with store.reading() as connection:
        assert Records(connection).last()[0] == 0


def test_what_the_database_says_is_told_to_nobody(store: Store) -> None:
    rivals = [Entry(version(n, each), claims=(claim("a"),)) for n, each in ((1, ONE), (2, OTHER))]
    failures: list[Failure] = []
    for statement in ("SELECT nothing FROM version", "SELECT 1 FROM nowhere", "SELECT ("):
        with pytest.raises(Unavailable) as unavailable, store.reading() as connection:
            connection.exec_driver_sql(statement)
        failures.append(unavailable.value)
    with pytest.raises(Conflict) as conflict, store.writing() as connection:
        Records(connection).put(rivals)
    failures.append(conflict.value)

    for failure in failures:
        (issue,) = failure.issues
        assert isinstance(issue.text, Sentence)
        assert isinstance(failure.text, Sentence)
        assert "cause" in failure.text.values
        assert issue.text.values == {}


def test_what_only_postgresql_cannot_be_asked_for_is_nowhere(store: Store) -> None:
    with store.reading() as connection:
        records = Records(connection)

        assert records.with_token("Device", "identifier", Token(None, "a\0b")) == ()
        assert records.with_token("Device", "identifier", Token("a\0b", "x")) == ()
        assert records.holder(claim("a\0b")) is None


def test_what_stands_together_may_stand_far_behind(store: Store) -> None:
    far = tuple(Indexed("context-type", Token("", "x"), place) for place in (1, 40_000))
    with store.writing() as connection:
        Records(connection).put([Entry(version(1, ONE), far)])

    with store.reading() as connection:
        found = Records(connection).with_token("Device", "context-type", Token("", "x"))

    assert found == (ONE,)


def test_what_is_said_twice_is_found_once(store: Store) -> None:
    twice = (Indexed("identifier", Token("", "x")),) * 2
    with store.writing() as connection:
        records = Records(connection)
        records.put([Entry(version(1, ONE), twice, (), (claim("x"), claim("x")))])

        assert records.with_token("Device", "identifier", Token("", "x")) == (ONE,)


def test_many_are_written_at_once(store: Store) -> None:
    with store.writing() as connection:
        records = Records(connection)
        records.put([Entry(version(n, Reference("Device", f"d{n}"))) for n in range(1, 1202)])

        assert records.count("Device") == 1201


def test_another_id_leads_to_the_one_that_is_kept(store: Store) -> None:
    with store.writing() as connection:
        records = Records(connection)
        records.put_alias(OTHER, ONE)
        records.put_alias(OTHER, Reference("Device", "third"))

        assert records.kept(OTHER) == ONE
        assert records.kept(ONE) is None
        assert records.kept(Reference("Endpoint", OTHER.id)) is None


def test_what_fails_inside_writes_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        _write_and_fail(connection)

    with store.reading() as connection:
        assert Records(connection).current(ONE) is None


def _write_and_fail(connection: Connection) -> None:
    Records(connection).put([Entry(version(1, ONE))])
    raise ZeroDivisionError


def test_a_reader_sees_one_state_however_many_are_written_meanwhile(store: Store) -> None:
    with store.reading() as reading:
        before = Records(reading).last()[0]
        with store.writing() as connection:
            Records(connection).put([Entry(version(1, ONE))])

        assert Records(reading).last()[0] == before
        assert Records(reading).current(ONE) is None


def test_an_instant_keeps_its_microseconds() -> None:
    assert instant(micros(build.NOW + timedelta(microseconds=1))) == build.NOW + timedelta(
        microseconds=1
    )


@pytest.mark.parametrize("url", ["", "nonsense", "oracle9://x"])
def test_a_url_of_no_database_is_malformed(url: str) -> None:
    with pytest.raises(Malformed, match="database URL"):
        Store.at(url)


def test_a_database_that_is_not_there_is_unavailable() -> None:
    store = Store.at("postgresql+psycopg://127.0.0.1:1/x?connect_timeout=2")

    with pytest.raises(Unavailable, match="does not answer"), store.reading():
        pass


def test_a_file_that_is_no_database_is_unavailable(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    file = tmp_path_factory.mktemp("broken") / "x.sqlite"
    file.write_bytes(b"no database at all, only text" * 100)

    with (
        pytest.raises(Unavailable, match="does not answer"),
        Store.at(f"sqlite:///{file}").reading(),
    ):
        pass


def test_a_database_without_a_schema_says_what_to_do(database_url: str) -> None:
    store = Store.at(database_url)

    with pytest.raises(Unavailable, match="run eer migrate"), store.reading() as connection:
        Records(connection).last()
    store.close()


def test_a_store_whose_connections_are_all_taken_is_unavailable(store: Store) -> None:
    limited = Store(
        create_engine(
            store.engine.url,
            isolation_level="AUTOCOMMIT",
            pool_size=1,
            max_overflow=0,
            pool_timeout=0.01,
        )
    )

    with (
        pytest.raises(Unavailable, match="no connection left"),
        limited.reading(),
        limited.reading(),
    ):
        pass
    limited.close()


def test_who_points_to_something_is_found_without_reading_who_points_elsewhere(
    tmp_path: Path,
) -> None:
    """SQLite is counted by its own steps: no clock, and no plan that may be worded otherwise."""
    store = Store.at(f"sqlite:///{tmp_path / 'links.sqlite'}")
    steps = [_steps_of_pointing(store, links) for links in (10, 5_000)]
    store.close()

    assert steps[1] <= steps[0] + 1


def _steps_of_pointing(store: Store, links: int) -> int:
    """Return how many hundreds of steps one question takes among so many links of the type."""
    counted: list[None] = []
    with store.writing() as connection:
        METADATA.create_all(connection)
        connection.execute(delete(link))
        rows = [
            {"type": "Endpoint", "id": f"e{n}", "role": "r", "target_type": "Organization"}
            | {"target_id": f"o{n}"}
            for n in range(links)
        ]
        connection.execute(insert(link), rows)
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: counted.append(None), 100)
        found = Records(connection).pointing(Reference("Organization", "o7"), "Endpoint")
        driver.set_progress_handler(None, 0)
    assert found == (Reference("Endpoint", "e7"),)
    return len(counted)
