"""Records in a chain."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLE = "kpikit_ledger"


def upgrade() -> None:
    """Make the table, and let nobody change or delete what is in it."""
    op.create_table(
        TABLE,
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("event", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for what in ("DELETE", "UPDATE OF seq, event, kind, text, hash"):
            op.execute(
                f"CREATE TRIGGER {TABLE}_no_{what[:6].lower()} BEFORE {what} ON {TABLE} "
                "BEGIN SELECT RAISE(ABORT, 'a ledger is only added to'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a ledger is only added to'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_update BEFORE DELETE OR UPDATE OF seq, event, kind, text, hash "
        f"ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_refuse()"
    )
