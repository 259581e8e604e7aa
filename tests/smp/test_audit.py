from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from builders_smp import BASE_URL, document_id, endpoint, participant, service_metadata
from eer.domain.errors import Absent, Failure, Refused, Unavailable
from smp import audit
from smp.audit import Findings, Layer, View
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, ParticipantId, ProcessId
from smp.domain.metadata import ServiceGroup, ServiceMetadata
from smp.lookup.told import DOCUMENT_STEPS, GROUP_STEPS, Notes, Outcome, StepName, Trace

WHO, OTHER = participant(), participant("5790009000020")
CARE, RECEIPT = document_id(), document_id("acknowledgement-message", "2.0")
CARE_KEY, RECEIPT_KEY = DocumentKey(WHO, CARE), DocumentKey(WHO, RECEIPT)
OTHER_PROCESS = ProcessId(Identifier("dk-medcom-messaging", "urn:other"))
WANTED = {key: service_metadata(document=key.document) for key in (CARE_KEY, RECEIPT_KEY)}


@dataclass
class World:
    """What access points see; *faults* come up at a step of a participant or a document."""

    groups: dict[ParticipantId, ServiceGroup] = field(
        default_factory=lambda: {WHO: ServiceGroup(WHO, (CARE, RECEIPT), BASE_URL)}
    )
    documents: dict[DocumentKey, ServiceMetadata] = field(default_factory=lambda: dict(WANTED))
    faults: dict[ParticipantId | DocumentKey, tuple[StepName, Failure]] = field(
        default_factory=dict
    )
    stored: frozenset[DocumentKey] = frozenset(WANTED)

    def view(self) -> View:
        return View(BASE_URL, self.group, self.document, lambda key: key in self.stored)

    def group(self, who: ParticipantId) -> Trace:
        missing = (StepName.NAPTR, Absent("NXDOMAIN"))
        fault = self.faults.get(who, None if who in self.groups else missing)
        return _trace(GROUP_STEPS, who, None, fault, self.groups.get(who))

    def document(self, key: DocumentKey) -> Trace:
        fault = self.faults.get(key)
        return _trace(DOCUMENT_STEPS, key.participant, key.document, fault, self.documents.get(key))


def _trace(
    order: tuple[StepName, ...],
    who: ParticipantId,
    document: DocumentId | None,
    fault: tuple[StepName, Failure] | None,
    said: ServiceMetadata | ServiceGroup | None,
) -> Trace:
    notes = Notes(order)
    for name in order:
        if fault is not None and name is fault[0]:
            return Trace(who, document, notes.end(fault[1]), notes.steps)
        notes.add("fine")
    return Trace(who, document, Outcome.FOUND, notes.steps, said)


def audited(
    world: World,
    wanted: Mapping[DocumentKey, ServiceMetadata] = WANTED,
    withdrawn: Iterable[ParticipantId] = (),
) -> Findings:
    return audit.audit(wanted, withdrawn, world.view())


def told(findings: Findings) -> list[tuple[DocumentId | None, Layer]]:
    return [(each.document, each.layer) for each in findings.differences]


def test_nothing_differs_when_everything_is_as_wanted() -> None:
    assert audited(World()) == Findings(participants=1, documents=2, differences=())


def test_a_missing_name_is_found_once_for_its_participant() -> None:
    findings = audited(World(groups={}))

    assert told(findings) == [(None, Layer.DNS)]
    assert findings.differences[0].evidence == "NAPTR answer and TTL: NXDOMAIN"


def test_a_name_server_in_trouble_proves_nothing_wrong() -> None:
    world = World(faults={WHO: (StepName.NAPTR, Unavailable("SERVFAIL"))})

    (finding,) = audited(world).differences

    assert (finding.layer, finding.answered) == (Layer.DNS, False)


def test_a_name_that_leads_elsewhere_is_found() -> None:
    elsewhere = ServiceGroup(WHO, (CARE, RECEIPT), "https://old.example.dk")

    (finding,) = audited(World(groups={WHO: elsewhere})).differences

    assert (finding.layer, "https://old.example.dk" in finding.evidence) == (Layer.DNS, True)


@pytest.mark.parametrize(("stored", "layer"), [((), Layer.STORED), (WANTED, Layer.HTTP)])
def test_a_group_that_is_not_served_is_looked_for_in_the_store(
    stored: Iterable[DocumentKey], layer: Layer
) -> None:
    world = World(faults={WHO: (StepName.STATUS, Absent("404"))}, stored=frozenset(stored))

    assert told(audited(world)) == [(None, layer)]


