"""Every published document of the sample, looked up by the rules of the clients in use."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, quote_plus

import pytest

import clients_ec as ec
import clients_helger as helger
import clients_vefa as vefa
import clients_world as world
from clients_world import NotFound, Reached, Unusable, World
from flows.published import PublishedHouse
from smp.domain.identifiers import DocumentId, DocumentKey, Identifier
from smp.settings.defaults import PROCESSES, PROFILES, SCHEMES

pytestmark = pytest.mark.slow

PROCESS = Identifier.parse(PROCESSES[0])
OLDER_PROFILE = PROFILES[1]


@pytest.fixture(scope="module")
def meant(published: PublishedHouse) -> dict[DocumentKey, Reached]:
    """Return where each document should lead, as the stored bytes say."""
    return {key: _said(published, key) for key in published.keys}


def _said(published: PublishedHouse, key: DocumentKey) -> Reached:
    whole = quote(str(key.participant), safe=""), quote(str(key.document), safe="")
    root = world.parsed(world.read(f"{published.base_url}/{'/services/'.join(whole)}").body)
    found = next(root.iter(f"{world.SMP}Endpoint"))
    certificate = world.endpoint_certificate(world.text(found, "Certificate"))
    return Reached(world.text(found, "EndpointURI"), certificate)


def loud(identifier: Identifier) -> Identifier:
    return Identifier(identifier.scheme.upper(), identifier.value.upper())


@pytest.mark.smp(121)
def test_helgers_client_finds_every_document(
    published: PublishedHouse, meant: dict[DocumentKey, Reached]
) -> None:
    found = {
        key: helger.endpoint(published.world, key.participant, key.document, PROCESS, profile)
        for key in published.keys
        for profile in PROFILES
    }

    assert len(found) >= 18
    assert found == meant
    assert {key.document.scheme for key in found} == set(SCHEMES)


@pytest.mark.smp(121, 40)
def test_helgers_client_reads_every_group(published: PublishedHouse) -> None:
    listed = {
        DocumentKey(participant, DocumentId(document))
        for participant in published.participants
        for document in helger.group(published.world, participant)
    }

    assert listed == set(published.keys)


@pytest.mark.smp(121)
def test_helgers_client_finds_no_process_or_transport_that_is_not_offered(
    published: PublishedHouse,
) -> None:
    key, other = published.keys[0], Identifier(PROCESS.scheme, "urn:ehmi:other")

    with pytest.raises(NotFound, match="urn:ehmi:other"):
        helger.endpoint(published.world, key.participant, key.document, other, PROFILES[0])
    with pytest.raises(NotFound, match="smtp"):
        helger.endpoint(published.world, key.participant, key.document, PROCESS, "smtp")


@pytest.mark.smp(122)
def test_vefas_client_finds_every_document_of_its_one_scheme(
    published: PublishedHouse, meant: dict[DocumentKey, Reached]
) -> None:
    of_scheme = {key for key in published.keys if key.document.scheme == vefa.DOCUMENT_SCHEME}

    found = {
        key: vefa.endpoint(published.world, key.participant, key.document, PROCESS, PROFILES)
        for key in of_scheme
    }

    assert len(found) * 2 == len(meant)
    assert found == {key: meant[key] for key in of_scheme}


@pytest.mark.smp(122)
def test_vefas_client_prefers_the_transport_it_was_told_to(published: PublishedHouse) -> None:
    key = next(key for key in published.keys if key.document.scheme == vefa.DOCUMENT_SCHEME)
    found = vefa.endpoint(
        published.world, key.participant, key.document, PROCESS, ("none", OLDER_PROFILE)
    )

    assert found.uri.startswith("https://")


@pytest.mark.smp(122)
def test_vefas_client_asks_for_no_document_of_another_scheme(published: PublishedHouse) -> None:
    key = next(key for key in published.keys if key.document.scheme != vefa.DOCUMENT_SCHEME)

    with pytest.raises(vefa.NoUrl):
        vefa.endpoint(published.world, key.participant, key.document, PROCESS, PROFILES)


@pytest.mark.smp(122, 42)
def test_vefas_client_reads_every_group(published: PublishedHouse) -> None:
    listed = {
        DocumentKey(participant, DocumentId(document))
        for participant in published.participants
        for document in vefa.documents(published.world, participant)
    }

    assert listed == set(published.keys)


@pytest.mark.smp(123, 124)
def test_the_ecs_client_finds_every_document_in_small_letters(
    published: PublishedHouse, meant: dict[DocumentKey, Reached]
) -> None:
    found = {
        key: ec.endpoint(published.world, loud(key.participant), loud(key.document), PROCESS)
        for key in published.keys
    }

    assert found == meant
    assert all(ec.party_id(each) for each in found.values())


ACTIONS: dict[str, Callable[[DocumentId], str]] = {
    "scheme::value": str,
    "value": lambda document: document.value,
    "::value": lambda document: f"::{document.value}",
    "SCHEME::VALUE": lambda document: str(document).upper(),
}


@pytest.mark.smp(18, 19, 123)
@pytest.mark.parametrize("version", [ec.action_of_domibus_4, ec.action_of_domibus_5])
@pytest.mark.parametrize("written", ACTIONS.values(), ids=ACTIONS)
def test_domibus_finds_every_document_by_each_action(
    published: PublishedHouse,
    meant: dict[DocumentKey, Reached],
    written: Callable[[DocumentId], str],
    version: Callable[[str], Identifier],
) -> None:
    found = {
        key: ec.endpoint(published.world, key.participant, version(written(key.document)), PROCESS)
        for key in published.keys
    }

    assert found == meant


@pytest.mark.smp(123)
def test_domibus_4_takes_no_action_without_colons_and_domibus_5_asks_without_a_scheme() -> None:
    assert ec.action_of_domibus_5("urn:one:colon") == Identifier("", "urn:one:colon")
    with pytest.raises(ec.UnreadableAction):
        ec.action_of_domibus_4("urn:one:colon")


@pytest.mark.smp(88)
def test_the_ecs_client_finds_the_older_record_too(published: PublishedHouse) -> None:
    bases = {ec.base_by_cname(published.world, each) for each in published.participants}

    assert all(base.startswith("http://b-") for base in map(str.lower, bases))
    assert len(bases) == len(published.participants)


Look = Callable[[World, Identifier, Identifier], Reached]
EVERY_CLIENT: dict[str, Look] = {
    "helger": lambda told, who, what: helger.endpoint(told, who, what, PROCESS, PROFILES[0]),
    "vefa": lambda told, who, what: vefa.endpoint(told, who, what, PROCESS, PROFILES),
    "ec": lambda told, who, what: ec.endpoint(told, who, what, PROCESS),
}


@pytest.mark.smp(121, 122, 123)
@pytest.mark.parametrize("look", EVERY_CLIENT.values(), ids=EVERY_CLIENT)
def test_every_client_refuses_a_signer_that_it_does_not_trust(
    published: PublishedHouse, look: Look
) -> None:
    key = next(key for key in published.keys if key.document.scheme == vefa.DOCUMENT_SCHEME)
    strangers = replace(published.world, signers=published.world.access_points)

    with pytest.raises(Unusable, match="nobody trusts"):
        look(strangers, key.participant, key.document)


@pytest.mark.smp(3, 4)
@pytest.mark.parametrize("look", EVERY_CLIENT.values(), ids=EVERY_CLIENT)
def test_every_client_tells_that_nobody_is_there(published: PublishedHouse, look: Look) -> None:
    nobody = Identifier("iso6523-actorid-upis", "0088:5790009999997")
    somebody = published.keys[0].participant
    document = Identifier(vefa.DOCUMENT_SCHEME, "urn:nothing::of##the-kind::1.0")

    with pytest.raises(NotFound, match="sml"):
        look(published.world, nobody, document)
    with pytest.raises(NotFound, match="/services/"):
        look(published.world, somebody, document)


def _utf8(text: str) -> str:
    return quote(text, safe="")


SPELLINGS: dict[str, Callable[[Identifier], str]] = {
    "escaped": lambda each: _utf8(str(each)),
    "escaped in small letters": lambda each: _utf8(str(each)).replace("%3A", "%3a"),
    "plain colons": lambda each: quote(str(each), safe=":"),
    "everything but number signs": lambda each: quote(str(each), safe="!$&'()*+,;=:@/"),
    "java's URLEncoder": lambda each: quote_plus(str(each), safe="*"),
    "every octet escaped": lambda each: "".join(f"%{octet:02x}" for octet in str(each).encode()),
    "in capitals": lambda each: _utf8(str(loud(each))),
    "in small letters": lambda each: _utf8(str(each).lower()),
}


@pytest.mark.smp(12, 13, 14, 22, 23, 124)
@pytest.mark.parametrize("written", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_of_a_path_gets_the_same_bytes(
    published: PublishedHouse, written: Callable[[Identifier], str]
) -> None:
    answers = {
        key: (
            _document(published, _utf8(str(key.participant)), _utf8(str(key.document))),
            _document(published, written(key.participant), written(key.document)),
        )
        for key in published.keys
    }

    assert [key for key, (plain, other) in answers.items() if plain != other] == []


@pytest.mark.smp(18, 19, 20)
@pytest.mark.parametrize("before", ["", "::", "%3A%3A", "%3a:"])
def test_without_a_scheme_the_first_configured_one_answers(
    published: PublishedHouse, before: str
) -> None:
    first = [key for key in published.keys if key.document.scheme == SCHEMES[0]]

    answers = {
        key: (
            _document(published, _utf8(str(key.participant)), _utf8(str(key.document))),
            _document(
                published, _utf8(key.participant.value), f"{before}{_utf8(key.document.value)}"
            ),
        )
        for key in first
    }

    assert [key for key, (plain, other) in answers.items() if plain != other] == []


def _document(published: PublishedHouse, participant: str, document: str) -> bytes:
    return world.read(f"{published.base_url}/{participant}/services/{document}").body
