"""`smp stop`: the brake, put together of as little as can be.

What it needs is the database, and for an access point the register. Keys, name servers and trust
files are for the names, and asked for when everything else is done.
"""

from functools import partial

from eer.settings import Settings
from eer.wiring import directory
from eer.wiring import parts as register_parts
from smp.domain.progress import Report
from smp.means import Books
from smp.settings.publishing import Publishing
from smp.stop import Brake
from smp.store.ledger import Ledger
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.store.stops import StopBook
from smp.wiring import parts, publish, signers
from smp.xml import render


def brake(settings: Publishing, register: Settings, by: str | None = None) -> Brake:
    """Return the brake in the name of *by*, or of who is logged in."""
    store, asked = Store(settings.database_url), _without_trust(register)
    books = Books(
        register=directory.register(asked),
        shelf=Shelf(store, render.service_group),
        ledger=Ledger(store),
        stops=StopBook(store),
        clock=parts.now,
        to_verify=publish.to_verify(store),
    )
    run = partial(_run, settings, register)
    return Brake(books, publish.terms(settings, asked), run, by or register_parts.user())


def _run(settings: Publishing, register: Settings) -> Report:
    ledger = Ledger(Store(settings.database_url))
    installed = signers.or_nobody(settings, ledger)
    return publish.signed_by(installed, settings, register).publish_touched()


def _without_trust(register: Settings) -> Settings:
    """Who is stopped is stopped, however its certificate stands."""
    nothing = {
        "ap_trust_file": None,
        "ap_test_trust_file": None,
        "crl_directory": None,
        "crl_urls": (),
    }
    return register.model_copy(update=nothing)
