import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eer.domain.errors import Absent, Conflict, Malformed, Unavailable
from fakes import servers
from smp.sml import tsig
from smp.sml.tsig import TsigKey

SECRET = bytes(range(32))
KEY = TsigKey("publisher", "hmac-sha256", SECRET)
TEXT = (
    'key "publisher" {\n'
    "\talgorithm hmac-sha256;\n"
    '\tsecret "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";\n'
    "};\n"
)
NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,20}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda name: ".." not in name
)


def test_a_key_is_printed_as_tsig_keygen_prints_it() -> None:
    assert tsig.print_key(KEY) == TEXT


@given(
    st.builds(TsigKey, NAMES, st.sampled_from(tsig.ALGORITHMS), st.binary(min_size=1, max_size=64))
)
def test_what_was_printed_is_parsed(key: TsigKey) -> None:
    assert tsig.parse(tsig.print_key(key)) == key


@pytest.mark.debian
def test_a_key_of_tsig_keygen_is_parsed_and_printed_alike() -> None:
    program = servers.program("tsig-keygen")
    text = subprocess.run(
        [program, "-a", "hmac-sha512", "publisher"], check=True, capture_output=True, text=True
    ).stdout

    key = tsig.parse(text)

    assert (key.name, key.algorithm) == ("publisher", "hmac-sha512")
    assert tsig.print_key(key) == text


def test_comments_blanks_and_the_order_of_statements_do_not_matter() -> None:
    text = """\
# for the publisher // and nobody else
key publisher{ /* two
lines */ secret "AAECAwQFBgcICQoLDA0O
DxAREhMUFRYXGBkaGxwdHh8="; // here
algorithm "HMAC-SHA256" ; } ;"""

    assert tsig.parse(text) == KEY


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not a TSIG key"),
        ("secret", "not a TSIG key"),
        (TEXT + TEXT, "publisher: expected key"),
        (TEXT.replace("};", "}"), "not a TSIG key"),
        (TEXT.replace('="', "="), "quotation mark"),
        (TEXT.replace("publisher", "no name!"), "expected a DNS name"),
        (TEXT.replace("\talgorithm hmac-sha256;\n", ""), "publisher: expected key"),
        (TEXT.replace("hmac-sha256", "hmac-md5"), "'hmac-md5' found, expected one of hmac-sha256"),
        (TEXT.replace("AAEC", "AA*C"), "not base64"),
        (TEXT.replace("AAEC", "AAE"), "not base64"),
        (TEXT.replace("AAEC", "æøåC"), "not base64"),
        (TEXT.replace("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ""), "empty"),
    ],
)
def test_anything_else_is_malformed_and_the_secret_not_repeated(text: str, fault: str) -> None:
    with pytest.raises(Malformed, match=fault) as raised:
        tsig.parse(text)

    assert "CAwQFBgcICQ" not in raised.value.text


def test_the_secret_is_not_in_what_a_log_would_say() -> None:
    assert repr(KEY) == "TsigKey(name='publisher', algorithm='hmac-sha256')"


def test_a_created_key_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "var" / "tsig.key"

    created = tsig.create(path, "publisher", SECRET)

    assert created == KEY
    assert tsig.load(path) == KEY


def test_a_created_key_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "tsig.key"

    tsig.create(path, "publisher", SECRET)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_in_use_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "tsig.key"
    tsig.create(path, "publisher", SECRET)

    with pytest.raises(Conflict, match=str(path)):
        tsig.create(path, "publisher", bytes(32))

    assert tsig.load(path) == KEY


def test_no_file_is_made_for_a_name_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="expected a DNS name"):
        tsig.create(tmp_path / "tsig.key", "no name", SECRET)

    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Absent, match=r"tsig\.key is not there: make one with tsig-keygen"):
        tsig.load(tmp_path / "tsig.key")


def test_a_directory_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        tsig.load(tmp_path)


@pytest.mark.parametrize("found", [b"\xff\xfe", b"no key"])
def test_a_malformed_file_is_named(found: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tsig.key"
    path.write_bytes(found)

    with pytest.raises(Malformed, match=str(path)):
        tsig.load(path)
