"""A cache before the public face, which answers what it keeps for longer than it has leave to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

import httpx


@dataclass
class Cache:
    """What stands *behind* it, by URL, and what is *kept* in spite of that, by path."""

    url: str
    behind: str = ""
    kept: dict[str, bytes] = field(default_factory=dict)
    asked: dict[str, bytes] = field(default_factory=dict)
    """The last answer at each path that was found."""
    once: Callable[[], object] | None = None
    """What happens before the next answer."""
    lock: Lock = field(default_factory=Lock)

    def keep(self, *paths: str) -> None:
        """Go on answering as last at all paths in which any of *paths* is."""
        self.kept |= {
            asked: body
            for asked, body in self.asked.items()
            if any(path in asked for path in paths)
        }

    def answer(self, path: str) -> tuple[int, bytes]:
        with self.lock:
            once, self.once = self.once, None
            if once is not None:
                once()
        if path in self.kept:
            return 200, self.kept[path]
        found = httpx.get(f"{self.behind}{path}")
        if found.status_code == httpx.codes.OK:
            self.asked[path] = found.content
        return found.status_code, found.content


@contextmanager
def cache_before(port: int) -> Iterator[Cache]:
    """Run a cache at *port*; what is behind it is said later."""
    cache = Cache(f"http://127.0.0.1:{port}")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = cache.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield cache
        finally:
            server.shutdown()
            thread.join()
