"""What becomes of the connections to the database."""

import psycopg
import pytest

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
