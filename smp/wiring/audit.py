"""`smp audit`: everybody looked up, and compared with what the register wants published."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from eer.settings import Settings
from eer.wiring import directory
from smp import audit
from smp.audit import Findings, View
from smp.domain import mapping
from smp.settings import Lookup, Publishing
from smp.store.documents import Documents
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.trace import trace_document, trace_group
from smp.wiring import lookup, parts, publish
from smp.xml import render

_AT_ONCE = 8


def look(settings: Publishing, register: Settings) -> Findings:
    """Look everybody up once and return what differs."""
    at = parts.now()
    found = directory.register(register).directory(None)
    wanted = mapping.documents(found, publish.terms(settings), at)
    store = Store(settings.database_url)
    documents = Documents(store)
    stored = Shelf(store, render.service_group).documents()
    client = Lookup.model_construct(
        **{name: getattr(settings, name) for name in Lookup.model_fields}
    )
    with (
        lookup.access_point(client, settings.nameservers) as access_point,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        view = View(
            base_url=settings.base_url,
            group=lambda participant: trace_group(participant, access_point),
            document=lambda key: trace_document(key.participant, key.document, access_point, at),
            is_stored=lambda key: (
                documents.document(str(key.participant), str(key.document)) is not None
            ),
        )
        withdrawn = {key.participant for key in stored}
        return audit.audit(wanted, withdrawn, view, pool.map)


def repair(settings: Publishing, register: Settings) -> tuple[Findings, Findings]:
    """Look, publish everything if anything differs, and look again."""
    publisher = publish.publisher(settings, register)
    publish_all: Callable[[], object] = publisher.publish_all
    return audit.repair(lambda: look(settings, register), publish_all)
