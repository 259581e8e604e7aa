"""Every search parameter, by an index table for each kind of value.

What the tables hold is made by `eer migrate` from the versions: how is not the schema's business.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
_EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Give each resource a key, and index by it."""
    op.create_index("version_of_type", "version", ["type", "sequence"])
    op.create_index("version_at", "version", ["at"])
    op.drop_table("term")
    op.rename_table("resource", "resource_before")
    op.create_table(
        "resource",
        sa.Column(
            "key",
            sa.BigInteger,
            primary_key=True,
            autoincrement=False,
            comment="the sequence of its first version",
        ),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("version.sequence"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, comment="of the present version"),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.UniqueConstraint("type", "id"),
    )
    op.execute(
        "INSERT INTO resource (key, type, id, sequence, at, deleted) "
        "SELECT first.sequence, old.type, old.id, old.sequence, now.at, old.deleted "
        "FROM resource_before AS old "
        "JOIN version AS now ON now.sequence = old.sequence "
        "JOIN version AS first ON first.type = old.type AND first.id = old.id AND first.number = 1"
    )
    op.drop_table("resource_before")
    op.create_index("resource_at", "resource", ["type", "at"])
    _create_token()
    _create(
        "text",
        sa.Column("head", _EXACT, nullable=False, comment="the first characters of folded"),
        *(sa.Column(name, _EXACT, nullable=False) for name in ("folded", "plain")),
    )
    _create(
        "stretch",
        sa.Column("low", sa.BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
        sa.Column("high", sa.BigInteger, nullable=False, comment="the first one behind it"),
    )
    _create(
        "pointer",
        sa.Column("type", sa.String(64), nullable=False, comment="empty where it is an address"),
        sa.Column("id", _EXACT, nullable=False, comment="the id, or the address"),
        sa.Column("version", _EXACT, nullable=False, comment="of a canonical"),
    )
    _create(
        "amount",
        *(sa.Column(name, sa.Double, nullable=False) for name in ("low", "high")),
        *(sa.Column(name, _EXACT, nullable=False) for name in ("system", "code")),
        sa.Column("place", sa.Integer, nullable=False, comment="of what stands together"),
    )
    op.create_index("text_by_head", "text", ["parameter", "head", "key"])
    op.create_index("stretch_by_low", "stretch", ["parameter", "low", "high", "key"])
    op.create_index("pointer_by_target", "pointer", ["parameter", "id", "type", "key"])
    op.create_index("pointer_of_resource", "pointer", ["key", "parameter", "type", "id"])
    op.create_index("amount_by_low", "amount", ["parameter", "low", "key"])
    op.create_index("text_of_resource", "text", ["key", "parameter", "head"])
    op.create_index("stretch_of_resource", "stretch", ["key", "parameter", "low", "high"])
    op.create_index("amount_of_resource", "amount", ["key", "parameter"])
    op.create_table(
        "index_state",
        sa.Column(
            "fingerprint",
            sa.String(64),
            primary_key=True,
            comment="of the parameters it was made by",
        ),
    )

    op.create_table(
        "long_search",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column(
            "pairs", sa.Text, nullable=False, comment="JSON: a search that is too long for a link"
        ),
        sa.Column("at", sa.BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
    )
    op.create_index("long_search_at", "long_search", ["at"])


def _create(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("key", sa.BigInteger, nullable=False),
        sa.Column("parameter", sa.String(128), nullable=False),
        *columns,
    )


def _create_token() -> None:
    op.create_table(
        "token",
        sa.Column("parameter", sa.String(128), primary_key=True),
        sa.Column("code", _EXACT, primary_key=True),
        sa.Column("system", _EXACT, primary_key=True),
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column(
            "place",
            sa.Integer,
            primary_key=True,
            autoincrement=False,
            comment="of what stands together",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("token_of_resource", "token", ["key", "parameter"])
    op.create_index("token_by_system", "token", ["parameter", "system", "key"])


def downgrade() -> None:
    """There is no way back: restore the database from before."""
    raise NotImplementedError("restore the database from before the upgrade")
