"""In which tables does the register stand?

`version` is the truth: every state of every resource, in the order of its sequence, never changed.
The others are made from it and can be made again: `resource` points to what is current, `term`
and `link` are indexes of what it says, `claim` keeps what only one may hold. `alias` and
`receipt` are told from outside.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

_TYPE = String(64)
# Ids are sorted and paged by their bytes, on every database alike.
_ID = String(64).with_variant(String(64, collation="C"), "postgresql")

version = Table(
    "version",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("type", _TYPE, nullable=False),
    Column("id", _ID, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
    Column("method", String(8), nullable=False, comment="POST, PUT or DELETE, as history says it"),
    Column("body", LargeBinary, comment="the JSON as served, UTF-8; nothing for a deletion"),
    Column("author", Text, nullable=False, comment="JSON: who wrote it"),
    UniqueConstraint("type", "id", "number"),
)

resource = Table(
    "resource",
    METADATA,
    Column("type", _TYPE, primary_key=True),
    Column("id", _ID, primary_key=True),
    Column("sequence", BigInteger, ForeignKey("version.sequence"), nullable=False),
    Column("deleted", Boolean, nullable=False),
)

term = Table(
    "term",
    METADATA,
    Column("type", _TYPE, nullable=False),
    Column("id", _ID, nullable=False),
    Column("parameter", String(64), nullable=False),
    Column("system", Text, nullable=False),
    Column("code", Text, nullable=False),
    Index("term_of_resource", "type", "id"),
    Index("term_by_code", "type", "parameter", "code", "system", "id"),
    Index("term_by_system", "type", "parameter", "system", "id"),
)

link = Table(
    "link",
    METADATA,
    Column("type", _TYPE, nullable=False),
    Column("id", _ID, nullable=False),
    Column("role", String(64), nullable=False),
    Column("target_type", _TYPE, nullable=False),
    Column("target_id", _ID, nullable=False),
    Index("link_of_resource", "type", "id"),
    Index("link_to_target", "target_type", "target_id", "type"),
)

claim = Table(
    "claim",
    METADATA,
    Column("kind", String(64), primary_key=True),
    Column("value", Text, primary_key=True),
    Column("type", _TYPE, nullable=False),
    Column("id", _ID, nullable=False),
    Index("claim_of_resource", "type", "id"),
)

alias = Table(
    "alias",
    METADATA,
    Column("type", _TYPE, primary_key=True),
    Column("id", _ID, primary_key=True),
    Column("kept", _ID, nullable=False),
)

receipt = Table(
    "receipt",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("participant", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("step", String(64), nullable=False),
    Column("at", BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
    Column("place", Text, nullable=False),
    Index("receipt_of_participant", "participant", "sequence"),
)
