"""Documents as phoss SMP and DomiSMP clients write them, and a way to put them into the book."""

from datetime import datetime

from lxml import etree

import builders
import builders_smp
from eer.domain.identifiers import Cvr
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, ParticipantId
from smp.domain.legacy import Group, Legacy, participant
from smp.domain.metadata import ServiceMetadata
from smp.store.legacy import LegacyBook
from smp.store.session import Store
from smp.xml import render, written

OWNER = Cvr.parse("12345674")
OTHER = Cvr.parse("29190623")


def who(number: int = 1) -> ParticipantId:
    return participant(f"iso6523-actorid-upis::0088:{builders.gln(number)}")


def key(number: int = 1, code: str = builders.HOMECARE) -> DocumentKey:
    return DocumentKey(who(number), DocumentId(Identifier("dk-medcom-messaging", code)))


def element(
    number: int = 1, code: str = builders.HOMECARE, uri: str = "https://legacy.example.dk/as4"
) -> etree._Element:
    """Return an unsigned ServiceMetadata of the *number*th participant."""
    at = key(number, code)
    said = builders_smp.service_metadata(
        builders_smp.endpoint(uri=uri), participant=at.participant, document=at.document
    )
    return render.service_metadata(said)[0]


def meant(number: int = 1, code: str = builders.HOMECARE, **changes: str) -> ServiceMetadata:
    return written.meant(element(number, code, **changes), key(number, code))


def book(store: Store) -> LegacyBook:
    return LegacyBook(store, written.read)


def put(
    store: Store,
    number: int = 1,
    code: str = builders.HOMECARE,
    *,
    begins: datetime | None = None,
    ends: datetime | None = None,
    **changes: str,
) -> int:
    """Write a document as a tool would, with its group; return the number of the write."""
    said = Legacy(key(number, code), meant(number, code, **changes), begins, ends)
    with book(store).writing("a tool", builders.NOW) as pen:
        if pen.group(builders.gln(number)) is None:
            pen.put_group(Group(builders.gln(number), OWNER))
        pen.put(said)
    return pen.number


def forget(store: Store, number: int = 1) -> None:
    with book(store).writing("a tool", builders.NOW) as pen:
        pen.delete_group(builders.gln(number))
