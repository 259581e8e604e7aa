"""What must the publisher remember: which names are ours, what was agreed, how far it has come?"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from smp.domain.hour import Hour
from smp.domain.identifiers import fold
from smp.domain.naming import DnsName, parse_own, print_own
from smp.domain.progress import Progress
from smp.domain.state import Agreed
from smp.store import history, legacy
from smp.store.alarms import Alarms, reset
from smp.store.session import Store, micros, moment
from smp.store.stops import finished
from smp.store.tables import agreed, dns_name, document_scheme, generation, gone, progress

_AT_ONCE = 400
BASE, _PUBLISHER, _SIGNER, _MARK = "base", "publisher", "signer", "mark"
_ZONE, _RECORD, _TTL = "zone", "record", "ttl"  # the TTL in seconds
_REHEARSED = "rehearsed"  # a signer; written without the lock of a run
_LATELY = timedelta(hours=24)


class Gone(NamedTuple):
    """How many documents and names went or moved."""

    documents: int
    names: int


@dataclass(frozen=True, slots=True)
class OurNames:
    """The names written down as ours: those of participants and those of the publisher."""

    participants: frozenset[DnsName]
    publisher: frozenset[DnsName]


@dataclass(frozen=True, slots=True)
class Closing:
    """What a run writes down at its end besides how far it has come.

    Which names are ours, of them the *publisher*'s own, and which no longer. What was stopped or
    released up to the revision *stops*, and what tools wrote up to the number *written*, is done.
    Time alone will change something of those in *alarms*, and of nobody else *among* those looked
    at, who were all where it is None. It was *at* that time.
    """

    claimed: Collection[DnsName]
    forgotten: Collection[DnsName]
    publisher: DnsName
    stops: int
    written: int = 0
    alarms: Mapping[str, datetime] = field(default_factory=dict)
    among: Collection[str] | None = None
    at: datetime | None = None


class Ledger:
    """The publisher's own books."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.alarms = Alarms(store)

    def run(self) -> AbstractContextManager[None]:
        """Hold the lock of a run; raises Unavailable when another run has it."""
        return self._store.run()

    def agreed(self) -> Agreed:
        """Return what people have agreed to."""
        query = select(agreed.c.kind, agreed.c.value).order_by(agreed.c.number)
        with self._store.asking() as connection:
            rows = [(row.kind, row.value) for row in connection.execute(query)]
        return Agreed(
            bases=tuple(value for kind, value in rows if kind == BASE),
            publishers=tuple(DnsName(value) for kind, value in rows if kind == _PUBLISHER),
            signers=tuple(value for kind, value in rows if kind == _SIGNER),
            marks=frozenset(value for kind, value in rows if kind == _MARK),
            zones=tuple(DnsName(value) for kind, value in rows if kind == _ZONE),
            records=tuple(parse_own(value) for kind, value in rows if kind == _RECORD),
            ttl=timedelta(seconds=sum(int(value) for kind, value in rows if kind == _TTL)),
        )

    def agree(self, to: Agreed) -> None:
        """Remember that people agreed *to* this, and to nothing else."""
        kinds: dict[str, Iterable[str]] = {
            BASE: to.bases,
            _PUBLISHER: to.publishers,
            _SIGNER: to.signers,
            _MARK: sorted(to.marks),
            _ZONE: to.zones,
            _RECORD: map(print_own, to.records),
            _TTL: [str(int(to.ttl.total_seconds()))],
        }
        rows = [
            {"kind": kind, "value": value, "number": number}
            for kind, values in kinds.items()
            for number, value in enumerate(values)
        ]
        with self._store.writing() as connection:
            connection.execute(delete(agreed).where(agreed.c.kind != _REHEARSED))
            connection.execute(insert(agreed), rows)

    def hour(self, clock: datetime) -> Hour:
        """Return what time it is to a run when the *clock* says that."""
        with self._store.asking() as connection:
            return Hour(clock, history.last(connection))

    def pass_by(self, at: datetime) -> None:
        """Write down that it was *at* already, though nothing was done then."""
        with self._store.writing() as connection:
            history.pass_by(connection, at)

    def go_back(self, at: datetime, ttl: timedelta) -> None:
        """Write down that it is *at*, whatever was written before; who leaves has *ttl* from then.

        All that was timed by a clock that was ahead is in the books with times to come.
        """
        with self._store.writing() as connection:
            history.go_back(connection, at, at + ttl)

    def rehearsed(self) -> frozenset[str]:
        """Return the signers that everything was signed with once, and proved, for trial."""
        query = select(agreed.c.value).where(agreed.c.kind == _REHEARSED)
        with self._store.asking() as connection:
            return frozenset(connection.execute(query).scalars())

    def rehearse(self, signer: str) -> None:
        """Remember that everything was signed with *signer*, and proved, for trial."""
        row = {"kind": _REHEARSED, "value": signer, "number": 0}
        with self._store.writing() as connection:
            again = (agreed.c.kind == _REHEARSED) & (agreed.c.value == signer)
            connection.execute(delete(agreed).where(again))
            connection.execute(insert(agreed), [row])

    def schemes(self) -> tuple[str, ...]:
        """Return the document schemes that answer for a bare value, the first preferred."""
        query = select(document_scheme.c.scheme).order_by(document_scheme.c.position)
        with self._store.asking() as connection:
            return tuple(connection.execute(query).scalars())

    def prefer(self, schemes: Iterable[str]) -> None:
        """Let *schemes* answer for a bare value, the first one that has it."""
        rows = [
            {"scheme": scheme, "position": position}
            for position, scheme in enumerate(dict.fromkeys(map(fold, schemes)))
        ]
        with self._store.writing() as connection:
            connection.execute(delete(document_scheme))
            connection.execute(insert(document_scheme), rows)
            connection.execute(update(generation).values(number=generation.c.number + 1))

    def names(self, among: Collection[DnsName] | None = None) -> OurNames:
        """Return the names that are ours, of those *among*, or all."""
        query = select(dns_name.c.name, dns_name.c.is_publisher)
        rows: list[tuple[str, bool]] = []
        with self._store.asking() as connection:
            if among is None:
                rows += [(row.name, row.is_publisher) for row in connection.execute(query)]
            else:
                for some in _chunks(among):
                    found = connection.execute(query.where(dns_name.c.name.in_(some)))
                    rows += [(row.name, row.is_publisher) for row in found]
        return OurNames(
            participants=frozenset(
                DnsName(name) for name, is_publisher in rows if not is_publisher
            ),
            publisher=frozenset(DnsName(name) for name, is_publisher in rows if is_publisher),
        )

    def name_count(self, zone: DnsName) -> int:
        """Return how many names of participants in *zone* are ours."""
        return self._count(_in(zone) & ~dns_name.c.is_publisher)

    def former(self, zones: Iterable[DnsName]) -> dict[DnsName, int]:
        """Return how many names are ours in each of *zones* that has any."""
        counts = {zone: self._count(_in(zone)) for zone in zones}
        return {zone: count for zone, count in counts.items() if count}

    def gone(self, at: datetime) -> Gone:
        """Return how many documents and names went or moved in the 24 hours before *at*."""
        query = select(
            func.coalesce(func.sum(gone.c.documents), 0), func.coalesce(func.sum(gone.c.names), 0)
        ).where(gone.c.at > micros(at - _LATELY))
        with self._store.asking() as connection:
            documents, names = connection.execute(query).one()
        return Gone(int(documents), int(names))

    def note(self, went: Gone, at: datetime) -> None:
        """Remember for 24 hours what *went* or moved at *at*."""
        with self._store.writing() as connection:
            connection.execute(delete(gone).where(gone.c.at <= micros(at - _LATELY)))
            connection.execute(insert(gone).values(at=micros(at), **went._asdict()))

    def _count(self, condition: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(dns_name).where(condition)
        with self._store.asking() as connection:
            number: int = connection.execute(query).scalar_one()
        return number

    def claim(self, names: Collection[DnsName], publisher: DnsName) -> None:
        """Write down that *names* are ours; *publisher* is the publisher's own."""
        with self._store.writing() as connection:
            _claim(connection, names, publisher)

    def forget(self, names: Collection[DnsName]) -> None:
        """Write down that *names* are ours no longer."""
        with self._store.writing() as connection:
            _forget(connection, names)

    def progress(self) -> Progress | None:
        """Return how far publication has come; None before the first run has finished."""
        with self._store.asking() as connection:
            row = connection.execute(select(progress)).first()
        if row is None:
            return None
        return Progress(
            sequence=row.sequence,
            settings=row.settings,
            signer=row.signer,
            next_look=None if row.next_look is None else moment(row.next_look),
            unfinished=frozenset(row.unfinished.splitlines()),
            written=None if row.written is None else moment(row.written),
        )

    def finish(self, to: Progress, closing: Closing) -> None:
        """Remember that publication has come *to* here; what was agreed to singly is done."""
        with self._store.writing() as connection:
            if closing.at is not None:
                history.pass_by(connection, closing.at)
            finished(connection, closing.stops)
            reset(connection, closing.alarms, closing.among)
            legacy.finished(connection, closing.written)
            _claim(connection, closing.claimed, closing.publisher)
            _forget(connection, closing.forgotten)
            connection.execute(delete(agreed).where(agreed.c.kind == _MARK))
            connection.execute(delete(progress))
            history.reach(connection, to.sequence)
            connection.execute(
                insert(progress).values(
                    sequence=to.sequence,
                    settings=to.settings,
                    signer=to.signer,
                    next_look=None if to.next_look is None else micros(to.next_look),
                    unfinished="\n".join(sorted(to.unfinished)),
                    written=None if to.written is None else micros(to.written),
                )
            )


def _claim(connection: Connection, names: Collection[DnsName], publisher: DnsName) -> None:
    _forget(connection, names)
    if names:
        rows = [{"name": name, "is_publisher": name == publisher} for name in names]
        connection.execute(insert(dns_name), rows)


def _forget(connection: Connection, names: Collection[DnsName]) -> None:
    if names:
        rows = [{"gone": name} for name in names]
        connection.execute(delete(dns_name).where(dns_name.c.name == bindparam("gone")), rows)


def _in(zone: DnsName) -> ColumnElement[bool]:
    return dns_name.c.name.endswith(f".{zone}", autoescape=True)


def _chunks(names: Collection[DnsName]) -> Iterable[list[DnsName]]:
    ordered = sorted(names)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
