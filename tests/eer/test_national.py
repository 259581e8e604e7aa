"""The invented register of a whole country, which the load is measured over."""

from typing import Any

from sqlalchemy import select

from bench import fill, national
from builders_fhir import Clock, collection, faults, file, loaded, register_over
from eer.register.counter import Counter
from eer.store.session import Store
from eer.store.tables import METADATA

SIZE = 200


def test_each_invented_resource_is_right() -> None:
    found = {fault for each in national.resources(SIZE) for fault in faults(each)}

    assert found == set()


def test_the_invented_register_has_the_shape_of_sor() -> None:
    units = list(national.units(1_000))

    assert len({unit.number for unit in units}) == 1_000
    assert {unit.level for unit in units} == {"IE", "SI", "OE"}
    assert sum(national.is_addressed(unit.number) for unit in units) == 160


def test_what_is_filled_in_is_what_loading_writes(counter: Counter) -> None:
    resources = list(national.resources(SIZE))
    report = loaded(counter, file(collection(*resources)))
    by_loading = _emptied(counter)

    fill.fill(counter, resources, batch=50)

    assert report.refused == ()
    assert by_loading == _emptied(counter)


def test_what_is_copied_to_another_database_is_the_same(
    sqlite_store: Store, postgresql_store: Store, clock: Clock
) -> None:
    for store in (sqlite_store, postgresql_store):
        _emptied(register_over(store, clock))
    fill.fill(register_over(sqlite_store, clock), national.resources(SIZE))

    fill.copy(sqlite_store, postgresql_store)

    copied = _emptied(register_over(postgresql_store, clock))
    assert copied == _emptied(register_over(sqlite_store, clock))
    assert len(copied["resource"]) > SIZE


def _emptied(counter: Counter) -> dict[str, list[Any]]:
    """Return every row of every table, and take them away."""
    with counter.store.writing() as connection:
        found = {
            table.name: sorted(tuple(row) for row in connection.execute(select(table)))
            for table in METADATA.sorted_tables
        }
        for table in reversed(METADATA.sorted_tables):
            connection.execute(table.delete())
    return found
