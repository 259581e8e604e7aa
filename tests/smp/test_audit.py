from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import pytest

from builders_smp import BASE_URL, NOW, document_id, endpoint, participant, service_metadata
from eer.domain.errors import Absent, Failure, Malformed, Refused, Unavailable
from fakes.publishing import NAMING
from smp import audit
from smp import audited as telling
from smp.audit import View, Wanted
from smp.domain.drift import key
from smp.domain.findings import Books, Finding, Findings, Layer
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, ParticipantId, ProcessId
from smp.domain.metadata import ServiceGroup, ServiceMetadata
from smp.domain.naming import DnsName, Naming, Naptr, Record, cname_name, names, naptr_name
from smp.domain.state import Agreed, Stored, Version
from smp.looks import Eyes, NameServer
from smp.lookup.told import DOCUMENT_STEPS, GROUP_STEPS, Notes, Outcome, StepName, Trace

WHO, OTHER = participant(), participant("5790009000020")
CARE, RECEIPT = document_id(), document_id("acknowledgement-message", "2.0")
CARE_KEY, RECEIPT_KEY = DocumentKey(WHO, CARE), DocumentKey(WHO, RECEIPT)
OTHER_KEY = DocumentKey(OTHER, CARE)
OTHER_PROCESS = ProcessId(Identifier("dk-medcom-messaging", "urn:other"))
WANTED = {key: service_metadata(document=key.document) for key in (CARE_KEY, RECEIPT_KEY)}
FIRST, SECOND = "192.0.2.1:53", "192.0.2.2:53"
HERE = Stored(Version("", (), ""))


@dataclass
class World:
    """What is stored, stands in DNS and is seen by access points.

    *faults* come up at a step of a participant or a document, *faults_inside* in what is stored of
    them; *unheard* when the zone is asked.
    """

    groups: dict[ParticipantId, ServiceGroup] = field(
        default_factory=lambda: {WHO: ServiceGroup(WHO, (CARE, RECEIPT), BASE_URL)}
    )
    documents: dict[DocumentKey, ServiceMetadata] = field(default_factory=lambda: dict(WANTED))
    faults: dict[ParticipantId | DocumentKey, tuple[StepName, Failure]] = field(
        default_factory=dict
    )
    faults_inside: dict[ParticipantId | DocumentKey, tuple[StepName, Failure]] = field(
        default_factory=dict
    )
    stored: dict[DocumentKey, Stored] = field(default_factory=lambda: dict.fromkeys(WANTED, HERE))
    names: dict[DnsName, Record] = field(
        default_factory=lambda: {
            **names([WHO], NAMING),
            NAMING.publisher: NAMING.publisher_record,
        }
    )
    unheard: Failure | None = None
    answers: dict[str, dict[DnsName, Record]] = field(default_factory=dict)
    """What a name server answers where it does not answer as the zone is."""
    mute: set[str] = field(default_factory=set)
    """Name servers that do not answer."""
    serials: dict[str, list[int]] = field(default_factory=lambda: {FIRST: [7], SECOND: [7]})
    """How far each is, whenever it is asked; the last one stays."""
    asked: list[ParticipantId | DocumentKey] = field(default_factory=list)
    asked_of: list[tuple[str, DnsName, str]] = field(default_factory=list)

    def view(self) -> View:
        inside = World(World().groups, faults=self.faults_inside)
        return View(
            self.zone,
            Eyes(self.group, self.document),
            Eyes(inside.group, inside.document),
            tuple(NameServer(each, partial(self.said, each)) for each in self.serials),
            {each: partial(self.serial, each) for each in self.serials},
        )

    def said(self, server: str, name: DnsName, kind: str) -> Record | None:
        self._hear(server)
        self.asked_of.append((server, name, kind))
        return self.answers.get(server, self.names).get(name)

    def serial(self, server: str) -> int:
        self._hear(server)
        first, *rest = self.serials[server]
        self.serials[server] = rest or [first]
        return first

    def _hear(self, server: str) -> None:
        if server in self.mute:
            raise Unavailable(f"name server {server} does not answer")

    def books(self) -> Books:
        agreed = Agreed((BASE_URL,), (NAMING.publisher,), ("first",))
        return Books(self.stored, frozenset(), frozenset(), agreed)

    def zone(self) -> Mapping[DnsName, Record]:
        if self.unheard is not None:
            raise self.unheard
        return self.names

    def group(self, who: ParticipantId) -> Trace:
        self.asked.append(who)
        missing = (StepName.STATUS, Absent("404"))
        fault = self.faults.get(who, None if who in self.groups else missing)
        return _trace(GROUP_STEPS, who, None, fault, self.groups.get(who))

    def document(self, key: DocumentKey) -> Trace:
        self.asked.append(key)
        fault = self.faults.get(key)
        return _trace(DOCUMENT_STEPS, key.participant, key.document, fault, self.documents.get(key))


