"""The one table of a ledger, the same on every database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

TABLE = "kpikit_ledger"
VERSION_TABLE = "kpikit_ledger_version"

ledger = Table(
    TABLE,
    MetaData(),
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    Column("event", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index(f"{TABLE}_topic", "kind", "topic", "seq"),
    Index(f"{TABLE}_period", "kind", "period", "seq"),
)
