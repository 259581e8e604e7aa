import pytest

from eer import settings
from eer.domain.eligibility import Reason
from eer.domain.errors import Malformed
from eer.settings import Settings
from eer.wiring import parts

NAMES = ("EER_DATABASE_URL", "EER_BASE_URL", "EER_DEVELOPMENT_ISSUER_KEY_FILE")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def filled(environment: pytest.MonkeyPatch, **changes: str) -> Settings:
    values = {"EER_DATABASE_URL": "sqlite:///x", "EER_BASE_URL": "http://127.0.0.1:8080/fhir"}
    for name, value in (values | changes).items():
        environment.setenv(name, value)
    return settings.read(Settings)


def test_settings_are_read_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    found = filled(environment, EER_DEVELOPMENT_ISSUER_KEY_FILE="keys/x.jwk")

    assert found.database_url == "sqlite:///x"
    assert str(found.development_issuer_key_file) == "keys/x.jwk"


def test_every_fault_is_said_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("EER_BASE_URL", "ftp://eer.example.dk")

    with pytest.raises(Malformed) as failure:
        settings.read(Settings)

    assert failure.value.text.splitlines()[1:] == [
        "  EER_DATABASE_URL: is not set",
        "  EER_BASE_URL: expected an http or https URL with a host, without query or fragment",
    ]


@pytest.mark.parametrize(
    "url",
    [
        *("", "eer.example.dk", "https://", "https://eer.example.dk?x=1"),
        *("https://eer.example.dk#x", "http://[", "file:///etc/passwd", "https:/eer.example.dk"),
    ],
)
def test_a_base_that_is_no_url_is_malformed(environment: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(Malformed, match="EER_BASE_URL"):
        filled(environment, EER_BASE_URL=url)


def test_a_base_is_kept_without_its_final_slash(environment: pytest.MonkeyPatch) -> None:
    found = filled(environment, EER_BASE_URL="https://eer.example.dk/fhir/")

    assert found.base_url == "https://eer.example.dk/fhir"


def test_lists_are_separated_by_commas_and_kept_as_written(
    environment: pytest.MonkeyPatch,
) -> None:
    found = filled(
        environment,
        EER_AP_TRUST_FILE="oces.pem",
        EER_CRL_DIRECTORY="crl",
        EER_CRL_URLS="http://crl.example.dk/a/, https://crl.example.dk/b?part=1",
    )

    assert found.crl_urls == ("http://crl.example.dk/a/", "https://crl.example.dk/b?part=1")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"EER_CRL_URLS": "ldap://crl.example.dk"}, "EER_CRL_URLS"),
        ({"EER_CRL_URLS": "http://crl.example.dk"}, "EER_CRL_DIRECTORY, where they go"),
        ({"EER_CRL_DIRECTORY": "crl"}, "EER_AP_TRUST_FILE is not: who"),
        ({"EER_AP_EXPIRED": "maybe"}, "EER_AP_EXPIRED"),
    ],
)
def test_settings_of_trust_that_do_not_fit_are_malformed(
    environment: pytest.MonkeyPatch, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(Malformed, match=said):
        filled(environment, **changes)


def test_what_keeps_nothing_from_being_published_is_the_operators_choice(
    environment: pytest.MonkeyPatch,
) -> None:
    strict = filled(environment)
    lenient = filled(environment, EER_AP_EXPIRED="warn", EER_AP_UNTRUSTED="warn")

    assert parts.tolerated(strict) == ()
    assert parts.tolerated(lenient) == (
        Reason.CERTIFICATE_EXPIRED,
        Reason.CERTIFICATE_UNTRUSTED,
    )


def test_settings_do_not_change(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="frozen"):
        filled(environment).base_url = "https://eer.example.dk"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080/fhir", "http://localhost/x", "https://[::1]:1", "http://127.9.9.9"],
)
def test_this_machine_is_loopback(url: str) -> None:
    assert settings.is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        *("https://eer.example.dk", "http://127.0.0.1.example.dk", "http://0.0.0.0", "nonsense"),
        *("http://127.0.0.1@eer.example.dk", "http://localhost.example.dk", "http://10.0.0.1"),
    ],
)
def test_anything_else_is_not(url: str) -> None:
    assert not settings.is_loopback(url)
