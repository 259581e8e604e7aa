"""What other tools than the register want published is written down, and by whom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the legacy participants, their documents, and the log of writes."""
    op.create_table(
        "legacy_group",
        sa.Column("gln", sa.String(13), primary_key=True),
        sa.Column("owner", sa.String(8)),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "legacy_document",
        sa.Column("gln", sa.String(13), primary_key=True),
        sa.Column("document_value", sa.Text, primary_key=True),
        sa.Column("document_scheme", sa.String(255), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("begins", sa.BigInteger),
        sa.Column("ends", sa.BigInteger),
    )
    op.create_table(
        "legacy_write",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("gln", sa.String(13), nullable=False),
        sa.Column("deed", sa.String(16), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("pending", sa.Boolean, nullable=False),
    )
    op.create_index("legacy_write_to_finish", "legacy_write", ["pending"])
