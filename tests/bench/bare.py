"""What does a Flask route cost that checks the token and returns bytes it has in memory?

The reference of tests/bench/fhir_load.py: the same gate, server and workers as `eer serve`, and
nothing of the register.
"""

import os
import sys
from pathlib import Path

from flask import Flask, Response, request

from eer.gate import issuer
from eer.gate.gate import Gate
from eer.settings import Settings, read
from eer.wiring import parts, server
from eer.wiring.server import Place


def application() -> Flask:
    """Return the application: `/NAME` answers what the file NAME holds, to GET and to POST."""
    settings = read(Settings)
    key = issuer.load(settings.development_issuer_key_file)
    gate = Gate(key=key, audience=settings.base_url, now=parts.now)
    folder = Path(os.environ["BENCH_BODIES"])
    bodies = {each.name: each.read_bytes() for each in folder.iterdir()}
    app = Flask(__name__, static_folder=None)

    def answer(name: str) -> Response:
        gate.principal(request)
        request.get_data()
        return Response(bodies[name], content_type="application/fhir+json; charset=utf-8")

    app.add_url_rule("/<name>", "answer", answer, methods=["GET", "POST"])
    return app


if __name__ == "__main__":
    server.run(application, Place("127.0.0.1", int(sys.argv[1]), int(sys.argv[2])), "bare")