@pytest.mark.parametrize(("stored", "layer"), [((), Layer.STORED), (WANTED, Layer.HTTP)])
def test_a_document_that_is_not_served_is_looked_for_in_the_store(
    stored: Iterable[DocumentKey], layer: Layer
) -> None:
    world = World(faults={CARE_KEY: (StepName.STATUS, Absent("404"))}, stored=frozenset(stored))

    assert told(audited(world)) == [(CARE, layer)]


def test_a_server_in_trouble_is_no_matter_of_the_store() -> None:
    world = World(faults={CARE_KEY: (StepName.STATUS, Unavailable("503"))}, stored=frozenset())

    (finding,) = audited(world).differences

    assert (finding.layer, finding.answered) == (Layer.HTTP, False)


@pytest.mark.parametrize("name", [StepName.SCHEMA, StepName.SIGNATURE, StepName.CHAIN])
def test_a_document_that_cannot_be_trusted_is_a_matter_of_content(name: StepName) -> None:
    world = World(faults={CARE_KEY: (name, Refused("no"))})

    assert told(audited(world)) == [(CARE, Layer.CONTENT)]


def test_a_document_that_says_something_else_is_found_with_what_differs() -> None:
    moved = service_metadata(endpoint(uri="https://old.example.dk/as4"), document=CARE)
    (process,) = WANTED[CARE_KEY].processes
    renamed = service_metadata(
        *(replace(each, description="?") for each in process.endpoints), document=CARE
    )
    doubled = replace(WANTED[CARE_KEY], processes=(process, replace(process, id=OTHER_PROCESS)))

    evidence = [
        audited(World(documents={**WANTED, CARE_KEY: each})).differences[0].evidence
        for each in (moved, renamed, doubled)
    ]

    assert evidence == [
        "leads to https://old.example.dk/as4, expected https://ap.example.dk/as4",
        "differs in description",
        "differs in its processes",
    ]


def test_a_document_that_its_group_does_not_list_is_found() -> None:
    group = ServiceGroup(WHO, (CARE,), BASE_URL)

    assert told(audited(World(groups={WHO: group}))) == [(RECEIPT, Layer.CONTENT)]


def test_a_listed_document_that_the_register_does_not_want_is_found() -> None:
    wanted = {CARE_KEY: WANTED[CARE_KEY]}

    assert told(audited(World(), wanted)) == [(RECEIPT, Layer.REGISTER)]


def test_a_withdrawn_participant_has_no_name() -> None:
    world = World()
    gone = audited(world, withdrawn=[OTHER])
    still = audited(World(groups={**world.groups, OTHER: world.groups[WHO]}), withdrawn=[OTHER])

    assert (gone.participants, gone.differences) == (2, ())
    assert told(still) == [(None, Layer.DNS)]
    assert still.differences[0].participant == OTHER


def test_a_withdrawn_name_that_answers_without_a_document_is_found_too() -> None:
    world = World(faults={OTHER: (StepName.STATUS, Absent("404"))})

    assert told(audited(world, withdrawn=[OTHER])) == [(None, Layer.DNS)]


def test_a_name_server_in_trouble_does_not_prove_that_a_name_is_gone() -> None:
    world = World(faults={OTHER: (StepName.NAPTR, Unavailable("SERVFAIL"))})

    (finding,) = audited(world, withdrawn=[OTHER]).differences

    assert finding.answered is False


def test_a_participant_that_is_wanted_again_is_not_withdrawn() -> None:
    assert audited(World(), withdrawn=[WHO]).differences == ()


def test_several_lookups_at_a_time_find_the_same() -> None:
    world = World(faults={CARE_KEY: (StepName.CHAIN, Refused("no"))}, groups=World().groups)

    with ThreadPoolExecutor(4) as pool:
        found = audit.audit(WANTED, [OTHER], world.view(), pool.map)

    assert found == audited(world, withdrawn=[OTHER])


def test_repair_publishes_and_looks_again_only_when_something_differs() -> None:
    world = World(groups={})
    published: list[str] = []

    def publish() -> None:
        published.append("all")
        world.groups.update(World().groups)

    before, after = audit.repair(lambda: audited(world), publish)
    again = audit.repair(lambda: audited(world), publish)

    assert (told(before), told(after)) == ([(None, Layer.DNS)], [])
    assert again == (after, after)
    assert published == ["all"]


def test_findings_are_told_to_people() -> None:
    world = World(
        faults={
            CARE_KEY: (StepName.CHAIN, Refused("not issued by any anchor")),
            RECEIPT_KEY: (StepName.STATUS, Unavailable("503")),
        }
    )

    assert audit.lines(audited(world)) == [
        f"content    {WHO}  {CARE}: chain: not issued by any anchor",
        f"no answer  {WHO}  {RECEIPT}: HTTP status: 503",
        "1 participants and 2 documents looked up, 2 differences",
    ]
