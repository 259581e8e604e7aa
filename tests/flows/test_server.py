"""What no application gets to see is answered by an OperationOutcome all the same."""

import socket

import httpx
import pytest

from flows.served import Served

pytestmark = pytest.mark.slow


def answered(served: Served, lines: str) -> tuple[int, httpx.Response]:
    """Send what no client would; return the status and the answer."""
    url = httpx.URL(served.base)
    with socket.create_connection((url.host, url.port or 80), timeout=30) as connection:
        connection.sendall(lines.replace("\n", "\r\n").encode())
        found = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = found.partition(b"\r\n\r\n")
    status, *rest = head.decode().split("\r\n")
    headers = [(name, value) for name, _, value in (each.partition(": ") for each in rest)]
    return int(status.split()[1]), httpx.Response(200, headers=headers, content=body)


@pytest.mark.parametrize(
    ("lines", "status", "code"),
    [
        (f"GET /fhir/metadata?x={'a' * 9_000} HTTP/1.1\nHost: x\n\n", 414, "too-long"),
        (f"GET /fhir/metadata HTTP/1.1\nHost: x\nX-Y: {'a' * 9_000}\n\n", 431, "too-long"),
        ("GET /fhir/metadata HTTP/1.1\nHost: x\nBad Name: x\n\n", 400, "structure"),
        ("POST /fhir HTTP/1.1\nHost: x\nContent-Length: some\n\n", 400, "structure"),
        ("GET\n\n", 400, "structure"),
    ],
)
def test_what_is_no_request_is_told_by_an_outcome(
    served: Served, lines: str, status: int, code: str
) -> None:
    found, response = answered(served, lines)

    assert found == status
    assert response.headers["Content-Type"].startswith("application/fhir+json")
    (issue,) = response.json()["issue"]
    assert issue["code"] == code


def test_a_body_that_breaks_off_in_its_form_is_told_by_an_outcome(served: Served) -> None:
    lines = (
        "POST /fhir/Device HTTP/1.1\nHost: x\nContent-Type: application/fhir+json\n"
        f"Authorization: Bearer {served.token}\nTransfer-Encoding: chunked\n"
        "Connection: close\n\nZZ\n"
    )

    found, response = answered(served, lines)

    assert found == 400
    assert response.json()["issue"][0]["code"] == "structure"


def test_a_search_may_be_as_long_as_proxies_let_it_be(served: Served) -> None:
    names = ",".join(f"Enhed {number:05}" for number in range(500))

    response = httpx.get(
        f"{served.base}/Organization?name={names}",
        headers={"Authorization": f"Bearer {served.token}"},
    )

    assert (len(str(response.request.url)) > 6_000, response.status_code) == (True, 200)
