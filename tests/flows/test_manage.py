"""The calls of MedCom's scripts against a running `smp manage`, until an access point finds it."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from pathlib import Path
from threading import Event

import httpx
import pytest
from lxml import etree

import builders_legacy as legacy
from builders import HOMECARE, gln
from builders_phoss import export, group
from builders_smp import GOLDEN
from eer.domain.plan import Plan
from eer.settings import Settings
from flows.house import House, await_port, build, free_port, open_house, running
from smp.domain.identifiers import document_path, group_path
from smp.domain.naming import names
from smp.settings.publishing import Publishing
from smp.store.session import Store
from smp.wiring import beside
from smp.xml.render import NAMESPACE

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    clients = {
        "SMP_MANAGE_CLIENTS_FILE": f"{folder}/clients.json",
        "SMP_MANAGE_CERTIFICATE_HEADER": "Client-Cert",
        "SMP_MANAGE_WAIT": "60",
    }
    with open_house(build(folder, **clients)) as opened:
        yield opened


def test_nobody_can_write_before_a_client_is_known(house: House) -> None:
    ran = house.run("smp", "manage", "--bind", f"127.0.0.1:{free_port()}")

    assert ran.returncode == 1
    assert "smp manage credentials add NAME" in ran.stderr


def test_what_a_tool_puts_is_found_by_an_access_point_and_gone_when_it_deletes_it(
    house: House, tmp_path: Path
) -> None:
    house.done("eer", "keys", "create")
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    add = ("smp", "manage", "credentials", "add")
    house.done(*add, "tool", "--cvr", str(legacy.OWNER), "--password-file", str(password))
    made = house.done(*add, "boss", "--operator").strip()
    pem = GOLDEN / "smp-access-point.pem"
    house.done(*add, "machine", "--cvr", str(legacy.OWNER), "--certificate", str(pem))
    clients = Path(house.environment["SMP_MANAGE_CLIENTS_FILE"])
    assert oct(clients.stat().st_mode)[-3:] == "600"
    assert PASSWORD not in clients.read_text(encoding="utf-8")

    port = free_port()
    own = (
        f'<ServiceGroup xmlns="{NAMESPACE}"><ParticipantIdentifier scheme="iso6523-actorid-upis">'
        f"0088:{gln(2)}</ParticipantIdentifier><ServiceMetadataReferenceCollection/></ServiceGroup>"
    ).encode()
    who, key = legacy.who(2), legacy.key(2)
    document = etree.tostring(legacy.element(2))
    with (
        running(house, "smp", "publish", "--watch"),
        running(house, "smp", "manage", "--bind", f"127.0.0.1:{port}", "--workers", "1"),
    ):
        await_port(port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=90) as tool:
            der = base64.b64encode(
                base64.b64decode("".join(pem.read_text(encoding="ascii").splitlines()[1:-1]))
            ).decode()
            shown = {"Client-Cert": f":{der}:"}
            assert tool.put(group_path(who), content=own).status_code == 401
            assert tool.put(group_path(who), content=own, headers=shown).status_code == 201
            tool.auth = ("tool", PASSWORD)
            put = tool.put(document_path(key.participant, key.document), content=document)
            assert (put.status_code, put.text) == (201, "")

            found = house.run("smp", "lookup", gln(2), f"{key.document}")
            assert "legacy.example.dk/as4" in found.stdout
            assert found.returncode == 0
            public = httpx.get(
                house.environment["SMP_BASE_URL"] + document_path(key.participant, key.document)
            )
            assert HOMECARE in public.text
            assert house.run("smp", "audit").returncode == 0

            tool.auth = ("boss", made)
            assert tool.delete(group_path(who)).status_code == 200
        assert house.run("smp", "lookup", gln(2), f"{key.document}").returncode == 1


def test_writes_that_wait_keep_nobody_else_from_being_answered(house: House) -> None:
    house.done("eer", "keys", "create")
    add = ("smp", "manage", "credentials", "add", "patient", "--cvr", str(legacy.OWNER))
    password = house.done(*add).strip()
    port, who = free_port(), legacy.who(7)
    own = (
        f'<ServiceGroup xmlns="{NAMESPACE}"><ParticipantIdentifier scheme="{who.scheme}">'
        f"{who.value}</ParticipantIdentifier><ServiceMetadataReferenceCollection/></ServiceGroup>"
    ).encode()
    base = f"http://127.0.0.1:{port}"

    def written(_: int) -> int:
        where = f"{base}{group_path(who)}/services"
        return httpx.delete(where, auth=("patient", password), timeout=90).status_code

    with (
        running(house, "smp", "manage", "--bind", f"127.0.0.1:{port}", "--workers", "1"),
        ThreadPoolExecutor(4) as threads,
    ):
        await_port(port)
        put = httpx.put(f"{base}{group_path(who)}", content=own, auth=("patient", password))
        assert put.status_code == 201
        asked = [threads.submit(written, number) for number in range(4)]
        answers = as_completed(asked, timeout=50)
        crowded = [next(answers).result() for _ in range(2)]
        health = httpx.get(f"{base}/health", timeout=30).status_code
        house.done("smp", "publish")

        assert (crowded, health) == ([202, 202], 200)
        assert [each.result() for each in answers] == [200, 200]


def test_an_export_is_looked_at_and_then_taken(house: House, tmp_path: Path) -> None:
    file = tmp_path / "export.xml"
    file.write_bytes(export(group(3), group(4)))

    looked = house.done("smp", "import", str(file), "--dry-run")
    assert "would be taken 2 participants with 2 documents" in looked
    assert house.run("smp", "manage", "forget", gln(3)).returncode == 1
    taken = house.done("smp", "import", str(file), "--cvr", str(legacy.OWNER))
    assert taken == "taken      2 participants with 2 documents\n"
    house.done("smp", "publish")

    assert house.run("smp", "lookup", gln(4)).returncode == 0
    assert house.run("smp", "audit").returncode == 0
    assert house.done("smp", "manage", "forget", gln(4)) == f"{gln(4)}: 1 documents taken away\n"
    file.write_bytes(export(group(5), group(6, scheme="other")))
    refused = house.run("smp", "import", str(file))
    assert (refused.returncode, "nothing is taken, for 1 faults" in refused.stderr) == (1, True)


def test_a_sample_holds_what_a_tool_wrote_to_the_same_as_the_whole_audit(house: House) -> None:
    given, register = Publishing(**house.given("SMP_")), Settings(**house.given("EER_"))
    with closing(Store(given.database_url)) as store:
        legacy.put(store, 7)
    publisher = house.publisher()
    publisher.publish_touched()
    zone = publisher.means.locator
    whose = names([legacy.who(7)], publisher.naming)

    with beside.looking(given, register, Event()) as look:
        as_it_should_be = look.sampling().sample()
        zone.apply(Plan({}, {}, whose))
        drifted = look.sampling().sample()

    assert as_it_should_be.opened == ()
    assert {each.finding.participant for each in drifted.opened} == {legacy.who(7)}


def test_what_is_left_of_a_tool_can_be_taken_away(house: House) -> None:
    ran = house.run("smp", "manage", "forget", gln(9))

    assert (ran.returncode, "no tool has written" in ran.stderr) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("smp", "manage"),
        ("smp", "manage", "credentials", "add", "x"),
        ("smp", "manage", "credentials", "add", "a:b", "--operator"),
        ("smp", "manage", "forget", "123"),
    ],
)
def test_wrong_use_is_said_so(house: House, words: tuple[str, ...]) -> None:
    assert house.run(*words).returncode == 2
