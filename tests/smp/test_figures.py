"""The figures of publication: how much, how far, how long still."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from builders import NOW, endpoint
from fakes.publishing import World, fresh_store
from smp.domain.drift import Drift
from smp.domain.figures import Figure, Standing, figures
from smp.domain.findings import Layer

STANDING = Standing(
    at=NOW,
    documents=8,
    names=4,
    register=12,
    published=10,
    waiting_since=NOW - timedelta(seconds=90),
    expiries={"signer": NOW + timedelta(days=30), "Device/ap": NOW - timedelta(hours=12)},
    report=None,
    failures=2,
)


def told(standing: Standing) -> dict[tuple[str, str], float]:
    return {(each.name, "".join(each.labels.values())): each.value for each in figures(standing)}


def test_what_lags_is_told_in_versions_and_in_seconds() -> None:
    found = told(STANDING)

    assert found["smp_lag_versions", ""] == 2
    assert found["smp_lag_seconds", ""] == 90


def test_nothing_lags_when_all_is_public() -> None:
    found = told(replace(STANDING, published=12, waiting_since=None))

    assert (found["smp_lag_versions", ""], found["smp_lag_seconds", ""]) == (0, 0)


def test_each_certificate_tells_its_days() -> None:
    found = told(STANDING)

    assert found["smp_certificate_days", "signer"] == 30
    assert found["smp_certificate_days", "Device/ap"] == -0.5


def test_files_of_certificates_that_nobody_can_read_are_counted() -> None:
    assert told(STANDING)["smp_certificates_unread", ""] == 0
    assert told(replace(STANDING, unread=2))["smp_certificates_unread", ""] == 2


def test_a_run_tells_what_waits(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        world = World(store, endpoint(1))
        world.publisher.publish()
        report = world.based("https://new.example.dk").publish()

    found = told(replace(STANDING, report=report))

    assert found["smp_held", "switches"] == 1
    assert {name for name, _ in found} >= {"smp_conflicts", "smp_unproved", "smp_stopped"}


def test_what_audits_found_is_told_by_layer_and_age() -> None:
    drift = Drift(
        open=3,
        layers={Layer.DNS: 2, Layer.HTTP: 1, Layer.CONTENT: 0},
        unanswered=1,
        oldest=NOW - timedelta(minutes=2),
        last_full=NOW - timedelta(hours=1),
    )

    found = told(replace(STANDING, drift=drift))

    assert (found["smp_findings", "dns"], found["smp_findings", "content"]) == (2, 0)
    assert (found["smp_findings_unanswered", ""], found["smp_findings_seconds", ""]) == (1, 120)
    assert found["smp_audited_timestamp", "full"] == (NOW - timedelta(hours=1)).timestamp()
    assert ("smp_audited_timestamp", "sample") not in found


def test_who_was_not_verified_is_told_with_the_age_of_the_change() -> None:
    some = replace(STANDING, unverified=2, unverified_since=NOW - timedelta(seconds=90))

    assert told(some)["smp_unverified", ""] == 2
    assert told(some)["smp_unverified_seconds", ""] == 90
    assert told(STANDING)["smp_unverified_seconds", ""] == 0


def test_a_name_means_one_thing() -> None:
    said: dict[str, set[str]] = {}
    for each in figures(STANDING):
        assert isinstance(each, Figure)
        said.setdefault(each.name, set()).add(each.says)

    assert all(len(texts) == 1 for texts in said.values())
