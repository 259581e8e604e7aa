"""What an audit found stays open until it is mended, and what changed until it is looked up."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of open findings, of the last audits, and of whom to look up."""
    op.create_table(
        "to_verify",
        sa.Column("participant", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )
    op.create_index("to_verify_due", "to_verify", ["due"])
    op.create_table(
        "open_finding",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("layer", sa.String(16), nullable=False),
        sa.Column("participant", sa.Text),
        sa.Column("document", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("server", sa.Text),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "audited",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
