"""How does our SMP come to be registered at a central SML, changed there or removed?

Whatever was done before is found out first, so that asking twice does no harm.
"""

from smp.domain.central import Registration
from smp.domain.enrolment import Enrolment
from smp.domain.sml_fault import Fault, failure
from smp.sml.bdmsl import Sml


def seen(sml: Sml, wanted: Registration | None) -> Enrolment:
    """Return how our SMP is registered, against what is *wanted*.

    Who follows is looked up where it is registered otherwise. Raises what the conversation does.
    """
    found = _found(sml)
    if found is None or found == wanted:
        return Enrolment(sml.smp_id, found, wanted)
    return Enrolment(sml.smp_id, found, wanted, frozenset(sml.participants()))


def register(sml: Sml, wanted: Registration) -> Enrolment:
    """Register our SMP, unless it is already; return what was found.

    Raises Conflict when it is there with other addresses.
    """
    before = Enrolment(sml.smp_id, _found(sml), wanted)
    before.check_new()
    fault = None if before.is_done else sml.register(wanted)
    if fault is None:
        return before
    after = Enrolment(sml.smp_id, _found(sml) if fault.says_exists else None, wanted)
    after.check_new()
    if not after.is_done:
        raise failure(fault, f"registering the SMP {sml.smp_id}")
    return after


def update(sml: Sml, wanted: Registration, accept: str | None) -> Enrolment:
    """Change the addresses of our SMP to those *wanted*; return what was found.

    Raises Implausible unless *accept* is the digest of the change, and Absent where our SMP is not
    registered.
    """
    before = seen(sml, wanted)
    before.check(accept)
    if not before.is_done:
        _check(sml.update(wanted), f"updating the SMP {sml.smp_id}")
    return before


def remove(sml: Sml, accept: str | None) -> Enrolment:
    """Remove our SMP with all its participants; return what was found.

    Raises Implausible unless *accept* is the digest of that.
    """
    before = seen(sml, None)
    before.check(accept)
    if not before.is_done:
        fault = sml.remove()
        if fault is not None and not fault.says_gone:
            raise failure(fault, f"removing the SMP {sml.smp_id}")
    return before


def _found(sml: Sml) -> Registration | None:
    found = sml.registration()
    if not isinstance(found, Fault):
        return found
    if found.says_gone:
        return None
    raise failure(found, f"reading the SMP {sml.smp_id}")


def _check(fault: Fault | None, doing: str) -> None:
    if fault is not None:
        raise failure(fault, doing)
