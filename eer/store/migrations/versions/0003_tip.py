"""Other ids are numbered in the order they were noted, so that the newest of them can be told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Number them; those that are there already may share a number."""
    op.add_column(
        "alias",
        sa.Column(
            "number",
            sa.BigInteger,
            nullable=False,
            server_default="0",
            comment="rises with each that is noted",
        ),
    )
    op.create_index("alias_by_number", "alias", ["number"])


def downgrade() -> None:
    """There is no way back: restore the database from before."""
    raise NotImplementedError("restore the database from before the upgrade")
