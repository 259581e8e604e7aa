"""How far publication has come tells of which register: a version has its time as well."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Note when the version was written up to which publication has come."""
    op.add_column("progress", sa.Column("written", sa.BigInteger))
