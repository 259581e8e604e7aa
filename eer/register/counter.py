"""What does every movement of the register need: store, clock, new ids, choices, whom to trust."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from eer.domain.policy import Policy
from eer.fhir import kinds
from eer.fhir.clauses import Terms
from eer.pki.trust import Trust
from eer.register.definitions import Definitions
from eer.register.vocabulary import Vocabularies
from eer.store.records import Records
from eer.store.session import Store


@dataclass(frozen=True, slots=True)
class Counter:
    """The parts the register works with, handed over by wiring."""

    store: Store
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    base_url: str = ""
    policy: Policy = field(default_factory=Policy)
    trust: Trust = field(default_factory=Trust)
    vocabularies: Vocabularies = field(default_factory=Vocabularies)
    definitions: Definitions = field(default_factory=Definitions)

    def terms(self, records: Records) -> Terms:
        """Return what searches are understood by, as of what *records* see."""
        return Terms(
            kinds=kinds.KINDS,
            base_url=self.base_url,
            vocabulary=lambda: self.vocabularies.of(records),
            is_literal=self.policy.is_message_type_literal,
        )
