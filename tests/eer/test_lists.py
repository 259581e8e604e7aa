"""The folder of revocation lists: which are in force, and what somebody should see to."""

from pathlib import Path

import pytest

import builders_pki as build
from builders_fhir import NOW
from builders_pki import DAY, ISSUING, ROOT, STRANGER
from eer.pki import lists
from eer.pki.lists import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, build.oces().certificates)


def put(folder: Folder, name: str, body: bytes) -> None:
    (folder.path / name).write_bytes(body)


def in_force(folder: Folder) -> dict[str, str]:
    return {name: each.issuer for name, each in folder.lists().in_force.items()}


def remarks(folder: Folder) -> list[str]:
    return list(folder.lists().remarks(build.oces().certificates, NOW))


def test_every_list_in_the_folder_is_in_force_and_nothing_hidden(folder: Folder) -> None:
    put(folder, "root.crl", ROOT.revoking())
    put(folder, "issuing.der", ISSUING.revoking())
    put(folder, ".draft", b"half")
    (folder.path / "old").mkdir()

    assert in_force(folder) == {"root.crl": "CN=Root", "issuing.der": "CN=Issuing"}
    assert remarks(folder) == []


def test_the_newest_list_of_an_authority_is_in_force(folder: Folder) -> None:
    held = ISSUING.leaf()
    put(folder, "a.crl", ISSUING.revoking(held, issued=NOW - 2 * DAY))
    put(folder, "b.crl", ISSUING.revoking(issued=NOW - DAY))
    put(folder, "c.crl", ISSUING.revoking(held, issued=NOW - 3 * DAY))

    [found] = folder.lists().covering(held, build.issuing())
    assert found.revoked(held) is None


def test_the_folder_is_read_again_when_a_file_changes_and_not_before(folder: Folder) -> None:
    put(folder, "a.crl", ISSUING.revoking())
    first = folder.lists()
    put(folder, "b.crl", ROOT.revoking())
    second = folder.lists()

    assert second is not first
    assert folder.lists() is second
    assert set(in_force(folder)) == {"a.crl", "b.crl"}


def test_an_authority_without_a_list_is_told(folder: Folder) -> None:
    put(folder, "root.crl", ROOT.revoking())

    assert remarks(folder) == [
        "no revocation list of CN=Issuing: what it issued is not checked for revocation"
    ]


def test_an_authority_that_has_expired_needs_no_list(tmp_path: Path) -> None:
    old = build.trusting(ROOT.itself(end=NOW - DAY))

    assert list(Folder(tmp_path, ()).lists().remarks(old.certificates, NOW)) == []


def test_a_list_that_has_lapsed_stays_in_force_and_is_told(folder: Folder) -> None:
    bad = ISSUING.leaf()
    put(folder, "root.crl", ROOT.revoking())
    put(folder, "issuing.crl", ISSUING.revoking(bad, issued=NOW - 2 * DAY, next=NOW - DAY))

    [found] = folder.lists().covering(bad, build.issuing())
    assert found.revoked(bad) is not None
    [said] = remarks(folder)
    assert said == (
        "revocation list issuing.crl of CN=Issuing lapsed 2026-05-04T12:00:00Z: "
        "it stays in force, put a newer one there"
    )


def test_what_was_good_stays_in_force_when_its_file_is_spoilt(folder: Folder) -> None:
    put(folder, "root.crl", ROOT.revoking())
    put(folder, "issuing.crl", ISSUING.revoking())
    folder.lists()
    put(folder, "issuing.crl", b"half a list")

    assert in_force(folder)["issuing.crl"] == "CN=Issuing"
    [said] = remarks(folder)
    assert said.startswith("revocation list issuing.crl: not a revocation list in PEM or DER")


def test_a_list_that_nobody_here_signed_is_told_and_not_used(folder: Folder) -> None:
    put(folder, "root.crl", ROOT.revoking())
    put(folder, "issuing.crl", ISSUING.revoking())
    put(folder, "other.crl", STRANGER.revoking())

    assert "other.crl" not in in_force(folder)
    [said] = remarks(folder)
    assert said == (
        "revocation list other.crl: issued by CN=Stranger, "
        "expected an authority of EER_AP_TRUST_FILE"
    )


def test_a_list_whose_file_is_taken_away_is_no_longer_in_force(folder: Folder) -> None:
    put(folder, "issuing.crl", ISSUING.revoking())
    folder.lists()
    (folder.path / "issuing.crl").unlink()

    assert in_force(folder) == {}


def test_a_folder_that_has_gone_changes_nothing_and_is_told(folder: Folder) -> None:
    put(folder, "root.crl", ROOT.revoking())
    put(folder, "issuing.crl", ISSUING.revoking())
    folder.lists()
    folder.path.rename(folder.path.with_name("elsewhere"))

    assert set(in_force(folder)) == {"root.crl", "issuing.crl"}
    assert remarks(folder) == [
        f"EER_CRL_DIRECTORY {folder.path}: No such file or directory",
    ]


def test_a_file_that_cannot_be_read_is_told(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "a.crl", ISSUING.revoking())
    put(folder, "b.crl", ROOT.revoking())
    monkeypatch.setattr(lists, "_LARGEST", 4096)
    put(folder, "b.crl", b"x" * 4097)
    (folder.path / "c.crl").symlink_to("/proc/self/mem")

    told = remarks(folder)

    assert told[0].startswith("revocation list b.crl: more than")
    assert told[1].startswith("revocation list c.crl: cannot be read (")


def test_the_next_lapse_is_that_of_the_first_list_that_has_not_lapsed(folder: Folder) -> None:
    put(folder, "root.crl", ROOT.revoking(next=NOW + 2 * DAY))
    put(folder, "issuing.crl", ISSUING.revoking(issued=NOW - 2 * DAY, next=NOW - DAY))

    assert folder.lists().next(NOW) == NOW + 2 * DAY
    assert folder.lists().next(NOW + 3 * DAY) is None
