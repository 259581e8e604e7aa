import pytest

from eer.domain.policy import Level, breach
from eer.domain.search import Match, Text, ancestors, canonical_system
from eer.domain.wording import say


def test_both_spellings_of_the_gln_system_are_compared_as_one() -> None:
    assert canonical_system("http://www.gs1.org/gln") == "https://www.gs1.org/gln"
    assert canonical_system("https://www.gs1.org/gln") == "https://www.gs1.org/gln"
    assert canonical_system("http://cvr.dk") == "http://cvr.dk"


@pytest.mark.fhir(82)
@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("urn:oid:1.2", ["urn:oid:1.2"]),
        ("/", ["/"]),
        ("/a", ["/a"]),
        ("a/b/c", ["a/b/c", "a/b", "a"]),
        ("http://x/a", ["http://x/a", "http://x", "http:/", "http:"]),
    ],
)
def test_an_address_stands_below_each_that_it_is_cut_to(uri: str, expected: list[str]) -> None:
    assert list(ancestors(uri)) == expected


def test_a_text_is_compared_folded() -> None:
    assert Text("Åhuset", Match.EXACT).folded == "aahuset"


@pytest.mark.parametrize(
    ("level", "expected"), [(Level.OFF, []), (Level.WARN, [False]), (Level.ERROR, [True])]
)
def test_a_breach_is_what_the_operator_makes_of_it(level: Level, expected: list[bool]) -> None:
    found = list(breach(level, "Device.type", say("x")))

    assert [each.is_error for each in found] == expected