def without(*names: DnsName) -> dict[DnsName, Record]:
    return {name: record for name, record in World().names.items() if name not in names}


NAPTR, CNAME = naptr_name(WHO, NAMING.zone), cname_name(WHO, NAMING.zone)


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
    naming: Naming = NAMING,
) -> Findings:
    return audit.audit(Wanted(wanted, naming), world.books(), world.view())


def told(findings: Findings) -> list[tuple[DocumentId | None, Layer]]:
    return [(each.document, each.layer) for each in findings.differences]


def test_nothing_differs_when_everything_is_as_wanted() -> None:
    assert audited(World()) == Findings(participants=1, documents=2, differences=())


def test_a_name_server_in_trouble_proves_nothing_wrong() -> None:
    world = World(mute={SECOND})

    (finding,) = audited(world).differences

    assert finding == Finding(
        *(None, None, Layer.DNS),
        f"name server {SECOND} does not answer (and 3 more unanswered)",
        answered=False,
        server=SECOND,
    )


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


def test_a_missing_name_is_found_once_and_the_public_url_looked_at_all_the_same() -> None:
    world = World(names=without(NAPTR))

    (finding,) = audited(world).differences

    assert (finding.participant, finding.layer, finding.name) == (WHO, Layer.DNS, NAPTR)
    assert finding.evidence == f"{NAPTR}: nothing found, NAPTR !^.*$!{BASE_URL}! expected"
    assert world.asked == [WHO, CARE_KEY, RECEIPT_KEY]


OLD = Naptr("https://old.example.dk")


@pytest.mark.parametrize(
    ("answers", "evidence"),
    [
        (without(NAPTR), f"nothing found at {SECOND}, NAPTR !^.*$!{BASE_URL}! expected"),
        (
            {**without(), NAPTR: OLD},
            f"NAPTR {OLD.regexp} found at {SECOND}, NAPTR !^.*$!{BASE_URL}! expected",
        ),
    ],
)
def test_what_one_of_several_servers_lacks_or_has_wrongly_is_found_and_the_server_named(
    answers: dict[DnsName, Record], evidence: str
) -> None:
    (finding,) = audited(World(answers={SECOND: answers})).differences

    assert finding == Finding(
        *(WHO, None, Layer.DNS, f"{NAPTR}: {evidence}"), name=NAPTR, server=SECOND
    )


def test_servers_that_follow_a_wrong_zone_are_not_told_again() -> None:
    world = World(names={**without(), NAPTR: OLD}, answers={SECOND: without()})

    (finding,) = audited(world).differences

    assert (finding.name, finding.server) == (NAPTR, None)


def test_a_server_that_is_wrong_in_another_way_than_the_zone_is_told_as_well() -> None:
    world = World(names={**without(), NAPTR: OLD}, answers={SECOND: without(NAPTR)})

    assert [each.server for each in audited(world).differences] == [None, SECOND]


def test_the_publishers_own_name_is_asked_of_every_server() -> None:
    world = World(answers={FIRST: without(NAMING.publisher)})

    (finding,) = audited(world).differences

    assert (finding.participant, finding.name, finding.server) == (
        *(None, NAMING.publisher, FIRST),
    )
    assert (SECOND, NAMING.publisher, "A") in world.asked_of


def test_names_are_asked_for_as_clients_do() -> None:
    world = World()

    audited(world)

    assert set(world.asked_of) == {
        (server, name, kind)
        for server in (FIRST, SECOND)
        for name, kind in ((NAPTR, "NAPTR"), (CNAME, "CNAME"), (NAMING.publisher, "A"))
    }


