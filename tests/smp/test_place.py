"""A file comes to its name whole or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eer.domain.errors import Absent, Refused, Unavailable
from smp.archive import place


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "smp.tar"
    assert not list(tmp_path.glob(".*"))


def test_a_file_is_there_when_it_is_whole(out: Path) -> None:
    with place.new_file(out) as file:
        file.write(b"whole")
        seen = out.exists()

    assert not seen
    assert out.read_bytes() == b"whole"
    assert out.stat().st_mode & 0o777 == 0o644


def test_nothing_is_left_of_a_file_that_failed(out: Path) -> None:
    with pytest.raises(Refused), place.new_file(out):
        raise Refused("no")

    assert not out.exists()


def test_a_disk_that_takes_no_more_is_unavailable(out: Path) -> None:
    with pytest.raises(Unavailable, match="No space left"), place.new_file(out):
        raise OSError(28, "No space left on device")

    assert not out.exists()


def test_what_is_there_is_not_written_over(out: Path) -> None:
    out.write_bytes(b"first")

    with pytest.raises(Refused, match="is there already"):
        place.check_free(out)
    with pytest.raises(Refused, match="is there already"), place.new_file(out) as file:
        file.write(b"second")

    assert out.read_bytes() == b"first"


def test_a_link_that_leads_nowhere_is_not_written_over(out: Path) -> None:
    out.symlink_to("nowhere")

    with pytest.raises(Refused, match="is there already"):
        place.check_free(out)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="there is no folder"):
        place.check_free(tmp_path / "absent" / "smp.tar")


def test_a_spool_has_no_name(out: Path) -> None:
    with place.spool(out) as file:
        file.write(b"much")
        seen = list(out.parent.iterdir())

    assert seen == []
