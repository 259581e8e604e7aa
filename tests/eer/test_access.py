import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders_fhir as build
from eer.domain import access
from eer.domain.access import Interaction, Principal, Scope
from eer.domain.errors import IssueCode, Refused
from eer.domain.identifiers import Cvr, Reference

ENDPOINT = Reference("Endpoint", "endpoint-1")
MINE, THEIRS = Cvr.parse(build.cvr(1)), Cvr.parse(build.cvr(2))


def principal(scope: str = "", cvr: Cvr | None = MINE, *roles: str) -> Principal:
    return Principal("someone", "a client", cvr, access.scopes(scope), frozenset(roles))


def test_scopes_of_both_versions_are_read_and_the_rest_passed_over() -> None:
    found = access.scopes("EER system/Endpoint.rs user/Organization.write openid user/*.* SOR:5")

    assert found == (
        Scope("Endpoint", frozenset({Interaction.READ, Interaction.SEARCH})),
        Scope(
            "Organization",
            frozenset({Interaction.CREATE, Interaction.UPDATE, Interaction.DELETE}),
        ),
        Scope("*", frozenset(Interaction)),
    )


@pytest.mark.parametrize(
    "item",
    [
        *("system/Endpoint.sr", "system/Endpoint.", "system/Endpoint.rr", "system/Endpoint.x"),
        *("patient/Endpoint.rs", "system/.rs", "system/Endpoint.rs?x=1", "SYSTEM/Endpoint.rs"),
    ],
)
def test_an_item_in_another_form_grants_nothing(item: str) -> None:
    assert access.scopes(item) == ()


@given(st.text())
def test_any_text_may_stand_where_scopes_stand(text: str) -> None:
    assert isinstance(access.scopes(text), tuple)


def test_a_scope_covers_its_type_and_interactions_only() -> None:
    caller = principal("system/Endpoint.rs")

    access.check_scope(caller, Interaction.READ, "Endpoint")
    for interaction, type_name in (
        (Interaction.UPDATE, "Endpoint"),
        (Interaction.READ, "Organization"),
        (Interaction.READ, "endpoint"),
    ):
        with pytest.raises(Refused) as refused:
            access.check_scope(caller, interaction, type_name)
        assert refused.value.issues[0].code is IssueCode.FORBIDDEN


def test_a_scope_of_all_types_covers_each() -> None:
    access.check_scope(principal("system/*.cruds"), Interaction.DELETE, "Device")


def test_any_scope_of_a_type_or_of_all_lets_ask_about_it() -> None:
    access.check_any(principal("system/Device.d"), "Device")
    access.check_any(principal("system/*.r"), "Device")


def test_a_scope_of_another_type_lets_ask_nothing() -> None:
    with pytest.raises(Refused, match="no scope for Device: expected any on it"):
        access.check_any(principal("system/Endpoint.cruds"), "Device")


def test_an_operator_writes_what_belongs_to_anyone_and_to_nobody() -> None:
    access.check_ownership(principal("", None, "operator"), ENDPOINT, [THEIRS, None])


def test_a_company_writes_what_is_its_own() -> None:
    access.check_ownership(principal(), ENDPOINT, [MINE, MINE])


@pytest.mark.parametrize("owners", [[THEIRS], [MINE, THEIRS], [THEIRS, MINE], [None], [MINE, None]])
def test_a_company_does_not_write_what_is_or_would_be_anothers(owners: list[Cvr | None]) -> None:
    with pytest.raises(Refused, match="belongs to"):
        access.check_ownership(principal(), ENDPOINT, owners)


def test_who_names_no_company_writes_nothing() -> None:
    with pytest.raises(Refused, match="names no CVR"):
        access.check_ownership(principal("", None), ENDPOINT, [])


def test_another_role_is_no_operator() -> None:
    assert not principal("", None, "superuser").is_operator
