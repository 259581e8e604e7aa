"""How does a register come to hold a whole country within a minute?

The judging is left out, and nothing else: the rows are made and written by the code that every
write goes through. That they are the same is shown by tests/eer/test_national.py.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import select

from builders_fhir import THE_OPERATOR, ref
from eer.domain.identifiers import Reference
from eer.fhir import kinds
from eer.register import transaction
from eer.register.change import Put
from eer.register.counter import Counter
from eer.register.state import State
from eer.register.transaction import Draft
from eer.store.records import Records
from eer.store.session import Store
from eer.store.tables import METADATA

Json = dict[str, Any]

_BATCH = 5_000


def fill(counter: Counter, resources: Iterable[Json], batch: int = _BATCH) -> int:
    """Write *resources*, which must be right and new; return how many they were."""
    known: dict[Reference, Reference] = {}
    for chunk in _batches(resources, batch):
        puts = tuple(Put(ref(each), each) for each in chunk)
        known |= {put.reference: put.reference for put in puts}
        with counter.store.writing() as connection:
            records = Records(connection)
            readings = {put.reference: kinds.reading(put.reference, put.json) for put in puts}
            draft = Draft(
                changes=puts,
                current=dict.fromkeys(readings),
                after=State(records, readings, known),
                issues=dict.fromkeys(readings, ()),
                readings=readings,
            )
            transaction.write(counter, records, draft, THE_OPERATOR)
    return len(known)


def copy(source: Store, target: Store) -> None:
    """Write the rows of a register into one on PostgreSQL, and let it look at them.

    The schema is there. Its server would look within a minute by itself (autovacuum).
    """
    with source.reading() as connection, target.writing() as other:
        for table in METADATA.sorted_tables:
            other.execute(table.delete())
            names = ", ".join(column.name for column in table.columns)
            cursor = other.connection.cursor()
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as rows:
                for row in connection.execute(select(table)):
                    rows.write_row(tuple(row))
    with target.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _batches(resources: Iterable[Json], size: int) -> Iterator[list[Json]]:
    rest = iter(resources)
    while chunk := list(islice(rest, size)):
        yield chunk
