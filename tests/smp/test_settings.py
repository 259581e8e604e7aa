"""What the environment says of publication, and that all its faults are told at once."""

from ipaddress import ip_address

import pytest

from eer.domain.errors import Malformed
from eer.settings import Settings, read, read_both
from smp.domain.naming import Address, Cname, DnsName
from smp.settings.lookup import Lookup
from smp.settings.managing import Managing
from smp.settings.publishing import Publishing
from smp.settings.serving import NameServing

_NEEDED = {
    "SMP_DATABASE_URL": "sqlite:///publication.db",
    "SMP_BASE_URL": "https://smp.example.dk/",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*Publishing.model_fields, *Lookup.model_fields, *Managing.model_fields):
        monkeypatch.delenv(f"SMP_{name}".upper(), raising=False)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"EER_{name}".upper(), raising=False)
    for name, value in _NEEDED.items():
        monkeypatch.setenv(name, value)


def test_with_database_and_base_url_the_rest_has_defaults() -> None:
    settings = read(Publishing)

    assert settings.base_url == "https://smp.example.dk"
    assert settings.nameservers == (("127.0.0.1", 8053),)
    assert settings.document_schemes == ("dk-medcom-messaging", "busdox-docid-qns")
    assert settings.naming.publisher == "smp.publisher.sml.example.dk."
    assert settings.naming.publisher_record == Address("127.0.0.1")