def test_only_the_kinds_of_names_that_are_published_are_asked_for() -> None:
    legacy = replace(NAMING, naptr=False)
    world = World(names=without(NAPTR))

    assert audited(world, naming=legacy).differences == ()
    assert {name for _, name, _ in world.asked_of} == {CNAME, NAMING.publisher}


def test_a_server_that_stays_behind_the_others_is_named() -> None:
    (finding,) = audited(World(serials={FIRST: [8], SECOND: [7]})).differences

    assert finding == Finding(
        *(None, None, Layer.DNS),
        f"{NAMING.zone}: SOA serial 7 found at {SECOND}, 8 at {FIRST}",
        name=NAMING.zone,
        server=SECOND,
    )


def test_a_server_that_was_only_about_to_follow_is_not_told() -> None:
    assert audited(World(serials={FIRST: [8, 9], SECOND: [7, 8]})).differences == ()


def test_a_server_whose_serial_cannot_be_had_says_nothing_of_the_others() -> None:
    world = World(serials={FIRST: [8], SECOND: [7]}, mute={FIRST})

    assert [(each.server, each.answered) for each in audited(world).differences] == [(FIRST, False)]


def test_a_name_of_ours_that_nobody_wants_is_found_without_knowing_whose() -> None:
    stray = DnsName(f"stray.{NAMING.zone}")

    (finding,) = audited(World(names={**without(), stray: Naptr(BASE_URL)})).differences

    assert (finding.participant, finding.layer) == (None, Layer.DNS)
    assert stray in finding.evidence


@pytest.mark.parametrize("fault", [Refused("REFUSED: allow the key"), Unavailable("silent")])
def test_a_zone_that_cannot_be_read_proves_nothing_wrong_and_stops_nobody(fault: Failure) -> None:
    world = World(unheard=fault, faults={CARE_KEY: (StepName.CHAIN, Refused("no"))})

    unheard, content = audited(world).differences

    assert unheard == Finding(None, None, Layer.DNS, fault.text, answered=False)
    assert (content.document, content.layer) == (CARE, Layer.CONTENT)


def test_a_stored_document_that_the_register_does_not_want_is_found_once() -> None:
    wanted = {CARE_KEY: WANTED[CARE_KEY]}

    assert told(audited(World(), wanted)) == [(RECEIPT, Layer.STORED)]


def test_a_document_that_is_not_stored_is_found_once_and_not_fetched() -> None:
    group = ServiceGroup(WHO, (RECEIPT,), BASE_URL)
    for groups in ({WHO: group}, World().groups):
        world = World(groups=groups, stored={RECEIPT_KEY: HERE})

        assert told(audited(world)) == [(CARE, Layer.STORED)]
        assert CARE_KEY not in world.asked


def test_who_has_nothing_stored_has_no_group_to_miss() -> None:
    missing = {WHO: (StepName.STATUS, Absent("404"))}
    world = World(faults=dict(missing), faults_inside=dict(missing), stored={})

    assert told(audited(world)) == [(RECEIPT, Layer.STORED), (CARE, Layer.STORED)]


MISSING = (StepName.STATUS, Absent("404"))


@pytest.mark.parametrize("what", [WHO, CARE_KEY])
def test_what_is_not_served_is_a_matter_of_http_unless_it_is_not_stored(
    what: ParticipantId | DocumentKey,
) -> None:
    document = what.document if isinstance(what, DocumentKey) else None
    unserved = World(faults={what: MISSING})
    unstored = World(faults={what: MISSING}, faults_inside={what: MISSING})

    assert told(audited(unserved)) == [(document, Layer.HTTP)]
    assert told(audited(unstored)) == [(document, Layer.STORED)]


def test_what_is_stored_wrongly_is_found_though_a_cache_still_serves_the_right_bytes() -> None:
    world = World(faults_inside={CARE_KEY: (StepName.SIGNATURE, Refused("no"))})

    assert told(audited(world)) == [(CARE, Layer.CONTENT)]


def test_what_is_wrong_inside_and_outside_is_told_once() -> None:
    fault = {CARE_KEY: (StepName.SIGNATURE, Refused("no"))}

    assert told(audited(World(faults=dict(fault), faults_inside=dict(fault)))) == [
        (CARE, Layer.CONTENT)
    ]


def test_a_broken_group_hides_no_wrong_name() -> None:
    world = World(answers={FIRST: without(CNAME)}, faults_inside={WHO: MISSING})

    assert told(audited(world)) == [(None, Layer.STORED), (None, Layer.DNS)]


