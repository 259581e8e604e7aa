"""Files in an archive: the same bytes each time, readable by anybody, and read to the byte."""

import gzip
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from builders_archive import packed
from builders_smp import program
from eer.domain.errors import Malformed
from smp.archive import container
from smp.archive.container import Member, Reader
from smp.domain.archived import Damaged

FIRST = (Member("manifest.json", 3, 1_770_000_000), b"{}\n")
SECOND = (Member(f"documents/ab/{'ab' * 32}/{'cd' * 32}.xml", 600, 1_780_000_000), b"<" * 600)
EMPTY = (Member("index.jsonl", 0, 0), b"")
FILES = [FIRST, SECOND, EMPTY]


def read(content: bytes) -> list[tuple[Member, bytes]]:
    reader = Reader(container.unpacked(io.BytesIO(content)))
    found = []
    while (member := reader.member()) is not None:
        found.append((member, b"".join(reader.content(member))))
    return found


WHOLE = packed(FILES).read()


def test_what_was_written_is_read() -> None:
    assert read(WHOLE) == FILES


def test_packed_is_read_as_well() -> None:
    assert read(gzip.compress(WHOLE)) == FILES


def test_packing_the_same_is_the_same() -> None:
    made = []
    for _ in range(2):
        file = io.BytesIO()
        with container.packing(file, packed=True) as inner:
            inner.write(WHOLE)
        made.append(file.getvalue())

    assert made[0] == made[1]
    assert gzip.decompress(made[0]) == WHOLE


@pytest.mark.parametrize("mode", ["r:", "r|"])
def test_python_reads_it(mode: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(WHOLE), mode=mode) as tar:  # type: ignore[call-overload]
        found = [(each.name, tar.extractfile(each).read(), each.mode, each.uid) for each in tar]

    assert found == [(member.name, content, 0o644, 0) for member, content in FILES]


def test_tar_extracts_it(tmp_path: Path) -> None:
    (tmp_path / "smp.tar").write_bytes(WHOLE)

    subprocess.run([program("tar", "tar"), "-xf", "smp.tar"], cwd=tmp_path, check=True)

    for member, content in FILES:
        assert (tmp_path / member.name).read_bytes() == content
        assert int((tmp_path / member.name).stat().st_mtime) == member.modified


@pytest.mark.parametrize("place", range(0, len(WHOLE), 37))
def test_every_byte_is_told_or_is_content(place: int) -> None:
    changed = bytearray(WHOLE)
    changed[place] ^= 1

    try:
        found = read(bytes(changed))
    except Damaged:
        return
    assert found != FILES
    assert [member for member, _ in found] == [member for member, _ in FILES]


@pytest.mark.parametrize("length", range(0, len(WHOLE), 61))
def test_an_archive_that_was_cut_is_damaged(length: int) -> None:
    with pytest.raises(Damaged, match="its end inside"):
        read(WHOLE[:length])


@pytest.mark.parametrize("length", [15, 60, len(gzip.compress(WHOLE)) - 4])
def test_a_packed_archive_that_was_cut_is_damaged(length: int) -> None:
    with pytest.raises(Damaged, match="gzip that cannot be read"):
        read(gzip.compress(WHOLE)[:length])


@pytest.mark.parametrize("more", [b"\0", b"\0" * 512, b"more"])
def test_nothing_stands_behind_the_end(more: bytes) -> None:
    with pytest.raises(Damaged, match="something behind the end"):
        read(WHOLE + more)


def hostile(**changes: object) -> bytes:
    """Return an archive whose one member is what a hostile one would have."""
    info = tarfile.TarInfo("index.jsonl")
    for name, value in changes.items():
        setattr(info, name, value)
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(info)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        hostile(type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        hostile(type=tarfile.LNKTYPE, linkname="manifest.json"),
        hostile(type=tarfile.DIRTYPE),
        hostile(type=tarfile.CHRTYPE),
        hostile(mode=0o4755),
        hostile(uid=1000),
        hostile(uname="root"),
        hostile(name="n" * 300),
        hostile(),  # as GNU tar has it
    ],
)
def test_what_is_no_ordinary_file_is_damaged(content: bytes) -> None:
    with pytest.raises(Damaged, match="a header that no export writes"):
        read(content)


@pytest.mark.parametrize(
    ("name", "packed"), [("smp.tar", False), ("smp.tar.gz", True), ("smp.tgz", True)]
)
def test_a_name_says_whether_it_is_packed(name: str, packed: bool) -> None:  # noqa: FBT001
    assert container.is_packed(Path(name)) is packed


def test_another_name_is_malformed() -> None:
    with pytest.raises(Malformed, match=r"ends in \.tar or \.tar\.gz"):
        container.is_packed(Path("smp.zip"))


def test_a_file_takes_its_span() -> None:
    assert [container.span(size) for size in (0, 1, 512, 513)] == [512, 1024, 1024, 1536]
