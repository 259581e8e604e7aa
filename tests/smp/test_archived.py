"""The index and the manifest of an archive, on paper."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HOMECARE, NOW, gln
from eer.domain.errors import Malformed, Refused
from fakes.publishing import key
from smp.domain import archived, verdict
from smp.domain.archived import Content, Damaged, Entry, Line, file_of, parse_line, print_line
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId
from smp.domain.manifest import (
    FORMAT,
    Counts,
    Index,
    Kind,
    Manifest,
    Since,
    gap,
    parse_manifest,
    print_manifest,
)
from smp.domain.verdict import Fault, Verdict

LEAVING = NOW + timedelta(hours=1)
CONTENT = Content("a" * 64, 7816, NOW, LEAVING)
WHO, WHAT = key(1).participant, key(1).document
MANIFEST = Manifest(
    base_url="https://smp.example.dk",
    sequence=12,
    generation=34,
    time=NOW,
    since=None,
    state="b" * 64,
    index=Index("c" * 64, 1000),
    counts=Counts(1, 2, 0),
    document_schemes=("dk-medcom-messaging", "busdox-docid-qns"),
    chain=(b"\x30\x00", b"\x30\x01"),
)


def delta(since: int, to: int) -> Manifest:
    return replace(MANIFEST, since=Since(since, since), generation=to, sequence=to)


def entries(*numbers: int) -> list[Entry]:
    """Return the entries of some participants in the order of their files."""
    made = [
        Entry(where.participant, where.document, CONTENT)
        for where in (key(number) for number in numbers)
    ]
    return sorted(made, key=lambda each: each.file)


def index(*entries: Entry) -> list[Line]:
    return list(archived.lines(map(print_line, entries), "index.jsonl"))


identifiers = st.builds(
    Identifier,
    st.text(st.characters(codec="utf-8", exclude_characters=":"), min_size=1),
    st.text(st.characters(codec="utf-8"), min_size=1),
)
moments = st.integers(0, 253_000_000_000).map(lambda each: datetime.fromtimestamp(each, UTC))
contents = st.builds(
    Content,
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.integers(0, archived.LARGEST_FILE),
    moments,
    st.none() | moments,
)
anything = st.builds(
    Entry,
    identifiers.map(ParticipantId),
    st.none() | identifiers.map(DocumentId),
    st.none() | contents,
)


# The index


@given(anything)
def test_a_line_reads_as_what_was_printed(entry: Entry) -> None:
    raw = print_line(entry)

    assert parse_line(raw) == entry
    assert raw.count(b"\n") == 1


def test_a_line_says_what_stands_in_its_file() -> None:
    raw = print_line(Entry(WHO, WHAT, CONTENT))

    assert json.loads(raw) == {
        "file": file_of(WHO, WHAT),
        "participant": f"iso6523-actorid-upis::0088:{gln(1)}",
        "document": f"dk-medcom-messaging::{HOMECARE}",
        "participant_folded": f"iso6523-actorid-upis::0088:{gln(1)}",
        "document_folded": f"dk-medcom-messaging::{HOMECARE}".lower(),
        "sha256": "a" * 64,
        "size": 7816,
        "last_modified": "2026-08-03T12:00:00Z",
        "retire_after": "2026-08-03T13:00:00Z",
    }


def test_a_file_is_named_by_the_hashes_of_the_folded_identifiers() -> None:
    who = sha256(f"iso6523-actorid-upis::0088:{gln(1)}".encode()).hexdigest()
    what = sha256(f"dk-medcom-messaging::{HOMECARE}".lower().encode()).hexdigest()
    shouted = DocumentId(Identifier(WHAT.scheme, HOMECARE.upper()))

    assert file_of(WHO, WHAT) == file_of(WHO, shouted) == f"documents/{who[:2]}/{who}/{what}.xml"
    assert file_of(WHO, None) == f"documents/{who[:2]}/{who}/group.xml"


@given(identifiers, st.none() | identifiers)
def test_a_file_name_is_safe_everywhere(who: Identifier, what: Identifier | None) -> None:
    name = file_of(who, what)

    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789/.")
    assert ".." not in name
    assert len(name) < 150


RIGHT = json.loads(print_line(Entry(WHO, WHAT, CONTENT)))


@pytest.mark.parametrize(
    "changed",
    [
        {"file": "../../etc/passwd"},
        {"file": "/etc/passwd"},
        {"participant": "no scheme"},
        {"participant": 7},
        {"document_folded": "something else"},
        {"sha256": None},
        {"size": -1},
        {"size": True},
        {"size": "7816"},
        {"size": archived.LARGEST_FILE + 1},
        {"last_modified": "yesterday"},
        {"last_modified": "2026-08-03T12:00:00"},
        {"retire_after": 7},
        {"further": "member"},
    ],
)
def test_a_line_that_no_export_writes_is_malformed(changed: dict[str, object]) -> None:
    raw = json.dumps(RIGHT | changed, separators=(",", ":")).encode() + b"\n"

    with pytest.raises(Malformed, match="no export writes"):
        parse_line(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b"\xff\n",
        b"[" * 100_000,
        print_line(Entry(WHO, WHAT, CONTENT)).rstrip(),
        print_line(Entry(WHO, WHAT, CONTENT)).replace(b",", b", "),
    ],
)
def test_what_is_no_line_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed, match="no export writes"):
        parse_line(raw)


def test_an_index_names_the_line_that_is_wrong() -> None:
    raws = [*map(print_line, entries(1)), b"nonsense\n"]

    with pytest.raises(Damaged, match=r"index\.jsonl line 2: a line that no export writes found"):
        list(archived.lines(raws, "index.jsonl"))


def test_an_index_rises_by_its_files() -> None:
    raws = map(print_line, reversed(entries(1, 2)))

    with pytest.raises(Damaged, match=r"line 2: documents/.* a file behind documents/"):
        list(archived.lines(raws, "index.jsonl"))


def test_deltas_are_merged_into_what_a_full_archive_has() -> None:
    one, two, three = entries(1, 2, 3)
    changed = replace(two, content=replace(CONTENT, sha256="f" * 64))
    gone = replace(three, content=None)

    found = archived.merged([index(one, two), index(two, three), index(changed, gone)])

    assert [line.entry for line in found] == [one, changed]


def test_nothing_merged_is_nothing() -> None:
    assert list(archived.merged([])) == []


def test_damage_is_refused_elsewhere() -> None:
    damaged = Damaged("index.jsonl", "one", "another")

    assert type(damaged.refused("smp.tar")) is Refused
    assert str(damaged.refused("smp.tar")) == (
        "smp.tar: index.jsonl: one found, another expected; do not use it"
    )


# The manifest


@pytest.mark.parametrize("manifest", [MANIFEST, delta(5, 9)])
def test_a_manifest_reads_as_what_was_printed(manifest: Manifest) -> None:
    assert parse_manifest(print_manifest(manifest)) == manifest


def test_a_manifest_says_its_kind() -> None:
    assert (MANIFEST.kind, delta(5, 9).kind) == (Kind.FULL, Kind.DELTA)


SAID = json.loads(print_manifest(MANIFEST))


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "delta"},
        {"sequence": "12"},
        {"generation": None},
        {"time": "2026-08-03"},
        {"since": 5},
        {"counts": {}},
        {"chain": ["%"]},
        {"chain": None},
        {"base_url": None, "further": 1},
    ],
)
def test_a_manifest_that_no_export_writes_is_damaged(changed: dict[str, object]) -> None:
    content = json.dumps(SAID | changed, indent=2).encode() + b"\n"

    with pytest.raises(Damaged, match="what no export writes found"):
        parse_manifest(content)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b"null", b"[" * 100_000])
def test_what_is_no_manifest_is_damaged(content: bytes) -> None:
    with pytest.raises(Damaged, match="what no export writes found"):
        parse_manifest(content)


def test_another_format_is_named() -> None:
    content = print_manifest(MANIFEST).replace(FORMAT.encode(), b"ehmi-smp-archive/2")

    with pytest.raises(Damaged, match="format 'ehmi-smp-archive/2' found, 'ehmi-smp-archive/1'"):
        parse_manifest(content)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, MANIFEST),
        (MANIFEST, delta(34, 40)),
        (MANIFEST, delta(30, 40)),
        (MANIFEST, delta(30, 34)),
        (delta(34, 40), delta(40, 41)),
    ],
)
def test_what_goes_on_from_before_follows(before: Manifest | None, after: Manifest) -> None:
    assert gap(before, after) is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, delta(5, 9), "a delta since sequence 5 found, a full archive before any delta"),
        (MANIFEST, MANIFEST, "a full archive found, a delta behind the first archive"),
        (MANIFEST, delta(35, 40), "from generation 35 to 40 found, one that goes on from .* 34"),
        (MANIFEST, delta(30, 33), "from generation 30 to 33 found, one that goes on from .* 34"),
    ],
)
def test_a_gap_is_told(before: Manifest | None, after: Manifest, said: str) -> None:
    with pytest.raises(Damaged, match=said):
        raise gap(before, after) or AssertionError


# What is told

FAULT = Fault("index.jsonl", "one", "another")
WHAT_IS_IN_IT = (
    "of 2026-08-03T12:00:00Z, 2 documents of 1 participants, 0 gone, https://smp.example.dk"
)
GENUINE = Verdict("smp.tar", MANIFEST)
LATE = Verdict("late.tar", delta(35, 40), gaps=(FAULT,))
FALSE = Verdict("false.tar", None, faults=(FAULT,))


@pytest.mark.parametrize(
    ("verdicts", "code", "outcome"),
    [
        ([GENUINE], 0, "genuine"),
        ([GENUINE, LATE], 1, "not in order"),
        ([GENUINE, FALSE, LATE], 4, "untrusted"),
    ],
)
def test_the_worst_is_the_exit_code(verdicts: list[Verdict], code: int, outcome: str) -> None:
    assert verdict.code(verdicts) == code
    assert verdict.as_json(verdicts)["outcome"] == outcome


def test_a_fault_is_what_was_found_damaged() -> None:
    assert verdict.fault_of(Damaged("index.jsonl", "one", "another")) == FAULT


def test_each_fault_is_told_with_its_archive() -> None:
    assert verdict.lines([GENUINE, LATE, FALSE]) == [
        f"archive  smp.tar: full, sequence 12, generation 34 {WHAT_IS_IN_IT}",
        f"archive  late.tar: delta since sequence 35, sequence 40, generation 40 {WHAT_IS_IN_IT}",
        "FAULT    late.tar: index.jsonl: one found, another expected",
        "FAULT    false.tar: index.jsonl: one found, another expected",
        "not to be trusted",
    ]


def test_machines_are_told_the_same() -> None:
    said = verdict.as_json([LATE, FALSE])

    assert said["archives"] == [
        {
            "archive": "late.tar",
            "manifest": verdict.manifest_json(delta(35, 40)),
            "signer": None,
            "document_signers": [],
            "faults": [],
            "gaps": [{"file": "index.jsonl", "found": "one", "expected": "another"}],
        },
        {
            "archive": "false.tar",
            "manifest": None,
            "signer": None,
            "document_signers": [],
            "faults": [{"file": "index.jsonl", "found": "one", "expected": "another"}],
            "gaps": [],
        },
    ]
    assert verdict.manifest_json(MANIFEST)["since"] is None


def test_more_faults_than_are_looked_for_are_hinted_at() -> None:
    many = replace(FALSE, faults=(FAULT,) * verdict.MOST_FAULTS)

    assert "perhaps more" in verdict.lines([many])[-2]
