"""What is public of a house, seen from outside: every answer whole and signed, no name without."""

import urllib.request
from contextlib import closing
from pathlib import Path

from cryptography import x509

from flows.house import House
from smp.domain.identifiers import document_path, group_path
from smp.domain.naming import names
from smp.pki import verify
from smp.store.session import Store
from smp.store.shelf import Shelf
from smp.xml import parse, render


def seen(house: House) -> dict[str, bytes]:
    """Return all groups and documents that are answered, by path.

    Fails when one does not verify, when a group lists what is not answered or hides what is
    stored, and when a name in the zone leads to somebody of whom there is nothing.
    """
    certificate = x509.load_pem_x509_certificate(
        Path(house.environment["SMP_SIGNING_CERTIFICATE_FILE"]).read_bytes()
    )
    found: dict[str, bytes] = {}
    publisher = house.publisher()
    named = publisher.means.locator.names().keys()
    with closing(Store(house.environment["SMP_DATABASE_URL"])) as store:
        shelf = Shelf(store, render.service_group)
        everybody, stored = shelf.everybody(), set(shelf.documents())
    listed = set()
    for participant in everybody:
        body = found[group_path(participant)] = _answer(house, group_path(participant))
        for document in parse.service_group(parse.document(body)).documents:
            path = document_path(participant, document)
            found[path] = _answer(house, path)
            signed = verify.verify_by(parse.document(found[path]), certificate)
            if parse.redirect(signed) is None:
                meant = parse.service_metadata(signed)
                assert (meant.participant, meant.document) == (participant, document)
            listed.add((participant, document))
    assert listed == {(key.participant, key.document) for key in stored}
    assert named <= names(everybody, publisher.naming).keys() | {publisher.naming.publisher}
    return found


def _answer(house: House, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.smp_port}{path}", timeout=10) as answer:
        body: bytes = answer.read()
        return body
