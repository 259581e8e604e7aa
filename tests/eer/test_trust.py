"""How a certificate stands: by authorities, by tests' authorities, by lists, by the clock."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

import builders_pki as build
from builders_fhir import NOW
from builders_pki import DAY, ISSUING, ROOT, STRANGER, TEST_ROOT, YEAR
from eer.domain.standing import Standing, Verdict
from eer.pki.trust import Trust

SECOND = timedelta(seconds=1)


def lists(folder: Path, *revoked: x509.Certificate) -> Path:
    """Put lists of both authorities into a folder; the issuing one's names *revoked*."""
    (folder / "root.crl").write_bytes(ROOT.revoking(next=NOW + 9 * DAY))
    (folder / "issuing.crl").write_bytes(ISSUING.revoking(*revoked, next=NOW + 9 * DAY))
    return folder


def standing(
    trust: Trust, certificate: x509.Certificate, after: timedelta = timedelta()
) -> Standing:
    found = trust.standing(build.value(certificate), NOW + after)
    assert found is not None
    return found


def test_where_nothing_is_configured_nothing_is_asked() -> None:
    assert Trust().standing(build.value(STRANGER.leaf()), NOW) is None
    assert Trust().unchecked() == (
        "whose AP certificates are: EER_AP_TRUST_FILE is not set",
        "whether AP certificates are revoked: EER_CRL_DIRECTORY is not set",
    )
    assert Trust().remarks(NOW) == ()


def test_with_authorities_and_lists_all_is_asked(tmp_path: Path) -> None:
    assert build.trust(tmp_path).unchecked() == ()
    assert len(build.trust(tmp_path).remarks(NOW)) == 2


def test_a_certificate_of_a_trusted_authority_is_good() -> None:
    assert standing(build.trust(), ISSUING.leaf()).verdict is Verdict.GOOD


def test_a_certificate_of_nobody_known_is_not_trusted() -> None:
    found = standing(build.trust(), STRANGER.leaf())

    assert found.verdict is Verdict.UNTRUSTED
    assert found.why.startswith("CN=ap.example.dk, issued by CN=Stranger: ")


def test_a_certificate_of_a_test_authority_is_one_whoever_is_trusted() -> None:
    both = Trust(
        authorities=build.trusting(build.root(), TEST_ROOT.itself()),
        tests=build.trusting(TEST_ROOT.itself()),
    )
    alone = Trust(tests=build.trusting(TEST_ROOT.itself()))

    for trust in (both, alone):
        assert standing(trust, TEST_ROOT.leaf()).verdict is Verdict.TEST
        assert standing(trust, TEST_ROOT.leaf()).why == "it leads to CN=Test root"
    assert standing(alone, STRANGER.leaf()).verdict is Verdict.GOOD
    assert standing(both, STRANGER.leaf()).verdict is Verdict.UNTRUSTED


def test_a_certificate_that_stands_in_the_list_is_revoked(tmp_path: Path) -> None:
    bad = ISSUING.leaf()
    trust = build.trust(lists(tmp_path, bad))

    found = standing(trust, bad)

    assert found.verdict is Verdict.REVOKED
    assert found.why == "CN=ap.example.dk, since 2026-05-04T12:00:00Z"
    assert standing(trust, ISSUING.leaf()).verdict is Verdict.GOOD


def test_a_certificate_is_revoked_from_the_day_that_the_list_says(tmp_path: Path) -> None:
    bad = ISSUING.leaf()
    (tmp_path / "issuing.crl").write_bytes(ISSUING.revoking(bad, since=NOW + SECOND))
    trust = build.trust(tmp_path)

    assert standing(trust, bad) == Standing(Verdict.GOOD, until=NOW + SECOND)
    assert standing(trust, bad, SECOND).verdict is Verdict.REVOKED
    assert standing(trust, bad).verdict is Verdict.GOOD


def test_what_a_revoked_authority_issued_is_revoked(tmp_path: Path) -> None:
    (tmp_path / "root.crl").write_bytes(ROOT.revoking(build.issuing()))

    found = standing(build.trust(tmp_path), ISSUING.leaf())

    assert (found.verdict, found.why[:10]) == (Verdict.REVOKED, "CN=Issuing")


def test_a_list_that_is_missing_or_has_lapsed_condemns_nobody(tmp_path: Path) -> None:
    leaf = ISSUING.leaf()
    trust = build.trust(tmp_path)
    without = standing(trust, leaf)
    lists(tmp_path)

    assert without.verdict is Verdict.GOOD
    assert standing(trust, leaf, YEAR).verdict is Verdict.GOOD


def test_a_list_that_has_lapsed_clears_nobody(tmp_path: Path) -> None:
    bad = ISSUING.leaf()

    assert standing(build.trust(lists(tmp_path, bad)), bad, YEAR).verdict is Verdict.REVOKED


def test_a_new_list_counts_at_once(tmp_path: Path) -> None:
    bad = ISSUING.leaf()
    trust = build.trust(lists(tmp_path))
    before = standing(trust, bad)
    (tmp_path / "newer.crl").write_bytes(ISSUING.revoking(bad, issued=NOW))

    assert before.verdict is Verdict.GOOD
    assert standing(trust, bad).verdict is Verdict.REVOKED


def test_an_authority_that_expires_takes_what_it_issued_with_it() -> None:
    trust = Trust(authorities=build.trusting(ROOT.itself(end=NOW)))
    leaf = ROOT.leaf()

    assert standing(trust, leaf) == Standing(Verdict.GOOD, until=NOW + SECOND)
    assert standing(trust, leaf, SECOND).verdict is Verdict.UNTRUSTED
    assert standing(trust, leaf, SECOND).until is None


def test_with_lists_it_has_to_be_looked_at_again_within_a_day(tmp_path: Path) -> None:
    assert standing(build.trust(lists(tmp_path)), ISSUING.leaf()).until == NOW + DAY


def test_with_lists_it_has_to_be_looked_at_again_when_one_lapses(tmp_path: Path) -> None:
    (tmp_path / "issuing.crl").write_bytes(ISSUING.revoking(next=NOW + SECOND))

    assert standing(build.trust(tmp_path), ISSUING.leaf()).until == NOW + 2 * SECOND


def test_without_lists_only_authorities_make_time_matter() -> None:
    assert standing(build.trust(), ISSUING.leaf()).until == build.END + SECOND


@pytest.mark.parametrize("after", [timedelta(), 10 * DAY])
def test_a_standing_is_held_until_time_may_change_it(tmp_path: Path, after: timedelta) -> None:
    trust, leaf = build.trust(lists(tmp_path)), ISSUING.leaf()

    first = standing(trust, leaf, after)

    assert standing(trust, leaf, after + DAY - SECOND) is first
    assert standing(trust, leaf, after + DAY) is not first


def test_not_more_standings_are_held_than_a_register_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eer.pki.trust._MOST_HELD", 1)
    trust, one, other = build.trust(), ISSUING.leaf(), ISSUING.leaf()
    first = standing(trust, one)
    standing(trust, other)

    assert standing(trust, one) is not first
