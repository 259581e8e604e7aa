"""`smp import`: an export of another SMP, and where it goes."""

from contextlib import closing
from pathlib import Path

from eer.domain.errors import Malformed
from eer.settings import Settings
from eer.wiring import directory
from eer.wiring import parts as register_parts
from smp.settings.managing import Managing
from smp.stock import Stock, Terms, Warehouse
from smp.store.legacy import LegacyBook
from smp.store.session import Store
from smp.wiring import certificates, parts
from smp.xml import written


def take(settings: Managing, register: Settings, path: Path, terms: Terms, *, dry: bool) -> Stock:
    """Look through an export and, unless *dry*, write it down; raises as Warehouse does."""
    found = directory.register(register)
    with closing(Store(settings.database_url)) as store, path.open("rb") as file:
        book = LegacyBook(store, written.read)
        judge = certificates.judge(found, register)
        warehouse = Warehouse(book, found, judge, parts.now, register_parts.user())
        try:
            stock = warehouse.look(file, terms)
        except Malformed as fault:
            raise Malformed(f"{path}: {fault.text}") from None
        if not dry:
            warehouse.take(stock, terms)
        return stock
