"""A thousand different documents hold for everybody, two hundred tampered ones for nobody."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import pytest
from lxml import etree

import builders_many
import judges
from builders_smp import AUTHORITY, NOW, SIGNING_KEY, signer
from judges import JUDGES, Trusted
from smp.cores import Cores
from smp.pki.key import KeyFiles
from smp.signing import Signing, opened, proof
from smp.xml import render
from smp.xml.render import NAMESPACE
from tampered import kinds, unseen
from tampered.kinds import EVERY, told
from tampered.victim import Kind

pytestmark = [pytest.mark.slow, pytest.mark.debian]

MANY, TAMPERED, AT_ONCE = 1000, 200, 50
TRUSTED = Trusted((AUTHORITY,), NOW)


@pytest.fixture(scope="module")
def bodies() -> list[bytes]:
    """Sign them as the publisher does: in portions, on two cores, each proved before it is told."""
    here = Signing(signer(), proof(signer()))
    cores = Cores(here, partial(opened, KeyFiles(SIGNING_KEY), signer().der), 2)
    made = [each for some in cores.many(builders_many.portions(AT_ONCE, MANY)) for each in some]
    assert [each for each in made if not isinstance(each, bytes)] == []
    return [each for each in made if isinstance(each, bytes)]


def _written(folder: Path, named: Iterable[tuple[str, bytes]]) -> list[Path]:
    paths = []
    for name, body in named:
        path = folder / f"{name}.xml"
        path.write_bytes(body)
        paths.append(path)
    return paths


def _held(paths: list[Path]) -> Mapping[str, set[str]]:
    """Return who holds what, by name."""
    found = judges.held(paths, TRUSTED)
    return {judge: {path.stem for path in some} for judge, some in found.items()}


def _count(body: bytes, name: str) -> int:
    return len(list(etree.fromstring(body).iter(f"{{{NAMESPACE}}}{name}")))


def test_each_document_is_another_one_and_every_form_is_there(bodies: list[bytes]) -> None:
    assert len(set(bodies)) == MANY
    assert sum(_count(body, "Redirect") for body in bodies) == MANY // 5
    assert sum(_count(body, "Extension") for body in bodies) == MANY // 5
    assert {_count(body, "Process") for body in bodies} == {0, 1, 2, 3, 4}
    assert {_count(body, "Endpoint") for body in bodies} >= {0, 1, 5, 10, 15}
    assert max(map(len, bodies)) > 20 * min(map(len, bodies))


@pytest.mark.smp(66)
def test_everybody_holds_every_one_of_a_thousand(bodies: list[bytes], tmp_path: Path) -> None:
    paths = _written(tmp_path, ((str(number), body) for number, body in enumerate(bodies)))

    held = _held(paths)

    every = {path.stem for path in paths}
    assert {judge: sorted(every - held[judge]) for judge in JUDGES} == {j: [] for j in JUDGES}


@pytest.mark.smp(67)
def test_nobody_holds_one_of_two_hundred_that_were_tampered_with(
    bodies: list[bytes], tmp_path: Path
) -> None:
    """Beside them stand some that were not, and some that were read and printed again."""
    tampered = dict(kinds.tampered(bodies, TAMPERED))
    right = {f"right, {number}": bodies[number] for number in range(10)}
    again = {f"{name}, again": render.printed(etree.fromstring(right[name])) for name in right}
    assert len(set(tampered.values()) - set(bodies)) == TAMPERED
    assert {name.split(",")[0] for name in tampered} == set(map(told, EVERY))

    held = _held(_written(tmp_path, (tampered | right | again).items()))

    untouched = right.keys() | again.keys()
    assert {judge: sorted(held[judge] - untouched) for judge in JUDGES} == {j: [] for j in JUDGES}
    assert {judge: sorted(untouched - held[judge]) for judge in JUDGES} == {j: [] for j in JUDGES}


@pytest.mark.smp(67)
def test_what_a_plain_verifier_does_not_see_is_refused_here(
    bodies: list[bytes], tmp_path: Path
) -> None:
    said = _of_each(unseen.BY_NATURE, bodies, tmp_path)

    assert said == {told(kind): who for kind, who in unseen.BY_NATURE.items()}
    assert [kind for kind, who in said.items() if "ours" in who] == []


@pytest.mark.smp(66)
def test_another_spelling_holds_for_everybody_and_says_the_same(
    bodies: list[bytes], tmp_path: Path
) -> None:
    assert _of_each(unseen.SPELLED, bodies, tmp_path) == {
        told(kind): set(JUDGES) for kind in unseen.SPELLED
    }

    for kind, body, spelled in kinds.each(unseen.SPELLED, bodies):
        meant, said = (judges.verified(each, TRUSTED) for each in (body, spelled))
        assert render.printed(said.signed) == render.printed(meant.signed), told(kind)
        assert said.certificate == signer().certificate, told(kind)


def _of_each(some: Iterable[Kind], bodies: list[bytes], folder: Path) -> Mapping[str, set[str]]:
    """Return by whom a document of each kind is held."""
    named = {told(kind): made for kind, _, made in kinds.each(some, bodies)}
    held = _held(_written(folder, named.items()))
    return {name: {judge for judge in held if name in held[judge]} for name in named}
