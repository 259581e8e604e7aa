"""What is published becomes an archive, and the archive is judged by nobody's word."""

import gzip
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import update

from builders import HOMECARE, NOW, RECEIPT, gln
from builders_archive import (
    Stock,
    document,
    faults,
    gaps,
    judge,
    members,
    resigned,
    rewritten,
    seal,
    verified,
)
from builders_smp import AUTHORITY, BASE_URL, Issuer, program, rsa_key
from eer.domain.errors import Absent, Malformed, Refused
from fakes.publishing import fresh_store, key
from smp import verify
from smp.domain.archived import file_of, parse_line, print_line
from smp.domain.manifest import INDEX, MANIFEST, SIGNATURE, Counts, Kind, Since
from smp.domain.signed_by import ANYBODY
from smp.domain.verdict import MOST_FAULTS, code
from smp.export import export
from smp.store import history, tables
from smp.store.documents import Documents
from smp.store.migrations.upgrade import migrate
from smp.store.session import Store
from smp.store.snapshot import snapshot
from smp.wiring.verify import trust_of

DAY = timedelta(days=1)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def stock(database_url: str) -> Iterator[Stock]:
    migrate(database_url)
    store = Store(database_url)
    yield Stock.opened(store)
    store.close()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A full archive of two participants, one with two documents."""
    folder = tmp_path_factory.mktemp("archive")
    with fresh_store(folder / "smp.db") as store:
        stock = Stock.opened(store)
        stock.put(7, key(1), key(1, RECEIPT), key(2))
        stock.export(folder / "smp.tar")
    return folder / "smp.tar"


def test_an_archive_holds_what_is_served_byte_for_byte(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, key(1), key(1, RECEIPT), key(1, scheme=1), key(2))

    stock.export(tmp_path / "smp.tar")

    served = Documents(stock.store)
    found = members(tmp_path / "smp.tar")
    index = [json.loads(line) for line in found[INDEX].splitlines()]
    assert len(index) == 6
    for line in index:
        shown = (
            served.group(line["participant"])
            if line["document"] is None
            else served.document(line["participant"], line["document"])
        )
        assert shown is not None
        assert found[line["file"]] == shown.body
        assert line["sha256"] == sha256(shown.body).hexdigest()
        assert line["last_modified"] == shown.last_modified.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert list(found) == [MANIFEST, SIGNATURE, INDEX, *(line["file"] for line in index)]


def test_a_manifest_tells_which_state_it_is(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, key(1), key(1, RECEIPT), key(2))
    generation = Documents(stock.store).generation()

    written = stock.export(tmp_path / "smp.tar")

    said = json.loads(members(tmp_path / "smp.tar")[MANIFEST])
    chain = said.pop("chain")
    assert len(chain) == 1
    assert said == {
        "format": "ehmi-smp-archive/1",
        "kind": "full",
        "base_url": BASE_URL,
        "sequence": 7,
        "generation": generation,
        "time": "2026-08-03T12:00:00Z",
        "since": None,
        "state": said["index"]["sha256"],
        "index": said["index"],
        "counts": {"participants": 2, "documents": 3, "gone": 0},
        "document_schemes": ["dk-medcom-messaging", "busdox-docid-qns"],
    }
    assert written.size == (tmp_path / "smp.tar").stat().st_size


def test_the_same_state_is_the_same_bytes(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, *(key(number) for number in range(1, 120)))

    for name in ("one.tar", "two.tar", "one.tar.gz", "two.tar.gz"):
        stock.export(tmp_path / name)

    one, two = (tmp_path / name for name in ("one.tar", "two.tar"))
    assert one.read_bytes() == two.read_bytes()
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one.tar.gz").read_bytes()) == one.read_bytes()


def test_every_database_makes_the_same_bytes(stock: Stock, tmp_path: Path) -> None:
    """In whatever order it sorts, and by whatever release of it."""
    with fresh_store(tmp_path / "other.db") as store:
        for each, name in ((stock, "one.tar"), (Stock.opened(store), "two.tar")):
            each.put(7, *(key(number) for number in range(1, 120)), key(1, RECEIPT, 1))
            each.drop(8, key(2), at=LATER)
            each.export(tmp_path / name)

    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_what_was_exported_is_genuine(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, key(1), key(1, RECEIPT), key(2))
    for name in ("smp.tar", "smp.tar.gz"):
        stock.export(tmp_path / name)

        [found] = verified(tmp_path / name)

        assert (found.faults, found.gaps) == ((), ())
        assert found.manifest is not None
        assert found.manifest.counts == Counts(2, 3, 0)


def test_a_redirect_is_exported_as_well(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, key(1))
    stock.turn(8, key(2), "https://elsewhere.example.dk/a%3A%3Ab/services/c%3A%3Ad")

    stock.export(tmp_path / "smp.tar")

    found = verified(tmp_path / "smp.tar")
    assert (code(found), faults(found)) == (0, [])


def test_deltas_lead_to_the_same_state(stock: Stock, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("full.tar", "first.tar", "second.tar.gz", "then.tar")]
    stock.put(7, key(1), key(1, RECEIPT), key(2), key(3))
    stock.export(paths[0])
    stock.put(8, key(1), key(4), at=LATER, uri="https://elsewhere.example.dk/as4")
    stock.drop(9, key(3), at=LATER)
    first = stock.export(paths[1], since=7)
    stock.drop(10, key(1, RECEIPT), at=LATER)
    stock.put(11, key(3), at=LATER)
    stock.retire(12, key(2), due=LATER + DAY)

    second = stock.export(paths[2], since=9)

    whole = stock.export(paths[3])
    assert first.manifest.counts == Counts(2, 2, 2)
    assert second.manifest.counts == Counts(3, 2, 1)
    assert second.manifest.since == Since(9, first.manifest.generation)
    assert second.manifest.state == whole.manifest.index.sha256
    assert code(verified(*paths[:3])) == 0
    assert code(verified(paths[3])) == 0


def test_a_delta_has_only_what_has_changed(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, key(1), key(1, RECEIPT), key(2), key(3))
    full = stock.export(tmp_path / "full.tar")
    stock.put(8, key(1), at=LATER)
    stock.drop(9, key(2), at=LATER)
    since = Since(full.manifest.sequence, full.manifest.generation)

    written = stock.export(tmp_path / "delta.tar", since)

    found = members(tmp_path / "delta.tar")
    index = [json.loads(line) for line in found[INDEX].splitlines()]
    who, left = key(1).participant, key(2).participant
    assert written.manifest.kind is Kind.DELTA
    assert {line["file"]: line.get("gone", False) for line in index} == {
        file_of(who, key(1).document): False,
        file_of(who, None): False,
        file_of(left, key(2).document): True,
        file_of(left, None): True,
    }
    assert found.keys() - {MANIFEST, SIGNATURE, INDEX} == {
        line["file"] for line in index if "gone" not in line
    }


def test_nothing_changed_is_an_empty_delta(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, key(1))
    stock.export(tmp_path / "full.tar")
    stock.finish(8)

    written = stock.export(tmp_path / "delta.tar", since=7)

    assert written.manifest.counts == Counts(0, 0, 0)
    assert written.manifest.sequence == 8
    assert code(verified(tmp_path / "full.tar", tmp_path / "delta.tar")) == 0


def test_a_delta_may_go_on_from_before(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, key(1))
    stock.put(8, key(2))
    stock.export(tmp_path / "full.tar")
    stock.put(9, key(3))

    stock.export(tmp_path / "delta.tar", since=7)

    assert code(verified(tmp_path / "full.tar", tmp_path / "delta.tar")) == 0


def test_a_sequence_between_two_runs_is_the_one_before(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, key(1))
    stock.put(20, key(2))
    stock.put(30, key(3))

    written = stock.export(tmp_path / "delta.tar", since=29)

    assert written.manifest.since is not None
    assert written.manifest.since.sequence == 29
    assert written.manifest.counts == Counts(1, 1, 0)


def test_what_changed_before_anybody_counted_is_told_again(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, key(1))
    stock.export(tmp_path / "full.tar")
    with stock.store.writing() as connection:
        connection.execute(update(tables.document).values(generation=None))

    written = stock.export(tmp_path / "delta.tar", since=7)

    assert written.manifest.counts == Counts(1, 1, 0)
    assert code(verified(tmp_path / "full.tar", tmp_path / "delta.tar")) == 0


def test_random_histories_lead_to_the_same_state(tmp_path: Path) -> None:
    chance = Random(20260803)  # noqa: S311 - the same each time
    with fresh_store(tmp_path / "smp.db") as store:
        stock = Stock.opened(store)
        stock.put(1, key(1))
        paths = [tmp_path / "full.tar"]
        stock.export(paths[0])
        sequence = taken = 1
        for number in range(12):
            for _ in range(chance.randint(0, 3)):
                sequence += chance.randint(1, 3)
                each = key(chance.randint(1, 4), chance.choice([HOMECARE, RECEIPT]))
                deed = chance.choice(["put", "put", "drop", "retire"])
                if deed == "put":
                    stock.put(sequence, each, at=NOW + number * DAY / 24)
                elif deed == "drop":
                    stock.drop(sequence, each, at=NOW + number * DAY / 24)
                else:
                    stock.retire(sequence, each, due=LATER)
            paths.append(tmp_path / f"delta{number}.tar")
            stock.export(paths[-1], since=taken)
            taken = sequence

            found = verified(*paths)

            assert (faults(found), gaps(found)) == ([], [])


# What is refused


def test_nothing_is_exported_before_anything_is_published(
    database_url: str, tmp_path: Path
) -> None:
    migrate(database_url)
    store = Store(database_url)

    with pytest.raises(Refused, match="nothing has been published yet: run smp publish"):
        export(store, seal(), tmp_path / "smp.tar")

    assert not (tmp_path / "smp.tar").exists()
    store.close()


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (6, "sequence 6: what has changed since is not known any more; export a full"),
        (8, "not reached yet, published is sequence 7"),
        (Since(7, 99), "generation 99: not reached yet"),
    ],
)
def test_a_delta_that_cannot_be_made_is_refused(
    stock: Stock, tmp_path: Path, since: int | Since, said: str
) -> None:
    stock.put(7, key(1))

    with pytest.raises(Refused, match=said):
        stock.export(tmp_path / "smp.tar", since)


def test_what_went_is_known_for_a_month(stock: Stock, tmp_path: Path) -> None:
    stock.put(7, key(1), key(2), key(3))
    stock.drop(8, key(1))
    since = stock.export(tmp_path / "known.tar", since=7).manifest.generation
    stock.drop(9, key(2), at=NOW + history.KEPT + DAY)

    with pytest.raises(Refused, match="not known any more"):
        stock.export(tmp_path / "before.tar", since=7)

    written = stock.export(tmp_path / "after.tar", Since(8, since))
    assert written.manifest.counts == Counts(0, 0, 2)


def test_an_archive_is_never_written_over(archive: Path, stock: Stock) -> None:
    before = archive.read_bytes()
    stock.put(9, key(9))

    with pytest.raises(Refused, match="is there already, and is not written over"):
        stock.export(archive)

    assert archive.read_bytes() == before


@pytest.mark.parametrize(("name", "kind"), [("smp.zip", Malformed), ("absent/smp.tar", Absent)])
def test_a_place_that_is_none_is_told(
    stock: Stock, tmp_path: Path, name: str, kind: type[Exception]
) -> None:
    stock.put(7, key(1))

    with pytest.raises(kind):
        stock.export(tmp_path / name)

    assert list(tmp_path.glob("*smp.tar*")) == []


def test_a_snapshot_is_of_one_moment(stock: Stock, tmp_path: Path) -> None:
    """While the archive is made, publishing goes on; nothing of it comes in."""
    stock.put(7, *(key(number) for number in range(1, 60)))
    expected = stock.export(tmp_path / "before.tar").manifest
    seen = []

    def sign(content: bytes) -> bytes:
        seen.append(json.loads(content)["counts"])
        return seal().sign(content)

    with snapshot(stock.store) as state:
        head = state.head()
        shown = state.shown(None)
        first = next(shown)
        stock.put(8, *(key(number) for number in range(60, 70)), at=LATER)
        stock.drop(9, *(key(number) for number in range(1, 60)), at=LATER)
        rest = list(shown)

    assert head.generation == expected.generation
    assert len([first, *rest]) == 2 * 59
    export(stock.store, replace(seal(), sign=sign), tmp_path / "after.tar")
    assert seen == [{"participants": 10, "documents": 10, "gone": 0}]


# What is judged


@pytest.mark.debian
def test_openssl_verifies_an_archive(archive: Path, tmp_path: Path) -> None:
    subprocess.run([program("tar", "tar"), "-xf", str(archive)], cwd=tmp_path, check=True)

    ran = subprocess.run(
        [
            *(program("openssl", "openssl"), "cms", "-verify", "-binary", "-inform", "DER"),
            *("-in", SIGNATURE, "-content", MANIFEST, "-CAfile", str(AUTHORITY)),
            *("-purpose", "any", "-out", "said"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    said = json.loads((tmp_path / MANIFEST).read_bytes())
    assert sha256((tmp_path / INDEX).read_bytes()).hexdigest() == said["index"]["sha256"]


def test_200_single_changed_bytes_are_all_refused(archive: Path, tmp_path: Path) -> None:
    """Wherever they are: in a plain archive, no byte is without meaning."""
    whole, chance = archive.read_bytes(), Random(7)  # noqa: S311 - the same each time
    changed = tmp_path / "changed.tar"
    accepted = []
    for place in sorted(chance.sample(range(len(whole)), 200)):
        other = bytearray(whole)
        other[place] ^= chance.randint(1, 255)
        changed.write_bytes(other)
        if code(verified(changed)) != 4:
            accepted.append(place)

    assert accepted == []


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_single_changed_bytes_of_the_signed_head_are_all_refused(
    archive: Path, tmp_path: Path
) -> None:
    whole = archive.read_bytes()
    changed = tmp_path / "changed.tar"
    accepted = []
    for place in range(0, 8192, 13):
        other = bytearray(whole)
        other[place] ^= 1
        changed.write_bytes(other)
        if code(verified(changed)) != 4:
            accepted.append(place)

    assert accepted == []


def test_a_packed_archive_whose_content_differs_is_refused(archive: Path, tmp_path: Path) -> None:
    packed, chance = gzip.compress(archive.read_bytes(), mtime=0), Random(8)  # noqa: S311
    changed = tmp_path / "changed.tar.gz"
    for place in sorted(chance.sample(range(10, len(packed)), 50)):
        other = bytearray(packed)
        other[place] ^= chance.randint(1, 255)
        changed.write_bytes(other)

        if code(verified(changed)) == 0:
            assert gzip.decompress(bytes(other)) == archive.read_bytes()


def test_another_authority_is_not_trusted(archive: Path, tmp_path: Path) -> None:

    other = tmp_path / "trust.pem"
    other.write_bytes(Issuer(rsa_key()).itself().public_bytes(Encoding.PEM))

    [found] = verify.verify([archive], judge(other))

    assert found.manifest is None
    [fault] = found.faults
    assert fault.file == SIGNATURE
    assert "not issued by any of 1 anchors" in fault.found


def test_a_document_by_somebody_else_is_told(archive: Path, tmp_path: Path) -> None:
    """The archive is genuine, its documents are asked all the same."""

    other = tmp_path / "trust.pem"
    other.write_bytes(Issuer(rsa_key()).itself().public_bytes(Encoding.PEM))

    found = verify.verify([archive], replace(judge(), trust=trust_of(other, ANYBODY)))

    assert len(faults(found)) == 3
    assert all("not issued by any" in said for _, said, _ in faults(found))
    assert code(found) == 4


ONE = file_of(key(1).participant, key(1).document)
GROUP = file_of(key(1).participant, None)


def without(name: str, files: dict[str, bytes]) -> None:
    del files[name]


def test_a_missing_file_is_named(archive: Path, tmp_path: Path) -> None:
    other = rewritten(archive, tmp_path / "other.tar", lambda files: without(ONE, files))

    assert (ONE, "no file", "the one that the index has") in faults(verified(other))


def test_a_file_too_many_is_named(archive: Path, tmp_path: Path) -> None:
    def add(files: dict[str, bytes]) -> None:
        kept = {name: files.pop(name) for name in list(files)[3:]}
        kept[f"documents/00/{'0' * 64}/group.xml"] = b"<more/>"
        kept[f"documents/ff/{'f' * 64}/group.xml"] = b"<more/>"
        files |= dict(sorted(kept.items()))

    other = rewritten(archive, tmp_path / "other.tar", add)

    assert [file for file, found, _ in faults(verified(other)) if found == "a file"] == [
        f"documents/00/{'0' * 64}/group.xml",
        f"documents/ff/{'f' * 64}/group.xml",
    ]


def test_a_file_of_another_size_is_named(archive: Path, tmp_path: Path) -> None:
    other = rewritten(
        archive, tmp_path / "other.tar", lambda files: files.update({ONE: files[ONE] + b" "})
    )

    [(file, found, expected)] = [each for each in faults(verified(other)) if each[0] == ONE]
    assert file == ONE
    assert int(found.split()[0]) == int(expected.split()[0]) + 1


def test_all_faults_are_told_at_once(archive: Path, tmp_path: Path) -> None:
    def spoil(files: dict[str, bytes]) -> None:
        for name in list(files)[3:]:
            files[name] = files[name].replace(b"a", b"e", 1)

    other = rewritten(archive, tmp_path / "other.tar", spoil)

    found = faults(verified(other))
    assert len(found) == 5
    assert {said[:8] for _, said, _ in found} == {"SHA-256 "}


def test_a_large_file_that_nobody_wants_is_not_read(archive: Path, tmp_path: Path) -> None:
    def add(files: dict[str, bytes]) -> None:
        files[f"documents/ff/{'f' * 64}/group.xml"] = bytes(17 * 1024 * 1024)

    other = rewritten(archive, tmp_path / "other.tar", add)

    assert faults(verified(other))[-1][1:] == ("17825792 bytes", "at most 16777216")


def test_a_manifest_without_end_is_not_read(archive: Path, tmp_path: Path) -> None:
    other = rewritten(
        archive, tmp_path / "other.tar", lambda files: files.update({MANIFEST: bytes(300_000)})
    )

    assert faults(verified(other)) == [(MANIFEST, "300000 bytes", "at most 262144")]


def test_a_bomb_is_not_unpacked(archive: Path, tmp_path: Path) -> None:
    """Eight GiB of nothing: what no signature covers is not read."""
    (tmp_path / "bomb.tar.gz").write_bytes(gzip.compress(bytes(8 * 1024 * 1024)))

    assert code(verified(tmp_path / "bomb.tar.gz")) == 4
    del archive


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_head_stands_in_its_order(archive: Path, tmp_path: Path, place: int) -> None:
    name = (MANIFEST, SIGNATURE, INDEX)[place]
    other = rewritten(archive, tmp_path / "other.tar", lambda files: without(name, files))

    [(_, _, expected)] = faults(verified(other))
    assert expected == name


def test_an_empty_archive_is_no_archive(archive: Path, tmp_path: Path) -> None:
    other = rewritten(archive, tmp_path / "other.tar", lambda files: files.clear())

    assert faults(verified(other)) == [("archive", "the end", MANIFEST)]


def test_an_index_of_another_archive_is_told(archive: Path, tmp_path: Path) -> None:
    other = rewritten(
        archive,
        tmp_path / "other.tar",
        lambda files: files.update({INDEX: files[INDEX].replace(b"a", b"e", 1)}),
    )

    [(file, found, _)] = faults(verified(other))
    assert (file, found[:8]) == (INDEX, "SHA-256 ")


@pytest.mark.parametrize(
    ("changes", "file", "said"),
    [
        ({"counts": {"participants": 2, "documents": 4, "gone": 0}}, MANIFEST, "documents=4"),
        ({"time": "2026-08-03T12:00:01Z"}, MANIFEST, "modified at"),
        ({"chain": []}, MANIFEST, "another chain than signed it"),
        ({"kind": "delta"}, MANIFEST, "what no export writes"),
    ],
)
def test_what_a_manifest_says_has_to_be_so(
    archive: Path, tmp_path: Path, changes: dict[str, object], file: str, said: str
) -> None:
    """Even where the signature holds."""
    other = rewritten(archive, tmp_path / "other.tar", lambda files: resigned(files, **changes))

    assert [(name, said in found) for name, found, _ in faults(verified(other))] == [(file, True)]


def test_a_document_of_somebody_else_is_told(archive: Path, tmp_path: Path) -> None:
    """It is genuine, and in the wrong place: the index is signed, the answer is not the one."""

    def misplace(files: dict[str, bytes]) -> None:
        body = document(key(2, RECEIPT))
        lines = [json.loads(line) for line in files[INDEX].splitlines()]
        for line in lines:
            if line["file"] == ONE:
                line |= {"sha256": sha256(body).hexdigest(), "size": len(body)}
        files[ONE] = body
        files[INDEX] = b"".join(
            json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
            for line in lines
        )
        resigned(files)

    other = rewritten(archive, tmp_path / "other.tar", misplace)

    [(file, found, _)] = faults(verified(other))
    assert file == ONE
    assert f"0088:{gln(2)}, which is not" in found


def test_a_group_lists_what_stands_beside_it(archive: Path, tmp_path: Path) -> None:
    def hide(files: dict[str, bytes]) -> None:
        del files[ONE]
        files[INDEX] = b"".join(
            line for line in files[INDEX].splitlines(keepends=True) if ONE.encode() not in line
        )
        counts = {"participants": 2, "documents": 2, "gone": 0}
        resigned(files, counts=counts)

    other = rewritten(archive, tmp_path / "other.tar", hide)

    [(file, found, _)] = faults(verified(other))
    assert file == GROUP
    assert "other documents than stand beside it" in found


def test_a_line_too_long_is_told(archive: Path, tmp_path: Path) -> None:
    def lengthen(files: dict[str, bytes]) -> None:
        files[INDEX] = b" " * 100_000 + files[INDEX]
        resigned(files)

    other = rewritten(archive, tmp_path / "other.tar", lengthen)

    assert faults(verified(other))[0][0] == f"{INDEX} line 1"


def test_deltas_out_of_order_are_told(stock: Stock, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.tar" for number in range(3)]
    stock.put(7, key(1))
    stock.export(paths[0])
    stock.put(8, key(2))
    stock.export(paths[1], since=7)
    stock.put(9, key(3))
    stock.export(paths[2], since=8)

    missing = verified(paths[0], paths[2])
    turned = verified(paths[0], paths[2], paths[1])
    alone = verified(paths[1])
    twice = verified(paths[0], paths[0])

    assert [code(each) for each in (missing, turned, alone, twice)] == [1, 1, 1, 1]
    assert "one that goes on from generation" in gaps(missing)[0][2]
    assert gaps(alone)[0][2] == "a full archive before any delta"
    assert code(verified(*paths)) == 0


def test_a_delta_of_another_history_is_told(tmp_path: Path) -> None:
    """Two databases that count alike: what comes of both is not what the delta tells of."""
    paths = []
    for number, where in enumerate((key(1), key(2))):
        with fresh_store(tmp_path / f"{number}.db") as store:
            stock = Stock.opened(store)
            stock.put(7, where)
            stock.put(8, key(3))
            paths += [tmp_path / f"full{number}.tar", tmp_path / f"delta{number}.tar"]
            stock.export(paths[-2])
            stock.export(paths[-1], since=8)

    found = verified(paths[0], paths[3])

    assert code(found) == 1
    assert gaps(found)[0][1].startswith("a state of SHA-256 ")


def test_no_more_faults_are_looked_for_than_anybody_reads(archive: Path, tmp_path: Path) -> None:
    def add(files: dict[str, bytes]) -> None:
        for number in range(MOST_FAULTS + 10):
            files[f"documents/ff/{'f' * 60}{number:04}/group.xml"] = b""

    other = rewritten(archive, tmp_path / "other.tar", add)

    assert len(faults(verified(other))) == MOST_FAULTS


@pytest.mark.parametrize("kind", ["absent", "folder"])
def test_what_cannot_be_read_is_no_verdict(tmp_path: Path, kind: str) -> None:
    path = tmp_path if kind == "folder" else tmp_path / "absent.tar"

    with pytest.raises(Exception, match=r"no such file|cannot be read"):
        verified(path)


def test_a_line_of_the_index_is_as_it_is_printed(archive: Path) -> None:

    for raw in members(archive)[INDEX].splitlines(keepends=True):
        assert print_line(parse_line(raw)) == raw