def test_what_is_stored_is_looked_at_whatever_stands_in_the_zone() -> None:
    fault = {CARE_KEY: (StepName.SIGNATURE, Refused("no"))}
    world = World(names=without(NAPTR), faults_inside=dict(fault))

    assert told(audited(world)) == [(None, Layer.DNS), (CARE, Layer.CONTENT)]


def test_a_server_in_trouble_proves_nothing_wrong() -> None:
    world = World(faults={CARE_KEY: (StepName.STATUS, Unavailable("503"))})

    (finding,) = audited(world).differences

    assert (finding.layer, finding.answered) == (Layer.HTTP, False)


class Stumbling(World):
    """Gives a broken group the first time it is asked for one."""

    def group(self, who: ParticipantId) -> Trace:
        found = super().group(who)
        broken = (StepName.XML, Malformed("not well-formed XML"))
        is_first = self.asked.count(who) == 1
        return _trace(GROUP_STEPS, who, None, broken, None) if is_first else found


def test_what_comes_broken_once_is_looked_at_again_and_is_no_difference() -> None:
    world = Stumbling()

    assert audited(world).differences == ()
    assert world.asked.count(WHO) == 2


def test_a_group_that_lists_other_than_what_is_stored_is_found() -> None:
    further = document_id("other-message")
    fewer = World(groups={WHO: ServiceGroup(WHO, (CARE,), BASE_URL)})
    more = World(groups={WHO: ServiceGroup(WHO, (CARE, RECEIPT, further), BASE_URL)})

    assert told(audited(fewer)) == [(RECEIPT, Layer.CONTENT)]
    assert told(audited(more)) == [(further, Layer.CONTENT)]


def test_a_group_with_links_below_another_base_is_found() -> None:
    group = ServiceGroup(WHO, (CARE, RECEIPT), "https://old.example.dk")

    (finding,) = audited(World(groups={WHO: group})).differences

    assert finding.layer is Layer.CONTENT
    assert finding.evidence == f"links below https://old.example.dk, expected {BASE_URL}"


LEFT = {**World().stored, OTHER_KEY: HERE}


def test_who_has_left_is_found_at_no_server() -> None:
    world = World(stored=LEFT)

    findings = audited(world)

    assert findings.participants == 2
    assert told(findings) == [(CARE, Layer.STORED)]
    assert (SECOND, naptr_name(OTHER, NAMING.zone), "NAPTR") in world.asked_of
    assert OTHER not in world.asked


def test_a_name_that_some_server_still_has_is_found() -> None:
    lingering = {**without(), **names([OTHER], NAMING)}
    world = World(stored=LEFT, answers={SECOND: lingering})

    found = [each for each in audited(world).differences if each.layer is Layer.DNS]

    assert [(each.participant, each.server) for each in found] == [(OTHER, SECOND)] * 2
    assert found[0].evidence.endswith(f"found at {SECOND}, nothing expected")


def test_a_name_of_who_has_left_that_leads_elsewhere_is_none_of_our_business() -> None:
    name = naptr_name(OTHER, NAMING.zone)
    world = World(stored=LEFT, answers={SECOND: {**without(), name: Naptr("https://x.example.dk")}})

    assert told(audited(world)) == [(CARE, Layer.STORED)]


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (None, [(Layer.HTTP, True)]),
        ((StepName.SCHEMA, Refused("no")), [(Layer.HTTP, True)]),
        ((StepName.STATUS, Unavailable("503")), [(Layer.HTTP, False)]),
        ((StepName.STATUS, Absent("404")), []),
    ],
)
def test_who_is_not_stored_is_not_served_either(
    fault: tuple[StepName, Failure] | None, seen: list[tuple[Layer, bool]]
) -> None:
    world = World(faults={} if fault is None else {OTHER: fault})
    world.groups[OTHER] = world.groups[WHO]

    found = audit.audit(Wanted(WANTED, NAMING, frozenset({OTHER})), world.books(), world.view())

    assert [(each.layer, each.answered) for each in found.differences] == seen


def test_where_the_zone_is_not_read_the_servers_are_asked_for_all_the_more() -> None:
    world = World(names=without(NAPTR))
    view = replace(world.view(), names=None, inside=None)

    found = audit.audit(Wanted(WANTED, NAMING), world.books(), view)

    assert [each.server for each in found.differences] == [FIRST, SECOND]


