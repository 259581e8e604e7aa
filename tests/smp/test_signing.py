"""What is signed is compared with what was planned, before anybody can see it."""

from dataclasses import replace
from typing import Any

import pytest

from builders_smp import Issuer, endpoint, rsa_key, service_metadata, signer
from eer.domain.errors import Malformed, Refused, Unavailable
from fakes.signing import planned
from smp.domain.identifiers import DocumentKey
from smp.pki.sign import Signer
from smp.signing import Signing, one_by_one, proof
from smp.xml import render

MEANT = service_metadata()
OTHER = service_metadata(endpoint(uri="https://elsewhere.example.dk/as4"))


class SignsSomethingElse(Signer):
    """Signs *OTHER*, rightly, whatever it is given."""

    def sign(self, root: Any) -> bytes:
        del root
        return signer().sign(render.service_metadata(OTHER))


def signing(hand: Signer | None = None) -> Signing:
    return Signing(hand or signer(), proof(signer()))


def test_what_comes_out_as_meant_is_given() -> None:
    [body] = one_by_one(signing(), [planned()])

    assert signer().sign(render.service_metadata(MEANT)) == body


def test_something_else_that_is_rightly_signed_is_refused() -> None:
    [made] = one_by_one(
        signing(SignsSomethingElse(signer()._key, signer().certificate)), [planned()]
    )

    assert isinstance(made, Refused)
    assert made.text.endswith("what was signed is not what was meant")


def test_what_is_rendered_otherwise_than_when_it_was_planned_is_refused() -> None:
    wrong = replace(planned(), version=planned(OTHER).version)

    [made] = one_by_one(signing(), [wrong])

    assert isinstance(made, Refused)
    assert made.text.startswith(str(wrong.key))


@pytest.mark.parametrize(
    "change",
    [
        (b"https://ap.example.dk/as4", b"https://ap.example.dk/as5"),
        (b"</EndpointURI>", b"</EndpointURI> "),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>AAAA"),
        (b"</ds:X509Data>", b"</ds:X509Data><ds:KeyName>x</ds:KeyName>"),
    ],
)
def test_what_was_changed_behind_the_signature_is_refused(change: tuple[bytes, bytes]) -> None:
    body = signer().sign(render.service_metadata(MEANT)).replace(*change)

    with pytest.raises((Refused, Malformed)):
        proof(signer())(planned(), body)


def test_a_signature_of_somebody_else_is_refused() -> None:
    other = Signer(rsa_key(), Issuer(rsa_key()).certificate(rsa_key()))

    [made] = one_by_one(signing(other), [planned()])

    assert isinstance(made, Refused)
    assert "made by" in made.text


def test_one_that_fails_disturbs_no_other() -> None:
    wrong = replace(planned(), version=planned(OTHER).version)

    first, second, third = one_by_one(signing(), [planned(), wrong, planned(OTHER)])

    assert isinstance(first, bytes)
    assert isinstance(second, Refused)
    assert isinstance(third, bytes)


def test_what_concerns_all_is_raised() -> None:
    def unplugged(*_: object) -> None:
        raise Unavailable("the HSM does not answer")

    with pytest.raises(Unavailable):
        one_by_one(Signing(signer(), unplugged), [planned()])


def test_portions_are_signed_when_they_are_asked_for() -> None:
    seen: list[DocumentKey] = []
    counting = Signing(signer(), lambda step, _: seen.append(step.key))

    made = counting.made([[planned()], [planned(OTHER)]])
    next(made)

    assert len(seen) == 1
