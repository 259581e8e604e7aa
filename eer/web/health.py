"""Is the process alive, and can it do its work?"""

from collections.abc import Callable

from flask import Response, jsonify

from eer.register import changes
from eer.register.counter import Counter


def alive() -> Response:
    """Answer `GET /health`: the process runs."""
    return jsonify(status="alive")


def view(counter: Counter) -> Callable[[], Response]:
    """Return the view of `GET /ready`: the database answers; 503 with the reason otherwise."""

    def answer() -> Response:
        return jsonify(status="ready", sequence=changes.sequence(counter))

    return answer
