"""What becomes of the connections to the database."""

import psycopg
import pytest

import builders_fhir as build
import builders_web as web
from eer.domain.errors import Unavailable
from eer.store import session
from eer.store.session import Store


def test_a_connection_that_was_cut_while_it_lay_idle_is_made_anew(
    postgresql_store: Store, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_IDLE_SECONDS", 0)
    postgresql_store.close()  # then there is one connection, and no other may be given
    with postgresql_store.reading() as connection:
        first = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with psycopg.connect(postgresql, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))

    with postgresql_store.reading() as connection:
        second = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()

    assert second != first


def test_all_that_one_reads_is_of_one_moment(store: Store) -> None:
    with store.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM alias").scalar_one()
        with store.writing() as other:
            other.exec_driver_sql("INSERT INTO alias (type, id, kept) VALUES ('Device', 'a', 'b')")
        after = connection.exec_driver_sql("SELECT count(*) FROM alias").scalar_one()

    assert after == before


def test_a_connection_that_is_cut_fails_once_and_is_made_anew(
    postgresql_store: Store, postgresql: str, clock: build.Clock
) -> None:
    postgresql_store.close()
    fhir = web.api(build.register_over(postgresql_store, clock))
    assert fhir.put(build.device(1)).status_code == 201
    with psycopg.connect(postgresql, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )

    paths = ("Device/device-1", "Device?identifier=device-1", "Device/_history")
    statuses = [fhir.get(path).status_code for path in paths * 3]

    assert statuses[-3:] == [200, 200, 200]
    assert set(statuses) <= {200, 503}
    assert statuses.count(503) <= 1


def test_nothing_is_written_by_who_reads(postgresql_store: Store) -> None:
    with (
        pytest.raises(Unavailable, match="read-only"),
        postgresql_store.reading() as connection,
    ):
        connection.exec_driver_sql("DELETE FROM alias")


@pytest.mark.parametrize("fault", [ZeroDivisionError, KeyboardInterrupt])
def test_what_breaks_off_leaves_nothing_open(store: Store, fault: type[BaseException]) -> None:
    for begin in (store.looking, store.reading, store.noting, store.writing):
        with pytest.raises(fault), begin() as connection:
            raise fault
        assert connection.closed

    with store.writing() as connection:  # nobody holds the lock any more
        connection.exec_driver_sql("DELETE FROM alias")
