"""The publication database: what the public reads, and what the publisher writes."""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from builders import HOMECARE, NOW, RECEIPT, gln
from eer.domain.errors import Conflict, Malformed, Unavailable
from fakes.publishing import NAMING, TERMS, key
from smp.domain.identifiers import DocumentKey, Identifier, ParticipantId
from smp.domain.metadata import ServiceGroup
from smp.domain.naming import Address, Cname, DnsName
from smp.domain.progress import Progress
from smp.domain.state import Agreed, Stored, Version
from smp.store import tables
from smp.store.documents import Documents, Published, _document
from smp.store.ledger import Closing, Gone, Ledger
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store
from smp.store.shelf import Change, Shelf, Signed
from smp.xml import render

BASE = NAMING.base_url
OTHER_BASE = "https://other.example.dk"
SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(hours=1)
PUBLISHER = NAMING.publisher
NAME = DnsName("one.sml.example.dk.")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    migrate(database_url)
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture
def shelf(store: Store) -> Shelf:
    return Shelf(store, render.service_group)


@pytest.fixture
def documents(store: Store) -> Documents:
    return Documents(store)


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)


def version(digest: str = "same") -> Version:
    return Version(digest, ("https://a.example.dk", "https://b.example.dk"), "first")


def signed(where: DocumentKey, body: str = "<signed/>") -> Signed:
    return Signed(where, version(), body.encode())


def put(*keys: DocumentKey, body: str = "<signed/>") -> Change:
    return Change(put=tuple(signed(each, body) for each in keys))


def participant(number: int = 1) -> str:
    return f"iso6523-actorid-upis::0088:{gln(number)}"


# The schema


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    store = Store(database_url)
    Shelf(store, render.service_group).apply(put(key(1)), BASE, NOW)

    migrate(database_url)

    assert Shelf(store, render.service_group).count() == 1
    store.close()


def test_the_migrations_make_the_tables_that_the_code_knows(store: Store) -> None:
    with store.writing() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "smp_schema"})
        differences = compare_metadata(context, tables.METADATA)

    assert differences == []


def test_a_database_without_schema_says_what_to_run(database_url: str) -> None:
    store = Store(database_url)

    with pytest.raises(Unavailable, match="run smp migrate"):
        Documents(store).generation()

    store.close()


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/absent/smp.sqlite")

    with pytest.raises(Unavailable, match="does not answer"):
        Documents(store).generation()


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x"])
def test_a_url_that_is_none_is_malformed(url: str) -> None:
    with pytest.raises(Malformed, match="database URL"):
        Store(url)


# What the public reads


def test_a_document_is_served_as_it_was_stored(shelf: Shelf, documents: Documents) -> None:
    shelf.apply(put(key(1), body="<æøå/>"), BASE, NOW)

    found = documents.document(participant(), str(key(1).document))

    body = "<æøå/>".encode()
    assert found == Published(body, f'"{sha256(body).hexdigest()[:32]}"', NOW)


@pytest.mark.smp(18, 19, 20, 21, 22, 23)
@pytest.mark.parametrize(
    "document",
    [
        f"dk-medcom-messaging::{HOMECARE}",
        f"DK-MEDCOM-Messaging::{HOMECARE.upper()}",
        HOMECARE,
        HOMECARE.upper(),
        f"::{HOMECARE}",
    ],
)
@pytest.mark.parametrize(
    "whose",
    [participant(), participant().upper(), f"0088:{gln(1)}"],
)
def test_a_document_is_found_however_a_client_writes_it(
    shelf: Shelf, documents: Documents, whose: str, document: str
) -> None:
    shelf.apply(put(key(1), key(2)), BASE, NOW)

    assert documents.document(whose, document) is not None


@pytest.mark.parametrize(
    ("whose", "document"),
    [
        (participant(3), HOMECARE),
        (f"other-scheme::0088:{gln(1)}", HOMECARE),
        (participant(), RECEIPT),
        (participant(), f"other-scheme::{HOMECARE}"),
        (participant(), ""),
        (participant(), "::"),
        ("", HOMECARE),
        ("::", HOMECARE),
    ],
)
def test_what_is_not_published_is_not_found(
    shelf: Shelf, documents: Documents, whose: str, document: str
) -> None:
    shelf.apply(put(key(1)), BASE, NOW)

    assert documents.document(whose, document) is None


