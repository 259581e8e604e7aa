"""A publisher at work says that it lives, and whether its work gets done, beside its figures."""

import logging
from http import HTTPStatus

import pytest
from prometheus_client import CollectorRegistry, Gauge
from werkzeug.test import Client

from smp.wiring.watched import application


def asked(path: str, objection: str = "", method: str = "GET") -> tuple[int, str]:
    registry = CollectorRegistry()
    Gauge("smp_up", "whether it is", registry=registry).set(1)
    answer = Client(application(registry, lambda: objection)).open(path, method=method)
    return answer.status_code, answer.get_data(as_text=True)


def test_it_lives_whatever_became_of_its_runs() -> None:
    assert asked("/health", "the last run failed") == (HTTPStatus.OK, "200 OK\n")


def test_it_is_ready_when_nothing_is_said_against_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    assert asked("/ready") == (HTTPStatus.OK, "200 OK\n")
    assert asked("/ready", method="HEAD") == (HTTPStatus.OK, "")
    assert caplog.messages == []


def test_it_is_not_ready_when_its_work_is_not_done_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)

    assert asked("/ready", "the last run failed") == (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "503 Service Unavailable\n",
    )
    assert caplog.messages == ["not ready process=publish: the last run failed"]


@pytest.mark.parametrize("path", ["/metrics", "/"])
def test_all_else_is_figures(path: str) -> None:
    status, body = asked(path)

    assert status == HTTPStatus.OK
    assert "smp_up 1.0" in body
