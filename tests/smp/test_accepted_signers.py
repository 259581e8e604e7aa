"""A certificate under the anchors is not yet the SMP's: who signs may be named."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from builders_archive import Seal, Stock
from builders_smp import (
    BASE_URL,
    NOW,
    Issuer,
    endpoint,
    rsa_key,
    service_metadata,
    subject,
)
from fakes.publishing import fresh_store, key
from smp.domain.signed_by import Accepted
from smp.domain.state import Version
from smp.domain.verdict import Verdict, as_json, code, lines
from smp.export import export
from smp.lookup import told
from smp.lookup.told import Outcome, StepName, Trace
from smp.pki import cms, signed_by
from smp.pki.sign import Signer
from smp.settings.lookup import Lookup
from smp.store.session import Store
from smp.store.shelf import Change, Signed
from smp.trace import trace_document
from smp.verify import Judge, verify
from smp.wiring import offline
from smp.wiring.verify import check_of, trust_of
from smp.xml import render

AUTHORITY = Issuer(rsa_key(), subject("An authority of everybody's"))
SMP = Signer(rsa_key(1), AUTHORITY.certificate(rsa_key(1), subject("The SMP")))
NEXT = Signer(rsa_key(2), AUTHORITY.certificate(rsa_key(2), subject("The next SMP")))
OTHER = Signer(rsa_key(3), AUTHORITY.certificate(rsa_key(3), subject("An access point")))
ELSEWHERE = "https://elsewhere.example.dk/as4"


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    file = tmp_path / "trust.pem"
    file.write_bytes(AUTHORITY.itself().public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with fresh_store(tmp_path / "smp.db") as opened:
        yield opened


def archive(store: Store, out: Path, of_documents: Signer, of_archive: Signer) -> Path:
    """Export one document, whose endpoint is *of_documents*'s, signed by *of_archive*."""
    stock = Stock.opened(store)
    meant = service_metadata(
        replace(endpoint(), uri=ELSEWHERE), participant=key(1).participant, document=key(1).document
    )
    body = of_documents.sign(render.service_metadata(meant))
    put = Signed(key(1), Version("s", ("x",), "f"), body)
    stock.shelf.apply(Change(put=(put,)), BASE_URL, NOW)
    stock.finish(7)
    chain = (of_archive.certificate,)
    sign = partial(cms.sign, chain=chain, sign_bytes=of_archive.sign_bytes)
    export(store, Seal(cms.ders(chain), sign), out)
    return out


def judged(path: Path, trust: Path, *named: str) -> list[Verdict]:
    accepted = Accepted(named)
    return verify([path], Judge(check_of(trust, accepted), trust_of(trust, accepted), NOW))


def looked_up(path: Path, trust: Path, *named: str) -> Trace:
    settings = Lookup.model_construct(
        zone="sml.example.dk.",
        trust_file=trust,
        signers=named,
        nameservers=(("192.0.2.1", 53),),
        document_schemes=("dk-medcom-messaging",),
        processes=("dk-medcom-messaging::urn:ehmi:sdn-emergence",),
        transport_profiles=("bdxr-transport-ebms3-as4-v1p0",),
    )
    with offline.access_point(settings, [path]) as client:
        return trace_document(key(1).participant, key(1).document, client, NOW)


def test_an_archive_of_another_under_the_anchors_is_refused_by_name(
    store: Store, tmp_path: Path, trust: Path
) -> None:
    forged = archive(store, tmp_path / "a.tar", OTHER, OTHER)

    found = judged(forged, trust, "CN=The SMP,C=DK")

    assert code(found) == 4
    [fault] = found[0].faults
    assert fault.file == "manifest.json.p7s"
    assert fault.found.startswith("signed by CN=An access point,C=DK, serial ")
    assert found[0].signer == signed_by.read(OTHER.certificate)
    assert looked_up(forged, trust, "CN=The SMP,C=DK").outcome is Outcome.UNTRUSTED


def test_a_document_of_another_in_a_genuine_archive_is_refused(
    store: Store, tmp_path: Path, trust: Path
) -> None:
    mixed = archive(store, tmp_path / "a.tar", OTHER, SMP)

    found = judged(mixed, trust, SMP.fingerprint)
    trace = looked_up(mixed, trust, SMP.fingerprint)

    assert code(found) == 4
    assert "signed by CN=An access point,C=DK" in found[0].faults[0].found
    assert (trace.outcome, trace.failed and trace.failed.name) == (
        Outcome.UNTRUSTED,
        StepName.CHAIN,
    )


def test_several_may_be_named_while_one_follows_another(
    store: Store, tmp_path: Path, trust: Path
) -> None:
    mixed = archive(store, tmp_path / "a.tar", SMP, NEXT)
    named = ("CN=The SMP,C=DK", NEXT.fingerprint)

    assert code(judged(mixed, trust, *named)) == 0
    assert looked_up(mixed, trust, *named).outcome is Outcome.FOUND


def test_every_verdict_says_who_signed_and_until_when(
    store: Store, tmp_path: Path, trust: Path
) -> None:
    mixed = archive(store, tmp_path / "a.tar", OTHER, SMP)
    both = [signed_by.read(each.certificate) for each in (SMP, OTHER)]

    found = judged(mixed, trust)

    assert lines(found)[1:] == [
        f"signer   {mixed}: {both[0]}",
        f"signer   {mixed}: of documents in it: {both[1]}",
        "genuine and whole",
    ]
    said = json.loads(json.dumps(as_json(found)))["archives"][0]
    assert said["signer"] == both[0].as_json()
    assert said["document_signers"] == [both[1].as_json()]


def test_a_verdict_that_accepts_anybody_says_so_in_one_line(
    store: Store, tmp_path: Path, trust: Path
) -> None:
    found = judged(archive(store, tmp_path / "a.tar", SMP, SMP), trust)

    assert lines(found, "nobody is named")[-2:] == ["warning  nobody is named", "genuine and whole"]
    assert as_json(found, "nobody is named")["warning"] == "nobody is named"
    assert as_json(found)["warning"] is None


def test_a_lookup_says_who_signed_and_whether_anybody_may(
    store: Store, tmp_path: Path, trust: Path
) -> None:
    trace = looked_up(archive(store, tmp_path / "a.tar", SMP, SMP), trust)

    who = signed_by.read(SMP.certificate)
    steps = json.loads(json.dumps(told.as_json(trace)))["steps"]
    [step] = [each for each in steps if each["step"] == "signature"]
    assert step.items() >= who.as_json().items()
    assert any(f"by {who}" in line for line in told.lines(trace))
    assert told.lines(trace, "nobody is named")[-2:] == ["warning nobody is named", "found"]


def test_what_an_archive_says_of_a_group_has_a_signer_too(
    store: Store, tmp_path: Path, trust: Path
) -> None:
    trace = looked_up(archive(store, tmp_path / "a.tar", SMP, SMP), trust)

    [located] = [step for step in trace.steps if step.name is StepName.NAPTR]
    assert f"signed by {signed_by.read(SMP.certificate)}" in located.found
