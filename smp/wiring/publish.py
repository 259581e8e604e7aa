"""`smp plan` and `smp publish`: the publisher, put together."""

import signal
import threading
from datetime import timedelta

from eer.domain.plan import Limits
from eer.settings import Settings
from eer.wiring import directory
from smp import succession
from smp.domain.mapping import Terms
from smp.domain.naming import dns_name
from smp.enact import Means
from smp.publish import Publisher
from smp.settings import Publishing, process_ids
from smp.sml import tsig
from smp.sml.zone import Zone
from smp.store.ledger import Ledger
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.watch import watch
from smp.wiring import parts, signers
from smp.xml import render

_INTERVAL = timedelta(seconds=1)


def publisher(settings: Publishing, register: Settings) -> Publisher:
    """Return the publisher; raises when a key, a certificate or a trust file is not right."""
    signers.check_files(settings)
    store = Store(settings.database_url)
    installed = signers.installed(settings)
    present = installed().present
    means = Means(
        register=directory.register(register),
        shelf=Shelf(store, render.service_group),
        ledger=Ledger(store),
        locator=zone(settings),
        signer=present.signer,
        prove=present.prove,
        many=present.many,
        ttl=settings.ttl,
        clock=parts.now,
        signers=installed,
        takeover=settings.takeover,
        remind=succession.reminder(),
    )
    return Publisher(means, terms(settings), settings.naming, Limits())


def terms(settings: Publishing) -> Terms:
    """Return what documents need and the register does not say."""
    return Terms(
        document_schemes=settings.document_schemes,
        processes=process_ids(settings.processes),
        transport_profiles=settings.transport_profiles,
    )


def zone(settings: Publishing) -> Zone:
    """Return the zone at the configured servers."""
    return Zone(
        dns_name(settings.zone),
        primary=settings.nameserver,
        servers=settings.nameservers,
        key=tsig.load(settings.tsig_key_file),
        ttl=settings.dns_ttl,
    )


def publish_forever(publisher: Publisher) -> None:
    """Publish on change and by the clock, until the process is told to end."""
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    watch(publisher, interval=_INTERVAL, wait=stop.wait)
