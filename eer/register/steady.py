"""How is what takes several statements found in one state of the register, by the fewest of them?

The register's tip names its state: what is found between two looks at the same tip was found in
one. A look costs one round trip; a transaction that reads costs two beside what it reads, and is
used where somebody wrote meanwhile.
"""

from collections.abc import Callable
from typing import TypeVar

from eer.domain.errors import Failure
from eer.store.records import Records
from eer.store.rows import Tip
from eer.store.session import Store

T = TypeVar("T")


def steadily(store: Store, find: Callable[[Records], T], tip: Tip | None = None) -> T:
    """Return what *find* finds in one state of the register, which may be looked for twice.

    *tip* is what a look has told already. Raises what *find* raises.
    """
    with store.looking() as connection:
        looked = Records(connection).tip() if tip is None else tip
        records = Records(connection, looked)
        try:
            found = find(records)
        except Failure:
            if records.tip() == looked:
                raise
        else:
            if records.tip() == looked:
                return found
    with store.reading() as connection:
        return find(Records(connection, Records(connection).tip()))
