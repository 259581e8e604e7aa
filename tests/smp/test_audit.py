from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

import pytest

from builders_smp import BASE_URL, NOW, document_id, endpoint, participant, service_metadata
from eer.domain.errors import Absent, Failure, Malformed, Refused, Unavailable
from fakes.publishing import NAMING
from smp import audit
from smp import audited as telling
from smp.audit import View
from smp.domain.drift import key
from smp.domain.findings import Books, Finding, Findings, Layer
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier, ParticipantId, ProcessId
from smp.domain.measure import Measure, Wanted
from smp.domain.metadata import ServiceGroup, ServiceMetadata
from smp.domain.naming import DnsName, Naming, Naptr, Record, cname_name, names, naptr_name
from smp.domain.state import Agreed, Served, Stored, Version, Withdrawn
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
MISSING = (StepName.STATUS, Absent("404"))
SIGNER, FORMER, STRANGER = (sha256(name).hexdigest() for name in (b"new", b"old", b"strange"))
BODY, OTHER_BODY = (sha256(body).hexdigest() for body in (b"as stored", b"others"))
SERVED = Served(BODY[:32], SIGNER, NOW)
FACTS = {"sha256": BODY, "fingerprint": SIGNER}


def among(some: frozenset[ParticipantId] | None, who: ParticipantId) -> bool:
    return some is None or who in some


