from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from builders import (
    BEGIN,
    END,
    NOW,
    access_point,
    certificate,
    directory,
    endpoint,
    gln,
    redirected,
)
from eer.domain.eligibility import (
    SENTENCES,
    Reason,
    conflicts,
    looks_different_at,
    obstacles,
    tolerations,
)
from eer.domain.identifiers import Reference
from eer.domain.model import Endpoint, EndpointStatus, Unreadable
from eer.domain.standing import Standing, Verdict

LATER = NOW + timedelta(days=30)


def reasons(*endpoints: Endpoint, at: datetime = NOW, **more: Any) -> tuple[Reason, ...]:
    """Return what stands against the first of *endpoints*."""
    return obstacles(directory(*endpoints, **more), at)[endpoints[0].reference]


def test_an_endpoint_with_all_that_it_needs_may_be_published() -> None:
    assert reasons(endpoint()) == ()


@pytest.mark.smp(105)
@pytest.mark.parametrize(
    "status", [status for status in EndpointStatus if status is not EndpointStatus.ACTIVE]
)
def test_an_endpoint_that_is_not_active_is_not_published(status: EndpointStatus) -> None:
    assert reasons(endpoint(status=status)) == (Reason(status.value),)


@pytest.mark.smp(52)
def test_a_period_is_published_from_its_begin_until_before_its_end() -> None:
    mailbox = endpoint(begin=NOW, end=LATER)

    assert reasons(mailbox, at=NOW) == ()
    assert reasons(mailbox, at=NOW - timedelta(microseconds=1)) == (Reason.NOT_BEGUN,)
    assert reasons(mailbox, at=LATER) == (Reason.OVER,)


@pytest.mark.smp(104)
def test_what_is_not_edelivery_is_not_published() -> None:
    vans = replace(endpoint(), connection_type="vansMessaging")

    assert reasons(vans) == (Reason.NOT_EDELIVERY,)


@pytest.mark.smp(107)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"active": False}, (Reason.AP_INACTIVE,)),
        ({"types": ("MSH",)}, (Reason.NOT_AN_AP,)),
        ({"url": None}, (Reason.NO_ADDRESS,)),
        ({"certificate": None}, (Reason.NO_CERTIFICATE,)),
        ({"certificate": Unreadable("not base64")}, (Reason.CERTIFICATE_UNREADABLE,)),
    ],
)
def test_an_access_point_that_lacks_something_is_not_published(
    changes: dict[str, Any], expected: tuple[Reason, ...]
) -> None:
    assert reasons(endpoint(at=access_point(**changes))) == expected


@pytest.mark.smp(48)
def test_a_certificate_counts_from_its_begin_until_before_its_end() -> None:
    mailbox = endpoint(begin=None, at=access_point(certificate=certificate()))

    assert reasons(mailbox, at=BEGIN) == ()
    assert reasons(mailbox, at=BEGIN - timedelta(seconds=1)) == (Reason.CERTIFICATE_NOT_YET_VALID,)
    assert reasons(mailbox, at=END) == (Reason.CERTIFICATE_EXPIRED,)


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (None, ()),
        (Standing(Verdict.GOOD), ()),
        (Standing(Verdict.UNTRUSTED), (Reason.CERTIFICATE_UNTRUSTED,)),
        (Standing(Verdict.REVOKED), (Reason.CERTIFICATE_REVOKED,)),
        (Standing(Verdict.TEST), (Reason.CERTIFICATE_OF_TEST,)),
    ],
)
def test_a_certificate_that_does_not_stand_well_is_not_published(
    standing: Standing | None, expected: tuple[Reason, ...]
) -> None:
    assert reasons(endpoint(at=replace(access_point(), standing=standing))) == expected


def test_where_another_smp_answers_no_standing_counts() -> None:
    revoked = replace(access_point(), standing=Standing(Verdict.REVOKED, until=LATER))
    moved = redirected(at=revoked)

    assert reasons(moved) == ()
    assert looks_different_at(moved, NOW) is None


def test_what_is_tolerated_stands_in_nobodys_way_and_is_told() -> None:
    old = endpoint(1, begin=None)
    worse = replace(endpoint(2, begin=None), organization=None)
    both, tolerated = directory(old, worse), (Reason.CERTIFICATE_EXPIRED,)

    assert obstacles(both, END, tolerated) == {
        old.reference: (),
        worse.reference: (Reason.ORGANIZATION_MISSING,),
    }
    assert tolerations(both, END, tolerated) == {old.reference: (Reason.CERTIFICATE_EXPIRED,)}
    assert tolerations(both, NOW, tolerated) == tolerations(both, END, ()) == {}


def test_an_access_point_without_an_active_owner_is_not_published() -> None:
    owned = access_point()
    assert owned.owner is not None
    left = replace(owned, owner=replace(owned.owner, active=False))

    assert reasons(endpoint(at=replace(owned, owner=None))) == (Reason.OWNER_MISSING,)
    assert reasons(endpoint(at=left)) == (Reason.OWNER_INACTIVE,)


def test_an_endpoint_without_an_active_organisation_is_not_published() -> None:
    mailbox = endpoint()
    assert mailbox.organization is not None
    inactive = replace(mailbox, organization=replace(mailbox.organization, active=False))

    assert reasons(replace(mailbox, organization=None)) == (Reason.ORGANIZATION_MISSING,)
    assert reasons(inactive) == (Reason.ORGANIZATION_INACTIVE,)


