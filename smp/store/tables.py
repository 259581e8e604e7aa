"""In which tables does stand what is public, and what the publisher must remember?

Public: `document`, `service_group`, `document_scheme` (which scheme answers for a bare value) and
`generation`, which rises with every change of those. The publisher's own: `dns_name` (the names
that are ours), `agreed` (what people said yes to), `gone` (what went or moved lately), `stop` (what
operators stopped), `progress`, `alarm` (of whom time alone changes something, and when), `run` (how
many runs there were, where a lock may be lost), `to_verify` (whom nobody has looked up since the
last change), `open_finding` (what an audit found and no later one saw mended) and `audited`.
For whoever asks
what has changed: `withdrawn` (what was public) and `milestone` (which generation a sequence came
to). What tools want published of others than the register's: `legacy_group`, `legacy_document`, and
`legacy_write`, the log of it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

_SCHEME = String(255)
_ETAG = String(66)

document = Table(
    "document",
    METADATA,
    Column("participant_value", Text, primary_key=True),  # folded
    Column("document_value", Text, primary_key=True),  # folded
    Column("participant_scheme", _SCHEME, primary_key=True),  # folded
    Column("document_scheme", _SCHEME, primary_key=True),  # folded
    Column("participant", Text, nullable=False),  # as registered, scheme::value
    Column("document", Text, nullable=False),  # as registered, scheme::value
    Column("body", LargeBinary, nullable=False),  # the signed bytes, as served
    Column("etag", _ETAG, nullable=False),
    Column("last_modified", BigInteger, nullable=False),  # seconds since 1970, UTC
    Column("digest", String(64), nullable=False),  # SHA-256 of the unsigned bytes
    Column("addresses", Text, nullable=False),  # where it leads, by lines
    Column("signer", String(64), nullable=False),  # SHA-256 of the certificate
    Column("retire_after", BigInteger),  # microseconds since 1970, UTC
    Column("generation", BigInteger),  # in which it last changed; NULL: nobody knows
    Column("access_point", Text, nullable=False, server_default=""),  # Device/ID, if it is one's
    Index("document_at_access_point", "access_point"),
    Index("document_to_retire", "retire_after"),
    Index("document_changed", "generation"),
)

service_group = Table(
    "service_group",
    METADATA,
    Column("participant_value", Text, primary_key=True),  # folded
    Column("participant_scheme", _SCHEME, primary_key=True),  # folded
    Column("participant", Text, nullable=False),  # as registered, scheme::value
    Column("body", LargeBinary, nullable=False),
    Column("etag", _ETAG, nullable=False),
    Column("last_modified", BigInteger, nullable=False),  # seconds since 1970, UTC
    Column("base_url", Text, nullable=False),  # what its links begin with
    Column("generation", BigInteger),  # in which it last changed; NULL: nobody knows
)

document_scheme = Table(
    "document_scheme",
    METADATA,
    Column("scheme", _SCHEME, primary_key=True),  # folded
    Column("position", Integer, nullable=False),
)

generation = Table(
    "generation",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    # When a document last changed, and since which generation all that went is written down.
    Column("changed", BigInteger, nullable=False, server_default="0"),  # microseconds since 1970
    Column("horizon", BigInteger, nullable=False, server_default="0"),
)

withdrawn = Table(
    "withdrawn",
    METADATA,
    # Of a group the document and its scheme are empty.
    Column("participant_value", Text, primary_key=True),  # folded
    Column("document_value", Text, primary_key=True),  # folded
    Column("participant_scheme", _SCHEME, primary_key=True),  # folded
    Column("document_scheme", _SCHEME, primary_key=True),  # folded
    Column("participant", Text, nullable=False),  # as registered, scheme::value
    Column("document", Text, nullable=False),  # as registered, scheme::value
    Column("generation", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Index("withdrawn_generation", "generation"),
    Index("withdrawn_at", "at"),
)

milestone = Table(
    "milestone",
    METADATA,
    Column("generation", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
)

dns_name = Table(
    "dns_name",
    METADATA,
    Column("name", String(255), primary_key=True),
    Column("is_publisher", Boolean, nullable=False),  # not a participant's
)

agreed = Table(
    "agreed",
    METADATA,
    Column("kind", String(16), primary_key=True),  # see smp/store/ledger.py
    Column("value", Text, primary_key=True),
    Column("number", Integer, nullable=False),  # the highest of a kind is in force
)

gone = Table(
    "gone",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("documents", Integer, nullable=False),
    Column("names", Integer, nullable=False),
)

stop = Table(
    "stop",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("deed", String(16), nullable=False),  # see smp/domain/stops.py
    Column("subject", Text, nullable=False),  # a participant, or Device/ID
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("glns", Text, nullable=False),  # what hung on it, by lines
    Column("pending", Boolean, nullable=False),  # no run has finished it yet
)

legacy_group = Table(
    "legacy_group",
    METADATA,
    Column("gln", String(13), primary_key=True),
    Column("owner", String(8)),  # a CVR; without, it is the operators'
    Column("client", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
)

legacy_document = Table(
    "legacy_document",
    METADATA,
    Column("gln", String(13), primary_key=True),
    Column("document_value", Text, primary_key=True),  # folded
    Column("document_scheme", _SCHEME, primary_key=True),  # folded
    Column("document", Text, nullable=False),  # as written, scheme::value
    Column("body", LargeBinary, nullable=False),  # the unsigned ServiceMetadata
    Column("begins", BigInteger),  # microseconds since 1970, UTC
    Column("ends", BigInteger),  # likewise
)

legacy_write = Table(
    "legacy_write",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("gln", String(13), nullable=False),
    Column("deed", String(16), nullable=False),  # see smp/store/legacy.py
    Column("document", Text, nullable=False),  # none where it concerns the whole group
    Column("client", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("pending", Boolean, nullable=False),  # no run has finished it yet
    Index("legacy_write_to_finish", "pending"),
)

progress = Table(
    "progress",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("settings", String(64), nullable=False),
    Column("signer", String(64), nullable=False),
    Column("next_look", BigInteger),  # microseconds since 1970, UTC
    Column("unfinished", Text, nullable=False),  # GLNs, by lines
    # When the register's version of that sequence was: microseconds since 1970; NULL: nobody knows.
    Column("written", BigInteger),
)

alarm = Table(
    "alarm",
    METADATA,
    Column("gln", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Index("alarm_due", "at"),
)

run = Table(
    "run",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
)

to_verify = Table(
    "to_verify",
    METADATA,
    Column("participant", Text, primary_key=True),  # scheme::value
    Column("sequence", BigInteger, nullable=False),  # the register's, of the change
    Column("since", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("due", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("tries", Integer, nullable=False),
    Column("resolved", Text, nullable=False, server_default=""),  # which name servers, by lines
    Index("to_verify_due", "due"),
)

open_finding = Table(
    "open_finding",
    METADATA,
    Column("key", String(64), primary_key=True),  # see smp/domain/drift.py
    Column("layer", String(16), nullable=False),
    Column("participant", Text),  # scheme::value
    Column("document", Text),  # scheme::value
    Column("name", Text),
    Column("server", Text),  # HOST:PORT
    Column("evidence", Text, nullable=False),
    Column("answered", Boolean, nullable=False),
    Column("first_seen", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("last_seen", BigInteger, nullable=False),  # microseconds since 1970, UTC
)

audited = Table(
    "audited",
    METADATA,
    Column("kind", String(16), primary_key=True),  # full or sample
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
)
