"""Which search parameters made the index, and what is it made of?"""

from collections.abc import Iterator

from sqlalchemy import Connection, delete, insert, select

from eer.store.records import current_versions
from eer.store.rows import Version, version_of
from eer.store.tables import INDEX, index_state, link, resource


class Index:
    """The index tables as a whole, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keyed(self, type_name: str) -> Iterator[tuple[int, Version]]:
        """Yield the key in the index tables and the present state of every resource of a type."""
        query = current_versions().add_columns(resource.c.key.label("key"))
        query = query.where(resource.c.type == type_name, resource.c.deleted.is_(False))
        for row in self._connection.execute(query.order_by(resource.c.key)):
            yield row.key, version_of(row)

    def fingerprint(self) -> str | None:
        """Return by which search parameters the index was made; None when none is told."""
        found: str | None = self._connection.execute(select(index_state.c.fingerprint)).scalar()
        return found

    def put_fingerprint(self, fingerprint: str) -> None:
        """Note by which search parameters the index is made."""
        self._connection.execute(delete(index_state))
        self._connection.execute(insert(index_state).values(fingerprint=fingerprint))

    def forget_index(self) -> None:
        """Let no resource be found under anything."""
        for table in INDEX:
            self._connection.execute(delete(table))

    def forget_links(self) -> None:
        """Let no resource point at any other."""
        self._connection.execute(delete(link))
