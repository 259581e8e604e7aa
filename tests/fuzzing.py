"""Requests that schemathesis makes of the OpenAPI description, and what is wrong with answers."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

import builders_fhir as build
import builders_web as web
import nudges
from builders_web import FHIR_XML, Api
from eer.store.session import Store

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EMPTY = [not_a_server_error, checks.status_code_conformance, checks.response_headers_conformance]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@schemathesis.serializer(FHIR_XML)
def _xml(_: Any, value: Any) -> dict[str, Any]:
    """Send what is XML as it is, and what is not anyhow."""
    return {"data": value if isinstance(value, bytes) else json.dumps(value).encode()}


@dataclass
class Fuzz:
    """The API over a register with some of everything; what came of each request, by method."""

    api: Api
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    strategies: dict[tuple[str, GenerationMode], Any] = field(default_factory=dict)

    def operations(self) -> list[Any]:
        """Return what is described, in the order of the description."""
        app = self.api.client.application
        schema = schemathesis.openapi.from_wsgi("/fhir/openapi.json", app)
        return [each.ok() for each in schema.get_all_operations()]

    def fill(self) -> None:
        """Put all that is known into the register, also what was deleted meanwhile."""
        for each in nudges.KNOWN:
            self.api.put(each)

    def explore(self, operation: Any, mode: GenerationMode, most: int, number: int) -> None:
        """Send *most* requests for an operation; *number* tells this time from others."""
        key = operation.label, mode
        if key not in self.strategies:
            self.strategies[key] = operation.as_strategy(generation_mode=mode)

        @seed(number)
        @settings(
            max_examples=most,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=self.strategies[key], data=st.data())
        def one(case: Case, data: st.DataObject) -> None:
            if data.draw(st.booleans()):
                nudges.nudge(case, data.draw)
            self._try(case)

        one()

    def go_round(self, operations: Sequence[Any], until: float, most: int, number: int) -> int:
        """Explore *operations* in turn, again and again until the time is over; return how often.

        The time is that of a clock that nobody sets; *number* is that of the first round.
        """
        first = number
        while True:
            for mode in MODES:
                for operation in operations:
                    if time.monotonic() > until:
                        return number - first
                    self.explore(operation, mode, most, number)
                self.fill()
            number += 1

    def _try(self, case: Case) -> None:
        status = 0
        case.headers.pop("Authorization", None)  # else most are told no more than that it is wrong
        try:
            response = case.call(headers={"Authorization": f"Bearer {self.api.token}"})
            status = response.status_code
            case.validate_response(response, checks=CHECKS if response.content else EMPTY)
            _check_outcome(response)
        except (Exception, FailureGroup) as fault:  # noqa: BLE001 - whatever it is, it is to be looked into
            label = f"{case.operation.label} {status} {type(fault).__name__}"
            self.faults.setdefault(label, f"{fault}\n{case!r}")
        self.answers[case.method, status] += 1


def over(store: Store) -> Fuzz:
    """Return the API over a register in *store*, filled."""
    fuzz = Fuzz(web.api(build.register_over(store, build.Clock())))
    fuzz.fill()
    return fuzz


def _check_outcome(response: Any) -> None:
    """Every failure is an OperationOutcome that says something; nothing has no form."""
    if not response.content:
        assert "content-type" not in response.headers, response.headers
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    if response.headers["content-type"][0].partition(";")[0].endswith("json"):
        body = json.loads(response.content)
        assert body["resourceType"] == "OperationOutcome", body
        assert all(each["details"]["text"] for each in body["issue"]), body
    else:
        assert b"<OperationOutcome" in response.content, response.content