def test_a_scheme_asked_for_is_the_one_answered(shelf: Shelf, documents: Documents) -> None:
    shelf.apply(put(key(1)), BASE, NOW)
    shelf.apply(put(key(1, scheme=1), body="<second/>"), BASE, NOW)

    found = documents.document(participant(), f"busdox-docid-qns::{HOMECARE}")

    assert found is not None
    assert found.body == b"<second/>"


@pytest.mark.parametrize("document", [HOMECARE, f"::{HOMECARE}"])
def test_a_value_alone_is_answered_by_the_first_configured_scheme(
    shelf: Shelf, ledger: Ledger, documents: Documents, document: str
) -> None:
    shelf.apply(put(key(1), body="<first/>"), BASE, NOW)
    shelf.apply(put(key(1, scheme=1), body="<second/>"), BASE, NOW)
    answers = []

    for schemes in (TERMS.document_schemes, TERMS.document_schemes[::-1]):
        ledger.prefer(schemes)
        answers.append(documents.document(participant(), document))

    assert [found and found.body for found in answers] == [b"<first/>", b"<second/>"]


SPELLED = "urn:Example:A::B##C"


@pytest.fixture
def spelled(store: Store, shelf: Shelf) -> Documents:
    """One document under a scheme that heeds case and under one that does not."""
    keys = [replace(key(1), document=Identifier(scheme, SPELLED)) for scheme in ("Strict", "lax")]
    for each in keys:
        shelf.apply(put(each, body=f"<{each.document.scheme.lower()}/>"), BASE, NOW)
    Ledger(store).prefer(["strict", "lax"])
    return Documents(store, ["STRICT"])


@pytest.mark.smp(23, 24, 124)
@pytest.mark.parametrize(
    ("document", "body"),
    [
        (f"strict::{SPELLED}", b"<strict/>"),
        (f"STRICT::{SPELLED}", b"<strict/>"),
        (f"strict::{SPELLED.lower()}", None),
        (f"strict::{SPELLED.upper()}", None),
        (f"lax::{SPELLED.lower()}", b"<lax/>"),
        (f"lax::{SPELLED.upper()}", b"<lax/>"),
        (SPELLED, b"<strict/>"),
        (f"::{SPELLED}", b"<strict/>"),
        (SPELLED.lower(), b"<lax/>"),
        (f"::{SPELLED.lower()}", b"<lax/>"),
    ],
)
def test_in_a_case_sensitive_scheme_a_document_is_found_as_it_is_spelled_only(
    spelled: Documents, document: str, body: bytes | None
) -> None:
    found = spelled.document(participant(), document)

    assert (found and found.body) == body


@pytest.mark.smp(22, 24)
def test_in_a_case_sensitive_scheme_a_participant_is_found_as_it_is_spelled_only(
    store: Store, shelf: Shelf
) -> None:
    who = ParticipantId(Identifier("Strict", "9915:Prøve"))
    shelf.apply(put(replace(key(1), participant=who)), BASE, NOW)
    heeding, not_heeding = Documents(store, ["strict"]), Documents(store)

    for written in ("strict::9915:Prøve", "Strict::9915:Prøve", "9915:Prøve"):
        assert heeding.group(written) is not None
        assert heeding.document(written, str(key(1).document)) is not None
    for written in ("strict::9915:prøve", "STRICT::9915:PRØVE", "9915:prøve"):
        assert heeding.group(written) is None
        assert heeding.document(written, str(key(1).document)) is None
        assert not_heeding.group(written) is not None


def test_what_is_written_in_full_wins_over_a_value_that_looks_the_same(
    shelf: Shelf, documents: Documents
) -> None:
    whole = replace(key(1), document=Identifier("a", "b"))
    bare = replace(key(1), document=Identifier("other", "a::b"))
    shelf.apply(put(whole, body="<whole/>"), BASE, NOW)
    shelf.apply(put(bare, body="<bare/>"), BASE, NOW)

    found = documents.document(participant(), "a::b")

    assert found is not None
    assert found.body == b"<whole/>"


@pytest.mark.smp(40, 44)
def test_a_group_lists_exactly_what_is_stored(shelf: Shelf, documents: Documents) -> None:
    shelf.apply(put(key(1, RECEIPT), key(1)), BASE, NOW)

    found = documents.group(f"0088:{gln(1)}")

    assert found is not None
    assert found.body == render.service_group(
        ServiceGroup(key(1).participant, (key(1).document, key(1, RECEIPT).document), BASE)
    )
    assert found.last_modified == NOW


