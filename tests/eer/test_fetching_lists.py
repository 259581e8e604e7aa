"""Revocation lists from their addresses: when, which, and what is kept when none comes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import builders_pki as build
from builders_fhir import NOW
from builders_pki import DAY, ISSUING, ROOT, STRANGER, Place
from eer.pki import fetch
from eer.pki.fetch import AGAIN, EVERY, Fetcher
from fakes import broken_tls
from fakes.servers import free_port

MINUTE = timedelta(minutes=1)


@pytest.fixture
def place() -> Iterator[Place]:
    with build.place(ISSUING.revoking(next=NOW + 9 * DAY)) as found:
        yield found


@pytest.fixture
def fetcher(place: Place, tmp_path: Path) -> Fetcher:
    trust = build.trust(tmp_path / "crl")
    assert trust.folder is not None
    return Fetcher(trust.folder, (place.url,))


def again(fetcher: Fetcher) -> Fetcher:
    """Return what another process has that fetches into the same folder."""
    trust = build.trust(fetcher.folder.path)
    assert trust.folder is not None
    return Fetcher(trust.folder, fetcher.urls)


def issued(fetcher: Fetcher) -> datetime:
    [found] = fetcher.folder.lists().in_force.values()
    return found.issued


def test_a_list_is_fetched_and_kept(fetcher: Fetcher) -> None:
    fetcher.fetch_due(NOW)

    assert fetcher.faults == ()
    assert issued(fetcher) == NOW - DAY
    assert list(fetcher.folder.path.iterdir()) == [fetcher.file(fetcher.urls[0])]


def test_a_list_is_fetched_once_a_day_whatever_is_started_anew(
    fetcher: Fetcher, place: Place
) -> None:
    fetcher.fetch_due(NOW)
    fetcher.fetch_due(NOW + EVERY - MINUTE)
    again(fetcher).fetch_due(NOW + EVERY - MINUTE)
    within = place.asked
    again(fetcher).fetch_due(NOW + EVERY)

    assert (within, place.asked) == (1, 2)


def test_who_comes_every_day_at_about_the_same_time_fetches_each_time(
    fetcher: Fetcher, place: Place
) -> None:
    for after in (timedelta(), DAY - MINUTE, 2 * DAY - 2 * MINUTE):
        again(fetcher).fetch_due(NOW + after)

    assert place.asked == 3


def test_a_list_that_has_lapsed_is_fetched_before_the_day_is_over(
    fetcher: Fetcher, place: Place
) -> None:
    place.body = ISSUING.revoking(next=NOW + MINUTE)
    fetcher.fetch_due(NOW)
    place.body = ISSUING.revoking(issued=NOW, next=NOW + 9 * DAY)
    fetcher.fetch_due(NOW + AGAIN)

    assert issued(fetcher) == NOW


def test_a_clock_that_was_set_back_hinders_nothing(fetcher: Fetcher, place: Place) -> None:
    fetcher.fetch_due(NOW)
    fetcher.fetch_due(NOW - DAY)

    assert place.asked == 2


def test_what_does_not_come_is_told_and_the_last_list_stays_in_force(
    fetcher: Fetcher, place: Place
) -> None:
    fetcher.fetch_due(NOW)
    place.status = 503
    fetcher.fetch_due(NOW + DAY)

    assert fetcher.faults == (f"revocation list at {place.url}: 503 answered",)
    assert issued(fetcher) == NOW - DAY


def test_what_did_not_come_is_tried_again_a_little_later(fetcher: Fetcher, place: Place) -> None:
    place.status = 404
    for after in (timedelta(), MINUTE, AGAIN - MINUTE):
        fetcher.fetch_due(NOW + after)
    soon = place.asked
    place.status = 200
    fetcher.fetch_due(NOW + AGAIN)

    assert (soon, place.asked) == (1, 2)
    assert fetcher.faults == ()


def test_all_can_be_fetched_whether_due_or_not(fetcher: Fetcher, place: Place) -> None:
    fetcher.fetch_due(NOW)
    fetcher.fetch_all(NOW)

    assert place.asked == 2


def test_an_older_list_does_not_take_the_place_of_a_newer_one(
    fetcher: Fetcher, place: Place
) -> None:
    fetcher.fetch_due(NOW)
    place.body = ISSUING.revoking(issued=NOW - 2 * DAY)
    fetcher.fetch_all(NOW)

    [fault] = fetcher.faults
    assert fault.endswith("older than the one of 2026-05-04T12:00:00Z that is here")
    assert issued(fetcher) == NOW - DAY


def test_another_authoritys_list_may_take_a_place(fetcher: Fetcher, place: Place) -> None:
    fetcher.fetch_due(NOW)
    place.body = ROOT.revoking(issued=NOW - 2 * DAY)
    fetcher.fetch_all(NOW)

    assert issued(fetcher) == NOW - 2 * DAY


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>sorry</html>", "not a revocation list"),
        (STRANGER.revoking(), "issued by CN=Stranger"),
        (ISSUING.revoking(key=STRANGER.key), "the signature of CN=Issuing does not hold"),
    ],
    ids=["a page", "of a stranger", "forged"],
)
def test_what_is_no_list_of_a_known_authority_is_not_kept(
    fetcher: Fetcher, place: Place, body: bytes, said: str
) -> None:
    place.body = body
    fetcher.fetch_due(NOW)

    assert said in fetcher.faults[0]
    assert not fetcher.folder.path.exists()


def test_a_list_without_end_is_given_up(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "LARGEST", 10)
    fetcher.fetch_due(NOW)

    assert fetcher.faults[0].endswith("more than 10 bytes")


def test_who_does_not_answer_in_time_is_given_up(tmp_path: Path, place: Place) -> None:
    trust = build.trust(tmp_path)
    assert trust.folder is not None
    slow = Fetcher(trust.folder, (place.url,), seconds=0)
    slow.fetch_due(NOW)

    assert slow.faults[0].endswith("not all answered in 0 seconds")


def test_who_is_not_there_is_told(tmp_path: Path, place: Place) -> None:
    trust = build.trust(tmp_path)
    assert trust.folder is not None
    nobody = f"http://127.0.0.1:{free_port()}/a.crl"
    both = Fetcher(trust.folder, (nobody, place.url))
    both.fetch_due(NOW)

    assert both.faults[0].startswith(f"revocation list at {nobody}: ")
    assert len(both.faults) == 1
    assert issued(both) == NOW - DAY


def test_a_folder_that_cannot_be_written_to_is_told(fetcher: Fetcher) -> None:
    fetcher.folder.path.mkdir()
    fetcher.file(fetcher.urls[0]).mkdir()
    fetcher.fetch_due(NOW)

    assert "cannot be written (" in fetcher.faults[0]
    assert [each.is_dir() for each in fetcher.folder.path.iterdir()] == [True]


@pytest.mark.parametrize("how", broken_tls.BROKEN)
def test_tls_that_fails_at_any_point_is_told_of(
    how: str, fetcher: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken_tls.server(tmp_path, broken_tls.BROKEN[how]) as (url, authority):
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        fetcher.urls = (url,)
        fetcher.fetch_all(NOW)

    [fault] = fetcher.faults
    assert fault.startswith(f"revocation list at {url}: ")
