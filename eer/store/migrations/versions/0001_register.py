"""The register's tables as they were first built."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create versions, the current state, its indexes, aliases and receipts."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    resource_id = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
    op.create_table(
        "version",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("id", resource_id, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
        sa.Column(
            "method",
            sa.String(8),
            nullable=False,
            comment="POST, PUT or DELETE, as history says it",
        ),
        sa.Column(
            "body", sa.LargeBinary, comment="the JSON as served, UTF-8; nothing for a deletion"
        ),
        sa.Column("author", sa.Text, nullable=False, comment="JSON: who wrote it"),
        sa.UniqueConstraint("type", "id", "number"),
    )
    op.create_table(
        "resource",
        sa.Column("type", sa.String(64), primary_key=True),
        sa.Column("id", resource_id, primary_key=True),
        sa.Column("sequence", sa.BigInteger, sa.ForeignKey("version.sequence"), nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
    )
    op.create_table(
        "term",
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("id", resource_id, nullable=False),
        sa.Column("parameter", sa.String(64), nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
    )
    op.create_index("term_of_resource", "term", ["type", "id"])
    op.create_index("term_by_code", "term", ["type", "parameter", "code", "system", "id"])
    op.create_index("term_by_system", "term", ["type", "parameter", "system", "id"])
    op.create_table(
        "link",
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("id", resource_id, nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("target_type", sa.String(64), nullable=False),
        sa.Column("target_id", resource_id, nullable=False),
    )
    op.create_index("link_of_resource", "link", ["type", "id"])
    op.create_index("link_to_target", "link", ["target_type", "target_id", "type"])
    op.create_table(
        "claim",
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("id", resource_id, nullable=False),
    )
    op.create_index("claim_of_resource", "claim", ["type", "id"])
    op.create_table(
        "alias",
        sa.Column("type", sa.String(64), primary_key=True),
        sa.Column("id", resource_id, primary_key=True),
        sa.Column("kept", resource_id, nullable=False),
    )
    op.create_table(
        "receipt",
        sa.Column("number", number, primary_key=True),
        sa.Column("participant", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, comment="microseconds since 1970, UTC"),
        sa.Column("place", sa.Text, nullable=False),
    )
    op.create_index("receipt_of_participant", "receipt", ["participant", "sequence"])


def downgrade() -> None:
    """Drop them all."""
    for table in ("receipt", "alias", "claim", "link", "term", "resource", "version"):
        op.drop_table(table)
