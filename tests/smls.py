"""A central SML for a test, and who speaks to it: us, and another publisher."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.sml import FakeSml
from fakes.sml_certificates import Authority, Pair
from fakes.sml_server import running
from smp.domain.central import Registration
from smp.sml import post
from smp.sml.bdmsl import Sml

US, THEM = "smp-one", "smp-two"
OURS = Registration(US, "https://smp.example.dk", "192.0.2.7")
THEIRS = Registration(THEM, "https://other.example.dk", "192.0.2.8")

IMPATIENT = 1.5
"""Seconds to wait for an SML that is going to be silent; a busy machine answers within them."""

Speak = Callable[..., Sml]


@pytest.fixture(scope="session")
def sml_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("sml"))


@pytest.fixture(scope="session")
def pairs(sml_authority: Authority) -> dict[str, Pair]:
    """Return the certificate that each SMP comes with."""
    return {name: sml_authority.pair(name) for name in (US, THEM)}


@pytest.fixture
def sml(sml_authority: Authority) -> Iterator[FakeSml]:
    with running(sml_authority) as server:
        yield server


@pytest.fixture
def speak(sml: FakeSml, sml_authority: Authority, pairs: dict[str, Pair]) -> Speak:
    """Return what begins a conversation of an SMP with the SML, by its own certificate."""

    def begin(
        smp_id: str = US, *, seconds: float = 60, by: str = "", trust: Path | None = None
    ) -> Sml:
        pair = pairs[by or smp_id]
        tls = post.tls(pair.certificate, pair.key, trust or sml_authority.file)
        return Sml(post.Place(sml.url, tls, seconds), smp_id)

    return begin
