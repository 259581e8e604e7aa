"""What a tool writes is kept in one form, and nothing of it is lost."""

import pytest
from lxml import etree

import builders_legacy as legacy
from builders_smp import signer
from smp.domain.metadata import ServiceMetadata
from smp.pki import verify
from smp.xml import parse, render, validate, written

NAMESPACE = render.NAMESPACE

WITH_ALL = f"""<smp:ServiceMetadata xmlns:smp="{NAMESPACE}"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{NAMESPACE} x.xsd">
  <!-- by a tool -->
  <smp:ServiceInformation>
    <smp:ParticipantIdentifier
        scheme="iso6523-actorid-upis">0088:5790009000013</smp:ParticipantIdentifier>
    <smp:DocumentIdentifier scheme="busdox-docid-qns">urn:a::b##c::1</smp:DocumentIdentifier>
    <smp:ProcessList><smp:Process>
      <smp:ProcessIdentifier scheme="cenbii-procid-ubl">urn:x</smp:ProcessIdentifier>
      <smp:ServiceEndpointList><smp:Endpoint transportProfile="bdxr-transport-ebms3-as4-v1p0">
        <smp:EndpointURI>https://legacy.example.dk/as4</smp:EndpointURI>
        <smp:RequireBusinessLevelSignature>true</smp:RequireBusinessLevelSignature>
        <smp:MinimumAuthenticationLevel>2</smp:MinimumAuthenticationLevel>
        <smp:Certificate>MAMCAQc=</smp:Certificate>
        <smp:ServiceDescription>Prøve på Ærø</smp:ServiceDescription>
        <smp:TechnicalContactUrl>https://example.dk</smp:TechnicalContactUrl>
        <smp:TechnicalInformationUrl>https://example.dk/info</smp:TechnicalInformationUrl>
        <smp:Extension>
          <smp:ExtensionID>x</smp:ExtensionID>
          <x:thing xmlns:x="urn:thing">kept  <x:as/> it is</x:thing>
        </smp:Extension>
      </smp:Endpoint></smp:ServiceEndpointList>
    </smp:Process></smp:ProcessList>
  </smp:ServiceInformation>
</smp:ServiceMetadata>"""


def kept(text: str = WITH_ALL) -> ServiceMetadata:
    return written.meant(parse.document(text.encode()), legacy.key())


def test_what_we_never_write_ourselves_is_kept() -> None:
    said = kept().written.decode()

    for part in (
        "<RequireBusinessLevelSignature>true<",
        "<MinimumAuthenticationLevel>2<",
        "<TechnicalInformationUrl>https://example.dk/info<",
        '<x:thing xmlns:x="urn:thing">kept  <x:as/> it is</x:thing>',
        "Prøve på Ærø",
    ):
        assert part in said


def test_prefixes_spaces_and_comments_go_and_the_schema_is_met() -> None:
    said = kept().written.decode()

    assert said.startswith(f'<ServiceMetadata xmlns="{NAMESPACE}"><ServiceInformation>')
    assert "smp:" not in said
    assert "schemaLocation" not in said
    validate.check(parse.document(said.encode()))


def test_what_is_kept_is_read_as_it_was_and_kept_the_same() -> None:
    once = kept()

    assert written.read(once.written, legacy.key()) == once
    assert written.meant(parse.document(once.written), legacy.key()) == once
    assert once.addresses == ("https://legacy.example.dk/as4",)


def test_it_is_signed_and_verified_as_it_was_written() -> None:
    signed = signer().sign(render.service_metadata(kept()))

    said = verify.verify_by(parse.document(signed), signer().certificate)

    assert render.printed(said) == render.unsigned_bytes(kept())

    validate.check(parse.document(signed))


@pytest.mark.parametrize(
    "thing",
    [
        '<x:thing xmlns:x="urn:thing" b="1" a="2"/>',
        '<x:thing xmlns:x="urn:thing" x:b="1" a="2"/>',
        '<x:thing xmlns:z="urn:z" xmlns:x="urn:thing"/>',
        '<x:thing xmlns:x="urn:thing"><x:in xmlns:x="urn:thing"/></x:thing>',
        '<x:thing xmlns:x="urn:thing" a="\u00e6&#10;&#9;">&#13;<![CDATA[<>]]></x:thing>',
    ],
)
def test_an_extension_is_signed_however_it_is_spelled(thing: str) -> None:
    usual = '<x:thing xmlns:x="urn:thing">kept  <x:as/> it is</x:thing>'
    said = kept(WITH_ALL.replace(usual, thing))

    signed = signer().sign(render.service_metadata(said))

    found = verify.verify_by(parse.document(signed), signer().certificate)
    assert render.printed(found) == render.unsigned_bytes(said)
    assert written.meant(found[0], legacy.key()) == said


def test_a_redirect_says_nothing_of_whom_it_is_but_its_key_does() -> None:
    text = (
        f'<ServiceMetadata xmlns="{NAMESPACE}"><Redirect href="https://x.example.dk/a/services/b">'
        "<CertificateUID>CN=x</CertificateUID></Redirect></ServiceMetadata>"
    )

    said = kept(text)

    assert (said.participant, said.document) == (legacy.who(), legacy.key().document)
    assert said.addresses == ("https://x.example.dk/a/services/b",)
    assert etree.fromstring(said.written)[0].get("href") == "https://x.example.dk/a/services/b"
