"""Which part of a change of names was done, where some of them were refused?

A central SML says whose a participant is only to who tries to register it, and a name server keeps
a name from us only when it is to be written.
"""

from collections.abc import Callable

from eer.domain.errors import Conflict, Refused
from eer.domain.plan import Plan
from smp.domain.naming import DnsName, Record
from smp.domain.split import without

Change = Plan[DnsName, Record]


def carried_out(
    change: Change, apply: Callable[[Change], None], *, is_first: bool
) -> tuple[Change, dict[DnsName, str]]:
    """Have *apply* carry out *change*; return what was done of it, and why each other name was not.

    Raises what *apply* raises where its issues are not about names of *change*: then nobody knows
    what was done. So does a first change of which nothing is allowed: nothing else will be.
    """
    try:
        apply(change)
    except (Conflict, Refused) as fault:
        left = {DnsName(issue.expression): issue.text for issue in fault.issues}
        if not left.keys() <= change.add.keys() | change.replace.keys() | change.drop.keys():
            raise
        if is_first and isinstance(fault, Refused):
            raise
        return without(change, left.keys()), left
    return change, {}
