"""Every failure, expected or not, is an OperationOutcome; nothing of ours leaks out."""

from datetime import datetime

import pytest

import builders_fhir as build
import builders_web as web
from builders_web import Api
from eer.domain.errors import (
    Absent,
    Conflict,
    Failure,
    Implausible,
    IssueCode,
    Malformed,
    Refused,
    Unavailable,
    error,
)
from eer.gate.gate import Gate
from eer.register.counter import Counter
from eer.store.session import Store
from eer.web import app, errors


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Malformed("x"), 400),
        (Refused("x"), 422),
        (Absent("x"), 404),
        (Conflict("x"), 409),
        (Implausible("x"), 409),
        (Unavailable("x"), 503),
        (Refused("x", (error(IssueCode.LOGIN, "", "x"),)), 401),
        (Refused("x", (error(IssueCode.FORBIDDEN, "", "x"),)), 403),
        (Refused("x", (error(IssueCode.NOT_SUPPORTED, "", "x"),)), 404),
        (Absent("x", (error(IssueCode.DELETED, "", "x"),)), 410),
        (Conflict("x", (error(IssueCode.CONFLICT, "Device.meta.versionId", "x"),)), 412),
        (Conflict("x", (error(IssueCode.CONFLICT, "Device.identifier", "x"),)), 409),
    ],
)
def test_a_failure_has_its_status(failure: Failure, status: int) -> None:
    assert errors.status_of(failure) == status


@pytest.fixture
def broken(counter: Counter) -> Api:
    """Return the API over a register that fails in a way nobody thought of."""

    def now() -> datetime:
        raise RuntimeError("the secret of the house")

    gate = Gate(key=web.key(), audience=web.BASE, now=counter.now)
    register = Counter(counter.store, now, counter.new_id)
    flask = app.create_app(app.Parts(register, gate, web.BASE, "1.0"))
    return Api(flask.test_client(), web.token())


@pytest.mark.fhir(13, 129, 130)
def test_what_nobody_thought_of_is_said_without_its_cause(broken: Api) -> None:
    response = broken.put(build.device())

    assert response.status_code == 500
    assert web.outcome(response) == [("error", "exception")]
    assert "secret" not in response.get_data(as_text=True)


def test_a_failure_is_told_in_the_form_that_is_wanted(fhir: Api) -> None:
    response = fhir.get("Device/nowhere?_format=xml")

    assert response.content_type == "application/fhir+xml; charset=utf-8"
    assert b"<OperationOutcome" in response.data


def test_a_failure_is_told_even_where_no_form_is_acceptable(fhir: Api) -> None:
    response = fhir.get("Device/nowhere", headers={"Accept": "image/png"})

    assert response.status_code in (404, 406)
    assert response.content_type == "application/fhir+json; charset=utf-8"


@pytest.mark.fhir(130)
def test_a_database_that_does_not_answer_is_said(counter: Counter) -> None:
    nowhere = Store.at("postgresql+psycopg://127.0.0.1:1/x?connect_timeout=2")
    api = web.api(Counter(nowhere, counter.now, counter.new_id))

    assert api.get("Device").status_code == 503
    assert api.client.get("/ready").status_code == 503
    assert api.client.get("/health").status_code == 200
    assert web.outcome(api.put(build.device())) == [("error", "transient")]
