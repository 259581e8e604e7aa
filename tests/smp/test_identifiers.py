"""Identifiers of the SMP: parts, keys and paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eer.domain.errors import Malformed
from eer.domain.identifiers import Gln
from smp.domain.identifiers import (
    DocumentId,
    DocumentKey,
    Identifier,
    ParticipantId,
    document_path,
    finds,
    group_path,
    participant_of,
    split_path,
)

PARTICIPANT = participant_of(Gln("5790009000013"))
DOCUMENT = DocumentId(
    Identifier("dk-medcom-messaging", "urn:dk:structuredefinition::a-message##urn:dk:fhir::1.2")
)

schemes = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)
values = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40)


def test_a_gln_is_a_participant_of_agency_0088() -> None:
    assert str(PARTICIPANT) == "iso6523-actorid-upis::0088:5790009000013"


@given(schemes, values)
def test_a_printed_identifier_parses_to_itself(scheme: str, value: str) -> None:
    identifier = Identifier(scheme, value)

    assert Identifier.parse(str(identifier)) == identifier


def test_the_scheme_ends_at_the_first_double_colon() -> None:
    assert Identifier.parse("a::b::c##d::1.2") == Identifier("a", "b::c##d::1.2")


@pytest.mark.parametrize("text", ["", "value", "::value", "scheme::", "scheme:value"])
def test_an_identifier_lacking_a_part_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="expected scheme::value"):
        Identifier.parse(text)


def test_identifiers_are_compared_without_regard_to_case() -> None:
    assert (
        Identifier("ISO6523-Actorid-UPIS", "0088:A").folded
        == Identifier("iso6523-actorid-upis", "0088:a").folded
    )


@pytest.mark.parametrize(
    ("asked", "case_sensitive", "is_found"),
    [
        ("a::Bc", (), True),
        ("A::bC", (), True),
        ("a::Bd", (), False),
        ("A::Bc", ("a",), True),
        ("a::bc", ("a",), False),
        ("a::bc", ("b",), True),
        ("b::Bc", ("a",), False),
    ],
)
def test_case_matters_in_the_schemes_that_heed_it(
    *, asked: str, case_sensitive: tuple[str, ...], is_found: bool
) -> None:
    registered = Identifier("a", "Bc")

    assert finds(Identifier.parse(asked), registered, case_sensitive) == is_found


def test_a_document_key_says_whose_and_which() -> None:
    assert str(DocumentKey(PARTICIPANT, DOCUMENT)) == f"{PARTICIPANT} {DOCUMENT}"


def test_paths_escape_colons_and_number_signs() -> None:
    assert document_path(PARTICIPANT, DOCUMENT) == (
        "/iso6523-actorid-upis%3A%3A0088%3A5790009000013/services/dk-medcom-messaging%3A%3Aurn%3Adk"
        "%3Astructuredefinition%3A%3Aa-message%23%23urn%3Adk%3Afhir%3A%3A1.2"
    )


@given(schemes, values)
def test_a_document_path_splits_into_what_it_was_made_of(scheme: str, value: str) -> None:
    document = DocumentId(Identifier(scheme, value))

    assert split_path(document_path(PARTICIPANT, document)) == (str(PARTICIPANT), str(document))


def test_a_group_path_splits_into_a_participant_alone() -> None:
    assert split_path(group_path(PARTICIPANT)) == (str(PARTICIPANT), None)


def test_a_path_that_was_already_decoded_splits_the_same_way() -> None:
    assert split_path(f"/{PARTICIPANT}/services/{DOCUMENT}") == (str(PARTICIPANT), str(DOCUMENT))


def test_a_slash_in_a_document_belongs_to_it() -> None:
    assert split_path("/a::b/services/urn:a/services/b") == ("a::b", "urn:a/services/b")


@pytest.mark.parametrize("path", ["/%FF", "/a/services/%C3%28"])
def test_escapes_that_are_not_utf8_are_malformed(path: str) -> None:
    with pytest.raises(Malformed, match="not UTF-8"):
        split_path(path)


def test_a_participant_is_a_value() -> None:
    assert ParticipantId(Identifier("a", "b")) == Identifier.parse("a::b")
