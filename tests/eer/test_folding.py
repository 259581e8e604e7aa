"""Two texts that Danes take for the same are compared as the same, whatever compares them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eer.domain.folding import folded, sound

WORDS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("Åhuset", "Aahuset"), ("ÅHUSET", "åhuset"), ("Ærø", "AEROE"), ("Østerbro", "oesterbro")),
        *(
            ("A\u030ahuset", "Åhuset"),
            ("\u212bhuset", "åhuset"),
            ("René", "Rene"),
            ("e\u0301", "E"),
        ),
        *(
            ("Straße", "STRASSE"),
            ("ﬁn", "fin"),
            ("\u210c", "h"),
            ("Ⓐ", "a"),
            ("Ǽ", "ae"),
            ("Ǿ", "oe"),
        ),
        *(("  to   blanke  ", "to blanke"), ("a\u00a0b", "a b"), ("a\tb\n", "a b"), ("ΣΑΣ", "σας")),
        *(("\u0301", ""), (" ", ""), ("ü", "u"), ("Müller", "muller"), ("İ", "i")),
    ],
)
def test_what_people_take_for_the_same_is_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Åhuset", "Ahuset"),
        ("Ærø", "Aro"),
        ("ø", "o"),
        ("ab", "a b"),
        ("100%", "100"),
        ("東", "京"),
    ],
)
def test_what_is_different_stays_different(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(WORDS)
def test_folding_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(WORDS)
def test_case_and_composition_do_not_count(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert folded(unicodedata.normalize(form, text)) == folded(text)


@given(st.text("abcæøåÆØÅéÉ 1%_", max_size=20), st.integers(0, 20))
def test_what_begins_a_text_begins_it_folded_too(text: str, length: int) -> None:
    assert folded(text).startswith(folded(text[:length]).rstrip())


@given(WORDS)
def test_what_is_folded_has_no_case_no_accents_and_single_blanks(text: str) -> None:
    found = folded(text)

    assert found == found.casefold()
    assert found == " ".join(found.split())
    assert not any(map(unicodedata.combining, found))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("Phillip", "Filip"), ("Thorsen", "Torsen"), ("Beck", "Bek"), ("Bech", "Bek")),
        *(("Hvalsø", "Valsø"), ("Hjort", "Jort"), ("Carl", "Karl"), ("Quist", "Kvist")),
        *(("Zachs", "Saks"), ("Max", "Maks"), ("Wulff", "Vulf"), ("Aagaard", "Ågård")),
        *(("Lund", "Lun"), ("Anna", "Ana"), ("", "  ")),
    ],
)
def test_what_sounds_the_same_is_the_same(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("Ærø", "Hjort"), ("Karl", "Knud"), ("Lund", "Lunde")])
def test_what_sounds_otherwise_is_otherwise(one: str, other: str) -> None:
    assert sound(one) != sound(other)


@given(WORDS)
def test_a_sound_is_that_of_the_folded_text(text: str) -> None:
    assert sound(text) == sound(folded(text))
