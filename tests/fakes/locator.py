"""A locator that keeps its names in memory, held to the same tests as the real one."""

from collections.abc import Iterable, Mapping

from eer.domain.errors import Conflict, IssueCode, Refused, Unavailable, error
from eer.domain.plan import Plan
from smp.domain.naming import DnsName, Record


class FakeLocator:
    """Names as a mapping; a test may change `found`, `remembered` and `kept`, switch `silent`."""

    def __init__(self, found: Mapping[DnsName, Record] | None = None) -> None:
        self.found: dict[DnsName, Record] = dict(found or {})
        self.remembered: set[DnsName] = set()
        """Names that a slow secondary still answers, though the primary has dropped them."""
        self.kept: set[DnsName] = set()
        """Names that a policy keeps from us."""
        self.silent = False
        """Whether no server answers."""
        self.applied: list[Plan[DnsName, Record]] = []
        """Every plan that was to be applied, the last one last."""

    def names(self) -> Mapping[DnsName, Record]:
        self._answer()
        return dict(self.found)

    def names_at(self, names: Iterable[DnsName]) -> Mapping[DnsName, Record]:
        self._answer()
        return {name: self.found[name] for name in names if name in self.found}

    def settle(self) -> None:
        self._answer()

    def apply(self, plan: Plan[DnsName, Record]) -> None:
        self._answer()
        self.applied.append(plan)
        wanted: list[tuple[DnsName, Record | None, Record | None]] = [
            *((name, None, after) for name, after in plan.add.items()),
            *((name, before, after) for name, (before, after) in plan.replace.items()),
            *((name, before, None) for name, before in plan.drop.items()),
        ]
        if wanted and self.kept.issuperset(name for name, _, _ in wanted):
            issues = [error(IssueCode.FORBIDDEN, name, "not allowed") for name, _, _ in wanted]
            raise Refused("the key may change nothing", issues)
        culprits = [name for name, before, after in wanted if not self._made(name, before, after)]
        if culprits:
            issues = [error(IssueCode.CONFLICT, name, "something unexpected") for name in culprits]
            raise Conflict(f"something unexpected stands at {', '.join(culprits)}", issues)

    def answering(self, names: Iterable[DnsName]) -> frozenset[DnsName]:
        self._answer()
        return frozenset(name for name in names if name in self.found or name in self.remembered)

    def _made(self, name: DnsName, before: Record | None, after: Record | None) -> bool:
        if name in self.kept:
            return False
        there = self.found.get(name)
        if there == before:
            self.found.pop(name, None)
            if after is not None:
                self.found[name] = after
        return there in (before, after)

    def _answer(self) -> None:
        if self.silent:
            raise Unavailable("name server 192.0.2.1:53 does not answer")
