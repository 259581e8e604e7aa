from dataclasses import replace
from datetime import timedelta

import pytest

from builders_smp import NOW, document_id, participant
from smp.domain import drift
from smp.domain.drift import Changes, Open, Scope
from smp.domain.findings import Finding, Layer
from smp.domain.naming import DnsName

WHO, OTHER = participant(), participant("5790009000020")
ZONE = DnsName("sml.example.dk.")
NAME = DnsName(f"some.{ZONE}")
LATER = NOW + timedelta(hours=1)
SERVER = "192.0.2.1:53"
CONTENT = Finding(WHO, document_id(), Layer.CONTENT, "differs in description")
LACKS = Finding(WHO, None, Layer.DNS, f"{NAME}: nothing found", name=NAME, server=SERVER)
SILENT = Finding(None, None, Layer.DNS, "does not answer", answered=False, server=SERVER)
UNSERVED = Finding(WHO, None, Layer.HTTP, "503", answered=False)


def after(*found: Finding, scope: Scope | None = None, before: tuple[Finding, ...] = ()) -> Changes:
    was_open = [Open(each, NOW, NOW) for each in before]
    return drift.compare(was_open, found, scope or Scope(), LATER)


def test_what_is_found_for_the_first_time_is_open_from_then_on() -> None:
    assert after(CONTENT).opened == (Open(CONTENT, LATER, LATER),)


def test_what_is_found_again_is_as_old_as_it_was_though_it_reads_otherwise() -> None:
    again = replace(CONTENT, evidence="differs in addresses")

    changes = after(again, before=(CONTENT,))

    assert changes == Changes((), (Open(again, NOW, LATER),), ())
    assert changes.first == {drift.key(CONTENT): NOW}


def test_what_is_not_found_again_is_over() -> None:
    assert after(before=(CONTENT,)).closed == (Open(CONTENT, NOW, NOW),)


def test_the_same_at_another_server_or_name_is_another_finding() -> None:
    others = (
        replace(LACKS, server="192.0.2.2:53"),
        replace(LACKS, name=DnsName(f"other.{ZONE}")),
    )

    assert len(after(LACKS, *others).opened) == 3


def test_what_is_found_twice_at_one_place_is_open_once() -> None:
    assert len(after(CONTENT, replace(CONTENT, evidence="and more")).opened) == 1


@pytest.mark.parametrize(
    ("silent", "hidden"),
    [
        (SILENT, LACKS),
        (replace(SILENT, server=None), replace(LACKS, server=None)),
        (UNSERVED, CONTENT),
        (UNSERVED, replace(CONTENT, layer=Layer.TARGET)),
        (replace(UNSERVED, participant=None), CONTENT),
    ],
)
def test_what_may_be_hidden_behind_a_silence_stays_open(silent: Finding, hidden: Finding) -> None:
    assert after(silent, before=(hidden,)).closed == ()


@pytest.mark.parametrize(
    ("silent", "seen"),
    [
        (SILENT, replace(LACKS, server="192.0.2.2:53")),
        (SILENT, replace(LACKS, server=None)),
        (replace(UNSERVED, participant=OTHER), CONTENT),
        (UNSERVED, replace(CONTENT, layer=Layer.STORED)),
    ],
)
def test_who_answers_is_not_hidden_behind_another_ones_silence(
    silent: Finding, seen: Finding
) -> None:
    assert [each.finding for each in after(silent, before=(seen,)).closed] == [seen]


@pytest.mark.parametrize(
    ("finding", "over"),
    [
        (CONTENT, True),
        (replace(CONTENT, participant=OTHER), False),
        (SILENT, True),
        (replace(UNSERVED, participant=None), True),
        (replace(SILENT, server=None), False),
    ],
)
def test_a_sample_ends_only_what_it_has_looked_at(
    finding: Finding,
    over: bool,  # noqa: FBT001 - a table
) -> None:
    changes = after(scope=Scope(frozenset({WHO})), before=(finding,))

    assert bool(changes.closed) is over


def test_of_who_was_spared_nothing_is_over() -> None:
    spared = Scope(spared=frozenset({WHO}))

    assert after(scope=spared, before=(CONTENT,)).closed == ()
    assert after(scope=spared, before=(replace(CONTENT, participant=None),)).closed != ()
