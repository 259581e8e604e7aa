"""Only what the WSDLs have says that something is done, whatever else is answered with 200."""

from collections.abc import Callable

import pytest

from builders import gln
from eer.domain.errors import Unavailable
from eer.domain.identifiers import Gln
from fakes.sml import FakeSml, SoapFault
from fakes.sml_odd import ODD
from smls import OURS, Speak
from smp.domain.identifiers import participant_of
from smp.domain.sml_fault import Fault
from smp.sml.bdmsl import Sml

ONE, TWO, THREE = (participant_of(Gln.parse(gln(number))) for number in (1, 2, 3))
KEY = "aZ19#_aZ19#_"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
TELLING: dict[str, Callable[[Sml], object]] = {
    "CreateServiceMetadataPublisherService": lambda sml: sml.register(OURS),
    "UpdateServiceMetadataPublisherService": lambda sml: sml.update(OURS),
    "ServiceMetadataPublisherID": lambda sml: sml.remove(),
    "CreateParticipantIdentifier": lambda sml: sml.add([ONE]),
    "CreateList": lambda sml: sml.add([TWO, THREE]),
    "DeleteParticipantIdentifier": lambda sml: sml.drop([ONE]),
    "DeleteList": lambda sml: sml.drop([TWO, THREE]),
    "PrepareMigrationRecord": lambda sml: sml.prepare_migration(ONE, KEY),
    "CompleteMigrationRecord": lambda sml: sml.migrate(ONE, KEY),
    "PrepareChangeCertificate": lambda sml: sml.prepare_certificate(PEM, FakeSml.today),
}
"""Whatever is told and not asked: what the WSDLs answer with an empty body."""


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("operation", TELLING)
def test_only_an_empty_body_says_that_it_is_done(
    operation: str, odd: str, sml: FakeSml, speak: Speak
) -> None:
    sml.answers(operation, 200, ODD[odd])

    with speak() as ours, pytest.raises(Unavailable, match="try again later"):
        TELLING[operation](ours)
    assert sml.operations() == [operation]


@pytest.mark.parametrize("odd", ODD)
def test_what_is_asked_is_answered_by_nothing_else(odd: str, sml: FakeSml, speak: Speak) -> None:
    sml.answers("ReadServiceMetadataPublisherService", 200, ODD[odd])
    sml.answers("PageRequest", 200, ODD[odd])

    with speak() as ours:
        with pytest.raises(Unavailable, match="try again later"):
            ours.registration()
        with pytest.raises(Unavailable, match="try again later"):
            list(ours.participants())


def test_a_fault_is_told_no_longer_than_a_screen(sml: FakeSml, speak: Speak) -> None:
    sml.fails("CreateParticipantIdentifier", SoapFault("BadRequestFault", "x" * 100_000))

    with speak() as ours:
        fault = ours.add([ONE])

    assert isinstance(fault, Fault)
    assert len(fault.text) == 1000
