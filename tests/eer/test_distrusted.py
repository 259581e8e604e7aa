"""A device whose certificate is of nobody trusted, revoked or of a test: written and asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

import builders_fhir as build
import builders_pki as pki
from builders_fhir import NOW, Clock
from builders_pki import DAY, ISSUING, ROOT, STRANGER, TEST_ROOT
from eer.domain import eligibility
from eer.domain.eligibility import Reason
from eer.domain.errors import Refused
from eer.domain.identifiers import Gln
from eer.domain.policy import Level, Policy
from eer.domain.receipt import Receipt, Step, participant
from eer.domain.standing import Verdict
from eer.register import changes, check, directory, receipts
from eer.register.addressability import addressability_of
from eer.register.counter import Counter


def judged(counter: Counter, folder: Path | None = None, **choices: object) -> Counter:
    """Return the register as production has it: OCES is trusted, and a test authority known."""
    tests = pki.trusting(TEST_ROOT.itself())
    policy = replace(Policy(), **choices)  # type: ignore[arg-type]  # by name
    return replace(counter, trust=pki.trust(folder, tests=tests), policy=policy)


def device(certificate: x509.Certificate, **changes: object) -> build.Json:
    key = build.public_key(pki.der(certificate))
    return build.access_point(extension=[key, build.conformant()], **changes)


def written(counter: Counter, certificate: x509.Certificate, **changes: object) -> list[str]:
    """Write a device with a certificate; return what is said of the certificate."""
    build.put(counter, build.owner())
    try:
        outcomes = build.put(counter, device(certificate, **changes))
    except Refused as fault:
        return [f"refused: {each.text}" for each in fault.issues]
    return [f"{each.severity}: {each.text}" for each in outcomes[-1].issues]


@contextmanager
def revoking(folder: Path, *certificates: x509.Certificate) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    (folder / "root.crl").write_bytes(ROOT.revoking())
    (folder / "issuing.crl").write_bytes(ISSUING.revoking(*certificates))
    yield folder


@pytest.fixture
def bad() -> x509.Certificate:
    return ISSUING.leaf(company=build.cvr(90))


# At registration


def test_a_certificate_of_a_trusted_authority_is_taken_without_a_word(counter: Counter) -> None:
    assert written(judged(counter, ap_certificate=Level.ERROR), ISSUING.leaf()) == []


def test_where_nothing_is_configured_every_certificate_is_taken(counter: Counter) -> None:
    assert written(counter, STRANGER.leaf()) == []


@pytest.mark.parametrize(
    ("level", "expected"), [(Level.WARN, "warning"), (Level.ERROR, "refused"), (Level.OFF, None)]
)
def test_a_certificate_of_nobody_trusted_is_what_the_setting_says(
    counter: Counter, level: Level, expected: str | None
) -> None:
    said = written(judged(counter, ap_certificate=level), STRANGER.leaf())

    beginning = "certificate is of no authority that is trusted here: CN=ap.example.dk, issued by"
    assert [each.startswith(f"{expected}: {beginning}") for each in said] == [True] * len(said)
    assert len(said) == (expected is not None)


@pytest.mark.parametrize(
    ("level", "expected"), [(Level.WARN, "warning"), (Level.ERROR, "refused"), (Level.OFF, None)]
)
def test_a_revoked_certificate_is_what_the_setting_says(
    counter: Counter, level: Level, expected: str | None, tmp_path: Path, bad: x509.Certificate
) -> None:
    with revoking(tmp_path, bad) as folder:
        said = written(judged(counter, folder, ap_certificate=level), bad)

    beginning = "certificate has been revoked, expected one that is not:"
    assert [each.startswith(f"{expected}: {beginning}") for each in said] == [True] * len(said)
    assert len(said) == (expected is not None)


def test_a_certificate_of_a_test_authority_is_refused_whatever_the_level(counter: Counter) -> None:
    [said] = written(judged(counter, ap_certificate=Level.OFF), TEST_ROOT.leaf())

    assert said == (
        "refused: certificate is of a test authority, expected one of production: "
        "it leads to CN=Test root"
    )


def test_a_device_can_be_switched_off_whatever_its_certificate(counter: Counter) -> None:
    said = written(judged(counter, ap_certificate=Level.ERROR), TEST_ROOT.leaf(), status="inactive")

    assert said == []


def test_an_expired_certificate_is_told_with_what_comes_of_it(counter: Counter) -> None:
    old = ISSUING.leaf(end=NOW - DAY)
    [strict] = written(judged(counter), old)
    lenient = judged(counter, tolerated=(Reason.CERTIFICATE_EXPIRED,))
    [mild] = written(lenient, old, manufacturer="Netleverandøren 2")

    assert strict.endswith("so the AP is not published now")
    assert mild.endswith("certificate expired on 2026-05-04; the AP is published all the same")


# Daily


def test_checking_says_what_a_new_list_says_of_what_was_written_before(
    counter: Counter, tmp_path: Path, bad: x509.Certificate
) -> None:
    written(judged(counter), bad)
    with (
        revoking(tmp_path, bad) as folder,
        check.inspection(judged(counter, folder), timedelta(0)) as inspection,
    ):
        found = [each.issue.text for each in inspection.findings(lambda _: None)]
        remarks = inspection.remarks, inspection.unchecked

    assert [text.split(":")[0] for text in found] == [
        "certificate has been revoked, expected one that is not"
    ]
    assert remarks == ((), ())


def test_checking_says_what_is_not_checked(counter: Counter, tmp_path: Path) -> None:
    with check.inspection(counter, timedelta(0)) as bare:
        unchecked = bare.unchecked
    with check.inspection(judged(counter, tmp_path), timedelta(0)) as inspection:
        remarks = inspection.remarks

    assert len(unchecked) == 2
    assert [each.split(":")[0] for each in remarks] == [
        "no revocation list of CN=Root",
        "no revocation list of CN=Issuing",
    ]


# For the publisher


def registered(counter: Counter, certificate: x509.Certificate) -> None:
    """Register a unit that receives at an access point with *certificate*."""
    owner, _, unit, endpoint = build.registered()
    build.put(counter, owner, device(certificate), unit, endpoint)


def test_the_directory_says_how_certificates_stand(
    counter: Counter, tmp_path: Path, bad: x509.Certificate
) -> None:
    registered(counter, bad)
    with revoking(tmp_path, bad) as folder:
        found = directory.directory(judged(counter, folder), None)

    [endpoint] = found.endpoints
    [access_point] = endpoint.access_points
    assert access_point is not None
    assert access_point.standing is not None
    assert access_point.standing.verdict is Verdict.REVOKED
    assert eligibility.obstacles(found, NOW)[endpoint.reference] == (Reason.CERTIFICATE_REVOKED,)
    assert found.remarks == found.unchecked == ()


def test_the_directory_says_what_is_not_checked(counter: Counter, bad: x509.Certificate) -> None:
    registered(counter, bad)
    found = directory.directory(counter, None)

    [endpoint] = found.endpoints
    assert [each and each.standing for each in endpoint.access_points] == [None]
    assert len(found.unchecked) == 2


def test_what_is_no_certificate_has_no_standing(counter: Counter) -> None:
    build.put(counter, build.owner(), build.device(1, "AP"), build.organization(1))
    links = [build.linked(build.canonicals.AP_SYSTEM, "Device/device-1")]
    build.put(counter, build.endpoint(1, extension=links))

    [endpoint] = directory.directory(judged(counter), None).endpoints
    assert [each and each.standing for each in endpoint.access_points] == [None]


# For who sends


def told(counter: Counter) -> tuple[str, bool]:
    """Return whether a sender is told yes, and else why not; and whether it is published."""
    answer = addressability_of(counter, Gln.parse(build.gln(1)), build.HCO_1_2).answer
    assert answer.best is not None
    why = ",".join(answer.best.obstacles) or str(answer.reason)
    return why, answer.best.published is not None


def test_a_sender_is_told_of_a_revoked_certificate_as_soon_as_the_list_is_there(
    counter: Counter, clock: Clock, tmp_path: Path, bad: x509.Certificate
) -> None:
    production = judged(counter, tmp_path)
    registered(production, bad)
    finished = Receipt(
        participant(build.gln(1)), changes.sequence(counter), Step.FINISHED, clock(), "https://smp"
    )
    receipts.receive(counter, [finished])
    before = told(production)
    clock.at += DAY
    (tmp_path / "issuing.crl").write_bytes(ISSUING.revoking(bad, issued=clock(), since=clock()))

    assert before == ("published", True)
    # The publisher has not looked yet, and what was published before the revocation still is.
    assert told(production) == ("certificate-revoked", True)


def test_a_sender_is_told_nothing_of_what_is_tolerated(counter: Counter, clock: Clock) -> None:
    untrusting = judged(counter, tolerated=(Reason.CERTIFICATE_UNTRUSTED,))
    registered(untrusting, STRANGER.leaf(company=build.cvr(90)))
    receipts.receive(
        counter,
        [
            Receipt(
                participant(build.gln(1)),
                changes.sequence(counter),
                Step.FINISHED,
                clock(),
                "https://smp",
            )
        ],
    )

    assert told(untrusting) == ("published", True)
    assert told(judged(counter)) == ("certificate-untrusted", False)
