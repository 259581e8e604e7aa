"""What the operator types and what is told: exit codes, sentences, --json (decision 17)."""

import json
import socket
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc import jwt

import builders_fhir as build
import builders_pki as pki
from eer import cli, settings
from eer.domain.errors import Malformed
from eer.fhir import codec_xml
from eer.gate import issuer
from eer.settings import Settings, host_port
from eer.wiring import parts

MISSING_BACKLINK = (
    "Endpoint.managingOrganization: "
    "Organization/unit-1 does not name this endpoint in Organization.endpoint"
)
UNCHECKED = (
    "unchecked whose AP certificates are: EER_AP_TRUST_FILE is not set\n"
    "unchecked whether AP certificates are revoked: EER_CRL_DIRECTORY is not set\n"
)
BASE = "http://127.0.0.1:8080/fhir"


@dataclass(frozen=True)
class Told:
    """What a command came to."""

    code: int
    out: str
    err: str


class Eer:
    """The command `eer`, run in this process in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.folder = folder
        self.environment = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(folder)
        monkeypatch.setenv("EER_DATABASE_URL", "sqlite:///register.sqlite")
        monkeypatch.setenv("EER_BASE_URL", BASE)
        monkeypatch.setenv("EER_DEVELOPMENT_ISSUER_KEY_FILE", "keys/issuer.jwk")

    def __call__(self, *arguments: str) -> Told:
        self.environment.setattr(sys, "argv", ["eer", *arguments])
        try:
            cli.main()
            code: object = 0
        except SystemExit as ended:
            code = ended.code or 0
        out, err = self._capsys.readouterr()
        assert isinstance(code, int)
        return Told(code, out, err)

    def file(self, json_of: build.Json, name: str = "file.json") -> str:
        (self.folder / name).write_text(json.dumps(json_of), encoding="utf-8")
        return name


@pytest.fixture
def bare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Eer:
    return Eer(tmp_path, monkeypatch, capsys)


@pytest.fixture
def eer(bare: Eer) -> Eer:
    assert bare("migrate").code == 0
    return bare


def test_migrating_again_is_harmless(eer: Eer) -> None:
    assert eer("migrate") == Told(0, "", "")


def test_what_is_loaded_is_counted(eer: Eer) -> None:
    file = eer.file(build.transaction(*build.registered()))

    assert eer("load", file) == Told(
        0, "4 created, 0 updated, 0 unchanged, 0 refused (sequence 4)\n", ""
    )
    assert eer("load", file) == Told(
        0, "0 created, 0 updated, 4 unchanged, 0 refused (sequence 4)\n", ""
    )


def test_json_and_xml_are_loaded_alike(eer: Eer) -> None:
    (eer.folder / "file.xml").write_bytes(codec_xml.printed(build.transaction(build.device())))

    assert eer("load", "file.xml", eer.file(build.device(2))).out.startswith("2 created")


def test_warnings_and_aliases_are_told(eer: Eer) -> None:
    eer("load", eer.file(build.organization(1)))

    told = eer(
        "load", eer.file(build.transaction(build.organization(1, id="overlay"), build.endpoint(1)))
    )

    assert told.code == 0
    assert told.out.splitlines() == [
        f"warning  Endpoint/endpoint-1: {MISSING_BACKLINK}",
        "alias    Organization/overlay is Organization/unit-1",
        "1 created, 0 updated, 1 unchanged, 0 refused (sequence 2)",
    ]


def test_what_is_refused_is_told_with_every_reason(eer: Eer) -> None:
    wrong = build.device(2, status="bogus", manufacturer=None)

    told = eer("load", eer.file(build.transaction(build.device(1), wrong)))

    assert told.code == 1
    assert [line[:60] for line in told.out.splitlines()] == [
        "error    file.json: Bundle.entry[1].resource.status: 'bogus'"[:60],
        "error    file.json: Bundle.entry[1].resource.manufacturer: manufacturer"[:60],
        "0 created, 0 updated, 0 unchanged, 1 refused (sequence 0)",
    ]


def test_the_report_is_told_as_json(eer: Eer) -> None:
    sent = build.collection(build.device(1), build.device(2, manufacturer=None))

    told = eer("load", "--json", eer.file(sent))

    report = json.loads(told.out)
    assert told.code == 1
    assert report["created"] == ["Device/device-1"]
    assert report["refused"][0] | {"issues": None} == {
        "file": "file.json",
        "place": "Bundle.entry[1].resource",
        "name": "Device/device-2",
        "issues": None,
    }
    assert (
        report["refused"][0]["issues"][0]["expression"] == "Bundle.entry[1].resource.manufacturer"
    )
    assert report["sequence"] == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.json", '{"resourceType": "Bundle", "type": "transact'),
        ("doctype.xml", '<!DOCTYPE x><Device xmlns="http://hl7.org/fhir"/>'),
        ("empty.json", ""),
        ("history.json", '{"resourceType": "Bundle", "type": "history"}'),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(eer: Eer, name: str, content: str) -> None:
    (eer.folder / name).write_text(content, encoding="utf-8")

    told = eer("load", eer.file(build.device()), name)
    as_json = eer("load", "--json", name)

    assert told.code == 1
    assert told.out == ""
    assert told.err.startswith(f"eer: nothing loaded: {name}: ")
    assert json.loads(as_json.out)["unreadable"].startswith(f"{name}: ")
    assert eer("load", eer.file(build.device())).out.startswith("1 created")


@pytest.mark.parametrize(("name", "code"), [("nowhere.json", 1), (".", 3)])
def test_a_file_that_is_not_there_is_named(eer: Eer, name: str, code: int) -> None:
    told = eer("load", name)

    assert told.code == code
    assert told.err.startswith(f"eer: {name}: ")


def test_what_is_told_is_told_letter_by_letter(eer: Eer) -> None:
    """Nothing in a name is markup or a picture."""
    told = eer("load", eer.file(build.device(manufacturer=None), ":key:[red]x.json"))

    assert ":key:[red]x.json" in told.out


def test_who_loaded_is_written_down(eer: Eer) -> None:
    eer("load", eer.file(build.device()))

    found = settings.read(Settings)
    counter = parts.counter(found)
    with counter.store.reading() as connection:
        (row,) = connection.exec_driver_sql("SELECT author FROM version").all()
    assert json.loads(row[0])["client"] == "eer load"
    counter.store.close()


def test_a_database_without_a_schema_says_what_to_do(bare: Eer) -> None:
    told = bare("load", bare.file(build.device()))

    assert told.code == 3
    assert "run eer migrate" in told.err


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("sqlite:///nowhere/at/all.sqlite", 3),
        ("postgresql+psycopg://127.0.0.1:1/x?connect_timeout=2", 3),
        ("nonsense", 2),
    ],
)
def test_a_database_that_is_not_there_is_said(bare: Eer, url: str, code: int) -> None:
    bare.environment.setenv("EER_DATABASE_URL", url)

    for arguments in (("migrate",), ("load", bare.file(build.device()))):
        told = bare(*arguments)
        assert told.code == code
        assert told.err.startswith("eer: ")


def test_settings_that_are_wrong_are_wrong_use(bare: Eer) -> None:
    bare.environment.delenv("EER_DATABASE_URL")
    bare.environment.setenv("EER_BASE_URL", "nonsense")

    for command in (
        ["migrate"],
        ["serve"],
        ["load", "x"],
        ["keys", "create"],
        ["token", "--scope", "x"],
    ):
        told = bare(*command)
        assert told.code == 2
        assert "EER_DATABASE_URL: is not set" in told.err
        assert "EER_BASE_URL: expected" in told.err


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["load"], ["token"], ["serve", "--workers", "x"]]
)
def test_what_is_no_command_is_wrong_use(bare: Eer, arguments: list[str]) -> None:
    assert bare(*arguments).code == 2


def test_every_command_says_what_it_does(bare: Eer) -> None:
    for command in ("migrate", "serve", "load", "keys", "token"):
        assert bare(command, "--help").code == 0
    assert bare("--version").out.strip().endswith(parts.VERSION)


def test_a_key_is_made_once_and_for_its_owner_alone(bare: Eer) -> None:
    made, kept = bare("keys", "create"), bare("keys", "create")

    file = bare.folder / "keys" / "issuer.jwk"
    assert (made.out, kept.out) == ("made keys/issuer.jwk\n", "kept keys/issuer.jwk\n")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "5", '{"kty": "oct", "k": "AAAA"}', '{"kty": "EC"}', "\0"]
)
def test_a_key_that_is_none_is_kept_and_said(bare: Eer, content: str) -> None:
    file = bare.folder / "keys" / "issuer.jwk"
    file.parent.mkdir()
    file.write_text(content, encoding="utf-8")

    for command in (["keys", "create"], ["token", "--scope", "system/*.rs"]):
        told = bare(*command)
        assert told.code == 2
        assert "remove it and run eer keys create" in told.err
    assert file.read_text(encoding="utf-8") == content


def test_a_key_without_its_private_half_makes_no_token(bare: Eer) -> None:
    bare("keys", "create")
    file = bare.folder / "keys" / "issuer.jwk"
    public = {k: v for k, v in json.loads(file.read_text(encoding="utf-8")).items() if k != "d"}
    file.write_text(json.dumps(public), encoding="utf-8")

    told = bare("token", "--scope", "system/*.rs")

    assert told.code == 2
    assert "private" in told.err


def test_a_key_that_cannot_be_written_is_said(bare: Eer) -> None:
    (bare.folder / "keys").write_text("a file", encoding="utf-8")

    told = bare("keys", "create")

    assert told.code == 3
    assert told.err.startswith("eer: keys/issuer.jwk: cannot be written")


def test_a_token_says_what_was_asked_for(bare: Eer) -> None:
    bare("keys", "create")

    told = bare("token", "--scope", "system/*.rs", "--cvr", build.cvr(1), "--role", "operator")

    key = issuer.load(bare.folder / "keys" / "issuer.jwk")
    claims = jwt.decode(told.out.strip(), key, algorithms=["ES256"]).claims
    assert {name: claims[name] for name in ("aud", "scope", "cvr", "roles", "iss")} == {
        "aud": BASE,
        "scope": "system/*.rs",
        "cvr": build.cvr(1),
        "roles": "operator",
        "iss": issuer.ISSUER,
    }
    assert claims["exp"] - claims["iat"] == 12 * 3600


def test_a_token_wants_a_key_and_a_cvr_that_is_one(bare: Eer) -> None:
    without = bare("token", "--scope", "x")
    bare("keys", "create")
    wrong = bare("token", "--scope", "x", "--cvr", "12345678")

    assert (without.code, wrong.code) == (1, 2)
    assert "eer keys create" in without.err
    assert "modulus 11" in wrong.err


def test_a_token_is_for_loopback_only(bare: Eer) -> None:
    bare("keys", "create")
    bare.environment.setenv("EER_BASE_URL", "https://eer.example.dk/fhir")

    told = bare("token", "--scope", "system/*.rs")

    assert told.code == 2
    assert "loopback only" in told.err


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("localhost:1", ("localhost", 1)),
        ("[::1]:65535", ("::1", 65535)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),  # noqa: S104 - only read
    ],
)
def test_where_to_listen_is_a_host_and_a_port(written: str, expected: tuple[str, int]) -> None:
    assert host_port(written) == expected


@pytest.mark.parametrize(
    "written",
    ["", "8080", "localhost", ":8080", "localhost:", "x:y", "x:-1", "x:65536", "x:²", "x:٨"],
)
def test_anything_else_is_malformed(written: str) -> None:
    with pytest.raises(Malformed, match="HOST:PORT"):
        host_port(written)


def test_an_address_that_is_taken_is_said(eer: Eer) -> None:
    eer("keys", "create")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = eer("serve", "--bind", f"127.0.0.1:{taken.getsockname()[1]}")

    assert told.code == 3
    assert "cannot be listened on" in told.err


def test_serving_wants_a_schema_and_on_loopback_a_key(bare: Eer) -> None:
    without_schema = bare("serve")
    bare("migrate")
    without_key = bare("serve")

    assert (without_schema.code, without_key.code) == (3, 1)
    assert "run eer migrate" in without_schema.err
    assert "eer keys create" in without_key.err


@pytest.mark.parametrize("command", [("check",), ("crl",), ("load", "file.json")])
def test_a_failure_before_any_result_is_told_as_json_too(
    command: tuple[str, ...], bare: Eer
) -> None:
    bare.environment.setenv("EER_BASE_URL", "no URL")

    plain, told = bare(*command), bare(*command, "--json")

    said = json.loads(told.out)
    assert (told.code, said["kind"], said["failure"]) == (2, "Malformed", said["failure"])
    assert told.err == plain.err == f"eer: {said['failure']}\n"
    assert (plain.code, plain.out) == (2, "")


# eer check


def test_a_failure_in_the_middle_of_findings_ends_the_object(eer: Eer) -> None:
    eer("load", eer.file(build.transaction(build.organization(1), build.endpoint(1))))
    with closing(sqlite3.connect(eer.folder / "register.sqlite")) as database:
        database.execute("UPDATE version SET body = x'7b' WHERE type = 'Organization'")
        database.commit()

    told = eer("check", "--json")

    report = json.loads(told.out)
    assert (told.code, told.err) == (2, f"eer: {report['failure']}\n")
    assert report.keys() == {"sequence", "checked", "findings", "failure", "kind", "issues"}


def test_a_register_that_is_in_order_has_nothing_to_say(eer: Eer) -> None:
    eer("load", eer.file(build.transaction(build.organization(1), build.device(1))))

    assert eer("check") == Told(0, f"{UNCHECKED}2 checked, 0 errors, 0 warnings (sequence 2)\n", "")
    assert json.loads(eer("check", "--json").out) == {
        "sequence": 2,
        "checked": 2,
        "findings": [],
        "remarks": [],
        "unchecked": [line.removeprefix("unchecked ") for line in UNCHECKED.splitlines()],
    }


def test_what_writing_it_today_would_say_is_told(eer: Eer) -> None:
    eer("load", eer.file(build.transaction(build.organization(1), build.endpoint(1))))

    assert eer("check") == Told(
        1,
        f"warning  Endpoint/endpoint-1: {MISSING_BACKLINK}\n"
        f"{UNCHECKED}2 checked, 0 errors, 1 warnings (sequence 2)\n",
        "",
    )


def test_findings_are_told_as_json(eer: Eer) -> None:
    both = [build.organization(1), build.endpoint(1), build.organization(2), build.endpoint(2)]
    eer("load", eer.file(build.transaction(*both)))

    told = eer("check", "--json")

    report = json.loads(told.out)
    assert (told.code, report["checked"]) == (1, 4)
    assert [each["resource"] for each in report["findings"]] == [
        "Endpoint/endpoint-1",
        "Endpoint/endpoint-2",
    ]
    assert report["findings"][0] == {
        "resource": "Endpoint/endpoint-1",
        "severity": "warning",
        "code": "business-rule",
        "expression": "Endpoint.managingOrganization",
        "text": "Organization/unit-1 does not name this endpoint in Organization.endpoint",
    }


def test_certificates_that_expire_soon_are_told_as_early_as_is_asked_for(eer: Eer) -> None:
    now = parts.now()
    der = build.certificate(now - timedelta(days=9), now + timedelta(days=40), build.cvr(90))
    marks = [build.public_key(der), build.conformant(f"{now:%Y-%m-%d}")]
    ap = build.access_point(extension=marks)
    eer("load", eer.file(build.transaction(build.owner(), ap)))

    assert eer("check").code == 0
    assert eer("check", "--expiring", "41").out.startswith(
        "warning  Device/ap-1: Device.extension: certificate expires on "
    )


# Trust and revocation


@pytest.fixture
def trusting(eer: Eer) -> Eer:
    """Return the command where OCES is trusted and its lists are in a folder."""
    trusted = pki.pem(pki.root(), pki.issuing())
    (eer.folder / "oces.pem").write_bytes(trusted)
    (eer.folder / "crl").mkdir()
    eer.environment.setenv("EER_AP_TRUST_FILE", "oces.pem")
    eer.environment.setenv("EER_CRL_DIRECTORY", "crl")
    return eer


def test_lists_are_fetched_and_told(trusting: Eer) -> None:
    now = parts.now()
    soon = now + timedelta(days=1)
    (trusting.folder / "crl" / "root.crl").write_bytes(pki.ROOT.revoking(issued=now, next=soon))
    body = pki.ISSUING.revoking(pki.ISSUING.leaf(), issued=now, next=soon)
    with pki.place(body) as place:
        trusting.environment.setenv("EER_CRL_URLS", place.url)
        told = trusting("crl")
        as_json = json.loads(trusting("crl", "--json").out)

    assert (told.code, told.err) == (0, "")
    lines = sorted(told.out.splitlines())
    assert lines[0].startswith(f"in force CN=Issuing: 1 revoked, until {soon:%Y-%m-%dT%H:%M:%S}Z (")
    assert lines[1].startswith("in force CN=Root: 0 revoked")
    assert {each["issuer"] for each in as_json["lists"]} == {"CN=Issuing", "CN=Root"}
    assert as_json["remarks"] == []


def test_lists_that_are_missing_or_do_not_come_are_told_with_exit_code_1(trusting: Eer) -> None:
    with pki.place(b"") as place:
        place.status = 404
        trusting.environment.setenv("EER_CRL_URLS", place.url)
        told = trusting("crl")

    assert told.code == 1
    assert told.out.splitlines() == [
        f"warning  revocation list at {place.url}: 404 answered",
        *(
            f"warning  no revocation list of CN={name}: "
            "what it issued is not checked for revocation"
            for name in ("Root", "Issuing")
        ),
    ]


def test_without_a_folder_there_are_no_lists(eer: Eer) -> None:
    told = eer("crl")

    assert (told.code, told.err) == (
        2,
        "eer: EER_CRL_DIRECTORY is not set: there are no revocation lists\n",
    )


def test_checking_counts_what_is_wrong_with_lists(trusting: Eer) -> None:
    told = trusting("check")
    as_json = json.loads(trusting("check", "--json").out)

    assert told.code == 1
    assert told.out.splitlines()[-1] == "0 checked, 0 errors, 2 warnings (sequence 0)"
    assert len(as_json["remarks"]) == 2
    assert as_json["unchecked"] == []


@pytest.mark.parametrize("command", ["check", "serve"])
def test_a_trust_file_that_is_not_right_is_told_by_its_setting(trusting: Eer, command: str) -> None:
    (trusting.folder / "oces.pem").unlink()
    missing = trusting(command)
    (trusting.folder / "oces.pem").mkdir()
    unreadable = trusting(command)

    assert (missing.code, missing.err) == (2, "eer: EER_AP_TRUST_FILE oces.pem: no such file\n")
    assert unreadable.code == 3
    assert "EER_AP_TRUST_FILE oces.pem: cannot be read (" in unreadable.err


def test_checking_wants_a_register(bare: Eer) -> None:
    told = bare("check")

    assert told.code == 3
    assert "has no schema: run eer migrate" in told.err