def test_exactly_one_access_point_is_needed() -> None:
    one, other = access_point(), access_point(name="other")

    assert reasons(replace(endpoint(), access_points=())) == (Reason.NO_AP,)
    assert reasons(replace(endpoint(), access_points=(None,))) == (Reason.NO_AP,)
    assert reasons(replace(endpoint(), access_points=(one, other))) == (Reason.TWO_APS,)


@pytest.mark.parametrize("aps", [(), (None,), (access_point(None, active=False),)])
def test_where_another_smp_answers_no_access_point_is_needed(aps: Any) -> None:
    assert reasons(replace(redirected(), access_points=aps)) == ()


def test_a_redirect_that_leads_nowhere_is_not_published() -> None:
    nowhere = replace(endpoint(), redirect=Unreadable("no target"))

    assert reasons(nowhere) == (Reason.REDIRECT_UNUSABLE,)


def test_a_redirect_is_published_in_its_period_and_while_its_unit_is_active() -> None:
    mailbox = replace(redirected(status=EndpointStatus.SUSPENDED, end=NOW), organization=None)

    assert reasons(mailbox) == (Reason.SUSPENDED, Reason.OVER, Reason.ORGANIZATION_MISSING)


def test_a_redirect_claims_its_documents_as_any_endpoint_does() -> None:
    assert reasons(redirected(id="moved"), endpoint(id="here")) == (Reason.CONFLICT,)


def test_a_redirect_changes_with_its_period_and_with_no_certificate() -> None:
    mailbox = redirected(begin=None, end=LATER, not_after=NOW + timedelta(days=1))

    assert looks_different_at(mailbox, NOW) == LATER
    assert reasons(mailbox, at=NOW + timedelta(days=2)) == ()


@pytest.mark.smp(103)
def test_a_gln_that_is_none_makes_no_participant() -> None:
    assert reasons(replace(endpoint(), gln="9999999999999")) == (Reason.PARTICIPANT_MALFORMED,)


@pytest.mark.smp(106)
def test_endpoints_that_claim_the_same_document_at_once_are_in_conflict() -> None:
    one, other = endpoint(id="one"), endpoint(id="other")

    assert reasons(one, other) == (Reason.CONFLICT,)
    assert reasons(other, one) == (Reason.CONFLICT,)


@pytest.mark.smp(106)
def test_a_conflict_names_the_documents_both_claim() -> None:
    one, other = endpoint(1, "a", "b", id="one"), endpoint(1, "b", "c", id="other")

    assert conflicts([one, other]) == {
        (one.reference, other.reference): ("b",),
        (other.reference, one.reference): ("b",),
    }


@pytest.mark.parametrize(
    "other",
    [
        endpoint(2, "a", id="of another GLN"),
        endpoint(1, "b", id="of another document"),
        endpoint(1, "a", id="suspended", status=EndpointStatus.SUSPENDED),
        endpoint(1, "a", id="of an adjoining period", begin=LATER),
        replace(endpoint(1, "a", id="of VANS"), connection_type="vansMessaging"),
    ],
    ids=lambda each: each.reference.id,
)
def test_there_is_no_conflict_with_one(other: Endpoint) -> None:
    assert conflicts([endpoint(1, "a", end=LATER), other]) == {}


def test_what_an_operator_stopped_is_not_published() -> None:
    mailbox = endpoint()

    by_endpoint = reasons(mailbox, stopped={mailbox.reference: "misuse"})
    by_access_point = reasons(mailbox, stopped={Reference("Device", "ap"): "key lost"})

    assert by_endpoint == by_access_point == (Reason.STOPPED,)


def test_everything_against_an_endpoint_is_said_at_once() -> None:
    wrong = replace(
        endpoint(status=EndpointStatus.OFF, end=BEGIN + timedelta(days=1), at=None),
        organization=None,
    )

    assert reasons(wrong) == (
        Reason.OFF,
        Reason.OVER,
        Reason.NO_AP,
        Reason.ORGANIZATION_MISSING,
    )


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)


def test_the_next_instant_at_which_time_alone_changes_something() -> None:
    mailbox = endpoint(begin=NOW + timedelta(days=1), end=LATER)

    assert looks_different_at(mailbox, NOW) == NOW + timedelta(days=1)
    assert looks_different_at(mailbox, NOW + timedelta(days=1)) == LATER
    assert looks_different_at(mailbox, LATER) == END
    assert looks_different_at(mailbox, END) is None


def test_a_standing_says_when_it_has_to_be_looked_at_again() -> None:
    soon = NOW + timedelta(hours=1)
    standing = Standing(Verdict.GOOD, until=soon)
    mailbox = endpoint(at=replace(access_point(), standing=standing))

    assert looks_different_at(mailbox, NOW) == soon
    assert looks_different_at(mailbox, soon) == END


def test_without_certificate_and_period_time_changes_nothing() -> None:
    bare = endpoint(begin=None, at=access_point(certificate=Unreadable("none")))

    assert looks_different_at(bare, NOW) is None
    assert looks_different_at(replace(bare, access_points=(None,)), NOW) is None


def test_an_answer_is_given_for_each_endpoint() -> None:
    found = obstacles(directory(endpoint(1), endpoint(2, at=None)), NOW)

    assert found == {
        Reference("Endpoint", "e1"): (),
        Reference("Endpoint", "e2"): (Reason.NO_AP,),
    }
    assert gln(1) != gln(2)
