"""Which of FHIR's own invariants does an object break, whatever resource it stands in?

FHIR R4: ext-1, per-1, ref-1, and what a Reference may say at all. Those of one resource type
stand in that type's file.
"""

import re
from collections.abc import Collection, Iterator

from eer.domain.errors import Issue, IssueCode, Malformed, error
from eer.domain.period import Period
from eer.domain.wording import any_of, say
from eer.fhir import r4
from eer.fhir.codec_json import Json
from eer.fhir.primitives import shown

_RELATIVE = re.compile(r"([A-Z][A-Za-z]*)/[A-Za-z0-9\-.]{1,64}(/_history/[A-Za-z0-9\-.]{1,64})?")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]*)\?\S+")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")


def extension(value: Json, path: str) -> Iterator[Issue]:
    """Yield the fault of an extension that has a value and extensions, or neither (ext-1)."""
    has_value = any(name.removeprefix("_").startswith("value") for name in value)
    has_extensions = "extension" in value
    if has_value == has_extensions:
        text = (
            say("both of a value and extensions found, expected one of them (ext-1)")
            if has_value
            else say("neither of a value and extensions found, expected one of them (ext-1)")
        )
        yield error(IssueCode.INVARIANT, path, text)


def period(value: Json, path: str) -> Iterator[Issue]:
    """Yield the fault of a period whose start lies behind its end (per-1)."""
    start, end = value.get("start"), value.get("end")
    if isinstance(start, str) and isinstance(end, str) and _crosses(start, end):
        text = say(
            "start {start} found, expected it before the end {end} (per-1)",
            start=shown(start),
            end=shown(end),
        )
        yield error(IssueCode.INVARIANT, path, text)


def reference(
    value: Json, path: str, targets: Collection[str], local: Collection[str]
) -> Iterator[Issue]:
    """Yield what is wrong with where a Reference leads.

    *targets* are the types it may lead to, all when there are none; *local* are the ids that a
    reference of the form `#id` may name (ref-1).
    """
    written = value.get("reference")
    if not isinstance(written, str) or _ABSOLUTE.fullmatch(written):
        return
    place = f"{path}.reference"
    if written.startswith("#"):
        if written[1:] and written[1:] not in local:
            text = say(
                "{found} found, expected the id of a contained resource (ref-1)",
                found=shown(written),
            )
            yield error(IssueCode.INVARIANT, place, text)
        return
    form = _RELATIVE.fullmatch(written) or _CONDITIONAL.fullmatch(written)
    if form is None:
        text = say("{found} found, expected Type/id, #id or an absolute URL", found=shown(written))
        yield error(IssueCode.VALUE, place, text)
    elif not r4.is_resource(form[1]):
        text = say(
            "{found} found, but {type} is no resource type", found=shown(written), type=form[1]
        )
        yield error(IssueCode.VALUE, place, text)
    elif targets and form[1] not in targets:
        text = say(
            "{found} found, expected a reference to {types}",
            found=shown(written),
            types=any_of(targets),
        )
        yield error(IssueCode.VALUE, place, text)


def _crosses(start: str, end: str) -> bool:
    """Whether *start* lies behind *end*; a time that cannot be read crosses nothing."""
    try:
        found = Period.parse(start, None)
        last = Period.parse(None, end).end
    except Malformed:
        return False
    touches = "T" not in end and found.start == last
    return touches or (last is not None and found.begins_after(last))
