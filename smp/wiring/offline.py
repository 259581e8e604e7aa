"""`smp lookup --archive`: an access point that asks nobody, but looks in what was exported."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from eer.domain.errors import Absent, Unavailable
from smp.archive.found import Found, find
from smp.archive.opened import Archive, Check, opened
from smp.domain.archived import Damaged, Entry, file_of, utc
from smp.domain.identifiers import DocumentId, Identifier, ParticipantId, finds, split_path
from smp.domain.manifest import gap
from smp.domain.naming import dns_name, naptr_name
from smp.domain.signed_by import ANYBODY, Accepted
from smp.lookup.fetch import Fetched
from smp.lookup.locate import Kind, Located
from smp.pki import certificate
from smp.settings.lookup import Lookup
from smp.settings.spelling import process_ids
from smp.trace import AccessPoint
from smp.wiring import verify


@contextmanager
def access_point(settings: Lookup, paths: Sequence[Path]) -> Iterator[AccessPoint]:
    """Give an access point that looks in the archives at *paths*: a full one, then its deltas."""
    zone, accepted = dns_name(settings.zone), Accepted(settings.signers)
    with ExitStack() as stack:
        check = verify.check_of(settings.trust_file, accepted)
        shelf = _Shelf(paths, check, settings.case_sensitive_schemes, stack)

        def locate(participant: ParticipantId) -> Located:
            base_url, record = shelf.locate(participant)
            return Located(naptr_name(participant, zone), 0, base_url, Kind.ARCHIVE, record)

        yield AccessPoint(
            zone=zone,
            processes=process_ids(settings.processes),
            transport_profiles=settings.transport_profiles,
            locate=locate,
            fetch=shelf.fetch,
            trust=verify.trust_of(settings.trust_file, ANYBODY),
            certificate=certificate.read,
            accepted=accepted,
        )


@dataclass
class _Shelf:
    """The archives, opened when they are first asked: what is wrong with them is said then.

    In *case_sensitive* schemes they answer as the publisher does, letter by letter.
    """

    paths: Sequence[Path]
    check: Check
    case_sensitive: tuple[str, ...]
    stack: ExitStack
    archives: list[Archive] = field(default_factory=list)

    def locate(self, participant: ParticipantId) -> tuple[str, str]:
        """Return the base URL, and which archive it is; whoever has left is not there any more."""
        self._open()
        last = self.archives[-1]
        said = (
            f"{last.path} of sequence {last.manifest.sequence}, {utc(last.manifest.time)}, "
            f"signed by {last.signer}"
        )
        found = self._find(participant, None)
        if found is None:
            raise Absent(f"{participant}: not in {said}")
        if found.content.retire_after is not None:
            when = utc(found.content.retire_after)
            raise Absent(
                f"{participant}: has left, in {said}; its documents are served until {when}"
            )
        return last.manifest.base_url, said

    def fetch(self, url: str) -> Fetched:
        """Return what would be answered at *url*; raises Unavailable for another publisher's."""
        base_url = self.archives[-1].manifest.base_url
        if not url.startswith(f"{base_url}/"):
            raise Unavailable(f"{url}: another publisher's, of which no archive says anything")
        who, what = split_path(url.removeprefix(base_url))
        participant = ParticipantId(Identifier.parse(who))
        document = None if what is None else DocumentId(Identifier.parse(what))
        found = self._find(participant, document)
        if found is None:
            raise Absent(f"{url}: not in {self.archives[-1].path}")
        where = f"{file_of(participant, document)} of {found.archive.path}"
        return Fetched(HTTPStatus.OK, where, found.body)

    def _open(self) -> None:
        for path in self.paths[len(self.archives) :]:
            try:
                archive = self.stack.enter_context(opened(path, self.check))
                before = self.archives[-1].manifest if self.archives else None
                if (damaged := gap(before, archive.manifest)) is not None:
                    raise damaged
            except Damaged as damaged:
                raise damaged.refused(str(path)) from None
            self.archives.append(archive)

    def _find(self, participant: ParticipantId, document: DocumentId | None) -> Found | None:
        try:
            found = find(self.archives, participant, document)
        except Damaged as damaged:
            raise damaged.refused(str(self.archives[-1].path)) from None
        if found is None or not self._is_meant(found.entry, participant, document):
            return None
        return found

    def _is_meant(
        self, entry: Entry, participant: ParticipantId, document: DocumentId | None
    ) -> bool:
        both = ((participant, entry.participant), (document, entry.document))
        return all(
            finds(asked, registered, self.case_sensitive)
            for asked, registered in both
            if asked is not None and registered is not None
        )
