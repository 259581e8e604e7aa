"""Is a narrative the harmless XHTML that FHIR allows, and how is it read and printed?

FHIR R4 narrative.html, invariants txt-1 and txt-2: the basic formatting of HTML 4, links and
images. What is not allowed is refused, never cleaned away.
"""

import re
from collections.abc import Iterator

from lxml import etree

from eer.domain.errors import Malformed
from eer.domain.wording import Sentence, say
from eer.fhir import markup

NAMESPACE = "http://www.w3.org/1999/xhtml"
DEPTH = 60
"""How deep elements may be nested: with what is around them, XML readers stop at 256."""

_TAG = f"{{{NAMESPACE}}}"
_SHOWN = 40

_ELEMENTS = frozenset(
    """
    a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd del dfn
    div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li map ol p pre q s samp small span strike
    strong sub sup table tbody td tfoot th thead tr tt u ul var
    """.split()  # noqa: SIM905  # fifty quoted names would not read better
)
_EVERYWHERE = frozenset(
    """
    abbr accesskey align axis border char charoff class colspan dir headers id idref lang nowrap
    rowspan scope span style tabindex title valign width
    {http://www.w3.org/XML/1998/namespace}lang
    """.split()  # noqa: SIM905  # likewise
)
_ATTRIBUTES = {
    "a": "charset coords href hreflang name rel rev shape type",
    "area": "alt coords href nohref shape",
    "blockquote": "cite",
    "br": "clear",
    "hr": "noshade size",
    "img": "alt height hspace ismap longdesc name src usemap vspace",
    "li": "type value",
    "map": "name",
    "ol": "compact start type",
    "pre": "space",
    "q": "cite",
    "table": "bgcolor cellpadding cellspacing frame rules summary",
    "td": "bgcolor height",
    "th": "bgcolor height",
    "tr": "bgcolor",
    "ul": "compact type",
}
_LINKS = frozenset({"cite", "href", "longdesc", "src", "usemap"})
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.\-]*)\s*:")
_SCHEMES = frozenset({"ftp", "http", "https", "mailto", "tel", "urn"})
_IMAGE = re.compile(r"data:image/(gif|jpeg|png)[;,]")
_ACTIVE_STYLE = re.compile(
    r"url\s*\(|expression\s*\(|@import|behavior|-moz-binding|\\|/\*", re.IGNORECASE
)


def parse(text: str) -> etree._Element:
    """Read the `div` of a narrative into elements without a prefix.

    Raises Malformed when it is not well-formed or not a div in the namespace of XHTML.
    """
    found = markup.document(text.encode("utf-8", "surrogatepass"))
    if found.tag != f"{_TAG}div":
        raise Malformed(
            say(
                "{found} found, expected a div in the namespace {namespace}",
                found=found.tag,
                namespace=NAMESPACE,
            )
        )
    return found


def plain(div: etree._Element) -> etree._Element:
    """Return a copy of *div* that stands alone: no prefixes and nothing declared around it."""
    copy = etree.Element(div.tag, nsmap={None: NAMESPACE})  # type: ignore[dict-item]  # None is the default namespace
    pairs = [(div, copy)]
    for found, made in pairs:
        made.text = found.text
        made.attrib.update(found.attrib)
        for child in found:
            inner = etree.SubElement(made, child.tag)
            inner.tail = child.tail
            pairs.append((child, inner))
    return copy


def printed(div: etree._Element) -> str:
    """Return *div* as the string that JSON has; comments and the spelling of characters go."""
    return etree.tostring(plain(div), encoding="unicode")


def faults(text: str) -> Iterator[Sentence]:
    """Yield what FHIR does not allow in the narrative *text*, and that it is empty."""
    try:
        div = parse(text)
    except Malformed as fault:
        yield say("the narrative is no XHTML: {fault}", fault=fault.text)
        return
    if _is_deep(div):
        yield say("elements nested deeper than {depth} levels found in the narrative", depth=DEPTH)
        return
    for element in div.iter():
        yield from _element_faults(element)
    has_text = bool("".join(map(str, div.itertext())).strip())
    if not has_text and div.find(f".//{_TAG}img") is None:
        yield say("an empty narrative found, expected text or an image (txt-2)")


def _element_faults(element: etree._Element) -> Iterator[Sentence]:
    name = str(element.tag).removeprefix(_TAG)
    if name not in _ELEMENTS:
        yield say(
            "<{element}> found in the narrative, expected basic formatting only (txt-1)",
            element=name,
        )
        return
    allowed = _EVERYWHERE.union(_ATTRIBUTES.get(name, "").split())
    for key, value in _attributes(element).items():
        if key not in allowed:
            yield say(
                "attribute {attribute} of <{element}> found in the narrative, "
                "not allowed there (txt-1)",
                attribute=key,
                element=name,
            )
        elif key in _LINKS and not _is_harmless(name, value):
            yield say(
                "{attribute} of <{element}> leads to {link!r}, expected a web or local address",
                attribute=key,
                element=name,
                link=value[:_SHOWN],
            )
        elif key == "style" and _ACTIVE_STYLE.search(value):
            yield say(
                "style of <{element}> found, expected one without addresses or expressions",
                element=name,
            )


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(key): str(value) for key, value in element.attrib.items()}


def _is_harmless(name: str, link: str) -> bool:
    scheme = _SCHEME.match(link)
    return (
        scheme is None
        or scheme[1].lower() in _SCHEMES
        or (name == "img" and _IMAGE.match(link) is not None)
    )


def _is_deep(div: etree._Element) -> bool:
    level = [div]
    for _ in range(DEPTH):
        level = [child for element in level for child in element]
    return bool(level)
