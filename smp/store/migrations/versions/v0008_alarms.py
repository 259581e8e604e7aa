"""Of whom time alone changes something is written down by GLN; and runs are numbered."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No alarms are set yet: the next run looks at everybody, as with other settings."""
    op.create_table(
        "alarm",
        sa.Column("gln", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("alarm_due", "alarm", ["at"])
    op.create_table(
        "run",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    )
    op.execute("INSERT INTO run (number) VALUES (0)")
    op.execute("UPDATE progress SET settings = ''")
