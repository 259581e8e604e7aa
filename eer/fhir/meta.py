"""What of a resource is the register's own: its id and its meta, and nothing else.

FHIR R4 resource, section 2.26.3: versionId and lastUpdated are the server's; profiles, tags and
security labels stay as they came.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from eer.fhir import codec_json, element
from eer.fhir.element import Json

_OURS = ("versionId", "lastUpdated")
_OFFSET = len("+00:00")


def stamped(json: Json, resource_id: str, number: int, at: datetime) -> bytes:
    """Return the JSON as it will be stored and served: *json* with its id, version and time."""
    given = element.one(json, "meta")
    meta = {"versionId": str(number), "lastUpdated": instant(at)}
    meta |= {name: value for name, value in given.items() if name not in _OURS}
    ours: dict[str, Any] = {"resourceType": json["resourceType"], "id": resource_id, "meta": meta}
    rest = {name: value for name, value in json.items() if name not in ours}
    return codec_json.printed(ours | rest)


def content(json: Json) -> bytes:
    """Return what a resource says, without what the register adds: equal content, equal bytes.

    The order of members says nothing (RFC 8259), and a resource in XML has one of its own.
    """
    meta = {k: v for k, v in element.one(json, "meta").items() if k not in _OURS}
    rest: Mapping[str, Any] = {k: v for k, v in json.items() if k not in ("id", "meta")}
    return codec_json.printed(_ordered({"meta": meta, **rest}))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return [_ordered(each) for each in value] if isinstance(value, list) else value


def instant(at: datetime) -> str:
    """Return an aware datetime as a FHIR instant in UTC, to the microsecond."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:-_OFFSET]}Z"
