"""In which ways can be changed of what a document is made?"""

from copy import deepcopy

from lxml import etree

from smp.xml.render import NAMESPACE, printed
from tampered.victim import SMP, Kind, Victim

_XML = "{http://www.w3.org/XML/1998/namespace}"


def _an_element_more(victim: Victim) -> bytes:
    root = victim.root()
    etree.SubElement(victim.element(root, leaf=False), "{urn:other}more")
    return printed(root)


def _an_element_less(victim: Victim) -> bytes:
    root = victim.root()
    found = victim.element(root, leaf=False)
    found.remove(found[-1])
    return printed(root)


def _an_element_twice(victim: Victim) -> bytes:
    root = victim.root()
    found = victim.element(root, leaf=False)
    found.append(deepcopy(found[-1]))
    return printed(root)


def _another_order(victim: Victim) -> bytes | None:
    root = victim.root()
    for found in root.iter(f"{SMP}Endpoint", f"{SMP}ServiceInformation"):
        found.append(found[0])
        return printed(root)
    return None


def _an_extension(victim: Victim) -> bytes:
    root = victim.root()
    extension = etree.SubElement(root[0][0], f"{SMP}Extension")
    etree.SubElement(extension, "{urn:other}more")
    return printed(root)


def _another_document_in_front(victim: Victim) -> bytes:
    root = victim.root()
    root.insert(0, etree.fromstring(victim.another)[0])
    return printed(root)


def _another_document_in_its_place(victim: Victim) -> bytes:
    root = victim.root()
    root[0] = etree.fromstring(victim.another)[0]
    return printed(root)


def _an_attribute_more(victim: Victim) -> bytes:
    root = victim.root()
    victim.element(root, leaf=True).set("more", "")
    return printed(root)


def _an_attribute_less(victim: Victim) -> bytes:
    root = victim.root()
    found = victim.chance.choice([each for each in root[0].iter() if each.attrib])
    found.attrib.pop(victim.chance.choice(found.keys()))
    return printed(root)


def _a_language_for_all(victim: Victim) -> bytes:
    root = victim.root()
    root.set(f"{_XML}lang", "da")
    return printed(root)


def _a_namespace_declared(victim: Victim) -> bytes:
    return victim.body.replace(b"<ServiceMetadata>", b'<ServiceMetadata xmlns:o="urn:other">', 1)


def _another_namespace(victim: Victim) -> bytes:
    return victim.body.replace(b"<ServiceMetadata>", b'<ServiceMetadata xmlns="urn:other">', 1)


def _a_prefix(victim: Victim) -> bytes:
    declared = f'<s:ServiceMetadata xmlns:s="{NAMESPACE}">'.encode()
    opened = victim.body.replace(b"<ServiceMetadata>", declared, 1)
    return opened.replace(b"</ServiceMetadata>", b"</s:ServiceMetadata>", 1)


def _an_instruction_in_a_text(victim: Victim) -> bytes:
    root = victim.root()
    found = victim.element(root, leaf=True)
    text = found.text or ""
    instruction = etree.ProcessingInstruction("other")
    instruction.tail, found.text = text[len(text) // 2 :], text[: len(text) // 2]
    found.insert(0, instruction)
    return printed(root)


def _an_instruction_in_front(victim: Victim) -> bytes:
    return victim.body.replace(b"<Signed", b'<?xml-stylesheet href="other.xsl"?><Signed', 1)


def _an_instruction_behind(victim: Victim) -> bytes:
    return victim.body + b"<?other?>"


def _an_entity_with_another_address(victim: Victim) -> bytes:
    root = victim.root()
    victim.element(root, leaf=True).text = "ENTITY"
    declared = b'<!DOCTYPE SignedServiceMetadata [<!ENTITY e "https://other.example.dk">]>'
    return printed(root).replace(b"<Signed", declared + b"<Signed", 1).replace(b"ENTITY<", b"&e;<")


def _a_document_around_it(victim: Victim) -> bytes:
    root = etree.fromstring(victim.another)
    extension = etree.SubElement(root[0][0], f"{SMP}Extension")
    root.remove(root[-1])
    extension.append(victim.root())
    return printed(root)


def _a_document_around_it_with_its_signature(victim: Victim) -> bytes:
    root, inside = etree.fromstring(victim.another), victim.root()
    root[-1] = inside[-1]
    etree.SubElement(root[0][0], f"{SMP}Extension").append(inside)
    return printed(root)


def _cut_off(victim: Victim) -> bytes:
    return victim.body[: victim.chance.randrange(len(victim.body) // 2, len(victim.body))]


def _something_behind(victim: Victim) -> bytes:
    return victim.body + victim.another


KINDS: tuple[Kind, ...] = (
    _an_element_more,
    _an_element_less,
    _an_element_twice,
    _another_order,
    _an_extension,
    _another_document_in_front,
    _another_document_in_its_place,
    _an_attribute_more,
    _an_attribute_less,
    _a_language_for_all,
    _a_namespace_declared,
    _another_namespace,
    _a_prefix,
    _an_instruction_in_a_text,
    _an_instruction_in_front,
    _an_instruction_behind,
    _an_entity_with_another_address,
    _a_document_around_it,
    _a_document_around_it_with_its_signature,
    _cut_off,
    _something_behind,
)