@dataclass
class World:
    """What is stored, stands in DNS and is seen by access points.

    *faults* come up at a step of a participant or a document, *faults_inside* in what is stored of
    them; *unheard* when the zone is asked.
    """

    groups: dict[ParticipantId, ServiceGroup] = field(
        default_factory=lambda: {WHO: ServiceGroup(WHO, (CARE, RECEIPT), BASE_URL)}
    )
    wanted: dict[DocumentKey, ServiceMetadata] = field(default_factory=lambda: dict(WANTED))
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

    others: set[ParticipantId] = field(default_factory=set)
    changing: set[ParticipantId] = field(default_factory=set)
    withdrawn: tuple[Withdrawn, ...] = ()
    served: dict[DocumentKey, Served] = field(default_factory=lambda: dict.fromkeys(WANTED, SERVED))
    claimed: set[DnsName] = field(default_factory=set)
    facts: dict[DocumentKey, Mapping[str, str]] = field(default_factory=dict)
    """What is told of the bytes of a document outside, where they are not those that are stored."""
    facts_inside: dict[DocumentKey, Mapping[str, str]] = field(default_factory=dict)
    as_of: datetime | None = None
    inside: bool = True
    """Whether what is stored is looked at as well."""
    taken: list[frozenset[ParticipantId] | None] = field(default_factory=list)

    def measure(
        self,
        some: frozenset[ParticipantId] | None,
        wanted: Mapping[DocumentKey, ServiceMetadata] = WANTED,
        naming: Naming = NAMING,
    ) -> Measure:
        self.taken.append(some)
        others = frozenset(self.others if some is None else some)
        given = self.wanted if wanted is WANTED else wanted
        documents = {key: each for key, each in given.items() if among(some, key.participant)}
        whole = self.books()
        books = replace(
            whole,
            stored={k: v for k, v in whole.stored.items() if among(some, k.participant)},
            withdrawn=tuple(e for e in whole.withdrawn if among(some, e.participant)),
        )
        return Measure(Wanted(documents, naming, others, frozenset(self.changing)), books)

    def view(self) -> View:
        inside = World(World().groups, faults=self.faults_inside, facts=self.facts_inside)
        return View(
            self.zone,
            Eyes(self.group, self.document, self.as_of),
            Eyes(inside.group, inside.document) if self.inside else None,
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
        agreed = Agreed((BASE_URL,), (NAMING.publisher,), (FORMER, SIGNER))
        names = frozenset(self.claimed)
        return Books(self.stored, names, frozenset(), agreed, self.served, self.withdrawn)

    def zone(self) -> Mapping[DnsName, Record]:
        if self.unheard is not None:
            raise self.unheard
        return self.names

    def group(self, who: ParticipantId) -> Trace:
        self.asked.append(who)
        fault = self.faults.get(who, None if who in self.groups else MISSING)
        return _trace(GROUP_STEPS, who, None, fault, self.groups.get(who))

    def document(self, key: DocumentKey) -> Trace:
        self.asked.append(key)
        fault = self.faults.get(key, None if key in self.documents else MISSING)
        trace = _trace(
            DOCUMENT_STEPS, key.participant, key.document, fault, self.documents.get(key)
        )
        facts = {**FACTS, **self.facts.get(key, {})}
        return replace(trace, steps=tuple(replace(each, facts=facts) for each in trace.steps))


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
    return audit.audit(lambda some: world.measure(some, wanted, naming), world.view())


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
    assert world.asked == [WHO, CARE_KEY, RECEIPT_KEY] * 2


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

    world.others = {OTHER}
    found = audited(world)

    assert [(each.layer, each.answered) for each in found.differences] == seen


def test_where_the_zone_is_not_read_the_servers_are_asked_for_all_the_more() -> None:
    world = World(names=without(NAPTR))
    view = replace(world.view(), names=None, inside=None)

    found = audit.audit(world.measure, view)

    assert [each.server for each in found.differences] == [FIRST, SECOND]


GONE, LATER = document_id("gone-message"), NOW + timedelta(minutes=1)
GONE_KEY = DocumentKey(WHO, GONE)


def withdrawn(who: ParticipantId, *documents: DocumentId | None) -> tuple[Withdrawn, ...]:
    return tuple(Withdrawn(who, each, NOW) for each in documents)


def test_who_was_withdrawn_is_looked_up_at_every_server_and_url() -> None:
    world = World(withdrawn=withdrawn(OTHER, None, CARE))
    world.answers[SECOND] = {**without(), **names([OTHER], NAMING)}
    world.documents[OTHER_KEY] = WANTED[CARE_KEY]
    world.groups[OTHER] = world.groups[WHO]

    findings = audited(world)

    assert findings.participants == 2
    assert [(e.participant, e.document, e.layer, e.server) for e in findings.differences] == [
        (OTHER, None, Layer.DNS, SECOND),
        (OTHER, None, Layer.DNS, SECOND),
        (OTHER, None, Layer.HTTP, None),
        (OTHER, CARE, Layer.HTTP, None),
    ]
    assert findings.differences[-1].evidence == (
        f"still served (found), withdrawn {NOW.isoformat()}: "
        "the register does not want it published"
    )


def test_a_withdrawn_document_is_asked_for_while_others_of_the_participant_remain() -> None:
    right = World(withdrawn=withdrawn(WHO, GONE))
    wrong = World(withdrawn=withdrawn(WHO, GONE), documents={**WANTED, GONE_KEY: WANTED[CARE_KEY]})

    assert told(audited(right)) == []
    assert GONE_KEY in right.asked
    assert told(audited(wrong)) == [(GONE, Layer.HTTP)]


def test_what_was_withdrawn_and_is_back_is_not_asked_for_as_such() -> None:
    world = World(withdrawn=withdrawn(WHO, None, CARE))

    assert audited(world).differences == ()
    assert world.asked == [WHO, CARE_KEY, RECEIPT_KEY]


def test_a_withdrawn_document_that_nobody_can_tell_of_proves_nothing_wrong() -> None:
    world = World(withdrawn=withdrawn(WHO, GONE))
    world.faults[GONE_KEY] = (StepName.STATUS, Unavailable("503"))

    (finding,) = audited(world).differences

    assert (finding.document, finding.layer, finding.answered) == (GONE, Layer.HTTP, False)


def test_caches_may_answer_what_was_withdrawn_for_as_long_as_they_have_leave_to() -> None:
    world = World(withdrawn=(*withdrawn(OTHER, None, CARE), *withdrawn(WHO, GONE)))
    world.documents |= {OTHER_KEY: WANTED[CARE_KEY], GONE_KEY: WANTED[CARE_KEY]}
    world.groups[OTHER] = world.groups[WHO]
    world.as_of = NOW - timedelta(seconds=1)
    early = audited(world)
    world.as_of = NOW

    assert told(early) == []
    assert len(audited(world).differences) == 3


def test_caches_may_answer_what_was_changed_for_as_long_as_they_have_leave_to() -> None:
    old = service_metadata(endpoint(uri="https://old.example.dk/as4"), document=CARE)
    world = World(documents={**WANTED, CARE_KEY: old}, as_of=NOW - timedelta(seconds=1))
    world.groups[WHO] = ServiceGroup(WHO, (CARE,), BASE_URL)
    early = audited(world)
    world.as_of = NOW

    assert told(early) == []
    assert told(audited(world)) == [(RECEIPT, Layer.CONTENT), (CARE, Layer.CONTENT)]


def test_caches_have_no_leave_to_answer_what_cannot_be_trusted() -> None:
    world = World(faults={CARE_KEY: (StepName.CHAIN, Refused("no"))})
    world.as_of = NOW - timedelta(seconds=1)

    assert told(audited(world)) == [(CARE, Layer.CONTENT)]


STRAY, STRAY_ALIAS = naptr_name(OTHER, NAMING.zone), cname_name(OTHER, NAMING.zone)


def test_a_name_of_ours_of_nobody_who_is_known_is_asked_of_every_server() -> None:
    elsewhere = DnsName("b-1.old.example.dk.")
    world = World(claimed={STRAY, STRAY_ALIAS, NAPTR, NAMING.publisher, elsewhere})
    world.answers[SECOND] = {**without(), STRAY: Naptr(BASE_URL)}

    (finding,) = audited(world).differences

    assert (finding.participant, finding.name, finding.server) == (None, STRAY, SECOND)
    assert (SECOND, STRAY_ALIAS, "CNAME") in world.asked_of
    assert elsewhere not in {name for _, name, _ in world.asked_of}


def test_right_content_by_a_signer_that_nobody_agreed_to_is_found() -> None:
    facts: Mapping[str, str] = {"fingerprint": STRANGER}
    outside = World(facts={CARE_KEY: facts})
    inside = World(facts_inside={CARE_KEY: facts})

    (finding,) = audited(outside).differences

    assert (finding.document, finding.layer) == (CARE, Layer.HTTP)
    assert finding.evidence == f"signed by {STRANGER[:16]}…, a signer that nobody agreed to"
    assert told(audited(inside)) == [(CARE, Layer.CONTENT)]


@pytest.mark.parametrize(
    ("facts", "evidence"),
    [
        (
            {"fingerprint": FORMER},
            f"signed by {FORMER[:16]}…, what is stored by {SIGNER[:16]}…",
        ),
        (
            {"sha256": OTHER_BODY},
            f"other bytes than are stored: SHA-256 {OTHER_BODY} found, {BODY[:32]}… expected",
        ),
    ],
)
def test_right_content_in_other_bytes_than_are_stored_is_found(
    facts: Mapping[str, str], evidence: str
) -> None:
    (finding,) = audited(World(facts={CARE_KEY: facts})).differences

    assert (finding.document, finding.layer) == (CARE, Layer.HTTP)
    assert finding.evidence == evidence


def test_while_a_signer_takes_over_each_document_is_right_as_it_is_stored() -> None:
    old = {"fingerprint": FORMER, "sha256": OTHER_BODY}
    served = {CARE_KEY: Served(OTHER_BODY[:32], FORMER, NOW), RECEIPT_KEY: SERVED}
    world = World(served=served, facts={CARE_KEY: old}, facts_inside={CARE_KEY: old})

    assert audited(world).differences == ()


def test_a_document_that_was_not_stored_a_moment_before_has_no_bytes_to_compare() -> None:
    assert audited(World(served={})).differences == ()


class Live(World):
    """Once the measure was taken, a document changes, by another signer, and one goes."""

    def measure(
        self,
        some: frozenset[ParticipantId] | None,
        wanted: Mapping[DocumentKey, ServiceMetadata] = WANTED,
        naming: Naming = NAMING,
    ) -> Measure:
        measure = super().measure(some, wanted, naming)
        changed = service_metadata(endpoint(uri="https://new.example.dk/as4"), document=CARE)
        self.wanted, self.documents = {CARE_KEY: changed}, {CARE_KEY: changed}
        self.stored = {CARE_KEY: HERE}
        self.served = {CARE_KEY: Served(OTHER_BODY[:32], FORMER, LATER)}
        self.withdrawn = withdrawn(WHO, RECEIPT)
        self.groups[WHO] = ServiceGroup(WHO, (CARE,), BASE_URL)
        self.facts[CARE_KEY] = {"fingerprint": FORMER, "sha256": OTHER_BODY}
        return measure


def test_what_is_published_during_an_audit_is_no_difference_and_nothing_is_renewed() -> None:
    world = Live(inside=False)

    before, after, renewed = repaired(world, lambda: None)

    assert before.differences == after.differences == ()
    assert world.taken == [None, frozenset({WHO})]
    assert renewed == []


def test_who_is_removed_during_an_audit_is_no_difference() -> None:
    class Removing(World):
        def zone(self) -> Mapping[DnsName, Record]:
            found = super().zone()
            self.names = without(*names([OTHER], NAMING))
            self.withdrawn = withdrawn(OTHER, None, CARE)
            return found

    world = Removing(claimed={STRAY, STRAY_ALIAS})
    world.names = {**without(), **names([OTHER], NAMING)}

    assert audited(world).differences == ()


def test_of_who_is_just_being_published_nothing_is_told_but_that() -> None:
    fault = (StepName.CHAIN, Refused("no"))
    world = World(faults={CARE_KEY: fault}, changing={WHO, OTHER})

    found = audited(world)

    assert (found.differences, found.changing) == ((), {WHO})
    (line,) = telling.lines(found, {})
    assert line.endswith("0 differences; 1 participants were just being published")
    assert telling.as_json(found, {}, NOW)["changing"] == [str(WHO)]


def test_who_waits_to_retire_is_no_difference_and_not_looked_up() -> None:
    world = World(stored={**World().stored, OTHER_KEY: replace(HERE, retire_after=NOW)})

    assert audited(world).differences == ()
    assert OTHER not in world.asked


def test_several_lookups_at_a_time_find_the_same() -> None:
    world = World(faults={CARE_KEY: (StepName.CHAIN, Refused("no"))}, stored=LEFT)

    with ThreadPoolExecutor(4) as pool:
        found = audit.audit(world.measure, world.view(), pool.map)

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
