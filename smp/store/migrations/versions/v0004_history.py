"""Where is it written down what has changed since when?

What is there counts as changed now; whoever has an older state is given everything.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_GENERATION = sa.table(
    "generation", sa.column("number"), sa.column("horizon"), sa.column("changed")
)
_NUMBER = _GENERATION.c.number
_MODIFIED = sa.table("document", sa.column("last_modified")).c.last_modified


def upgrade() -> None:
    """Add the generation in which each last changed, and what was public and is no longer."""
    op.add_column("document", sa.Column("generation", sa.BigInteger))
    op.add_column("service_group", sa.Column("generation", sa.BigInteger))
    for name in ("changed", "horizon"):
        column = sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
        op.add_column("generation", column)
    op.create_table(
        "withdrawn",
        sa.Column("participant_value", sa.Text, primary_key=True),
        sa.Column("document_value", sa.Text, primary_key=True),
        sa.Column("participant_scheme", sa.String(255), primary_key=True),
        sa.Column("document_scheme", sa.String(255), primary_key=True),
        sa.Column("participant", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("withdrawn_generation", "withdrawn", ["generation"])
    op.create_index("withdrawn_at", "withdrawn", ["at"])
    op.create_table(
        "milestone",
        sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    _begin()
    op.create_index("document_changed", "document", ["generation"])


def _begin() -> None:
    """The sequence reached so far is known, so deltas may begin here."""
    for table in ("document", "service_group"):
        known = sa.table(table, sa.column("generation"))
        op.execute(sa.update(known).values(generation=sa.select(_NUMBER).scalar_subquery()))
    modified = sa.select(sa.func.coalesce(sa.func.max(_MODIFIED), 0) * 1_000_000)
    op.execute(sa.update(_GENERATION).values(horizon=_NUMBER, changed=modified.scalar_subquery()))
    op.execute(
        "INSERT INTO milestone (generation, sequence, at) "
        "SELECT generation.number, progress.sequence, generation.changed FROM generation, progress"
    )
