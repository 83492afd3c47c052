"""Columns to find records by: what they are about, and of which period they are."""

import json

import sqlalchemy as sa
from alembic import op

from kpikit.ledger.chain import row_of

revision = "0002"
down_revision = "0001"

TABLE = "kpikit_ledger"


def upgrade() -> None:
    """Add the columns, and fill them from the records, which stay as they are."""
    for name in ("topic", "period"):
        column = sa.Column(name, sa.Text, nullable=False, server_default="")
        op.add_column(TABLE, column)
    bind = op.get_bind()
    found = bind.execute(sa.text(f"SELECT text FROM {TABLE}")).scalars().all()
    rows = [row_of(text, json.loads(text)) for text in found]
    if rows:
        bind.execute(
            sa.text(f"UPDATE {TABLE} SET topic = :topic, period = :period WHERE seq = :seq"),
            [{"topic": row.topic, "period": row.period, "seq": row.seq} for row in rows],
        )
    op.create_index(f"{TABLE}_topic", TABLE, ["kind", "topic", "seq"])
    op.create_index(f"{TABLE}_period", TABLE, ["kind", "period", "seq"])
