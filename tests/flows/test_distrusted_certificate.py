"""An access point's certificate is revoked: what the operator sees, from the list to the lookup."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import builders_fhir as fhir
import builders_pki as pki
from flows.house import build, open_house

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


def test_a_revoked_certificate_goes_from_the_list_to_the_lookup(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    leaf = pki.ISSUING.leaf(company=fhir.cvr(90), begin=now - DAY, end=min(now + 30 * DAY, pki.END))
    (tmp_path / "oces.pem").write_bytes(pki.pem(pki.root(), pki.issuing()))
    lists = tmp_path / "crl"
    lists.mkdir()
    (lists / "root.crl").write_bytes(pki.ROOT.revoking(issued=now - DAY, next=now + DAY))
    empty = pki.ISSUING.revoking(issued=now - DAY, next=now + DAY)
    naming_it = pki.ISSUING.revoking(leaf, issued=now, next=now + DAY, since=now - DAY)
    with pki.place(empty) as place:
        house = build(
            tmp_path,
            EER_AP_TRUST_FILE=f"{tmp_path}/oces.pem",
            EER_CRL_DIRECTORY=str(lists),
            EER_CRL_URLS=place.url,
        )
        house.load(_registered(tmp_path, pki.der(leaf)))
        with open_house(house):
            publish = house.run("smp", "publish")
            found = house.run("smp", "lookup", f"0088:{fhir.gln(1)}")
            place.body = naming_it
            fetched = house.run("eer", "crl")
            planned = house.said("smp", "plan")
            withdrawn = house.run("smp", "publish")
            gone = house.run("smp", "lookup", f"0088:{fhir.gln(1)}")
            checked = house.run("eer", "check")

    assert (publish.returncode, found.returncode) == (0, 0), publish.stderr + found.stdout
    assert "CN=Issuing: 1 revoked" in fetched.stdout
    assert planned["unpublished"] == {"Endpoint/endpoint-1": ["certificate-revoked"]}
    assert (planned["warnings"], planned["unchecked"]) == ([], [])
    assert "2 removed" in withdrawn.stdout
    assert gone.returncode == 1
    assert "Device/ap-1: Device.extension: certificate has been revoked" in checked.stdout


def test_an_expired_certificate_that_is_tolerated_is_published_and_audited_as_it_is(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    expired = fhir.certificate(now - 9 * DAY, now - DAY, fhir.cvr(90))
    house = build(tmp_path, EER_AP_EXPIRED="warn")
    house.load(_registered(tmp_path, expired))
    with open_house(house):
        published = house.run("smp", "publish")
        audited = house.run("smp", "audit")

    assert published.returncode == 0
    assert (
        "warning    Device/ap-1: the access point's certificate has expired (certificate-expired); "
        "1 endpoints are published with it all the same"
    ) in published.stdout
    assert audited.returncode == 0, audited.stdout


def _registered(folder: Path, der: bytes) -> Path:
    """Write a unit that receives at an access point with a certificate."""
    owner, _, unit, endpoint = fhir.registered()
    ap = fhir.access_point(extension=[fhir.public_key(der), fhir.conformant()])
    name, body = fhir.file(fhir.transaction(owner, ap, unit, endpoint), "register.json")
    (folder / name).write_bytes(body)
    return folder / name
