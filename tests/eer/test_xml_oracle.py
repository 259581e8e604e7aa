"""Do we and the npm package `fhir` mean the same by FHIR's JSON and XML?

Each resource goes both ways: what we print as XML is read by it, what it prints is read by us.
Where the package is known to be wrong, a resource is kept from it: `Reach` says where and why.
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from eer.fhir import codec_json, codec_xml, r4, xhtml
from eer.fhir.codec_json import Json
from eer.fhir.number import Spelled, spelling
from flows import npm
from strategies import resources

pytestmark = [pytest.mark.slow, pytest.mark.debian]

_EXAMPLES = 300


@cache
def generated() -> Sequence[Json]:
    """Return the same resources each time, of all types."""
    found: list[Json] = []

    @settings(
        max_examples=_EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(resources())
    def collect(resource: Json) -> None:
        found.append(resource)

    collect()
    return found


def asked(questions: Sequence[Json]) -> list[Json]:
    """Return what the package answers, line by line."""
    ran = subprocess.run(
        [npm.node(), str(npm.FOLDER / "oracle.js")],
        input="".join(f"{json.dumps(each)}\n" for each in questions),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def read_by_it(found: Sequence[Json]) -> list[Json]:
    """Return each resource as the package reads it from our XML."""
    answers = asked([{"xml": codec_xml.printed(each).decode()} for each in found])
    return [codec_json.parse(each["json"].encode()) for each in answers]


def written_by_it(found: Sequence[Json]) -> list[Json]:
    """Return each resource as we read it from the package's XML."""
    answers = asked([{"json": codec_json.printed(each).decode()} for each in found])
    return [codec_xml.parse(each["xml"].encode()) for each in answers]


def differing(found: Sequence[Json], back: Sequence[Json]) -> list[tuple[Json, Json]]:
    """Return what did not come back as it went."""
    pairs = zip(found, back, strict=True)
    return [(a, b) for a, b in pairs if comparable(a) != comparable(b)]


def comparable(found: Any) -> Any:
    """Return narratives as we spell them, numbers by their spelling, the rest as it is."""
    if isinstance(found, dict):
        return {
            name: xhtml.printed(xhtml.parse(each)) if name == "div" else comparable(each)
            for name, each in found.items()
        }
    if isinstance(found, list):
        return [comparable(each) for each in found]
    return f"{type(found).__name__} {found!r}" if isinstance(found, float) else found


def is_without_exponent(number: float) -> bool:
    """Whether its reader of XML takes a decimal."""
    return "e" not in spelling(number).lower()


def is_of_javascript(number: float) -> bool:
    """Whether its reader of JSON keeps a decimal: it makes doubles of them, so 6.0 becomes 6."""
    if isinstance(number, int):
        return abs(number) < 2**53
    return not (isinstance(number, Spelled) or number.is_integer() or "e" in repr(number))


@dataclass(frozen=True)
class Reach:
    """What the package gets right, in one direction; *keeps* are the decimals that it keeps."""

    keeps: Callable[[float], bool]

    def resource(self, resource: Json) -> Json:
        """Return *resource* without what the package is known to get wrong."""
        name = resource["resourceType"]
        return {"resourceType": name, **self._object(resource, name)}

    def _object(self, value: Json, type_name: str) -> Json:
        return dict(self._members(value, r4.members(type_name)))

    def _members(self, value: Json, members: Mapping[str, r4.Member]) -> Iterator[tuple[str, Any]]:
        for name in dict.fromkeys(each.removeprefix("_") for each in value):
            member = members.get(name)
            if member is None:
                continue  # resourceType
            if member.is_primitive:
                yield from self._primitive(member, value.get(name), value.get(f"_{name}"))
            elif member.element.repeats:
                inner = [self._complex(member, each) for each in value[name]]
                yield from [(name, kept)] if (kept := [each for each in inner if each]) else []
            elif kept_one := self._complex(member, value[name]):
                yield name, kept_one

    def _complex(self, member: r4.Member, value: Json) -> Json:
        is_resource = member.type == r4.RESOURCE
        return self.resource(value) if is_resource else self._object(value, member.type)

    def _primitive(self, member: r4.Member, value: Any, more: Any) -> Iterator[tuple[str, Any]]:
        """Yield a value and what stands beside it.

        The package has no type uuid, and loses or misplaces what has an extension and no value.
        """
        repeats = member.element.repeats
        if member.type == "uuid" or value is None or (repeats and None in value):
            return
        values = [self._value(member, each) for each in (value if repeats else [value])]
        beside = [
            each and (self._object(each, "Element") or None)
            for each in ((more or ()) if repeats else [more])
        ]
        yield member.name, values if repeats else values[0]
        if any(beside):
            yield f"_{member.name}", beside if repeats else beside[0]

    def _value(self, member: r4.Member, value: Any) -> Any:
        if member.type == "decimal":
            return value if self.keeps(value) else 7.5
        if member.type == r4.XHTML:
            return re.sub(r">\s+<", "><", value)  # it drops blanks that stand alone
        if isinstance(value, str):
            return value.replace("\t", " ")  # it writes a tab as it is, which XML reads as a blank
        return value


READS, WRITES = Reach(is_without_exponent), Reach(is_of_javascript)


def test_what_we_write_is_read_as_it_was_meant() -> None:
    found = [READS.resource(each) for each in generated()]

    assert differing(found, read_by_it(found)) == []


def test_what_it_writes_is_read_as_it_was_meant() -> None:
    found = [WRITES.resource(each) for each in generated()]

    assert differing(found, written_by_it(found)) == []


def test_hl7s_examples_mean_the_same_to_both(shared: Path) -> None:
    files = sorted((shared / "data" / "hl7" / "examples").glob("*.json"))
    examples = [codec_json.parse(each.read_bytes()) for each in files]

    read, written = (list(map(way.resource, examples)) for way in (READS, WRITES))

    assert differing(read, read_by_it(read)) == []
    assert differing(written, written_by_it(written)) == []
