import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eer.domain.identifiers import Gln
from smp.domain import naming
from smp.domain.identifiers import Identifier, ParticipantId, participant_of
from smp.domain.naming import Address, Cname, DnsName, Naming, Naptr

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "dns-names.json").read_text())
ZONE = DnsName("sml.example.dk.")
BASE = "https://smp.example.dk"
PUBLISHER = DnsName("smp.publisher.sml.example.dk.")


def participant(value: str, scheme: str = "iso6523-actorid-upis") -> ParticipantId:
    return ParticipantId(Identifier(scheme, value))


def a_naming(*, naptr: bool = True, cname: bool = True) -> Naming:
    return Naming(ZONE, BASE, PUBLISHER, Address("192.0.2.7"), naptr, cname)


@pytest.mark.smp(74)
@pytest.mark.parametrize(("hashed", "label"), VECTORS["sha256"].items())
def test_published_naptr_labels_reproduce(hashed: str, label: str) -> None:
    assert naming.label(participant(hashed)) == label


@pytest.mark.smp(74)
@pytest.mark.parametrize(("hashed", "label"), VECTORS["md5"].items())
def test_published_cname_labels_reproduce(hashed: str, label: str) -> None:
    assert naming.legacy_label(participant(hashed)) == label


@pytest.mark.smp(75)
@pytest.mark.parametrize("vector", VECTORS["participants"], ids=lambda vector: vector["value"])
def test_both_names_of_a_participant_are_its_labels_its_scheme_and_the_zone(
    vector: dict[str, str],
) -> None:
    names = naming.participant_names(participant(vector["value"], vector["scheme"]), ZONE)

    assert names == (
        f"{vector['naptr']}.{vector['scheme']}.sml.example.dk.",
        f"{vector['cname']}.{vector['scheme']}.sml.example.dk.",
    )


@pytest.mark.smp(77)
def test_an_identifier_without_a_scheme_has_no_label_for_one() -> None:
    whole = "urn:oasis:names:tc:ebcore:partyid-type:iso6523:0088:test01"

    names = naming.participant_names(participant(whole, ""), ZONE)

    assert names == (
        "ntpfmjwll2hieycklibvajlw2sjxzqgfd7p53pn75fyf5ghuwscq.sml.example.dk.",
        f"{naming.legacy_label(participant(whole, ''))}.sml.example.dk.",
    )


def test_the_vectors_kept_here_are_the_shared_ones(shared: Path) -> None:
    vectors = json.loads((shared / "data" / "smp-vectors.json").read_text())

    here = VECTORS["sha256"].items()
    assert {(v["hashed"], v["b32"]) for v in vectors["published"]} <= here
    assert {(v["hashed"], v["label"].lower()) for v in vectors["published_md5"]} == VECTORS[
        "md5"
    ].items()


@pytest.mark.smp(73)
def test_a_gln_is_named_with_its_agency() -> None:
    found = naming.label(participant_of(Gln.parse("5790000123117")))

    assert found == "nnr5v5dc3wr7iblhem6cqslczh4qagdrjvbpiiapz7ffmeyqpq5a"


@pytest.mark.smp(76)
@given(st.text(min_size=1).filter(lambda text: text.upper().lower() == text.lower()))
def test_case_does_not_change_a_name(value: str) -> None:
    upper = naming.participant_names(participant(value.upper(), "ISO6523-ACTORID-UPIS"), ZONE)

    assert upper == naming.participant_names(participant(value), ZONE)


@given(st.text(min_size=1))
def test_every_label_is_52_characters_of_base32(value: str) -> None:
    assert re.fullmatch("[a-z2-7]{52}", naming.label(participant(value)))


@pytest.mark.smp(75)
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SML.Example.dk", "sml.example.dk."),
        ("sml.example.dk.", "sml.example.dk."),
    ],
)
def test_a_name_is_lower_case_and_ends_in_one_dot(text: str, name: str) -> None:
    assert naming.dns_name(text) == name


