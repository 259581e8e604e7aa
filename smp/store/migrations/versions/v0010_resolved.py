"""Of whom waits to be looked up it is written down which name servers have followed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None is known of those who wait: it is told once more."""
    op.add_column("to_verify", sa.Column("resolved", sa.Text, nullable=False, server_default=""))
