"""`smp plan` and `smp publish`: the publisher, put together."""

import signal
import threading
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from eer.domain.plan import Limits
from eer.settings import Settings
from eer.wiring import directory
from eer.wiring import parts as register_parts
from smp import succession
from smp.aside import Aside
from smp.domain.drift import Drift
from smp.domain.ends import Ends
from smp.domain.identifiers import ParticipantId
from smp.domain.mapping import Terms
from smp.domain.progress import Report
from smp.means import Means
from smp.pki import names
from smp.publish import Publisher
from smp.settings.publishing import Publishing
from smp.settings.spelling import process_ids
from smp.signing import Signers
from smp.store.ledger import Ledger
from smp.store.legacy import LegacyBook
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.store.stops import StopBook
from smp.store.verifications import Verifications, Waiting
from smp.watch import reach, watch
from smp.wiring import certificates, parts, signers, zone
from smp.wiring.metrics import Gauge, show
from smp.xml import render, written

_INTERVAL = timedelta(seconds=1)
_MOMENT = 0.5
"""Seconds after which a waiting process looks whether it was told to end."""


def publisher(settings: Publishing, register: Settings) -> Publisher:
    """Return the publisher; raises when a key, a certificate or a trust file is not right."""
    parts.check_files({**signers.files(settings), **zone.files(settings)})
    return signed_by(signers.installed(settings), settings, register)


def signed_by(
    installed: Callable[[], Signers], settings: Publishing, register: Settings
) -> Publisher:
    """Return the publisher whose documents are signed by whoever is *installed*; raises so too."""
    parts.check_files(zone.files(settings))
    store = Store(settings.database_url)
    present = installed().present
    means = Means(
        register=directory.register(register),
        shelf=Shelf(store, render.service_group),
        ledger=Ledger(store),
        stops=StopBook(store),
        legacy=LegacyBook(store, written.read),
        locator=zone.locator(settings, Ledger(store)),
        signer=present.signer,
        prove=present.prove,
        many=present.many,
        ttl=settings.ttl,
        clock=parts.now,
        to_verify=to_verify(store),
        signers=installed,
        takeover=settings.takeover,
        remind=succession.reminder(),
    )
    return Publisher(means, terms(settings, register), settings.naming, Limits())


def to_verify(store: Store) -> Callable[[Collection[ParticipantId], int], None]:
    """Return what is told who is to be looked up."""
    book = Verifications(store)
    return lambda who, sequence: book.put(who, sequence, parts.now())


def terms(settings: Publishing, register: Settings) -> Terms:
    """Return what documents need and the register does not say."""
    return Terms(
        document_schemes=settings.document_schemes,
        processes=process_ids(settings.processes),
        transport_profiles=settings.transport_profiles,
        tolerated=register_parts.tolerated(register),
        certificate_uid=names.of_certificate,
        objection=certificates.objection(
            certificates.judge(directory.register(register), register)
        ),
    )


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What is done beside publishing, what came of it, and when certificates end."""

    aside: Aside
    drift: Callable[[], Drift]
    waiting: Callable[[], Waiting]
    ends: Callable[[], Ends] = Ends


Beside = Callable[[threading.Event], AbstractContextManager[Meanwhile]]
"""Gives what is done beside publishing, until the event says that the process ends."""


def publish_forever(
    publisher: Publisher,
    register: Settings,
    beside: Beside,
    metrics: tuple[str, int] | None = None,
) -> None:
    """Publish on change and by the clock, until the process is told to end.

    Figures are shown at *metrics*; raises Unavailable when that is taken.
    """
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    bell = directory.register(register)
    rest = resting(stop, bell.rings, time.monotonic)
    with beside(stop) as meanwhile:
        aside = meanwhile.aside
        gauge = Gauge(publisher, bell, meanwhile.drift, meanwhile.waiting, meanwhile.ends)
        if metrics is not None:
            show(gauge, *metrics)

        def seen(report: Report | None) -> None:
            gauge.seen(report)
            aside.busy()

        wait, rest = aside.before(stop.wait), aside.before(rest)
        watch(publisher, interval=_INTERVAL, wait=wait, rest=rest, seen=seen)


def reached(publisher: Publisher, sequence: int, seconds: float) -> frozenset[str]:
    """Publish until all up to *sequence* is done, *seconds* at most; raises as reach() does."""
    until = time.monotonic() + seconds

    def patience() -> bool:
        time.sleep(_MOMENT)
        return time.monotonic() < until

    return reach(publisher, sequence, patience)


def resting(
    stop: threading.Event, rings: Callable[[float], bool], clock: Callable[[], float]
) -> Callable[[float], bool]:
    """Return what waits for so many seconds, or until it *rings*, or is told to stop.

    It returns whether to stop; *clock* tells seconds that never go back.
    """

    def rest(seconds: float) -> bool:
        until = clock() + seconds
        while not stop.is_set() and (left := until - clock()) > 0:
            if rings(min(left, _MOMENT)):
                break
        return stop.is_set()

    return rest
