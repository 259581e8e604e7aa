"""In which tables does the register stand?

`version` is the truth: every state of every resource, in the order of its sequence, never changed.
The others are made from it and can be made again: `resource` points to what is current, `token`,
`text`, `stretch`, `pointer` and `amount` are what it is found by, `link` where it leads, `claim`
keeps what only one may hold. `index_state` tells by which search parameters the index was made.
`alias` and `receipt` are told from outside, and `long_search` is forgotten again.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
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
_EXACT = Text().with_variant(Text(collation="C"), "postgresql")

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

Index("version_of_type", version.c.type, version.c.sequence)
Index("version_at", version.c.at)

resource = Table(
    "resource",
    METADATA,
    Column(
        "key",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="the sequence of its first version",
    ),
    Column("type", _TYPE, nullable=False),
    Column("id", _ID, nullable=False),
    Column("sequence", BigInteger, ForeignKey("version.sequence"), nullable=False),
    Column("at", BigInteger, nullable=False, comment="of the present version"),
    Column("deleted", Boolean, nullable=False),
    UniqueConstraint("type", "id"),
    Index("resource_at", "type", "at"),
)

# Of each index table, `key` is the resource's and `parameter` is `Type.parameter`.
_PARAMETER = String(128)

token = Table(
    "token",
    METADATA,
    Column("parameter", _PARAMETER, primary_key=True),
    Column("code", _EXACT, primary_key=True),
    Column("system", _EXACT, primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "place",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="of what stands together",
        default=0,
    ),
    Index("token_of_resource", "key", "parameter"),
    Index("token_by_system", "parameter", "system", "key"),
    sqlite_with_rowid=False,
)

text = Table(
    "text",
    METADATA,
    Column("key", BigInteger, nullable=False),
    Column("parameter", _PARAMETER, nullable=False),
    Column("head", _EXACT, nullable=False, comment="the first characters of folded"),
    Column("folded", _EXACT, nullable=False),
    Column("plain", _EXACT, nullable=False),
    Index("text_by_head", "parameter", "head", "key"),
    Index("text_of_resource", "key", "parameter", "head"),
)

stretch = Table(
    "stretch",
    METADATA,
    Column("key", BigInteger, nullable=False),
    Column("parameter", _PARAMETER, nullable=False),
    Column("low", BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
    Column("high", BigInteger, nullable=False, comment="the first one behind it"),
    Index("stretch_by_low", "parameter", "low", "high", "key"),
    Index("stretch_of_resource", "key", "parameter", "low", "high"),
)

pointer = Table(
    "pointer",
    METADATA,
    Column("key", BigInteger, nullable=False),
    Column("parameter", _PARAMETER, nullable=False),
    Column("type", _TYPE, nullable=False, comment="empty where it is an address"),
    Column("id", _EXACT, nullable=False, comment="the id, or the address"),
    Column("version", _EXACT, nullable=False, comment="of a canonical"),
    Index("pointer_by_target", "parameter", "id", "type", "key"),
    Index("pointer_of_resource", "key", "parameter", "type", "id"),
)

amount = Table(
    "amount",
    METADATA,
    Column("key", BigInteger, nullable=False),
    Column("parameter", _PARAMETER, nullable=False),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("system", _EXACT, nullable=False),
    Column("code", _EXACT, nullable=False),
    Column("place", Integer, nullable=False, comment="of what stands together"),
    Index("amount_by_low", "parameter", "low", "key"),
    Index("amount_of_resource", "key", "parameter"),
)

INDEX = (token, text, stretch, pointer, amount)

index_state = Table(
    "index_state",
    METADATA,
    Column("fingerprint", String(64), primary_key=True, comment="of the parameters it was made by"),
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

long_search = Table(
    "long_search",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("pairs", Text, nullable=False, comment="JSON: a search that is too long for a link"),
    Column("at", BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
    Index("long_search_at", "at"),
)

alias = Table(
    "alias",
    METADATA,
    Column("type", _TYPE, primary_key=True),
    Column("id", _ID, primary_key=True),
    Column("kept", _ID, nullable=False),
    Column(
        "number",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="rises with each that is noted",
    ),
    Index("alias_by_number", "number"),
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
