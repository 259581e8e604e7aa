"""Each document says which access point of the register it leads to."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody knows of those that are stored: the next run makes them anew, with the same bytes."""
    op.add_column("document", sa.Column("access_point", sa.Text, nullable=False, server_default=""))
    op.create_index("document_at_access_point", "document", ["access_point"])
