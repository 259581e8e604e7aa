"""What does the register say, as it is and as it will be after a transaction?"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from eer.domain import rules
from eer.domain.identifiers import GLN_SYSTEMS, Cvr, Reference
from eer.domain.model import (
    AccessPoint,
    Claim,
    Device,
    Endpoint,
    Link,
    Mailbox,
    Organization,
    Reading,
    Role,
)
from eer.domain.search import Token
from eer.fhir import codec_json, kinds
from eer.store.records import Records
from eer.store.rows import Version

_NAMED_BY_UNITS = (Role.ENDPOINT, Role.SOR_ENDPOINT)


class State:
    """The readings of the register, with *changed* laid over what is stored.

    A None in *changed* is a resource that will be gone; *aliases* are other ids that will lead to
    one that is kept. With *as_of* each resource says what it said at that sequence; what points
    at it, and under which GLN it is found, is as it is now.
    """

    def __init__(
        self,
        records: Records,
        changed: Mapping[Reference, Reading | None] | None = None,
        aliases: Mapping[Reference, Reference] | None = None,
        *,
        as_of: int | None = None,
    ) -> None:
        self._records = records
        self._changed = dict(changed or {})
        self._aliases = dict(aliases or {})
        self._as_of = as_of
        self._read: dict[Reference, Reading | None] = {}
        self._managed: dict[Reference, tuple[Reading, ...]] = {}

    def reading(self, reference: Reference) -> Reading | None:
        """Return what *reference*, or the resource it is another id of, says."""
        kept = self.kept(reference)
        if kept in self._changed:
            return self._changed[kept]
        if kept not in self._read:
            self._read[kept] = self._stored(kept)
        return self._read[kept]

    def last_said(self, reference: Reference) -> Reading | None:
        """Return what *reference* says, or said when it was deleted."""
        found = self._records.current(reference)
        if found is not None and found.body is None:
            found = self._records.version(reference, found.number - 1)
        return None if found is None else _reading(found)

    def last_holder(self, gln: str) -> Reading | None:
        """Return the endpoint that held a GLN last, as it was then; None when none ever did."""
        for version in self._records.mentioning("Endpoint", gln):
            found = _reading(version)
            if found is not None and isinstance(found.says, Mailbox) and found.says.gln == gln:
                return found
        return None

    def kept(self, reference: Reference) -> Reference:
        """Return the resource that *reference* is another id of, or itself."""
        if reference in self._changed:
            return reference
        if reference not in self._aliases:
            self._aliases[reference] = self._records.kept(reference) or reference
        return self._aliases[reference]

    def kept_links(self, reading: Reading) -> tuple[Link, ...]:
        """Return the links of *reading*, each to the id that is kept."""
        return tuple(
            Link(link.expression, self.kept(link.target), link.role) for link in reading.links
        )

    def mailboxes(self, gln: str) -> Iterator[Reading]:
        """Yield the endpoints of a GLN."""
        token = Token(GLN_SYSTEMS[0], gln)
        found = dict.fromkeys(self._records.with_token("Endpoint", "identifier", token))
        found |= dict.fromkeys(self._changed_by_gln.get(gln, ()))
        yield from self._mailboxes(found, lambda mailbox: mailbox.gln == gln)

    def managed_by(self, organization: Reference) -> tuple[Reading, ...]:
        """Return the endpoints that name *organization* as the one that manages them."""
        kept = self.kept(organization)
        if kept not in self._managed:
            readings = self._mailboxes(
                dict.fromkeys(self.pointing(kept, "Endpoint")),
                lambda mailbox: (
                    mailbox.organization is not None and self.kept(mailbox.organization) == kept
                ),
            )
            self._managed[kept] = tuple(readings)
        return self._managed[kept]

    def names(self, unit: Reading, endpoint: Reference) -> bool:
        """Whether an organisation names *endpoint* among its own."""
        return endpoint in self._named(unit)

    def named_by(self, unit: Reading) -> tuple[Reading, ...]:
        """Return the endpoints that an organisation names among its own."""
        return tuple(self._mailboxes(self._named(unit), lambda _: True))

    def units_of(self, endpoint: Reading) -> dict[Reference, tuple[Mailbox, ...]]:
        """Return the units an endpoint belongs to, each with the endpoints that are its.

        The one that manages it comes first, then those that name it; a unit's endpoints are those
        that it names and those that it manages.
        """
        says = endpoint.says
        manager = says.organization if isinstance(says, Mailbox) else None
        pointing = self.pointing(endpoint.reference, "Organization")
        found: dict[Reference, tuple[Mailbox, ...]] = {}
        for reference in (*([manager] if manager else ()), *pointing):
            unit = self.reading(reference)
            if unit is None or unit.reference in found:
                continue
            if reference == manager or self.names(unit, endpoint.reference):
                readings = (*self.managed_by(unit.reference), *self.named_by(unit))
                found[unit.reference] = tuple(_mailboxes_of(readings))
        return found

    def pointing(self, target: Reference, type_name: str | None = None) -> tuple[Reference, ...]:
        """Return the resources that point at *target*, by this or another of its ids."""
        stored = self._records.pointing(target, type_name)
        found = [each for each in stored if each not in self._changed]
        changed = self._changed_by_target.get(target, ())
        return (*found, *(each for each in changed if type_name in (None, each.type)))

    def using(self, type_name: str, parameter: str, token: Token) -> tuple[Reference, ...]:
        """Return the stored resources, but those that are changed, that have a code."""
        found = self._records.with_token(type_name, parameter, token)
        return tuple(each for each in found if each not in self._changed)

    def holder(self, claim: Claim) -> Reference | None:
        """Return who holds *claim* by what is stored, unless it is being changed."""
        found = self._records.holder(claim)
        return None if found in self._changed else found

    def owner(self, reading: Reading) -> Cvr | None:
        """Return the company a resource belongs to; None is nobody but the operators.

        A unit belongs to its CVR or the nearest one above it, an endpoint to who manages it;
        devices, AP owners and message definitions are kept by the operators.
        """
        says = reading.says
        if isinstance(says, Mailbox):
            manager = self.reading(says.organization) if says.organization else None
            return self.owner(manager) if manager is not None else None
        seen: set[Reference] = set()
        while isinstance(says, Organization) and says.reference not in seen:
            if len(seen) > rules.HIGHEST:
                return None
            seen.add(says.reference)
            if Role.AP_OWNER in reading.roles or says.cvr is not None:
                return None if Role.AP_OWNER in reading.roles else says.cvr
            above = self.reading(says.part_of) if says.part_of else None
            if above is None:
                return None
            reading, says = above, above.says
        return None

    def endpoint(self, reading: Reading) -> Endpoint | None:
        """Return an endpoint with all that hangs on it; None when *reading* is none."""
        says = reading.says
        if not isinstance(says, Mailbox):
            return None
        return Endpoint(
            reference=reading.reference,
            gln=says.gln,
            status=says.status,
            period=says.period,
            connection_type=says.connection_type,
            documents=says.documents,
            name=says.name,
            access_points=tuple(self._access_point(each) for each in says.access_points),
            organization=self._organization(says.organization),
            redirect=says.redirect,
        )

    @cached_property
    def _changed_by_target(self) -> dict[Reference, list[Reference]]:
        found: dict[Reference, list[Reference]] = {}
        for reference, reading in self._changed.items():
            targets = {self.kept(link.target) for link in reading.links} if reading else ()
            for target in targets:
                found.setdefault(target, []).append(reference)
        return found

    @cached_property
    def _changed_by_gln(self) -> dict[str, list[Reference]]:
        found: dict[str, list[Reference]] = {}
        for reference, reading in self._changed.items():
            if reading is not None and isinstance(reading.says, Mailbox):
                found.setdefault(reading.says.gln, []).append(reference)
        return found

    def _named(self, unit: Reading) -> dict[Reference, None]:
        links = (link.target for link in unit.links if link.role in _NAMED_BY_UNITS)
        return dict.fromkeys(map(self.kept, links))

    def _mailboxes(
        self, references: Mapping[Reference, None], wanted: Callable[[Mailbox], bool]
    ) -> Iterator[Reading]:
        for reference in references:
            reading = self.reading(reference)
            if reading is not None and isinstance(reading.says, Mailbox) and wanted(reading.says):
                yield reading

    def _access_point(self, reference: Reference) -> AccessPoint | None:
        reading = self.reading(reference)
        if reading is None or not isinstance(reading.says, Device):
            return None
        device = reading.says
        return AccessPoint(
            reference=reading.reference,
            types=device.types,
            active=device.active,
            url=device.url,
            certificate=device.certificate,
            contact_url=device.contact_url,
            owner=self._organization(device.owner),
            transport_profiles=device.transport_profiles,
        )

    def _organization(self, reference: Reference | None) -> Organization | None:
        reading = self.reading(reference) if reference is not None else None
        return reading.says if reading and isinstance(reading.says, Organization) else None

    def _stored(self, reference: Reference) -> Reading | None:
        if self._as_of is None:
            found = self._records.current(reference)
        else:
            found = self._records.as_of(reference, self._as_of)
        return None if found is None else _reading(found)


def _mailboxes_of(readings: Iterable[Reading]) -> Iterator[Mailbox]:
    for each in readings:
        if isinstance(each.says, Mailbox):
            yield each.says


def _reading(version: Version) -> Reading | None:
    if version.body is None:
        return None
    return kinds.reading(version.reference, codec_json.parse(version.body))
