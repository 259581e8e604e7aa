"""A house whose names stand in BIND: the embedded name server is for a machine of one's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fakes import servers
from flows.house import House, build, open_face
from smp.domain.naming import DnsName
from smp.sml import tsig

ZONE = DnsName("sml.example.dk.")


@contextmanager
def house(folder: Path, **changed: str) -> Iterator[House]:
    """Build one in *folder* with some settings *changed*, and open its public face."""
    built, zone = build(folder, **changed), folder / "bind"
    zone.mkdir()
    key = tsig.load(Path(built.environment["SMP_TSIG_KEY_FILE"]))
    with servers.bind(zone, ZONE, key) as (host, port):
        names = dict.fromkeys(("SMP_NAMESERVER", "SMP_NAMESERVERS"), f"{host}:{port}")
        opened = replace(built, environment={**built.environment, **names}, dns_port=port)
        with open_face(opened):
            yield opened