@pytest.mark.smp(5)
def test_a_group_goes_with_its_last_document(shelf: Shelf, documents: Documents) -> None:
    shelf.apply(put(key(1), key(2)), BASE, NOW)

    shelf.apply(Change(drop=(key(1),)), BASE, NOW)

    assert documents.group(participant(1)) is None
    assert documents.group(participant(2)) is not None


def test_the_public_never_sees_half_a_change(
    shelf: Shelf, documents: Documents, store: Store
) -> None:
    def fail(_: object) -> bytes:
        raise Malformed("this group cannot be written")

    shelf.apply(put(key(1)), BASE, NOW)

    with pytest.raises(Malformed):
        Shelf(store, fail).apply(Change(drop=(key(1),), put=(signed(key(2)),)), BASE, NOW)

    assert documents.document(participant(1), HOMECARE) is not None
    assert documents.document(participant(2), HOMECARE) is None


def test_the_generation_rises_with_every_change_of_what_is_public(
    shelf: Shelf, ledger: Ledger, documents: Documents
) -> None:
    numbers = [documents.generation()]

    shelf.apply(put(key(1)), BASE, NOW)
    numbers.append(documents.generation())
    shelf.apply(Change(drop=(key(1),)), BASE, NOW)
    numbers.append(documents.generation())
    ledger.prefer(["a"])
    numbers.append(documents.generation())

    assert numbers == sorted(set(numbers))


@pytest.mark.smp(30)
def test_a_document_that_changes_within_a_second_is_younger_all_the_same(
    shelf: Shelf, documents: Documents
) -> None:
    shelf.apply(put(key(1)), BASE, NOW)

    shelf.apply(put(key(1), body="<new/>"), BASE, NOW - SECOND)

    found = documents.document(participant(), HOMECARE)
    assert found is not None
    assert found.last_modified == NOW + SECOND


@pytest.mark.smp(30)
def test_a_group_that_changes_within_a_second_is_younger_all_the_same(
    shelf: Shelf, documents: Documents
) -> None:
    shelf.apply(put(key(1)), BASE, NOW)

    shelf.apply(put(key(1, RECEIPT)), BASE, NOW)

    found = documents.group(participant())
    assert found is not None
    assert found.last_modified == NOW + SECOND


def test_a_group_that_says_the_same_keeps_its_time(shelf: Shelf, documents: Documents) -> None:
    shelf.apply(put(key(1)), BASE, NOW)

    shelf.apply(put(key(1), body="<new/>"), BASE, LATER)

    found = documents.group(participant())
    assert found is not None
    assert found.last_modified == NOW


def test_last_modified_is_in_whole_seconds(shelf: Shelf, documents: Documents) -> None:
    shelf.apply(put(key(1)), BASE, datetime(2026, 8, 3, 12, 0, 0, 999_999, tzinfo=UTC))

    found = documents.document(participant(), HOMECARE)

    assert found is not None
    assert found.last_modified == datetime(2026, 8, 3, 12, tzinfo=UTC)


# What the publisher writes


def test_the_shelf_tells_what_documents_are_compared_by(shelf: Shelf) -> None:
    shelf.apply(put(key(1), key(2)), BASE, NOW)
    shelf.schedule([key(2)], LATER)

    assert shelf.documents() == {key(1): Stored(version()), key(2): Stored(version(), LATER)}
    assert shelf.documents([key(2).participant]) == {key(2): Stored(version(), LATER)}
    assert shelf.documents([]) == {}


def test_a_document_spelled_otherwise_takes_the_place_of_the_first(shelf: Shelf) -> None:
    other = key(1, HOMECARE.upper())
    shelf.apply(put(key(1)), BASE, NOW)

    shelf.apply(put(other), BASE, NOW)

    assert list(shelf.documents()) == [other]


def test_documents_waiting_to_retire_are_served_but_not_counted(
    shelf: Shelf, documents: Documents
) -> None:
    shelf.apply(put(key(1), key(2)), BASE, NOW)

    shelf.schedule([key(1)], LATER)

    assert documents.document(participant(1), HOMECARE) is not None
    assert shelf.count() == 1
    assert shelf.retirements() == {key(1).participant: LATER}
    assert shelf.due(LATER - SECOND) == frozenset()
    assert shelf.due(LATER) == {key(1).participant}


@pytest.mark.parametrize("change", [Change(keep=(key(1),)), put(key(1))])
def test_what_is_kept_or_put_waits_for_no_retirement(shelf: Shelf, change: Change) -> None:
    shelf.apply(put(key(1)), BASE, NOW)
    shelf.schedule([key(1)], LATER)

    shelf.apply(change, BASE, NOW)

    assert shelf.retirements() == {}


