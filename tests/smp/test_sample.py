"""A sampled audit: who is looked at, what is kept of it, and what is logged."""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from builders import NOW, gln
from builders_smp import document_id
from fakes.publishing import Clock
from smp.domain.drift import Drift, Scope
from smp.domain.findings import Finding, Findings, Layer
from smp.domain.identifiers import ParticipantId, participants_of
from smp.domain.naming import DnsName
from smp.sample import Sampling
from smp.store.findings import FindingBook
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store

EVERYBODY = tuple(participants_of([gln(number) for number in range(1, 10)]))
FIRST, LAST = EVERYBODY[0], EVERYBODY[-1]
MINUTE = timedelta(minutes=1)
EMPTY = dict.fromkeys(Layer, 0)


def drifted(who: ParticipantId | None = FIRST, evidence: str = "differs") -> Finding:
    return Finding(who, None, Layer.CONTENT, evidence)


class Town:
    """Participants of whom the first *count* are chosen, and what differs among all."""

    def __init__(self, store: Store, count: int = 2) -> None:
        self.differences: list[Finding] = []
        self.changing: frozenset[ParticipantId] = frozenset()
        self.looked: list[frozenset[ParticipantId]] = []
        self.clock = Clock()
        self.book = FindingBook(store)
        self.sampling = Sampling(
            self.book, lambda: EVERYBODY, self.look, self.choose, count, self.clock
        )

    def choose(self, some: Sequence[ParticipantId], count: int) -> Sequence[ParticipantId]:
        return some[:count]

    def look(self, participants: frozenset[ParticipantId]) -> Findings:
        self.looked.append(participants)
        found = [each for each in self.differences if each.participant in participants]
        return Findings(len(participants), 0, tuple(found), self.changing)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    migrate(database_url)
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture
def town(store: Store) -> Town:
    return Town(store)


def test_a_sample_looks_at_so_many(town: Town) -> None:
    town.sampling.sample()

    assert town.looked == [frozenset(EVERYBODY[:2])]


def test_a_sample_larger_than_all_looks_at_all(store: Store) -> None:
    town = Town(store, count=100)

    town.sampling.sample()

    assert town.looked == [frozenset(EVERYBODY)]


def test_who_differed_is_looked_at_again_until_it_is_over(town: Town) -> None:
    town.book.note([drifted(LAST), drifted(None)], Scope(), NOW)
    town.differences = [drifted(LAST)]

    town.sampling.sample()
    town.differences = []
    town.sampling.sample()

    assert town.looked == [frozenset({*EVERYBODY[:2], LAST})] * 2
    assert [each.finding.participant for each in town.book.open()] == []


def test_of_who_is_just_being_published_nothing_is_over(town: Town) -> None:
    town.book.note([drifted()], Scope(), NOW)
    town.changing = frozenset({FIRST})

    assert town.sampling.sample().closed == ()


def test_a_finding_is_logged_once_when_new_and_once_when_over(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    town.differences = [drifted()]

    with caplog.at_level(logging.INFO):
        town.sampling.sample()
        town.sampling.sample()
        town.differences = []
        town.sampling.sample()

    said = [each.getMessage() for each in caplog.records]
    assert [each.split()[0] for each in said] == ["found", "over"]
    assert f"layer=content participant={FIRST}" in said[0]


def test_what_is_open_is_told_for_metrics(town: Town) -> None:
    assert town.book.drift() == Drift(layers=EMPTY)

    town.book.note(
        [drifted(), Finding(None, None, Layer.DNS, "silent", answered=False)], Scope(), NOW
    )
    town.differences = [drifted()]
    town.clock.move(MINUTE)
    town.sampling.sample()

    assert town.book.drift() == Drift(
        open=2,
        layers={**EMPTY, Layer.CONTENT: 1, Layer.DNS: 1},
        unanswered=1,
        oldest=NOW,
        last_full=NOW,
        last_sample=NOW + MINUTE,
    )


def test_what_is_found_again_keeps_its_age_and_gets_the_newest_evidence(town: Town) -> None:
    town.book.note([drifted()], Scope(), NOW)

    changes = town.book.note([drifted(evidence="differs more")], Scope(), NOW + MINUTE)

    (opened,) = town.book.open()
    assert (opened.finding.evidence, opened.first, opened.last) == (
        "differs more",
        NOW,
        NOW + MINUTE,
    )
    assert changes.kept == (opened,)


def test_all_that_a_finding_says_is_kept(town: Town) -> None:
    finding = Finding(
        *(LAST, document_id(), Layer.DNS, "nothing found"),
        answered=False,
        name=DnsName("some.sml.example.dk."),
        server="192.0.2.1:53",
    )

    town.book.note([finding], Scope(), NOW)

    assert [each.finding for each in town.book.open()] == [finding]


def test_more_findings_than_are_kept_are_told_in_the_log(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    book = FindingBook(store, most=3)

    changes = book.note([drifted(who) for who in EVERYBODY], Scope(), NOW)

    assert len(changes.opened) == 9
    assert book.drift().open == 3
    assert "dropped findings=6 open=3" in caplog.text
