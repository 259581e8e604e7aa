"""A client of the FHIR API, with tokens of a test's own issuer."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

import builders_fhir as build
from eer.gate import issuer
from eer.gate.gate import Gate
from eer.register.counter import Counter
from eer.web import app

BASE = "http://127.0.0.1:8080/fhir"
FHIR_JSON, FHIR_XML = "application/fhir+json", "application/fhir+xml"

Json = dict[str, Any]


@cache
def key() -> ECKey:
    """Return the issuer's key of this run."""
    return ECKey.generate_key("P-256", auto_kid=True)


def claims(**changes: Any) -> Json:
    """Return what an operator's token says; None takes a claim away."""
    found = {
        "iss": issuer.ISSUER,
        "aud": BASE,
        "exp": int((build.NOW + timedelta(minutes=5)).timestamp()),
        "sub": "drift",
        "client_id": "tests",
        "scope": "system/*.cruds",
        "roles": "operator",
    }
    return {name: value for name, value in (found | changes).items() if value is not None}


def token(**changes: Any) -> str:
    return jwt.encode({"alg": issuer.ALGORITHM}, claims(**changes), key())


def token_of_company(number: int = 1) -> str:
    return token(cvr=build.cvr(number), roles=None)


@dataclass(frozen=True)
class Api:
    """The API as one caller sees it; paths are below the base."""

    client: FlaskClient
    token: str | None

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = dict(more.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return self.client.open(f"/fhir/{path}", method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.ask("GET", path, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self.ask("DELETE", path, **more)

    def send(self, method: str, path: str, resource: Json, **more: Any) -> TestResponse:
        more = {"content_type": FHIR_JSON, "data": json.dumps(resource), **more}
        return self.ask(method, path, **more)

    def put(self, resource: Json, **more: Any) -> TestResponse:
        return self.send("PUT", str(build.ref(resource)), resource, **more)

    def post(self, resource: Json, **more: Any) -> TestResponse:
        return self.send("POST", resource["resourceType"], resource, **more)

    def as_(self, token: str | None) -> "Api":
        """Return the same API as another caller sees it."""
        return Api(self.client, token)


def api(counter: Counter, trusted: ECKey | None = None) -> Api:
    """Return the API over a register as an operator sees it."""
    gate = Gate(key=trusted or key(), audience=BASE, now=counter.now)
    flask = app.create_app(app.Parts(counter, gate, BASE, "1.0"))
    return Api(flask.test_client(), token())


def outcome(response: TestResponse) -> list[tuple[str, str]]:
    """Return severity and code of each issue of an answer that is an OperationOutcome."""
    body = response.get_json(force=True)
    assert body["resourceType"] == "OperationOutcome"
    return [(issue["severity"], issue["code"]) for issue in body["issue"]]
