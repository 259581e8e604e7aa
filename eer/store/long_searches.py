"""Which searches were too long for a link, and are kept for a while?"""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from eer.store.instants import micros
from eer.store.tables import long_search


class LongSearches:
    """The searches that are kept, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, digest: str, pairs: str, at: datetime, since: datetime) -> None:
        """Keep *pairs* under *digest*, and forget what was kept before *since*."""
        old = delete(long_search).where(long_search.c.at < micros(since))
        self._connection.execute(old)
        self._connection.execute(delete(long_search).where(long_search.c.digest == digest))
        row = {"digest": digest, "pairs": pairs, "at": micros(at)}
        self._connection.execute(insert(long_search).values(row))

    def get(self, digest: str) -> str | None:
        """Return what is kept under *digest*, or None."""
        query = select(long_search.c.pairs).where(long_search.c.digest == digest)
        found: str | None = self._connection.execute(query).scalar()
        return found
