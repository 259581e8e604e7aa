"""Which library may be imported in which room; the table is the law and its documentation."""

from functools import cache

import grimp
import pytest

ROOMS: dict[str, set[str]] = {
    "flask": {"eer.web", "eer.wiring", "smp.web", "smp.wiring"},
    "werkzeug": {"eer.web", "smp.web"},
    "sqlalchemy": {"eer.store", "smp.store"},
    "alembic": {"eer.store", "smp.store"},
    "cachetools": {"eer.web"},
    "fhir": {"eer.fhir"},
    "orjson": {"eer.fhir", "eer.web"},
    "lxml": {"eer.fhir", "smp.xml", "smp.pki", "smp.sml"},
    "signxml": {"smp.pki"},
    "cryptography": {"eer.chain", "eer.fhir", "eer.pki", "smp.pki"},
    "pkcs11": {"smp.pki"},
    "dns": {"smp.sml", "smp.lookup"},
    "joserfc": {"eer.gate"},
    "jsonpatch": {"eer.fhir"},
    "httpx": {"eer.pki", "smp.http"},
    "marshmallow": {"eer.web", "smp.web"},
    "prometheus_client": {"smp.web", "smp.wiring"},
    "pydantic": {"eer.settings", "smp.settings", "eer.fhir"},
    "pydantic_core": {"eer.settings"},
    "pydantic_settings": {"eer.settings", "smp.settings"},
    "click": {
        *("eer.cli", "sync.cli", "smp.cli"),
        *("smp.cli_archive", "smp.cli_audit", "smp.cli_keys", "smp.cli_manage", "smp.cli_sml"),
    },
    "rich": {"eer.cli", "smp.cli", "sync.cli"},
    "gunicorn": {"eer.wiring", "smp.wiring"},
    "granian": {"smp.wiring"},
}


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("eer", "smp", "sync", include_external_packages=True)


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _libraries() -> set[str]:
    import sys  # noqa: PLC0415 - only to tell the standard library from the rest

    ours = {"eer", "smp", "sync"}
    found = {module.split(".")[0] for module in _graph().modules}
    return found - ours - set(sys.stdlib_module_names)


@pytest.mark.parametrize("library", sorted(ROOMS))
def test_a_library_is_imported_in_its_rooms_only(library: str) -> None:
    graph = _graph()
    modules = [module for module in graph.modules if module.split(".")[0] == library]

    importers = {
        importer
        for module in modules
        for importer in graph.find_modules_that_directly_import(module)
        if importer.split(".")[0] in ("eer", "smp", "sync")
    }

    strangers = {each for each in importers if _room(each) not in ROOMS[library]}
    assert strangers == set()


def test_every_library_has_a_room() -> None:
    assert _libraries() - set(ROOMS) == set()


@pytest.mark.parametrize(
    ("process", "must_not_hold"),
    [
        (
            "smp.wiring.serve",
            {"smp.pki", "smp.sml", "smp.xml", "smp.manage", "eer.web", "eer.gate", "eer.store"},
        ),
        ("smp.wiring.manage", {"smp.sml", "smp.lookup", "smp.publish", "smp.enact", "eer.web"}),
        ("smp.wiring.nameserver", {"smp.pki", "smp.store", "eer.web", "eer.store"}),
        ("eer.wiring.serve", {"smp.pki", "smp.sml", "smp.store"}),
        ("smp.wiring.publish", {"eer.web", "smp.web"}),
        ("smp.wiring.export", {"eer.store", "eer.web", "smp.web", "smp.sml", "smp.lookup"}),
        ("smp.wiring.verify", {"eer.store", "eer.web", "smp.web", "smp.sml", "smp.store"}),
    ],
)
def test_a_process_imports_nothing_that_it_must_not_hold(
    process: str, must_not_hold: set[str]
) -> None:
    upstream = _graph().find_upstream_modules(process)

    assert {_room(module) for module in upstream} & must_not_hold == set()