def test_a_shelf_is_empty_until_something_is_stored(shelf: Shelf) -> None:
    before = shelf.is_empty()

    shelf.apply(put(key(1)), BASE, NOW)

    assert before
    assert not shelf.is_empty()


def test_groups_below_another_base_are_told_and_written_anew(shelf: Shelf) -> None:
    shelf.apply(put(key(1), key(2)), BASE, NOW)
    whose = key(1).participant
    before = shelf.elsewhere(OTHER_BASE), shelf.elsewhere(OTHER_BASE, [whose])

    shelf.apply(Change(link=(whose,)), OTHER_BASE, NOW)

    assert before == ({whose, key(2).participant}, {whose})
    assert shelf.elsewhere(OTHER_BASE) == {key(2).participant}


def test_participants_of_several_schemes_are_kept_apart(shelf: Shelf, documents: Documents) -> None:
    other = replace(key(1), participant=ParticipantId(Identifier("other", f"0088:{gln(1)}")))
    shelf.apply(put(key(1), other), BASE, NOW)

    shelf.apply(Change(drop=(other,)), BASE, NOW)

    assert documents.group(participant(1)) is not None
    assert documents.group(str(other.participant)) is None


def test_more_participants_than_one_query_takes_are_no_trouble(shelf: Shelf) -> None:
    keys = [key(number) for number in range(1, 1000)]
    shelf.apply(put(*keys), BASE, NOW)

    assert shelf.documents([each.participant for each in keys]).keys() == set(keys)


def test_the_ledger_knows_our_names(ledger: Ledger) -> None:
    ledger.claim([NAME, PUBLISHER], PUBLISHER)
    ledger.claim([NAME], PUBLISHER)

    names = ledger.names()

    assert (names.participants, names.publisher) == ({NAME}, {PUBLISHER})
    assert ledger.names([NAME, DnsName("other.")]).participants == {NAME}
    assert ledger.names([]).participants == frozenset()
    assert ledger.name_count(NAMING.zone) == 1


def test_the_ledger_forgets_names(ledger: Ledger) -> None:
    ledger.claim([NAME], PUBLISHER)

    ledger.forget([NAME])

    assert ledger.name_count(NAMING.zone) == 0


def test_names_are_counted_by_their_zone(ledger: Ledger) -> None:
    other = DnsName("other_zone.example.dk.")
    ledger.claim([NAME, PUBLISHER, DnsName("a.otherxzone.example.dk.")], PUBLISHER)

    assert ledger.name_count(NAMING.zone) == 1
    assert ledger.former([other, NAMING.zone]) == {NAMING.zone: 2}


def test_what_went_is_remembered_for_a_day(ledger: Ledger) -> None:
    day = timedelta(days=1)
    before = ledger.gone(NOW)

    ledger.note(Gone(2, 3), NOW)
    ledger.note(Gone(1, 0), NOW + SECOND)

    assert before == Gone(0, 0)
    assert ledger.gone(NOW + SECOND) == Gone(3, 3)
    assert ledger.gone(NOW + day) == Gone(1, 0)

    ledger.note(Gone(0, 5), NOW + day)

    assert ledger.gone(NOW + SECOND) == Gone(1, 5)


def test_a_group_that_is_linked_is_written_anew_though_it_says_the_same(
    shelf: Shelf, documents: Documents, store: Store
) -> None:
    shelf.apply(put(key(1)), BASE, NOW)
    participant = key(1).participant
    before = documents.group(str(participant))
    with store.writing() as connection:
        connection.execute(tables.service_group.update().values(etag="altered"))

    shelf.apply(Change(link=(participant,)), BASE, NOW)

    after = documents.group(str(participant))
    assert before
    assert after
    assert (after.etag, after.last_modified) == (before.etag, before.last_modified + SECOND)


