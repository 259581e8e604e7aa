"""A receiver is looked up in an archive, when neither DNS nor the SMP answer."""

from datetime import timedelta
from pathlib import Path

import pytest

from builders import RECEIPT, gln
from builders_archive import Stock, members, rewritten
from builders_smp import AUTHORITY, BASE_URL, NOW, participant
from eer.domain.errors import Absent
from fakes.publishing import fresh_store, key
from smp.domain.archived import file_of
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier
from smp.domain.manifest import INDEX, MANIFEST
from smp.domain.metadata import ServiceGroup, ServiceMetadata
from smp.lookup.told import Outcome, StepName, Trace, lines
from smp.settings.lookup import Lookup
from smp.trace import trace_document, trace_group
from smp.wiring import offline
from smp.wiring.lookup import look_up_offline

LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A full archive of three participants, and a delta: one moved, one left, one is leaving."""
    folder = tmp_path_factory.mktemp("archives")
    with fresh_store(folder / "smp.db") as store:
        stock = Stock.opened(store)
        stock.put(7, key(1), key(1, RECEIPT), key(2), key(3))
        stock.turn(7, key(4), "https://elsewhere.example.dk/smp/who/services/what")
        stock.export(folder / "full.tar")
        stock.export(folder / "full.tar.gz")
        stock.put(8, key(1), at=LATER, uri="https://moved.example.dk/as4")
        stock.drop(9, key(2), at=LATER)
        stock.retire(10, key(3), due=LATER)
        stock.export(folder / "delta.tar", since=7)
    return [folder / "full.tar", folder / "delta.tar", folder / "full.tar.gz"]


def settings(trust_file: Path = AUTHORITY, case_sensitive: tuple[str, ...] = ()) -> Lookup:
    return Lookup.model_construct(
        case_sensitive_schemes=case_sensitive,
        zone="sml.example.dk.",
        trust_file=trust_file,
        nameservers=(("192.0.2.1", 53),),
        document_schemes=("dk-medcom-messaging",),
        processes=("dk-medcom-messaging::urn:ehmi:sdn-emergence",),
        transport_profiles=("bdxr-transport-ebms3-as4-v1p0",),
    )


def looked_up(where: DocumentKey, *paths: Path, case_sensitive: tuple[str, ...] = ()) -> Trace:
    with offline.access_point(settings(case_sensitive=case_sensitive), paths) as client:
        return trace_document(where.participant, where.document, client, NOW)


def uri(trace: Trace) -> str:
    assert isinstance(trace.said, ServiceMetadata), lines(trace)
    return trace.said.processes[0].endpoints[0].uri


@pytest.mark.parametrize("packed", [False, True])
def test_a_document_is_found_in_a_full_archive(archives: list[Path], packed: bool) -> None:  # noqa: FBT001
    found = looked_up(key(1), archives[2 if packed else 0])

    assert found.outcome is Outcome.FOUND
    assert uri(found) == "https://ap.example.dk/as4"


def test_a_delta_counts_before_what_it_changes(archives: list[Path]) -> None:
    found = looked_up(key(1), archives[0], archives[1])

    assert uri(found) == "https://moved.example.dk/as4"


def test_what_a_delta_does_not_have_is_found_behind_it(archives: list[Path]) -> None:
    assert looked_up(key(1, RECEIPT), *archives[:2]).outcome is Outcome.FOUND


def test_the_steps_say_where_it_was_found(archives: list[Path]) -> None:
    found = looked_up(key(1), archives[0])

    facts = {step.name: step.found for step in found.steps}
    assert facts[StepName.NAPTR].startswith(f"archive {archives[0]} of sequence 7, 2026-")
    assert f"{file_of(key(1).participant, key(1).document)} of" in facts[StepName.STATUS]
    assert facts[StepName.URL].startswith(BASE_URL)


def test_a_group_is_found_as_well(archives: list[Path]) -> None:
    with offline.access_point(settings(), archives[:2]) as client:
        found = trace_group(key(1).participant, client)

    assert isinstance(found.said, ServiceGroup)
    assert len(found.said.documents) == 2


@pytest.mark.parametrize(
    ("where", "count", "said"),
    [
        (key(9), 1, "not in "),
        (key(2), 2, "not in "),
        (key(3), 2, "has left"),
        (key(1, "urn:nothing"), 1, "not in "),
    ],
)
def test_who_is_not_published_is_not_found(
    archives: list[Path], where: DocumentKey, count: int, said: str
) -> None:
    found = looked_up(where, *archives[:count])

    assert found.outcome is Outcome.NOT_FOUND
    assert found.failed is not None
    assert said in found.failed.found


@pytest.mark.parametrize(
    ("case_sensitive", "of_other_case", "as_registered"),
    [
        ((), Outcome.FOUND, Outcome.FOUND),
        (("other-scheme",), Outcome.FOUND, Outcome.FOUND),
        (("DK-MedCom-messaging",), Outcome.NOT_FOUND, Outcome.FOUND),
    ],
)
def test_case_matters_in_an_archive_where_it_matters_at_the_publisher(
    archives: list[Path],
    case_sensitive: tuple[str, ...],
    of_other_case: Outcome,
    as_registered: Outcome,
) -> None:
    where = key(1).document
    other = DocumentId(Identifier(where.scheme.upper(), where.value.upper()))
    asked = (DocumentKey(key(1).participant, other), key(1))

    found = [looked_up(each, archives[0], case_sensitive=case_sensitive).outcome for each in asked]

    assert found == [of_other_case, as_registered]


def test_another_publishers_documents_are_in_no_archive(archives: list[Path]) -> None:
    found = looked_up(key(4), *archives[:2])

    assert found.outcome is Outcome.NO_ANSWER
    assert found.failed is not None
    assert "another publisher's, of which no archive says anything" in found.failed.found


def test_archives_that_do_not_follow_are_not_used(archives: list[Path]) -> None:
    found = looked_up(key(1), archives[1])

    assert found.outcome is Outcome.UNTRUSTED
    assert found.failed is not None
    assert "a full archive before any delta expected; do not use it" in found.failed.found


@pytest.mark.parametrize("file", [MANIFEST, INDEX, file_of(key(1).participant, key(1).document)])
def test_what_was_changed_is_not_used(archives: list[Path], tmp_path: Path, file: str) -> None:
    other = rewritten(
        archives[0],
        tmp_path / "other.tar",
        lambda files: files.update({file: files[file].replace(b"e", b"a", 1)}),
    )

    assert members(other)[file] != members(archives[0])[file]
    assert looked_up(key(1), other).outcome is Outcome.UNTRUSTED


def test_a_document_of_another_size_is_not_used(archives: list[Path], tmp_path: Path) -> None:
    name = file_of(key(1).participant, key(1).document)
    other = rewritten(
        archives[0],
        tmp_path / "other.tar",
        lambda files: files.update({name: files[name] + b" "}),
    )

    assert looked_up(key(1), other).outcome is Outcome.UNTRUSTED


def test_an_archive_that_ends_too_early_is_not_used(archives: list[Path], tmp_path: Path) -> None:
    """All in front of the end is there; the end is looked at by smp verify."""
    names = [name for name in members(archives[0]) if name.startswith("documents/")]
    other = rewritten(
        archives[0],
        tmp_path / "other.tar",
        lambda files: [files.pop(name) for name in names].clear(),
    )

    found = looked_up(key(1), other)

    assert found.outcome is Outcome.UNTRUSTED
    assert found.failed is not None
    assert "nothing found" in found.failed.found or "its end" in found.failed.found


def test_an_archive_that_is_not_there_is_absent(tmp_path: Path) -> None:
    found = looked_up(key(1), tmp_path / "absent.tar")

    assert found.failed is not None
    assert "no such file" in found.failed.found


def test_people_look_up_by_short_names(archives: list[Path]) -> None:
    found = look_up_offline(settings(), gln(1), None, [archives[0]])

    assert found.outcome is Outcome.FOUND
    assert found.participant == key(1).participant != participant("5790000000005")


def test_people_look_documents_up_by_short_names(archives: list[Path]) -> None:
    found = look_up_offline(settings(), f"0088:{gln(1)}", "HomeCareObservation 1.2", archives[:1])

    assert found.document == key(1).document
    assert StepName.SIGNATURE in {step.name for step in found.steps}


def test_nothing_is_fetched_that_was_not_located(archives: list[Path]) -> None:
    with (
        offline.access_point(settings(), archives[:1]) as client,
        pytest.raises(Absent, match="not in"),
    ):
        client.locate(key(9).participant)
