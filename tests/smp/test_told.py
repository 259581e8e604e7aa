"""What is told of a plan and of a run."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from builders import NOW
from builders_smp import service_metadata
from eer.domain.eligibility import Reason
from eer.domain.identifiers import Reference
from eer.domain.plan import Plan
from fakes.publishing import NAMING, key
from smp.domain import told
from smp.domain.naming import Address, Cname, DnsName, Foreign, Naptr, Record
from smp.domain.progress import Report, Unproved
from smp.domain.publication import (
    AddNames,
    Held,
    LinkGroup,
    PublicationPlan,
    PutDocument,
    Retirement,
    ScheduleRetirement,
    Switch,
    Taken,
)
from smp.domain.state import Version

KEY = key(1)
HERE = "https://ap.example.dk/as4"
VERSION = Version("digest", (HERE,), "signer")
NOTHING: Plan[Any, Any] = Plan({}, {}, {})
NOTHING_HELD = Held((), NOTHING, NOTHING)
NAME = DnsName("b-0.iso6523-actorid-upis.sml.example.dk.")
TAKEN = Taken(NAME, Foreign("1 IN TXT x"), Cname(NAMING.publisher), KEY.participant)


def plan(**parts: Any) -> PublicationPlan:
    usual: dict[str, Any] = {
        "documents": (),
        "names": (),
        "schedules": (),
        "retires": (),
        "held": NOTHING_HELD,
        "conflicts": (),
        "retirements": (),
        "owners": {},
        "claimed": frozenset(),
        "forgotten": frozenset(),
    }
    return PublicationPlan(**(usual | parts))


def report(**parts: Any) -> Report:
    usual: dict[str, Any] = {
        "sequence": 7,
        "is_full": True,
        "signed": 0,
        "dropped": 0,
        "retired": 0,
        "added": 0,
        "replaced": 0,
        "removed": 0,
        "publisher": 0,
        "held": NOTHING_HELD,
        "conflicts": (),
        "retirements": (),
        "unproved": {},
        "look_again": None,
    }
    return Report(**(usual | parts))


def held() -> Held:
    return Held(
        (Switch("base URL", "https://a.example.dk", "https://b.example.dk", 3),),
        Plan({}, {}, {KEY: VERSION}),
        NOTHING,
    )


def with_steps() -> PublicationPlan:
    put = PutDocument(KEY, service_metadata(), VERSION, None)
    return plan(documents=(put,), names=(AddNames(Plan({NAME: Cname(NAMING.publisher)}, {}, {})),))


def test_a_plan_counts_what_it_would_do() -> None:
    lines = told.plan_lines(with_steps())

    assert lines == [
        "documents  1 to sign, 0 to keep, 0 to drop, 0 to retire",
        "names      1 to add, 0 to replace, 0 to drop, 0 of the publisher",
    ]


def test_an_empty_plan_says_so() -> None:
    assert told.plan_lines(plan()) == ["nothing to do"]


def test_what_somebody_should_see_to_is_told_of_a_plan_and_of_a_run() -> None:
    warned = ("no revocation list of CN=Issuing",)

    assert told.plan_lines(plan(warnings=warned))[1:] == [f"warning    {warned[0]}"]
    assert told.report_lines(report(warnings=warned))[1:] == [f"warning    {warned[0]}"]
    assert told.plan_json(plan(warnings=warned))["warnings"] == list(warned)
    assert told.report_json(report(warnings=warned))["warnings"] == list(warned)
    assert not told.needs_somebody(plan(warnings=warned))


def test_what_is_asked_of_no_certificate_is_told_of_a_plan() -> None:
    unasked = plan(unchecked=("whether AP certificates are revoked",))

    assert told.plan_lines(unasked)[1:] == ["unchecked  whether AP certificates are revoked"]
    assert told.plan_json(unasked)["unchecked"] == ["whether AP certificates are revoked"]


def test_an_unpublished_endpoint_is_told_with_every_reason() -> None:
    reference = Reference("Endpoint", "x")

    lines = told.plan_lines(plan(unpublished={reference: (Reason.OFF, Reason.NO_AP)}))

    assert lines[1:] == [
        (
            "unpublished Endpoint/x: the endpoint is switched off (off); "
            "the endpoint names no access point (no-ap)"
        )
    ]


def test_what_is_held_is_told_with_what_lets_it_through() -> None:
    lines = told.report_lines(report(held=held()))

    assert lines == [
        "nothing to do",
        "held       base URL: https://a.example.dk > https://b.example.dk (3 follow)",
        "held       1 documents to drop",
        f"held       drop {KEY}",
        f"held       let them through with: smp publish --accept {held().digest}",
    ]


def test_what_is_held_is_told_with_where_it_leads_and_would_lead() -> None:
    moved = replace(VERSION, addresses=("https://other.example.dk/as4", "https://b.example.dk"))
    records: dict[str, tuple[Record, Record]] = {
        "a": (Naptr("https://a.example.dk"), Naptr("https://b.example.dk")),
        "b": (Foreign("1 IN TXT x\n1 IN TXT y"), Cname(NAMING.publisher)),
        "c": (Address("192.0.2.1"), Cname(NAMING.publisher)),
    }
    moving = Held(
        (),
        Plan({}, {KEY: (VERSION, moved)}, {}),
        Plan({}, {DnsName(name): pair for name, pair in records.items()}, {}),
    )

    lines = told.plan_lines(plan(held=moving))

    assert lines[1:-1] == [
        "held       1 documents to move",
        "held       3 names to move",
        f"held       move {KEY}: {HERE} > https://other.example.dk/as4, https://b.example.dk",
        "held       move a: https://a.example.dk > https://b.example.dk",
        f"held       move b: 1 IN TXT x; 1 IN TXT y > {NAMING.publisher}",
        f"held       move c: 192.0.2.1 > {NAMING.publisher}",
    ]


def test_of_many_held_steps_people_are_told_twenty_and_machines_all() -> None:
    drops = {key(number): VERSION for number in range(1, 24)}
    many = plan(held=Held((), Plan({}, {}, drops), NOTHING))

    lines, said = told.plan_lines(many), told.plan_json(many)["held"]

    assert len([line for line in lines if line.startswith("held       drop ")]) == 20
    assert lines[-2] == "held       and 3 more"
    assert isinstance(said, dict)
    assert [each["of"] for each in said["documents"]] == sorted(map(str, drops))


def test_documents_that_wait_for_a_signer_are_counted_and_listed() -> None:
    switch = Switch("signer", "first", "second", 1)
    waiting = plan(held=Held((switch,), NOTHING, NOTHING, (KEY,)))

    said = told.plan_json(waiting)["held"]

    assert "held       1 documents waiting for the signer" in told.plan_lines(waiting)
    assert isinstance(said, dict)
    assert said["waiting"] == [str(KEY)]


def test_a_plan_that_only_writes_groups_and_sets_times_says_that_and_nothing_else() -> None:
    other = key(2)
    quiet = plan(
        documents=(LinkGroup(KEY.participant),),
        schedules=(ScheduleRetirement(other.participant, (other,), (NAME,)),),
    )

    said = told.plan_json(quiet)

    assert told.plan_lines(quiet) == [
        "groups     1 to write anew",
        "leaving    1 to get a time to retire",
    ]
    assert said["documents"] == [{"step": "LinkGroup", "of": str(KEY.participant)}]
    assert said["schedules"] == [
        {"participant": str(other.participant), "documents": [str(other)], "names": [NAME]}
    ]


def test_a_run_that_only_wrote_groups_and_set_times_says_that_and_nothing_else() -> None:
    lines = told.report_lines(report(linked=1, scheduled=2))

    assert lines == ["groups     1 written anew", "leaving    2 got a time to retire"]


def test_names_in_a_former_zone_are_told() -> None:
    former = {DnsName("old.example.dk."): 3}

    lines = told.report_lines(report(former=former))

    assert lines[1:] == ["former     3 names in the former zone old.example.dk.: remove them there"]
    assert told.plan_json(plan(former=former))["former"] == former


def test_a_conflict_and_a_retirement_are_told() -> None:
    retirements = (
        Retirement(KEY.participant, NOW + timedelta(seconds=60)),
        Retirement(KEY.participant, None),
    )

    lines = told.report_lines(report(signed=2, conflicts=(TAKEN,), retirements=retirements))

    assert lines[0] == "documents  2 signed, 0 dropped, 0 retired"
    assert lines[1] == (
        f"conflict   {NAME} holds 1 IN TXT x, wanted {NAMING.publisher}; it is not ours"
    )
    assert lines[2].startswith(f"retiring   {KEY.participant}: 20")
    assert lines[3].endswith("when no server answers its name any more")


def test_a_plan_for_machines_names_every_step() -> None:
    said = told.plan_json(with_steps())

    assert said["documents"] == [{"step": "PutDocument", "of": str(KEY)}]
    assert said["names"] == {"add": [NAME], "replace": [], "drop": []}
    assert said["held"] is None


def test_a_report_for_machines_tells_what_is_held_and_when_to_look_again() -> None:
    said = told.report_json(report(held=held(), conflicts=(TAKEN,), look_again=NOW))

    assert said["held"] == {
        "digest": held().digest,
        "switches": ["base URL: https://a.example.dk > https://b.example.dk"],
        "documents to drop": 1,
        "documents": [{"of": str(KEY), "found": "https://ap.example.dk/as4", "wanted": None}],
        "names": [],
        "waiting": [],
    }
    assert said["look_again"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told.needs_somebody(report(held=held()))
    assert not told.needs_somebody(report())


def test_who_could_not_be_proved_is_told_and_wants_somebody() -> None:
    failed = report(unproved={KEY.participant: Unproved(2, "the signature is not right")})

    assert told.report_lines(failed)[1:] == [
        f"unproved   {KEY.participant}: 2 documents, the first because the signature is not right"
    ]
    assert told.report_json(failed)["unproved"] == {
        str(KEY.participant): {"documents": 2, "reason": "the signature is not right"}
    }
    assert told.needs_somebody(failed)


def test_the_publishers_own_name_is_told_apart() -> None:
    lines = told.report_lines(report(publisher=1))

    assert lines[0] == "names      0 added, 0 replaced, 0 removed, and the publisher's own"