def test_what_is_written_to_a_file_outlives_a_power_cut(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/smp.sqlite")

    with store.writing() as connection:
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()

    assert level == 2  # FULL
    store.close()


def test_what_was_agreed_is_remembered_in_its_order(ledger: Ledger) -> None:
    agreed = Agreed(
        ("b", "a"),
        (PUBLISHER,),
        ("z", "y"),
        frozenset({"m" * 64}),
        (DnsName("old.example.dk."), NAMING.zone),
        (Address("192.0.2.1"), Cname(DnsName("smp.example.dk."))),
        timedelta(hours=1),
    )
    before = ledger.agreed()

    ledger.agree(agreed)

    assert before == Agreed()
    assert ledger.agreed() == agreed


def test_progress_is_remembered_and_what_was_agreed_singly_is_done(ledger: Ledger) -> None:
    progress = Progress(7, "s" * 64, "first", LATER, frozenset({gln(1), gln(2)}), LATER)
    before = ledger.progress()
    ledger.agree(Agreed(("b",), (), ("z",), frozenset({"m" * 64})))
    ledger.claim([NAME], PUBLISHER)

    ledger.finish(
        progress, Closing(claimed=[PUBLISHER], forgotten=[NAME], publisher=PUBLISHER, stops=0)
    )

    assert before is None
    assert ledger.progress() == progress
    assert ledger.agreed() == Agreed(("b",), (), ("z",))
    assert ledger.names().publisher == {PUBLISHER}
    assert ledger.name_count(NAMING.zone) == 0


def test_progress_without_a_next_look_replaces_the_one_before(ledger: Ledger) -> None:
    nothing: list[DnsName] = []
    for progress in (Progress(7, "s", "k", LATER), Progress(8, "s", "k", None)):
        ledger.finish(
            progress, Closing(claimed=nothing, forgotten=nothing, publisher=NAME, stops=0)
        )

    assert ledger.progress() == Progress(8, "s", "k", None)


def test_only_one_run_publishes_at_a_time(store: Store, database_url: str) -> None:
    other = Store(database_url)

    with (
        store.run(),
        pytest.raises(Unavailable, match=rf"another run is publishing \(process {os.getpid()} on "),
        other.run(),
    ):
        pass

    with other.run():
        pass
    other.close()


def test_the_lock_of_a_run_ends_with_a_failure_in_it(store: Store, database_url: str) -> None:
    other = Store(database_url)
    with pytest.raises(Malformed), store.run():
        raise Malformed("something in the run")

    with other.run():
        pass

    other.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_run_that_has_lost_its_lock_writes_nothing_behind_the_next_one(
    database_url: str,
) -> None:
    """On SQLite a lock cannot be lost while its process lives; a connection can be cut."""
    migrate(database_url)
    store, other = Store(database_url), Store(database_url)
    shelf = Shelf(store, render.service_group)

    with store.run():
        shelf.apply(put(key(1)), BASE, NOW)
        with other.writing() as connection:
            cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE objid = 5459281"
            assert connection.execute(text(cut)).scalar_one()
        shelf.apply(put(key(2)), BASE, NOW)
        with other.run():
            pass
        with pytest.raises(Conflict, match="lost its lock"):
            shelf.apply(put(key(3)), BASE, NOW)
    shelf.apply(put(key(4)), BASE, NOW)

    assert shelf.count() == 3
    store.close()
    other.close()


def test_writers_wait_for_each_other(database_url: str) -> None:
    """Each adds one to the generation, and none is lost."""
    migrate(database_url)
    stores = [Store(database_url) for _ in range(4)]

    def write(store: Store, number: int) -> None:
        for _ in range(5):
            Shelf(store, render.service_group).apply(put(key(number)), BASE, NOW)

    threads = [
        threading.Thread(target=write, args=(store, number)) for number, store in enumerate(stores)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Documents(stores[0]).generation() == 20
    for store in stores:
        store.close()


@pytest.mark.parametrize("strict", [(), ("strict_0", "strict_1")])
def test_a_document_is_looked_up_by_an_index(tmp_path: Path, strict: tuple[str, ...]) -> None:
    """Asked of SQLite alone: PostgreSQL scans a table as small as this one."""
    migrate(f"sqlite:///{tmp_path}/smp.sqlite")
    store = Store(f"sqlite:///{tmp_path}/smp.sqlite")
    sought = ("participant", "participant_scheme", "document", "document_scheme", "whole")
    spelled = ("participant_spelled", "document_spelled", "whole_spelled") if strict else ()

    with store.asking() as connection:
        steps = connection.execute(
            text(f"EXPLAIN QUERY PLAN {_document(strict)}"),
            dict.fromkeys((*sought, *spelled, *strict), "x"),
        ).all()

    how = "(participant_value=? AND document_value=?)"
    assert steps[0][-1] == f"SEARCH document USING INDEX sqlite_autoindex_document_1 {how}"
    assert not [step for step in steps if step[-1].startswith("SCAN")]
