"""Connections are spread over the processes of a server."""

import socket
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.workers.gthread import ThreadWorker

from eer.wiring import worker as workers_of


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(workers_of.time, "sleep", found.append)
    monkeypatch.setattr(ThreadWorker, "accept", lambda _self, _listener: None)
    return found


def worker(connections: int, workers: int) -> Any:
    made = object.__new__(workers_of.Worker)
    made.nr_conns, made.cfg = connections, SimpleNamespace(workers=workers)
    return made


@pytest.mark.parametrize(
    ("connections", "workers", "times"), [(0, 2, 0), (1, 2, 1), (1, 1, 0), (9, 3, 1)]
)
def test_who_has_connections_lets_others_go_first(
    slept: list[float], connections: int, workers: int, times: int
) -> None:
    with socket.socket() as listener:
        worker(connections, workers).accept(listener)

    assert len(slept) == times
