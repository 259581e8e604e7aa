"""What is answered with 200 in the place of an SML's answer, and is none?"""

from fakes.sml_rules import LOCATOR, SOAP


def in_body(text: str) -> bytes:
    """Return a message with *text* in its body, whatever it is."""
    return f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{text}</s:Body></s:Envelope>'.encode()


ODD = {
    "a fault of no namespace": in_body("<Fault><faultstring>no</faultstring></Fault>"),
    "a fault of SOAP 1.2": in_body('<f:Fault xmlns:f="http://www.w3.org/2003/05/soap-envelope"/>'),
    "a detail without its fault": in_body(f'<BadRequestFault xmlns="{LOCATOR}"/>'),
    "a page for people inside": in_body('<html xmlns="http://www.w3.org/1999/xhtml">log in</html>'),
    "words": in_body("it failed"),
    "words behind an element": in_body("<x/>it failed"),
    "an answer to something else": in_body(
        f'<ServiceMetadataPublisherID xmlns="{LOCATOR}">x</ServiceMetadataPublisherID>'
    ),
    "two elements": in_body("<x/><y/>"),
    "something, and a fault": in_body("<x/><s:Fault><faultstring>no</faultstring></s:Fault>"),
    "two bodies": in_body("</s:Body><s:Body><x/>"),
    "a message of SOAP 1.2": (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>'
    ),
    "an entity": in_body("&unknown;"),
}
"""What a proxy, another server or a broken SML answers with 200, and no WSDL has as an answer."""
