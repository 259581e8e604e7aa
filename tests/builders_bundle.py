"""Bundles of requests for tests, and what the FHIR API answers to each of them."""

import json
from base64 import b64encode
from typing import Any

from werkzeug.test import TestResponse

import builders_fhir as build
from builders_fhir import Json
from builders_web import FHIR_JSON, Api


def urn(number: int) -> str:
    """Return the name by which the entries of a bundle speak of what has no id yet."""
    return f"urn:uuid:00000000-0000-4000-8000-{number:012}"


def entry(
    method: str, url: str, resource: Json | None = None, full_url: str | None = None, **more: str
) -> Json:
    """Return one request; *more* is what it hangs on, such as ifMatch."""
    return _entry({"method": method, "url": url, **more}, resource, full_url)


def create(resource: Json, number: int | None = None, **more: str) -> Json:
    """Return the request to create *resource*, which others may call by the urn of *number*."""
    plain = {name: value for name, value in resource.items() if name != "id"}
    full_url = None if number is None else urn(number)
    return _entry({"method": "POST", "url": resource["resourceType"], **more}, plain, full_url)


def update(resource: Json, **more: str) -> Json:
    return _entry({"method": "PUT", "url": str(build.ref(resource)), **more}, resource)


def get(url: str, **more: str) -> Json:
    return _entry({"method": "GET", "url": url, **more})


def delete(url: str, **more: str) -> Json:
    return _entry({"method": "DELETE", "url": url, **more})


def replacing(path: str, value: str) -> Json:
    """Return a FHIRPath Patch that replaces one text."""
    part = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": path},
        {"name": "value", "valueString": value},
    ]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]}


def json_patch(*operations: Json) -> Json:
    """Return a JSON Patch as a bundle carries it."""
    data = b64encode(json.dumps(operations).encode()).decode()
    return {
        "resourceType": "Binary",
        "contentType": "application/json-patch+json",
        "data": data,
    }


def transaction(*entries: Json) -> Json:
    return _bundle("transaction", entries)


def batch(*entries: Json) -> Json:
    return _bundle("batch", entries)


def sent(fhir: Api, bundle: Json, **more: Any) -> TestResponse:
    """Post *bundle* to the base."""
    return fhir.send("POST", "", bundle, **more)


def sent_to(fhir: Api, path: str, bundle: Json) -> TestResponse:
    """Post *bundle* to a path that is not below the base, but may be the base itself."""
    headers = {"Authorization": f"Bearer {fhir.token}"}
    return fhir.client.open(
        path, method="POST", headers=headers, content_type=FHIR_JSON, data=json.dumps(bundle)
    )


def answers(response: TestResponse) -> list[Json]:
    """Return the entries of an answer, which is of the type that its request was."""
    body = response.get_json(force=True)
    assert response.status_code == 200, body
    assert body["resourceType"] == "Bundle"
    assert body["type"] in ("transaction-response", "batch-response")
    found: list[Json] = body.get("entry", [])
    return found


def statuses(response: TestResponse) -> list[str]:
    """Return the three digits of each entry's status."""
    return [each["response"]["status"][:3] for each in answers(response)]


def id_of(answer: Json) -> str:
    """Return the id of the resource whose location an answer tells."""
    location: str = answer["response"]["location"]
    return location.partition("/_history/")[0].rpartition("/")[2]


def places(response: TestResponse) -> list[str]:
    """Return the FHIRPath of each issue of a refusal."""
    body = response.get_json(force=True)
    assert body["resourceType"] == "OperationOutcome", body
    return [place for issue in body["issue"] for place in issue.get("expression", [])]


def _entry(request: Json, resource: Json | None = None, full_url: str | None = None) -> Json:
    found = {"fullUrl": full_url, "resource": resource, "request": request}
    return {name: value for name, value in found.items() if value is not None}


def _bundle(kind: str, entries: tuple[Json, ...]) -> Json:
    found: Json = {"resourceType": "Bundle", "type": kind}
    return found | ({"entry": list(entries)} if entries else {})
