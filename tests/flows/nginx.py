"""nginx as docs/nginx/smp.conf has it, in a folder and on a free port."""

import getpass
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakes import servers
from flows.house import await_port, free_port

CONFIGURATION = Path(__file__).parents[2] / "docs" / "nginx" / "smp.conf"

_AROUND = """
daemon off; user {user}; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{inside}
}}
"""


def caching(folder: Path, port: int, upstream: int) -> str:
    """Return the documented configuration with other places: each is there exactly once."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    for documented, here in (
        ("/var/cache/nginx/smp", f"{folder}/cache"),
        ("127.0.0.1:8081", f"127.0.0.1:{upstream}"),
        ("listen 80 ", f"listen 127.0.0.1:{port} "),
    ):
        text, places = re.subn(re.escape(documented), here, text)
        assert places == 1, documented
    return text


@contextmanager
def nginx(folder: Path, inside: str, port: int) -> Iterator[None]:
    """Run nginx with what stands *inside* its block `http`, which listens on *port*."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    file = folder / "nginx.conf"
    file.write_text(
        _AROUND.format(folder=folder, user=getpass.getuser(), inside=inside), encoding="utf-8"
    )
    process = subprocess.Popen(
        [servers.program("nginx"), "-c", str(file), "-e", f"{folder}/error.log"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_port(port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def cached(folder: Path, upstream: int) -> Iterator[int]:
    """Run nginx in front of what listens on the port *upstream*; give its own port."""
    port = free_port()
    with nginx(folder, caching(folder, port, upstream), port):
        yield port
