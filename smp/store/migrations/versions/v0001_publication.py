"""What did the publication database look like first?"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of what is public and those of the publisher's books."""
    _public()
    _books()


def _public() -> None:
    op.create_table(
        "document",
        sa.Column("participant_value", sa.Text, primary_key=True),
        sa.Column("document_value", sa.Text, primary_key=True),
        sa.Column("participant_scheme", sa.String(255), primary_key=True),
        sa.Column("document_scheme", sa.String(255), primary_key=True),
        sa.Column("participant", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("etag", sa.String(66), nullable=False),
        sa.Column("last_modified", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("addresses", sa.Text, nullable=False),
        sa.Column("signer", sa.String(64), nullable=False),
        sa.Column("retire_after", sa.BigInteger),
    )
    op.create_index("document_to_retire", "document", ["retire_after"])
    op.create_table(
        "service_group",
        sa.Column("participant_value", sa.Text, primary_key=True),
        sa.Column("participant_scheme", sa.String(255), primary_key=True),
        sa.Column("participant", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("etag", sa.String(66), nullable=False),
        sa.Column("last_modified", sa.BigInteger, nullable=False),
        sa.Column("base_url", sa.Text, nullable=False),
    )
    op.create_table(
        "document_scheme",
        sa.Column("scheme", sa.String(255), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
    )
    generation = op.create_table(
        "generation",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.bulk_insert(generation, [{"number": 0}])


def _books() -> None:
    op.create_table(
        "dns_name",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("is_publisher", sa.Boolean, nullable=False),
    )
    op.create_table(
        "agreed",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.create_table(
        "progress",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("settings", sa.String(64), nullable=False),
        sa.Column("signer", sa.String(64), nullable=False),
        sa.Column("next_look", sa.BigInteger),
        sa.Column("unfinished", sa.Text, nullable=False),
    )
