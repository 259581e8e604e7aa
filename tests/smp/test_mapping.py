"""The mapping of the register to documents."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import (
    BEGIN,
    END,
    HOMECARE,
    NOW,
    RECEIPT,
    access_point,
    certificate,
    directory,
    endpoint,
    gln,
)
from eer.domain.eligibility import SENTENCES, Reason, obstacles
from eer.domain.identifiers import Reference
from eer.domain.model import Endpoint, EndpointStatus
from eer.domain.period import Period
from eer.domain.standing import Standing, Verdict
from fakes.publishing import TERMS, key
from smp.domain import metadata
from smp.domain.identifiers import Identifier, ProcessId
from smp.domain.mapping import alarms, documents, stopped, unpublished, warnings
from smp.domain.metadata import Process, ServiceMetadata

MONTH = timedelta(days=30)
LENIENT = replace(TERMS, tolerated=(Reason.CERTIFICATE_EXPIRED, Reason.CERTIFICATE_UNTRUSTED))

endpoints = st.lists(
    st.builds(
        endpoint,
        st.integers(1, 3),
        id=st.uuids().map(str),
        status=st.sampled_from(EndpointStatus),
        begin=st.sampled_from([None, NOW - MONTH, NOW, NOW + MONTH]),
        at=st.sampled_from([None, access_point(), access_point(None)]),
    ).flatmap(
        lambda made: st.lists(
            st.sampled_from([HOMECARE, RECEIPT, HOMECARE.upper()]), unique=True
        ).map(lambda codes: replace(made, documents=tuple(codes)))
    ),
    max_size=6,
)


def only(*made: Endpoint, at: datetime = NOW) -> ServiceMetadata:
    """Return the one document that the first scheme has."""
    [meta] = [
        meta
        for each, meta in documents(directory(*made), TERMS, at).items()
        if each.document.scheme == TERMS.document_schemes[0]
    ]
    return meta


def said(*made: Endpoint, at: datetime = NOW) -> metadata.Endpoint:
    return only(*made, at=at).processes[0].endpoints[0]


@pytest.mark.smp(51)
def test_a_document_says_what_the_register_says() -> None:
    profiles = TERMS.transport_profiles

    meta = only(endpoint(1, HOMECARE, end=NOW + MONTH))

    assert meta == ServiceMetadata(
        key(1).participant,
        key(1).document,
        (
            Process(
                ProcessId(Identifier("dk-medcom-messaging", "urn:ehmi:sdn-emergence")),
                tuple(
                    metadata.Endpoint(
                        transport_profile=profile,
                        uri="https://ap.example.dk/as4",
                        certificate=certificate().der,
                        activation=BEGIN,
                        expiration=NOW + MONTH,
                        description="Prøvekommunens postkasse",
                        contact_url="mailto:drift@example.dk",
                    )
                    for profile in profiles
                ),
            ),
        ),
    )


@pytest.mark.smp(58)
def test_each_code_is_published_once_under_each_scheme_letter_by_letter() -> None:
    found = documents(directory(endpoint(1, HOMECARE, RECEIPT)), TERMS, NOW)

    assert set(found) == {key(1, code, scheme) for code in (HOMECARE, RECEIPT) for scheme in (0, 1)}


@pytest.mark.smp(37, 38)
def test_a_document_names_what_it_is_found_under() -> None:
    found = documents(directory(endpoint(1), endpoint(2)), TERMS, NOW)

    assert all(
        (meta.participant, meta.document) == (k.participant, k.document)
        for k, meta in found.items()
    )


@pytest.mark.smp(57)
def test_every_configured_process_has_all_endpoints() -> None:
    other = ProcessId(Identifier("dk-medcom-messaging", "sdn-emergence"))
    terms = replace(TERMS, processes=(*TERMS.processes, other))

    meta = documents(directory(endpoint(1)), terms, NOW)[key(1)]

    assert [process.id for process in meta.processes] == list(terms.processes)
    assert meta.processes[0].endpoints == meta.processes[1].endpoints


@pytest.mark.smp(46)
def test_an_access_point_may_have_profiles_of_its_own() -> None:
    at = access_point(transport_profiles=("own", "other", "own"))

    profiles = [
        each.transport_profile for each in only(endpoint(1, HOMECARE, at=at)).processes[0].endpoints
    ]

    assert profiles == ["own", "other"]


@pytest.mark.smp(48)
def test_a_document_expires_with_the_certificate_if_that_is_earlier() -> None:
    assert said(endpoint(1, HOMECARE, end=END + MONTH)).expiration == END


def test_a_document_expires_with_the_certificate_if_the_period_is_open() -> None:
    assert said(endpoint(1, HOMECARE)).expiration == END


@pytest.mark.parametrize("end", [None, END + MONTH])
def test_a_document_expires_with_its_period_where_expired_certificates_are_tolerated(
    end: datetime | None,
) -> None:
    mailbox = directory(endpoint(1, HOMECARE, end=end))

    before, after = (documents(mailbox, LENIENT, at)[key(1)] for at in (NOW, END))

    assert before == after
    assert before.processes[0].endpoints[0].expiration == end


def test_an_open_begin_leaves_the_activation_out() -> None:
    assert said(endpoint(1, HOMECARE, begin=None)).activation is None


def test_an_access_point_without_contact_leaves_the_contact_empty() -> None:
    assert said(endpoint(1, HOMECARE, at=access_point(contact_url=None))).contact_url == ""


def test_of_two_adjoining_endpoints_only_the_present_one_is_published() -> None:
    change = NOW + MONTH
    old = endpoint(1, HOMECARE, id="old", end=change, at=access_point("https://old.example.dk"))
    new = endpoint(1, HOMECARE, id="new", begin=change, at=access_point("https://new.example.dk"))

    assert said(old, new, at=change - timedelta(seconds=1)).uri == "https://old.example.dk"
    assert said(old, new, at=change).uri == "https://new.example.dk"


@pytest.mark.smp(106)
def test_two_endpoints_of_a_gln_are_one_participant() -> None:
    found = documents(
        directory(endpoint(1, HOMECARE, id="one"), endpoint(1, RECEIPT, id="two")), TERMS, NOW
    )

    assert {each.document for each in found} >= {key(1).document, key(1, RECEIPT).document}
    assert {each.participant for each in found} == {key(1).participant}


def test_of_two_codes_that_differ_in_case_the_first_endpoint_keeps_it() -> None:
    one = endpoint(1, HOMECARE.upper(), id="one", name="first")
    two = endpoint(1, HOMECARE, id="two")

    assert only(two, one).processes[0].endpoints[0].description == "first"


@pytest.mark.smp(104, 105, 107)
@given(endpoints)
def test_who_has_an_obstacle_is_not_published_and_everybody_else_is(made: list[Endpoint]) -> None:
    whole = directory(*made)
    free = {
        each.gln for each in made if not obstacles(whole, NOW)[each.reference] and each.documents
    }

    published = {each.participant for each in documents(whole, TERMS, NOW)}

    assert published == {key(number).participant for number in (1, 2, 3) if gln(number) in free}


@given(endpoints.flatmap(lambda made: st.tuples(st.just(made), st.permutations(made))))
def test_the_order_of_the_endpoints_does_not_matter(
    orders: tuple[list[Endpoint], list[Endpoint]],
) -> None:
    one, other = (documents(directory(*order), TERMS, NOW) for order in orders)

    assert one == other


@given(endpoints, st.integers(1, 3))
def test_a_part_of_the_register_gives_a_part_of_the_documents(
    made: list[Endpoint], number: int
) -> None:
    some = [each for each in made if each.gln == gln(number)]

    assert documents(directory(*some), TERMS, NOW) == {
        each: meta
        for each, meta in documents(directory(*made), TERMS, NOW).items()
        if each.participant == key(number).participant
    }


@pytest.mark.smp(107)
def test_unpublished_endpoints_are_told_with_every_reason() -> None:
    bad = endpoint(2, status=EndpointStatus.OFF, at=None)

    assert unpublished(directory(endpoint(1), bad), TERMS, NOW) == {
        bad.reference: (Reason.OFF, Reason.NO_AP)
    }


def test_an_access_point_that_is_published_in_spite_of_its_certificate_is_told_once() -> None:
    stranger = replace(access_point(name="b"), standing=Standing(Verdict.UNTRUSTED))
    seen = replace(
        directory(endpoint(1), endpoint(2, at=None), endpoint(3), endpoint(4, at=stranger)),
        remarks=("no list",),
    )

    assert unpublished(seen, LENIENT, END) == {Reference("Endpoint", "e2"): (Reason.NO_AP,)}
    told = [
        ("ap", Reason.CERTIFICATE_EXPIRED, 2),
        ("b", Reason.CERTIFICATE_EXPIRED, 1),
        ("b", Reason.CERTIFICATE_UNTRUSTED, 1),
    ]
    assert warnings(seen, LENIENT, END) == (
        "no list",
        *(
            f"Device/{name}: {SENTENCES[reason]} ({reason}); "
            f"{count} endpoints are published with it all the same"
            for name, reason, count in told
        ),
    )


def test_a_stopped_endpoint_is_not_wanted_and_its_documents_are_told() -> None:
    one, two = endpoint(1, HOMECARE), endpoint(2)
    seen = directory(one, two, stopped={one.reference: "stolen key"})

    assert stopped(seen, TERMS, NOW) == {key(1), key(1, scheme=1)}
    assert {each.participant for each in documents(seen, TERMS, NOW)} == {key(2).participant}


def test_a_stopped_endpoint_whose_gln_is_none_is_nobody() -> None:
    bad = replace(endpoint(1), gln="5790009000014")

    assert stopped(directory(bad, stopped={bad.reference: "wrong"}), TERMS, NOW) == frozenset()


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period(NOW + MONTH, None), NOW + MONTH),
        (Period(None, NOW + MONTH), NOW + MONTH),
        (Period(None, None), END),
    ],
)
def test_the_alarm_of_a_gln_is_when_a_period_or_a_certificate_changes(
    period: Period, expected: datetime
) -> None:
    changing = replace(endpoint(1), period=period)

    assert alarms(directory(changing, endpoint(2)), NOW) == {gln(1): expected, gln(2): END}


def test_an_empty_register_sets_no_alarm() -> None:
    assert alarms(directory(), NOW) == {}