def test_the_publishers_address_may_be_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMP_PUBLISHER_ADDRESS", "smp.example.dk")

    assert read(Publishing).naming.publisher_record == Cname(DnsName("smp.example.dk."))


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMP_NAMESERVERS", "192.0.2.1:53, [2001:db8::1]:5353")

    found = read(Publishing).nameservers

    assert found == (("192.0.2.1", 53), ("2001:db8::1", 5353))
    assert all(ip_address(host) for host, _ in found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMP_BASE_URL", "smp.example.dk"),
        ("SMP_BASE_URL", "https://smp.example.dk/?a=b"),
        ("SMP_BASE_URL", f"https://smp.example.dk/{'x' * 250}"),
        ("SMP_BASE_URL", "https://smp.example.dk/!"),
        ("SMP_ZONE", "two words"),
        ("SMP_NAMESERVER", ":53"),
        ("SMP_NAMESERVER", "127.0.0.1:99999"),
        ("SMP_NAMESERVERS", "127.0.0.1"),
        ("SMP_DNS_TTL", "-1"),
        ("SMP_DNS_TTL", "soon"),
        ("SMP_PUBLISHER_ADDRESS", "not a host"),
        ("SMP_DOCUMENT_SCHEMES", "a::b c"),
        ("SMP_DOCUMENT_SCHEMES", "twice,twice"),
        ("SMP_PROCESSES", "no-scheme"),
        ("SMP_TRANSPORT_PROFILES", ","),
    ],
)
def test_a_fault_names_its_setting(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(Malformed, match=name):
        read(Publishing)


def test_without_any_names_nobody_could_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMP_NAPTR", "false")
    monkeypatch.setenv("SMP_CNAME", "false")

    with pytest.raises(Malformed, match="both off"):
        read(Publishing)


def test_a_reload_command_is_divided_as_a_shell_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMP_ZONE_FILE_TO_WRITE", "/var/lib/bind/zone")
    monkeypatch.setenv("SMP_RELOAD_COMMAND", "rndc -k '/etc/bind/a key' reload $ZONE")

    assert read(Publishing).reload_command == ("rndc", "-k", "/etc/bind/a key", "reload", "$ZONE")


@pytest.mark.parametrize("name", ["SMP_ZONE_FILE_TO_WRITE", "SMP_RELOAD_COMMAND"])
def test_a_zone_file_and_its_command_go_together(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "rndc")

    with pytest.raises(Malformed, match="set both or neither"):
        read(Publishing)


@pytest.mark.parametrize("said", ["rndc 'reload", "'"])
def test_a_command_that_cannot_be_divided_is_named(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMP_ZONE_FILE_TO_WRITE", "/var/lib/bind/zone")
    monkeypatch.setenv("SMP_RELOAD_COMMAND", said)

    with pytest.raises(Malformed, match="SMP_RELOAD_COMMAND"):
        read(Publishing)


@pytest.mark.parametrize("model", [NameServing, Publishing])
def test_absence_lasts_as_long_as_a_record_where_nothing_else_is_said(
    model: type[NameServing | Publishing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMP_DNS_TTL", "600")
    assert read(model).absence == 600

    monkeypatch.setenv("SMP_NEGATIVE_TTL", "30")

    assert read(model).absence == 30


def test_all_faults_of_all_models_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMP_DNS_TTL", "soon")
    monkeypatch.setenv("SMP_ZONE", "two words")
    monkeypatch.setenv("EER_BASE_URL", "zz")

    with pytest.raises(Malformed) as failure:
        read_both(Publishing, Settings)

    for name in ("SMP_DNS_TTL", "SMP_ZONE", "EER_BASE_URL", "EER_DATABASE_URL: is not set"):
        assert name in failure.value.text


CENTRAL = {
    "SMP_SML_URL": "https://sml.example.dk/edelivery-sml/",
    "SMP_SML_SMP_ID": "smp-one",
    "SMP_SML_KEY_FILE": "sml.key",
    "SMP_SML_CERTIFICATE_FILE": "sml.pem",
}


def test_a_central_sml_names_the_publisher_and_makes_the_aliases_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in CENTRAL.items():
        monkeypatch.setenv(name, value)

    found = read(Publishing)

    assert found.sml_url == "https://sml.example.dk/edelivery-sml"
    assert found.naming.publisher == "smp-one.publisher.sml.example.dk."
    assert (found.naming.naptr, found.naming.cname) == (True, False)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SMP_SML_SMP_ID": None}, "SMP_SML_SMP_ID is needed"),
        ({"SMP_SML_KEY_FILE": None}, "SMP_SML_KEY_FILE is needed"),
        ({"SMP_SML_CERTIFICATE_FILE": None}, "SMP_SML_CERTIFICATE_FILE is needed"),
        ({"SMP_SML_URL": None}, "SMP_SML_SMP_ID is set, and SMP_SML_URL is not"),
        ({"SMP_SML_URL": "http://sml.example.dk"}, "expected an https URL"),
        ({"SMP_SML_SMP_ID": "smp.one"}, "String should match pattern"),
        ({"SMP_NAMESERVER": "192.0.2.1:53"}, "SMP_NAMESERVER is set too"),
        ({"SMP_TSIG_KEY_FILE": "tsig.key"}, "SMP_TSIG_KEY_FILE is set too"),
        ({"SMP_NAPTR": "false"}, "SMP_NAPTR is off"),
        ({"SMP_PUBLISHER_ADDRESS": "smp.example.dk"}, "an SML takes an IP address"),
    ],
)
def test_names_are_made_by_a_zone_or_by_an_sml_and_never_by_both(
    changed: dict[str, str | None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**CENTRAL, **changed}.items():
        if value is not None:
            monkeypatch.setenv(name, value)

    with pytest.raises(Malformed, match=said):
        read(Publishing)


_OWN = {"SMP_MANAGE_TLS_CERTIFICATE_FILE": "a.pem", "SMP_MANAGE_TLS_KEY_FILE": "a.key"}
_CLIENTS = {"SMP_MANAGE_TLS_CLIENTS_FILE": "clients.pem"}
_HEADER = {"SMP_MANAGE_CERTIFICATE_HEADER": "Client-Cert"}
_NO_PASSWORDS = {"SMP_MANAGE_PASSWORDS": "false"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SMP_MANAGE_TLS_CERTIFICATE_FILE": "a.pem"}, "SMP_MANAGE_TLS_KEY_FILE: set both"),
        ({"SMP_MANAGE_TLS_KEY_FILE": "a.key"}, "SMP_MANAGE_TLS_KEY_FILE: set both"),
        (_CLIENTS, "SMP_MANAGE_TLS_CLIENTS_FILE is for TLS"),
        ({**_OWN, **_HEADER}, "anybody could write it"),
        ({**_OWN, **_CLIENTS, **_HEADER}, "anybody could write it"),
        (_NO_PASSWORDS, "SMP_MANAGE_PASSWORDS is off"),
        ({**_NO_PASSWORDS, **_OWN}, "SMP_MANAGE_PASSWORDS is off"),
    ],
)
def test_what_would_let_in_nobody_or_anybody_is_refused(
    given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Malformed, match=said):
        read(Managing)


@pytest.mark.parametrize(
    "given",
    [{}, _OWN, {**_OWN, **_CLIENTS}, {**_OWN, **_CLIENTS, **_NO_PASSWORDS}, _HEADER],
)
def test_tools_may_come_in_clear_or_in_tls_of_ours_or_of_a_proxy(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert read(Managing).manage_passwords == ("SMP_MANAGE_PASSWORDS" not in given)
