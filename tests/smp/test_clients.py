"""Who may write is kept so that no password can be read from it."""

import json

import pytest

import builders_legacy as legacy
from eer.domain.errors import Malformed, Refused
from smp.domain import clients
from smp.domain.clients import Client, Clients, hashed

TOOL = Client("tool", hashed("a password", b"s" * 16), cvr=legacy.OWNER, glns=("579",))
MACHINE = Client("machine", certificate="ab" * 32, is_operator=True)
BOTH = Clients({}).with_(TOOL).with_(MACHINE)


def test_what_is_printed_is_read_again_and_holds_no_password() -> None:
    printed = clients.printed(BOTH)

    assert clients.parse(printed) == BOTH
    assert "a password" not in printed


def test_a_password_is_its_clients_alone() -> None:
    assert BOTH.by_password("tool", "a password") == TOOL
    assert BOTH.by_password("tool", "another") is None
    assert BOTH.by_password("stranger", "a password") is None
    assert BOTH.by_password("machine", "") is None


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert hashed("a password", b"1" * 16) != hashed("a password", b"2" * 16)


def test_a_certificate_is_its_clients_and_none_is_nobodys() -> None:
    assert BOTH.by_certificate("ab" * 32) == MACHINE
    assert BOTH.by_certificate("cd" * 32) is None
    assert BOTH.by_certificate("") is None


def test_a_client_of_one_name_takes_the_place_of_another() -> None:
    assert BOTH.with_(Client("tool", is_operator=True)).by_name["tool"].is_operator


def test_a_caller_may_be_held_to_some_glns() -> None:
    TOOL.caller.check("5790009000013")
    MACHINE.caller.check("5710009000013")
    with pytest.raises(Refused, match="GLN 5710009000013 is not for tool"):
        TOOL.caller.check("5710009000013")
    assert (TOOL.caller.principal.is_operator, MACHINE.caller.principal.is_operator) == (
        False,
        True,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"a": 1}',
        json.dumps({"a": {"password": "plain"}}),
        json.dumps({"a": {"password": "md5$AAAA$AAAA"}}),
        json.dumps({"a": {"password": "scrypt$?$AAAA"}}),
        json.dumps({"a": {"cvr": "1"}}),
    ],
)
def test_what_is_no_list_of_clients_is_said_so(text: str) -> None:
    with pytest.raises(Malformed, match="not a list of clients"):
        clients.parse(text)
