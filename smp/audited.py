"""What is told of an audit: to people in lines, to machines as JSON, to cron by a code?"""

from collections.abc import Mapping
from datetime import datetime

from smp.domain import drift
from smp.domain.findings import Finding, Findings
from smp.lookup.told import printable

Since = Mapping[str, datetime]
"""When each finding was first seen, by its key."""


def code(findings: Findings) -> int:
    """Return the exit code: 1 when something differs, else 3 when somebody did not answer."""
    answers = {each.answered for each in findings.differences}
    if True in answers:
        return 1
    return 3 if answers else 0


def lines(findings: Findings, since: Since) -> list[str]:
    """Return *findings* for people, a line each and one for the whole, fit for a terminal."""
    said = [_line(each, since.get(drift.key(each))) for each in findings.differences]
    looked_up = f"{findings.participants} participants and {findings.documents} documents looked up"
    whole = f"{looked_up}, {len(said)} differences"
    if findings.changing:
        whole += f"; {len(findings.changing)} participants were just being published"
    return [printable(line) for line in (*said, whole)]


def as_json(findings: Findings, since: Since, at: datetime) -> dict[str, object]:
    """Return *findings* for machines, with their age at *at* in seconds."""
    return {
        "participants": findings.participants,
        "documents": findings.documents,
        "changing": sorted(map(str, findings.changing)),
        "differences": [
            _finding(each, since.get(drift.key(each)), at) for each in findings.differences
        ],
    }


def _line(finding: Finding, since: datetime | None) -> str:
    whose = f"{finding.participant or finding.server or 'the zone'}"
    document = "" if finding.document is None else f"  {finding.document}"
    first = "" if since is None else f" (since {since.isoformat(timespec='seconds')})"
    layer = finding.layer if finding.answered else "no answer"
    return f"{layer:<9}  {whose}{document}: {finding.evidence}{first}"


def _finding(finding: Finding, since: datetime | None, at: datetime) -> dict[str, object]:
    return {
        "layer": finding.layer,
        "participant": None if finding.participant is None else str(finding.participant),
        "document": None if finding.document is None else str(finding.document),
        "name": finding.name,
        "server": finding.server,
        "evidence": finding.evidence,
        "answered": finding.answered,
        "since": None if since is None else since.isoformat(),
        "age": None if since is None else int((at - since).total_seconds()),
    }
