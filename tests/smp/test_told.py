"""What is told of a plan and of a run."""

from datetime import timedelta
from typing import Any

from builders import NOW
from builders_smp import service_metadata
from eer.domain.eligibility import Reason
from eer.domain.identifiers import Reference
from eer.domain.plan import Plan
from fakes.publishing import NAMING, key
from smp.domain import told
from smp.domain.naming import Cname, DnsName, Foreign
from smp.domain.progress import Report
from smp.domain.publication import (
    AddNames,
    Held,
    PublicationPlan,
    PutDocument,
    Retirement,
    Switch,
    Taken,
)
from smp.domain.state import Version

KEY = key(1)
VERSION = Version("digest", ("https://ap.example.dk/as4",), "signer")
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
        f"held       let them through with: smp publish --accept {held().digest}",
    ]


def test_a_conflict_and_a_retirement_are_told() -> None:
    retirements = (
        Retirement(KEY.participant, NOW + timedelta(seconds=60)),
        Retirement(KEY.participant, None),
    )

    lines = told.report_lines(report(signed=2, conflicts=(TAKEN,), retirements=retirements))

    assert lines[0] == "documents  2 signed, 0 dropped, 0 retired"
    assert lines[2].startswith(f"conflict   {NAME} holds ")
    assert lines[3].startswith(f"retiring   {KEY.participant}: 20")
    assert lines[4].endswith("when no server answers its name any more")


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
    }
    assert said["look_again"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told.needs_somebody(report(held=held()))
    assert not told.needs_somebody(report())


def test_who_could_not_be_proved_is_told_and_wants_somebody() -> None:
    failed = report(unproved={KEY.participant: "the signature is not right"})

    assert told.report_lines(failed)[1:] == [
        f"unproved   {KEY.participant}: the signature is not right"
    ]
    assert told.report_json(failed)["unproved"] == {
        str(KEY.participant): "the signature is not right"
    }
    assert told.needs_somebody(failed)


def test_the_publishers_own_name_is_told_apart() -> None:
    lines = told.report_lines(report(publisher=1))

    assert lines[1] == "names      0 added, 0 replaced, 0 removed, and the publisher's own"
