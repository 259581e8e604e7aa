"""The figures of publication: how much, how far, how long still."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from builders import NOW, endpoint
from fakes.publishing import World, fresh_store
from smp.domain.figures import Figure, Standing, figures

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


def test_a_run_tells_what_waits(tmp_path: Path) -> None:
    with fresh_store(tmp_path / "smp.sqlite") as store:
        world = World(store, endpoint(1))
        world.publisher.publish()
        report = world.based("https://new.example.dk").publish()

    found = told(replace(STANDING, report=report))

    assert found["smp_held", "switches"] == 1
    assert {name for name, _ in found} >= {"smp_conflicts", "smp_unproved", "smp_stopped"}


def test_a_name_means_one_thing() -> None:
    said: dict[str, set[str]] = {}
    for each in figures(STANDING):
        assert isinstance(each, Figure)
        said.setdefault(each.name, set()).add(each.says)

    assert all(len(texts) == 1 for texts in said.values())
