"""As many different documents as are wanted, of every form that is published, always the same ones.

A fifth are redirects and a fifth are what tools wrote, with extensions; the rest has up to four
processes with up to five endpoints each. Texts are short, long and awkward.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count, islice
from random import Random

from lxml import etree

import builders
import builders_smp
from fakes.signing import planned
from smp.domain.identifiers import (
    DocumentId,
    DocumentKey,
    Identifier,
    ParticipantId,
    ProcessId,
    document_path,
)
from smp.domain.metadata import Endpoint, Process, Redirect, ServiceMetadata
from smp.domain.publication import PutDocument
from smp.xml import render, written

_WORDS = (
    *(
        "Ærø",
        "på",
        "Ålborg",
        "Lægehuset",
        "ß",
        "résumé",
        "re\u0301sume\u0301",
        "中文",
        "\U0001f600",
    ),
    *("<", ">", "&", '"', "'", "]]>", "<!--", "-->", "&amp;", "&#65;", "<?a b?>", "=", "%C3%A6"),
    *(
        " ",
        "  ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\u00a0",
        "\u0085",
        "\u2028",
        "\u200d",
        "\ufeff",
        "\x7f",
    ),
)
_LENGTHS = (0, 1, 3, 10, 40, 400)
_LONG = 5000
_PROFILES = (
    *("bdxr-transport-ebms3-as4-v1p0", "peppol-transport-as4-v2_0", 'Æ & <Ø> "Å" \''),
    *(" a  b ", "a\tb\nc\rd", "busdox-transport-dummy"),
)
_ZONES = (UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-11, minutes=-30)))
_UIDS = (
    "CN=Den anden SMP,2.5.4.97=#0c0e4e5452444b2d3939303030303135,O=Prøvestyrelsen\\, Ærø,C=DK",
    'CN="A & B <C>",O=Å\\+Ø\\=Æ,C=DK',
)
_SCHEMES = ("dk-medcom-messaging", "busdox-docid-qns", "Skema & <Ås>")


def portions(size: int, of: int) -> Sequence[Sequence[PutDocument]]:
    """Return the steps that sign *of* documents, so many at a time, as a plan has them."""
    steps = (planned(document(number)) for number in count(1))
    every = list(islice(steps, of))
    return [every[begin : begin + size] for begin in range(0, of, size)]


def document(number: int) -> ServiceMetadata:
    """Return the *number*th of them."""
    chance = Random(number)  # noqa: S311 - the same each time
    key = DocumentKey(
        ParticipantId(Identifier("iso6523-actorid-upis", f"0088:{builders.gln(number)}")),
        DocumentId(Identifier(_SCHEMES[number % 3], f"urn:Ærø:{number}::a##b & <c>::1.{number}")),
    )
    if number % 5 == 0:
        return _redirect(key, number)
    processes = tuple(_process(chance, each) for each in range(chance.randint(1, 4)))
    meant = ServiceMetadata(key.participant, key.document, processes)
    return _written(key, meant, chance) if number % 5 == 1 else meant


def _redirect(key: DocumentKey, number: int) -> ServiceMetadata:
    href = f"https://smp{number}.example.dk{document_path(key.participant, key.document)}"
    leads_to = Redirect(f"{href}?a=1&b='Ærø'", _UIDS[number % 2])
    return ServiceMetadata(key.participant, key.document, (), leads_to)


def _process(chance: Random, number: int) -> Process:
    profiles = chance.sample(_PROFILES, chance.randint(1, 5))
    return Process(
        ProcessId(Identifier("dk-medcom-messaging", f"urn:ehmi:sdn-emergence:{number}")),
        tuple(_endpoint(chance, profile) for profile in profiles),
    )


def _endpoint(chance: Random, profile: str) -> Endpoint:
    begin = datetime(2026, 5, 4, 22, tzinfo=chance.choice(_ZONES))
    begin += timedelta(seconds=chance.randrange(10**7))
    return replace(
        builders_smp.endpoint(profile),
        uri=f"https://ap{chance.randrange(10**6)}.example.dk/as4?til='Ærø'&fra=%C3%85;a=(1)",
        activation=chance.choice((begin, None)),
        expiration=chance.choice((begin + timedelta(days=chance.randint(1, 1000)), None)),
        description=_text(chance),
        contact_url=chance.choice(("", "tel:+4500000000", "mailto:drift@example.dk?subject=a&b")),
    )


def _text(chance: Random) -> str:
    length = _LONG if chance.random() < 0.01 else chance.choice(_LENGTHS)
    return "".join(chance.choices(_WORDS, k=length))


def _written(key: DocumentKey, meant: ServiceMetadata, chance: Random) -> ServiceMetadata:
    """Write *meant* as tools do: with an extension, whose namespaces and spaces are its own."""
    element = render.service_metadata(meant)[0]
    extension = etree.SubElement(element[0], f"{{{render.NAMESPACE}}}Extension")
    etree.SubElement(extension, f"{{{render.NAMESPACE}}}ExtensionName").text = "Ærø"
    other = etree.SubElement(
        extension,
        "{urn:a}other",
        {"{urn:b}b": _text(chance), "a": "1"},
        {"x": "urn:a", "y": "urn:b"},
    )
    etree.SubElement(other, "plain").text = _text(chance)
    etree.SubElement(other, "{urn:c}own", nsmap={None: "urn:c"}).tail = f"\n {_text(chance)}"  # type: ignore[dict-item]  # as in smp/xml/render.py
    return written.meant(element, key)
