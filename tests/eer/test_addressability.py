"""May a unit be sent a message: one reason for every way that it may not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HOMECARE, NOW, RECEIPT, access_point, directory, endpoint, organization
from eer.domain import addressability, eligibility
from eer.domain.addressability import SENTENCES, Answer, Candidate, MessageType, Reason, Told
from eer.domain.model import Endpoint, EndpointStatus, Mailbox
from eer.domain.receipt import Receipt, Step, participant, since_finished

HOUR = timedelta(hours=1)
UNIT = organization("Lægehuset")
CLOSED = organization("Lægehuset", active=False)
DONE = Receipt(participant(endpoint().gln), 7, Step.FINISHED, NOW, "https://smp.example.dk")
HCO = MessageType("HomeCareObservation 1.2", (HOMECARE,), (HOMECARE,))
UNKNOWN = MessageType("urn:x", ("urn:x",), (), nearest=HOMECARE)


def candidate(one: Endpoint, published: Receipt | None = DONE) -> Candidate:
    """Return *one* with what stands against it."""
    return Candidate(one, eligibility.obstacles(directory(one), NOW)[one.reference], published)


def answered(*candidates: Candidate, message: MessageType = HCO) -> Answer:
    return addressability.answer(UNIT, candidates, message, NOW)


def suspended(number: int = 1) -> Candidate:
    return candidate(endpoint(number, status=EndpointStatus.SUSPENDED))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (candidate(endpoint()), Reason.PUBLISHED),
        (candidate(endpoint(), published=None), Reason.NOT_PUBLISHED),
        (candidate(endpoint(at=None)), Reason.NOT_ELIGIBLE),
        (candidate(endpoint(begin=NOW + HOUR)), Reason.NOT_BEGUN),
        (candidate(endpoint(end=NOW)), Reason.OVER),
        (candidate(endpoint(status=EndpointStatus.SUSPENDED)), Reason.SUSPENDED),
        (candidate(endpoint(status=EndpointStatus.ERROR)), Reason.ERROR),
        (candidate(endpoint(status=EndpointStatus.TEST)), Reason.TEST),
        (candidate(endpoint(status=EndpointStatus.OFF)), Reason.OFF),
        (candidate(endpoint(status=EndpointStatus.ENTERED_IN_ERROR)), Reason.ENTERED_IN_ERROR),
        (candidate(endpoint(1, RECEIPT)), Reason.NOT_RECEIVED),
        (candidate(replace(endpoint(), organization=CLOSED)), Reason.UNIT_CLOSED),
    ],
    ids=str,
)
def test_an_endpoint_has_a_reason(found: Candidate, expected: Reason) -> None:
    assert answered(found).reason is expected


def test_who_is_not_registered_is_unknown() -> None:
    assert addressability.answer(None, (), HCO, NOW).reason is Reason.UNKNOWN_UNIT


def test_a_unit_without_endpoints_has_none() -> None:
    assert answered().reason is Reason.NO_ENDPOINT


@pytest.mark.parametrize("candidates", [(), (candidate(endpoint()),)])
def test_a_closed_unit_is_closed_whatever_it_has(candidates: tuple[Candidate, ...]) -> None:
    assert addressability.answer(CLOSED, candidates, HCO, NOW).reason is Reason.UNIT_CLOSED


def test_a_message_type_that_nobody_knows_is_not_one_that_the_unit_does_not_receive() -> None:
    found = answered(candidate(endpoint()), message=UNKNOWN)

    assert found.reason is Reason.MESSAGE_TYPE_UNKNOWN


def test_a_message_type_that_is_offered_is_received_though_no_code_is_known_any_more() -> None:
    dropped = replace(HCO, known=())

    assert answered(candidate(endpoint()), message=dropped).is_addressable


def test_of_one_endpoint_the_farthest_reason_counts() -> None:
    both = candidate(endpoint(1, RECEIPT, status=EndpointStatus.SUSPENDED), published=None)

    assert answered(both).reason is Reason.NOT_RECEIVED


def test_of_several_endpoints_the_best_one_answers() -> None:
    best = candidate(endpoint(3))

    found = answered(suspended(1), candidate(endpoint(2, RECEIPT)), best, suspended(4))

    assert found.is_addressable
    assert found.best == best
    assert [each.reason for each in found.findings] == [
        Reason.PUBLISHED,
        Reason.SUSPENDED,
        Reason.SUSPENDED,
        Reason.NOT_RECEIVED,
    ]


def test_who_manages_the_best_endpoint_is_the_unit_of_a_gln() -> None:
    found = addressability.answer(None, [suspended(2), candidate(endpoint(1))], HCO, NOW)

    assert found.unit == endpoint(1).organization


statuses = st.sampled_from(EndpointStatus)
moments = st.sampled_from([None, NOW - HOUR, NOW, NOW + HOUR])
candidates = st.builds(
    lambda status, end, documents, at, published: candidate(
        endpoint(1, *documents, status=status, begin=None, end=end, at=at), published
    ),
    statuses,
    moments,
    st.sampled_from([(), (RECEIPT,), (HOMECARE,)]),
    st.sampled_from([None, access_point()]),
    st.sampled_from([None, DONE]),
)


@given(found=st.lists(candidates, max_size=4), is_active=st.booleans())
def test_a_unit_is_addressable_when_some_endpoint_is_eligible_and_published(
    *, found: list[Candidate], is_active: bool
) -> None:
    unit = replace(UNIT, active=is_active)

    answer = addressability.answer(unit, found, HCO, NOW)

    received = [
        each
        for each in found
        if not each.obstacles and each.published and HOMECARE in each.endpoint.documents
    ]
    assert answer.is_addressable == (is_active and bool(received))


@given(st.lists(candidates, max_size=4), candidates)
def test_one_more_endpoint_never_makes_it_worse(found: list[Candidate], more: Candidate) -> None:
    order = list(Reason)

    before, after = answered(*found).reason, answered(*found, more).reason

    assert order.index(before) <= order.index(after)


def test_every_reason_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Reason)


# What people are told


def told(answer: Answer, message: MessageType = HCO) -> str:
    return str(Told("SOR id 5000011000016001", NOW, answer, message).sentence)


def test_a_sender_is_told_whom_and_what_it_is_about() -> None:
    assert told(answered(suspended())) == (
        "Lægehuset, HomeCareObservation 1.2: the endpoint is suspended"
    )


def test_who_is_not_known_is_told_by_the_number() -> None:
    assert told(addressability.answer(None, (), HCO, NOW)) == (
        "SOR id 5000011000016001, HomeCareObservation 1.2: the register does not know this number"
    )


def test_every_obstacle_is_told() -> None:
    inactive = endpoint(at=access_point(active=False, url=None))

    assert told(answered(candidate(inactive))).endswith(
        "the endpoint cannot be published: the access point is not active and the access point "
        "has no AS4 address"
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (UNKNOWN, f"there is no such message type; the nearest known one is {HOMECARE}"),
        (replace(UNKNOWN, nearest=None), "there is no such message type"),
    ],
)
def test_a_message_type_that_is_not_known_is_told_with_the_nearest(
    message: MessageType, expected: str
) -> None:
    assert told(answered(candidate(endpoint()), message=message), message).endswith(expected)


def test_without_a_message_type_none_is_told() -> None:
    text = addressability.sentence("Lægehuset", None, Reason.NO_ENDPOINT)

    assert text == "Lægehuset: the unit has no endpoint for messages"


# What is registered, published or not


def mailbox(*documents: str, **changes: object) -> Mailbox:
    one = endpoint(1, *documents)
    found = Mailbox(
        one.gln, one.status, one.period, one.connection_type, one.documents, one.name, (), None
    )
    return replace(found, **changes)  # type: ignore[arg-type]  # each is what some test is about


OFF = mailbox(status=EndpointStatus.OFF)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: addressability.missing(None, (), HCO, NOW), Reason.UNKNOWN_UNIT),
        (lambda: addressability.missing(CLOSED, (mailbox(),), HCO, NOW), Reason.UNIT_CLOSED),
        (lambda: addressability.missing(CLOSED, (mailbox(),), HCO, None), None),
        (lambda: addressability.missing(UNIT, (), None, NOW), Reason.NO_ENDPOINT),
        (lambda: addressability.missing(UNIT, (OFF,), HCO, NOW), Reason.OFF),
        (lambda: addressability.missing(UNIT, (OFF,), HCO, None), None),
        (lambda: addressability.missing(UNIT, (OFF, mailbox()), HCO, NOW), None),
        (lambda: addressability.missing(UNIT, (mailbox(RECEIPT),), HCO, NOW), Reason.NOT_RECEIVED),
        (lambda: addressability.missing(UNIT, (mailbox(RECEIPT),), None, NOW), None),
    ],
)
def test_a_unit_without_an_endpoint_that_counts_has_a_reason(
    found: Callable[[], Reason | None], expected: Reason | None
) -> None:
    assert found() is expected


def test_an_endpoint_counts_where_nothing_that_it_says_is_against_it() -> None:
    assert addressability.counts(mailbox(), HCO, NOW)
    assert not addressability.counts(OFF, HCO, NOW)
    assert addressability.counts(OFF, HCO, None)


# What receipts tell


def receipt(step: Step, sequence: int = 7) -> Receipt:
    return replace(DONE, step=step, sequence=sequence)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), []),
        ((Step.STORED, Step.NAMED), []),
        ((Step.STORED, Step.NAMED, Step.FINISHED), [3]),
        ((Step.FINISHED, Step.STORED, Step.NAMED), [1, 2, 3]),
        ((Step.FINISHED, Step.FINISHED), [2]),
        ((Step.FINISHED, Step.UNNAMED), []),
        ((Step.FINISHED, Step.STORED, Step.RETIRED), []),
        ((Step.FINISHED, Step.SCHEDULED, Step.STORED), []),
        ((Step.UNNAMED, Step.FINISHED), [2]),
        ((Step.FINISHED, Step.VERIFIED), [1]),
        ((Step.FINISHED, Step.STORED, Step.VERIFIED), [1, 2]),
        ((Step.VERIFIED,), []),
    ],
)
def test_publication_has_come_as_far_as_the_last_end_that_nothing_undid(
    steps: tuple[Step, ...], expected: list[int]
) -> None:
    found = since_finished(receipt(step, place) for place, step in enumerate(steps, 1))

    assert [each.sequence for each in found] == expected


def test_the_order_leads_from_unknown_to_published() -> None:
    assert (next(iter(Reason)), list(Reason)[-1]) == (Reason.UNKNOWN_UNIT, Reason.PUBLISHED)