def test_who_waits_to_retire_is_no_difference_and_not_looked_up() -> None:
    world = World(stored={**World().stored, OTHER_KEY: replace(HERE, retire_after=NOW)})

    assert audited(world).differences == ()
    assert OTHER not in world.asked


def test_several_lookups_at_a_time_find_the_same() -> None:
    world = World(faults={CARE_KEY: (StepName.CHAIN, Refused("no"))}, stored=LEFT)

    with ThreadPoolExecutor(4) as pool:
        found = audit.audit(Wanted(WANTED, NAMING), world.books(), world.view(), pool.map)

    assert found == audited(world)


def repaired(world: World, mend: Callable[[], None]) -> tuple[Findings, Findings, list[object]]:
    renewed: list[object] = []

    def publish(renew: frozenset[ParticipantId]) -> None:
        renewed.append(renew)
        mend()

    return (*audit.repair(lambda: audited(world), publish), renewed)


def test_repair_publishes_and_looks_again_only_when_something_differs() -> None:
    world = World(names=without(CNAME))

    before, after, renewed = repaired(world, lambda: world.names.update(World().names))
    again = repaired(world, lambda: None)

    assert (told(before), told(after)) == ([(None, Layer.DNS)], [])
    assert renewed == [frozenset()]
    assert again == (after, after, [])


@pytest.mark.parametrize(
    ("name", "fault", "renew"),
    [
        (StepName.SIGNATURE, Refused("no"), {WHO}),
        (StepName.XML, Malformed("no"), {WHO}),
        (StepName.STATUS, Unavailable("503"), set()),
        (StepName.STATUS, Absent("404"), set()),
    ],
)
def test_repair_renews_whose_documents_are_not_as_they_should_be(
    name: StepName, fault: Failure, renew: set[ParticipantId]
) -> None:
    world = World(faults={CARE_KEY: (name, fault)})

    _, _, renewed = repaired(world, lambda: None)

    assert renewed == [renew]


def test_repair_renews_who_has_no_group() -> None:
    world = World(faults_inside={WHO: MISSING})

    _, _, renewed = repaired(world, lambda: None)

    assert renewed == [{WHO}]


@pytest.mark.parametrize(
    ("answers", "code"), [([], 0), ([True], 1), ([False], 3), ([False, True], 1)]
)
def test_a_difference_wins_over_no_answer(answers: list[bool], code: int) -> None:
    differences = tuple(Finding(WHO, None, Layer.HTTP, "", each) for each in answers)

    assert telling.code(Findings(1, 1, differences)) == code


def test_findings_are_told_to_people() -> None:
    stray = DnsName(f"stray.{NAMING.zone}")
    world = World(
        faults={
            CARE_KEY: (StepName.CHAIN, Refused("not issued by any anchor")),
            RECEIPT_KEY: (StepName.STATUS, Unavailable("503 \x1b[2J")),
        },
        names={**without(), stray: Naptr(BASE_URL)},
    )

    found = audited(world)
    chain = next(each for each in found.differences if each.document == CARE)

    since = "(since 2026-05-05T12:00:00+00:00)"
    assert telling.lines(found, {key(chain): NOW}) == [
        f"dns        the zone: {stray}: NAPTR !^.*$!{BASE_URL}! found, nothing expected",
        f"content    {WHO}  {CARE}: chain: not issued by any anchor {since}",
        rf"no answer  {WHO}  {RECEIPT}: HTTP status: 503 \x1b[2J",
        "1 participants and 2 documents looked up, 3 differences",
    ]


def test_findings_are_told_to_machines_with_their_age() -> None:
    found = audited(World(answers={SECOND: without(NAPTR)}))
    (finding,) = found.differences

    shown = telling.as_json(found, {key(finding): NOW}, NOW + timedelta(minutes=2))

    assert shown["differences"] == [
        {
            "layer": "dns",
            "participant": str(WHO),
            "document": None,
            "name": NAPTR,
            "server": SECOND,
            "evidence": finding.evidence,
            "answered": True,
            "since": NOW.isoformat(),
            "age": 120,
        }
    ]
    assert (shown["participants"], shown["documents"]) == (1, 2)