@pytest.mark.smp(78, 88)
def test_a_participant_has_a_naptr_to_the_base_and_an_alias_of_the_publisher() -> None:
    one = participant("0088:5790000123117")

    found = naming.names([one], a_naming())

    assert found == {
        naming.naptr_name(one, ZONE): Naptr(BASE),
        naming.cname_name(one, ZONE): Cname(PUBLISHER),
    }


@pytest.mark.smp(88)
def test_each_kind_of_name_can_be_switched_off() -> None:
    one = participant("0088:5790000123117")

    assert naming.names([one], a_naming(cname=False)) == {naming.naptr_name(one, ZONE): Naptr(BASE)}
    assert naming.names([one], a_naming(naptr=False)) == {
        naming.cname_name(one, ZONE): Cname(PUBLISHER)
    }
    assert naming.names([one], a_naming(naptr=False, cname=False)) == {}


@pytest.mark.smp(81)
@pytest.mark.parametrize("base_url", [BASE, f"https://smp.example.dk/{'x' * 225}"])
def test_a_base_url_of_248_octets_fits(base_url: str) -> None:
    assert naming.fits(base_url)


@pytest.mark.smp(81)
@pytest.mark.parametrize("rest", ["x" * 226, "æ" * 113, "a!b", "$1", "\\1"])
def test_a_longer_base_url_or_one_with_marks_of_a_substitution_does_not_fit(rest: str) -> None:
    assert not naming.fits(f"https://smp.example.dk/{rest}")


def as_helger(regexp: str, asked: str) -> str:
    """Take the delimiter from the first character, anchor the pattern if it is not, replace all."""
    _, pattern, replacement, flags = regexp.split(regexp[0])
    anchored = f"^{pattern.removeprefix('^').removesuffix('$')}$"
    return re.sub(anchored, replacement, asked, flags=re.IGNORECASE if flags == "i" else 0)


def as_vefa(regexp: str, asked: str) -> str:
    """Split at `!`, want a full match, replace all; older ones then wrote some URLs twice."""
    _, pattern, replacement, *_ = regexp.split("!")
    assert re.fullmatch(pattern, asked)
    return re.sub(pattern, replacement.replace("\\\\", "$"), asked)


def as_ec_client(regexp: str, asked: str) -> str:
    """Split at `!`; a pattern for anything is not even tried, the replacement is the URL."""
    _, pattern, replacement, *_ = regexp.split("!")
    return replacement if pattern in ("^.*$", ".*") else re.sub(pattern, replacement, asked)


@pytest.mark.smp(79)
@pytest.mark.parametrize("client", [as_helger, as_vefa, as_ec_client])
@pytest.mark.parametrize("base_url", [BASE, "https://smp.example.dk:8443/smp", "http://[::1]:8080"])
def test_each_kind_of_client_gets_exactly_the_base_url(client, base_url: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - a function of two texts
    asked = naming.naptr_name(participant("0088:5790000123117"), ZONE)

    assert client(Naptr(base_url).regexp, asked) == base_url


def test_without_the_anchors_a_client_would_get_the_url_twice() -> None:
    assert as_vefa(f"!.*!{BASE}!", "smp.example.dk") == BASE * 2


@pytest.mark.smp(81)
def test_the_regexp_has_three_delimiters() -> None:
    assert Naptr(BASE).regexp == "!^.*$!https://smp.example.dk!"


@given(
    st.one_of(
        st.ip_addresses().map(str).map(Address),
        st.from_regex(r"([a-z0-9-]{1,9}\.){1,4}", fullmatch=True).map(DnsName).map(Cname),
    )
)
def test_the_publishers_record_is_printed_and_parsed_again(record: Address | Cname) -> None:
    assert naming.parse_own(naming.print_own(record)) == record


def test_a_name_stands_in_the_longest_zone_that_it_ends_with() -> None:
    inner = DnsName(f"inner.{ZONE}")

    zones = [
        naming.zone_of(DnsName(name), [ZONE, inner])
        for name in (f"x.inner.{ZONE}", f"x.{ZONE}", f"xinner.{ZONE}", "x.other.example.dk.", ZONE)
    ]

    assert zones == [inner, ZONE, ZONE, None, None]
