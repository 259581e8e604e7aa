"""What would the register of a whole country hold, invented?

The shape is SOR's: owners of institutions (IE), institutions (SI) and units to some depth (OE); the
numbers come from ranges that nobody has been given. The same size gives the same resources, but
for the certificates.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import builders_fhir as build
from eer.domain.identifiers import CVR_SYSTEM, GLN_SYSTEMS, SOR_SYSTEM, SorId
from eer.fhir import canonicals, terminology

Json = dict[str, Any]

ENDPOINTS_IN_HUNDRED = 16
FIRST_OF_OTHERS = 200_000
"""From this number on, units are nobody's: for what is written while it is measured."""

_OPERATORS = 5
_ITEM = 500_000
_FIRST_COMPANY = 99_01_000  # the tests' own companies stand before it
_MUNICIPALITIES, _REGIONS = 0.32, 0.15
_PER_MUNICIPALITY, _PER_REGION = 330, 3_000
# How many units a private practice has, of a hundred: measured on practices in SOR.
_PRACTICES = ((3, 43), (4, 28), (5, 18), (6, 6), (7, 2), (8, 1), (9, 1), (15, 1))
_WIDEST = 9
_MESSAGES = 3
_CLOSED = 0.02

_TOWNS = (
    *(("Aabenraa", "6200"), ("Aalborg", "9000"), ("Ærøskøbing", "5970"), ("Aarhus C", "8000")),
    *(("Esbjerg", "6700"), ("Faaborg", "5600"), ("Frederikshavn", "9900"), ("Grenaa", "8500")),
    *(("Helsingør", "3000"), ("Herning", "7400"), ("Hillerød", "3400"), ("Hjørring", "9800")),
    *(("Holbæk", "4300"), ("Holstebro", "7500"), ("Horsens", "8700"), ("København Ø", "2100")),
    *(("Køge", "4600"), ("Kolding", "6000"), ("Læsø", "9940"), ("Middelfart", "5500")),
    *(("Næstved", "4700"), ("Nakskov", "4900"), ("Nykøbing F", "4800"), ("Odense C", "5000")),
    *(("Randers C", "8900"), ("Ringkøbing", "6950"), ("Rønne", "3700"), ("Roskilde", "4000")),
    *(("Samsø", "8305"), ("Silkeborg", "8600"), ("Skagen", "9990"), ("Skive", "7800")),
    *(("Slagelse", "4200"), ("Sønderborg", "6400"), ("Svendborg", "5700"), ("Thisted", "7700")),
    *(("Tønder", "6270"), ("Varde", "6800"), ("Vejle", "7100"), ("Viborg", "8800")),
)
_STREETS = (
    *("Algade", "Birkevej", "Bøgevej", "Byvejen", "Drosselvej", "Egevej", "Elmevej", "Enghavevej"),
    *("Fjordgade", "Fælledvej", "Grønnegade", "Havnegade", "Hovedgaden", "Jernbanegade", "Kærvej"),
    *(
        "Kirkestræde",
        "Kongensgade",
        "Lærkevej",
        "Møllevej",
        "Nørregade",
        "Ringvejen",
        "Rådhuspladsen",
    ),
    *("Skolegade", "Skovvej", "Søndergade", "Strandvejen", "Torvet", "Vestergade", "Åboulevarden"),
)
_PEOPLE = (
    *(
        "Abildtrup",
        "Bækgaard",
        "Clausager",
        "Dalsgård",
        "Elkjær",
        "Fuglsang",
        "Grøndal",
        "Højbjerg",
    ),
    *(
        "Iversholm",
        "Jægerlund",
        "Kjærsgaard",
        "Lønstrup",
        "Møldrup",
        "Nørskov",
        "Østerby",
        "Præstegaard",
    ),
    *("Ravnkilde", "Søltoft", "Thorsø", "Uldbæk", "Vængegaard", "Ågesen"),
)
_GIVEN = (
    *("Aase", "Bjørn", "Dagmar", "Esben", "Frøydis", "Gunnar", "Hjørdis", "Ingemann", "Jørgen"),
    *("Kåre", "Lærke", "Mads", "Nanna", "Oluf", "Pernille", "Rasmus", "Søren", "Thyra", "Åge"),
)
_PRACTICE = (
    *("Lægerne {street}, {town}", "{town} Lægehus {street} I/S", "Læge {given} {person}"),
    *(
        "Lægehuset {person} & {other}",
        "Tandlægerne {street}, {town}",
        "Speciallæge {given} {person}",
    ),
    *("{town} Fysioterapi {street} ApS", "{town} Apotek, {street}"),
)
_CARE = (
    *(("Plejehjemmet {street}, {town}", "plejehjem"), ("Bostedet {street}, {town}", "bosted")),
    *(
        ("Hj.pl. {town} {place}", "hjemmeplejeenhed"),
        ("Tandplejen {town} {place}", "tandplejeklinik"),
    ),
    ("Sygeplejeklinikken {street}, {town}", "sygeplejeklinik"),
    ("Sundhedsplejen {town} {place}", "sundhedsplejen"),
    ("Sundhedscenter {town} {place}", "sundhedscenter"),
    ("Genoptræning {street}, {town}", "genoptræningsenhed"),
)
_HEADS = (("{town} Kommune", "kommune"), ("Sundhed og Omsorg, {town}", "sundhedsforvaltning"))
_WARDS = (
    *("Øre-, Næse- og Halssygdomme {place}, {town}", "Akutafdelingen {place}, {town}"),
    *("Børneafdeling {place}, {town}", "Gynækologisk Afdeling {place}, {town}"),
    *("Hjertesygdomme, Afsnit {place}", "Kirurgisk Ambulatorium {place}"),
    *("Lungemedicinsk Sengeafsnit {place}", "Røntgen og Skanning {place}, {town}"),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a tree: its number, its level, who is above it, whose it is, what it is called."""

    number: int
    level: str
    above: "Unit | None"
    company: int
    name: str
    kind: str | None


def resources(size: int) -> Iterator[Json]:
    """Yield *size* organisations, an endpoint for 16 in 100, and who operates access points."""
    for number in range(1, _OPERATORS + 1):
        yield build.owner(90 + number)
        yield build.access_point(number, 90 + number)
    for unit in units(size):
        has_endpoint = is_addressed(unit.number)
        yield organization(unit, has_endpoint=has_endpoint)
        if has_endpoint:
            yield endpoint(unit)


def units(size: int) -> Iterator[Unit]:
    """Yield *size* units, each behind the one above it."""
    number = 0
    for tree, (kind, count) in enumerate(_trees(size)):
        if number == size:
            return
        dice = _dice(f"register:{tree}")
        above: list[Unit] = []
        for place in range(min(count, size - number)):
            upper = _upper(above, place, dice)
            name, slug = _named(kind, place, dice)
            level = ("IE", "SI", "OE")[min(place, 2)]
            unit = Unit(number, level, upper, tree, name, slug)
            above.append(unit)
            number += 1
            yield unit


def is_addressed(number: int) -> bool:
    """Whether the *number*th unit has an endpoint; it is open then."""
    share = ENDPOINTS_IN_HUNDRED
    return (number + 1) * share // 100 > number * share // 100


def endpoint_number(number: int) -> int:
    """Return how many units before the *number*th have an endpoint."""
    return number * ENDPOINTS_IN_HUNDRED // 100


def sor(number: int) -> str:
    """Return the SOR id of the *number*th unit."""
    stem = f"{_ITEM + number}100001600"
    return next(each for digit in range(10) if SorId(each := f"{stem}{digit}").has_check_digit)


def gln(number: int) -> str:
    """Return the GLN of the *number*th unit."""
    return build.gln(endpoint_number(number))


def offered(number: int) -> tuple[str, ...]:
    """Return the messages that the endpoint of the *number*th unit receives."""
    dice = _dice(f"messages:{number}")
    codes = sorted(terminology.shipped().codes(canonicals.PAYLOADS))
    chosen = dice.sample(codes, dice.randint(1, _MESSAGES))
    return tuple(dict.fromkeys([*chosen, build.RECEIPT]))


def organization(unit: Unit, *, has_endpoint: bool) -> Json:
    """Return a unit as a resource."""
    dice = _dice(f"organization:{unit.number}")
    town, code = dice.choice(_TOWNS)
    types = [build.concept(canonicals.HIERARCHY, unit.level)]
    types += [build.concept(canonicals.UNIT_TYPES, unit.kind)] if unit.kind else []
    found: Json = {
        "resourceType": "Organization",
        "id": sor(unit.number),
        "meta": {"profile": [canonicals.MESSAGING_ORGANIZATION]},
        "identifier": [
            {"use": "official", "system": SOR_SYSTEM, "value": sor(unit.number)},
            {"system": CVR_SYSTEM, "value": _cvr(unit.company)},
        ],
        "active": dice.random() > _CLOSED or has_endpoint,
        "type": types,
        "name": unit.name,
        "telecom": [
            {"system": "phone", "value": f"00{dice.randint(0, 999_999):06}", "use": "work"},
            {"system": "email", "value": f"post{unit.number}@example.dk", "use": "work"},
        ],
        "address": [
            {
                "use": "work",
                "line": [f"{dice.choice(_STREETS)} {dice.randint(1, 240)}, st. tv."],
                "city": town,
                "postalCode": code,
                "country": "DK",
            }
        ],
    }
    if unit.above is not None:
        found["partOf"] = {"reference": f"Organization/{sor(unit.above.number)}"}
    if has_endpoint:
        found["endpoint"] = [{"reference": f"Endpoint/{gln(unit.number)}"}]
    return found


def endpoint(unit: Unit) -> Json:
    """Return the endpoint of a unit as a resource."""
    code = gln(unit.number)
    operator = unit.company % _OPERATORS + 1
    return {
        "resourceType": "Endpoint",
        "id": code,
        "meta": {"profile": [canonicals.MESSAGING_ENDPOINT]},
        "extension": [build.linked(canonicals.AP_SYSTEM, f"Device/ap-{operator}")],
        "identifier": [{"system": GLN_SYSTEMS[0], "value": code}],
        "status": "active",
        "connectionType": {"system": canonicals.CONNECTION_TYPES, "code": "EerMessagingEdelivery"},
        "name": unit.name,
        "managingOrganization": {"reference": f"Organization/{sor(unit.number)}"},
        "period": {"start": build.START},
        "payloadType": build.payloads(*offered(unit.number)),
        "payloadMimeType": ["application/fhir+xml"],
        "address": f"https://ap{operator}.example.dk/as4",
    }


def _trees(size: int) -> Iterator[tuple[str, int]]:
    """Yield what kind of owner has how many units, until there are more than enough."""
    for kind, share, usual in (
        ("municipality", _MUNICIPALITIES, _PER_MUNICIPALITY),
        ("region", _REGIONS, _PER_REGION),
    ):
        whole = round(size * share)
        count = max(1, round(whole / usual))
        for place in range(count):
            yield kind, whole // count + (place < whole % count)
    dice = _dice("practices")
    sizes, weights = zip(*_PRACTICES, strict=True)
    while True:
        yield "practice", dice.choices(sizes, weights)[0]


def _upper(above: list[Unit], place: int, dice: random.Random) -> Unit | None:
    if not above:
        return None
    if place < 3:
        return above[-1]
    return above[max(1, place // _WIDEST - dice.randint(0, 2))]


def _named(kind: str, place: int, dice: random.Random) -> tuple[str, str | None]:
    words = {
        "town": dice.choice(_TOWNS)[0],
        "street": dice.choice(_STREETS),
        "given": dice.choice(_GIVEN),
        "person": dice.choice(_PEOPLE),
        "other": dice.choice(_PEOPLE),
        "place": place,
    }
    if kind == "municipality":
        heads = (
            ("{town} Kommune", "kommune"),
            ("Sundhed og Omsorg, {town}", "sundhedsforvaltning"),
        )
        form, slug = heads[place] if place < len(heads) else dice.choice(_CARE)
        return form.format(**words), slug
    if kind == "region":
        tops = ("Region {town}", "{town} Sygehus")
        form = tops[place] if place < len(tops) else dice.choice(_WARDS)
        return form.format(**words), None if place else "region"
    is_practice = place < 2  # owner and institution
    form = dice.choice(_PRACTICE) if is_practice else "Læge {given} {person}"
    return form.format(**words), None


def _dice(seed: str) -> random.Random:
    """Return dice of their own, so that one tree is what it is whatever stands before it."""
    return random.Random(seed)  # noqa: S311 - nothing secret is thrown


def _cvr(company: int) -> str:
    """Return the CVR of the *company*th owner."""
    stem = _FIRST_COMPANY + 2 * company
    rest = _modulus(stem)
    if rest == 1:  # it would take a tenth digit; the next one does not
        stem, rest = stem + 1, _modulus(stem + 1)
    return f"{stem}{-rest % 11}"


def _modulus(stem: int) -> int:
    pairs = zip(str(stem), (2, 7, 6, 5, 4, 3, 2), strict=True)
    return sum(int(digit) * weight for digit, weight in pairs) % 11
