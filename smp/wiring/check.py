"""`smp check`: all that publishing needs is looked at, and nothing is changed."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from eer.domain.errors import Absent
from eer.settings import Settings
from eer.wiring import directory
from smp import check
from smp.check import Look
from smp.domain import checks
from smp.domain.checks import Check, Level
from smp.domain.sml_fault import Fault, failure
from smp.lookup.fetch import Fetcher, group_url
from smp.settings.publishing import Publishing
from smp.sml import openly
from smp.sml.openly import Apex, Server
from smp.store.ledger import Ledger
from smp.store.migrations import upgrade
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.wiring import check_certificates, sml, zone
from smp.xml import render

_SECONDS = 5.0
_SQLITE = "sqlite:///"


def look(settings: Publishing, register: Settings) -> tuple[Check, ...]:
    """Look at everything that *settings* and *register* name."""
    where = _zone
    if settings.sml_url is not None:
        where = _registered
    elif settings.zone_file_to_write is not None:
        where = _file
    looks: dict[str, Look] = {
        "signer": lambda: check_certificates.signer(settings, register),
        "publication database": lambda: _database(settings),
        "register": lambda: _register(register),
        "publication": lambda: _publication(settings, register),
        "name servers": lambda: _servers(settings),
        "zone": lambda: where(settings),
        "certificates": lambda: check_certificates.others(settings),
        "base URL": lambda: _base_url(settings),
    }
    return check.check(looks)


def _database(settings: Publishing) -> Iterator[Check]:
    _check_there(settings.database_url, "smp migrate")
    yield Check("publication database", Level.OK, f"schema {upgrade.check(settings.database_url)}")


def _register(register: Settings) -> Iterator[Check]:
    _check_there(register.database_url, "eer migrate")
    sequence = directory.register(register).sequence()
    yield Check("register", Level.OK, f"at version {sequence}")


def _publication(settings: Publishing, register: Settings) -> Iterator[Check]:
    _check_there(settings.database_url, "smp migrate")
    _check_there(register.database_url, "eer migrate")
    with closing(Store(settings.database_url)) as store:
        progress = Ledger(store).progress()
    if progress is None:
        yield Check("publication", Level.OK, "nothing has been published yet")
        return
    asked = directory.register(register)
    lost = progress.lost(asked.written(progress.sequence), asked.sequence())
    found = lost or f"has come to version {progress.sequence}"
    yield Check("publication", Level.WARNING if lost else Level.OK, found)


def _servers(settings: Publishing) -> Iterator[Check]:
    all_of_them = [Server(*each) for each in (settings.nameserver, *settings.nameservers)]
    places = openly.everywhere(all_of_them)
    asked = {str(place): partial(_apex, place, settings) for place in places}
    yield checks.record_ttl(settings.dns_ttl)
    limit = checks.longest_absence(settings.dns_ttl, settings.negative_ttl)
    yield from check.servers(asked, limit)
    told = partial(openly.nameservers, zone=settings.naming.zone, timeout=_SECONDS)
    found = check.first(partial(told, place) for place in places)
    yield from checks.name_servers(
        {name: openly.addresses(name) for name in found},
        {str(each): openly.addresses(each.host) for each in dict.fromkeys(all_of_them)},
    )


def _apex(server: Server, settings: Publishing) -> Apex:
    found = openly.apex(server, settings.naming.zone, _SECONDS)
    openly.apex(server, settings.naming.zone, _SECONDS, over_tcp=True)
    return found


def _zone(settings: Publishing) -> Iterator[Check]:
    names = zone.updated(settings)
    kinds = [kind for kind, on in (("NAPTR", settings.naptr), ("CNAME", settings.cname)) if on]
    names.prove(kinds)
    yield Check("updates", Level.OK, f"taken from the key in {settings.tsig_key_file}")
    found = names.names()
    yield Check("transfer", Level.OK, f"{len(found)} names in the zone")
    yield checks.publisher(settings.naming, found.get(settings.naming.publisher))


def _file(settings: Publishing) -> Iterator[Check]:
    if settings.zone_file_to_write is None:
        return
    names = zone.written(settings, settings.zone_file_to_write)
    if not os.access(names.file.parent, os.W_OK):
        yield Check(
            "zone file",
            Level.ERROR,
            f"{names.file.parent} cannot be written to",
            "a directory of the publisher's own",
            "let the user that publishes write there",
        )
    if names.unloaded.exists():
        yield Check(
            "zone file",
            Level.WARNING,
            f"{names.file} was written and not loaded",
            "the file as it is to be served",
            "smp publish loads it; see what it says",
        )
        return
    found = names.names()
    yield Check("zone file", Level.OK, f"{len(found)} names in {names.file}")
    yield checks.publisher(settings.naming, found.get(settings.naming.publisher))


def _registered(settings: Publishing) -> Iterator[Check]:
    """The SML is asked for our registration: that it answers shows key and certificate."""
    with sml.conversation(settings) as central:
        found = central.registration()
    if isinstance(found, Fault):
        raise failure(found, f"asking for the registration of {settings.sml_smp_id}")
    yield Check("central SML", Level.OK, f"{found.smp_id} is registered with {found.logical}")


def _base_url(settings: Publishing) -> Iterator[Check]:
    """Ask for somebody who is published; where nobody is, whether the server lives."""
    _check_there(settings.database_url, "smp migrate")
    with closing(Store(settings.database_url)) as store:
        somebody = Shelf(store, render.service_group).somebody()
    base = settings.base_url
    url = f"{base}/health" if somebody is None else group_url(base, somebody)
    with Fetcher(time.monotonic) as fetcher:
        fetcher.fetch(url)
    yield Check("base URL", Level.OK, f"{url} answers")


def _check_there(url: str, command: str) -> None:
    """Raise Absent when a database is a file that is not there: asking would make one."""
    path = url.removeprefix(_SQLITE)
    if path != url and not Path(path).is_file():
        raise Absent(f"{path}: there is no such database: run {command}")
