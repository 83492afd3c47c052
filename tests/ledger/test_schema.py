"""Ledgers of an older form are brought up, newer ones are left as they are."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kpikit.errors import KpikitError
from kpikit.ledger import Action, Comment, open_ledger
from kpikit.ledger.chain import row_of
from kpikit.ledger.schema import NEWEST, SCRIPTS
from kpikit.ledger.tables import TABLE, VERSION_TABLE

OLD = Path(__file__).parent / "schema_0001.sqlite"  # five records, written by the first form


def texts(path: Path) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT seq, text, hash FROM {TABLE} ORDER BY seq").fetchall()


def form_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()[0]


def test_an_older_ledger_is_brought_up_and_its_original_kept(path):
    shutil.copyfile(OLD, path)
    before = texts(path)
    with open_ledger(path) as ledger:
        assert ledger.notes == (
            f"The ledger is now of form {NEWEST}. ledger.schema-0001.sqlite is as it was.",
        )
        assert ledger.verify().is_whole
        assert list(ledger.accepted_targets()["value"]) == [0.028]
        assert list(ledger.latest(Action).to_frame()["action"]) == ["hire"]
        ledger.append(Comment(period="2026Q4", text="goes on"), who="coo", why="x")
        assert ledger.verify().is_whole
    kept = path.with_name("ledger.schema-0001.sqlite")
    assert (form_of(path), form_of(kept)) == (NEWEST, "0001")
    assert texts(path)[:5] == texts(kept) == before, "no record is ever written again"
    with open_ledger(path) as ledger:
        assert ledger.notes == ()


def test_an_original_that_was_kept_before_is_not_overwritten(path):
    kept = path.with_name("ledger.schema-0001.sqlite")
    kept.write_bytes(b"another one")
    shutil.copyfile(OLD, path)
    open_ledger(path).close()
    assert kept.read_bytes() == b"another one"
    assert len(list(path.parent.glob("ledger.schema-0001*"))) == 2


def test_a_step_that_fails_leaves_the_older_ledger_as_it_was(path, monkeypatch):
    shutil.copyfile(OLD, path)
    monkeypatch.setattr(
        SCRIPTS.get_revision(NEWEST).module, "row_of", lambda *_: row_of("{}", {}), raising=True
    )
    with pytest.raises(KeyError):
        open_ledger(path)
    assert form_of(path) == "0001"
    monkeypatch.undo()
    with open_ledger(path) as ledger:
        assert ledger.verify().is_whole


def test_an_older_ledger_on_postgresql_is_brought_up_too(postgres_url):
    from sqlalchemy import create_engine, text

    from kpikit.ledger.engine import ledger_address

    engine = create_engine(ledger_address(postgres_url))
    with closing(sqlite3.connect(OLD)) as old, engine.begin() as new:
        rows = old.execute(f"SELECT seq, event, kind, text, hash FROM {TABLE}").fetchall()
        new.execute(text(f"CREATE TABLE {VERSION_TABLE} (version_num varchar(32))"))
        new.execute(text(f"INSERT INTO {VERSION_TABLE} VALUES ('0001')"))
        new.execute(
            text(
                f"CREATE TABLE {TABLE} (seq bigint PRIMARY KEY, event text UNIQUE NOT NULL, "
                "kind text NOT NULL, text text NOT NULL, hash text NOT NULL)"
            )
        )
        for row in rows:
            new.exec_driver_sql(f"INSERT INTO {TABLE} VALUES (%s, %s, %s, %s, %s)", row)
    with open_ledger(postgres_url) as ledger:
        assert ledger.verify().is_whole
        assert list(ledger.accepted_targets()["value"]) == [0.028]
    with engine.connect() as connection:
        kept = connection.execute(text(f"SELECT count(*) FROM {TABLE}_0001")).scalar()
    engine.dispose()
    assert kept == 5


def test_a_newer_ledger_is_left_as_it_is(path):
    open_ledger(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0099'")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(KpikitError, match=r"form is 0099, newer than .* Install the newest kpikit"):
        open_ledger(path)
    assert path.read_bytes() == before


def test_a_ledger_made_newer_while_open_is_not_written_by_the_older(path):
    with open_ledger(path) as ledger:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0099'")
            connection.commit()
        with pytest.raises(KpikitError, match="form is 0099"):
            ledger.append(Comment(period="2026Q4", text="a"), who="x", why="x")
    assert texts(path) == []


def test_a_file_that_is_no_ledger_is_refused(path):
    path.write_text("period,value\n")
    with pytest.raises(KpikitError, match="not a database"):
        open_ledger(path)
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")
    with pytest.raises(KpikitError, match="this is a database, and no ledger"):
        open_ledger(path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(KpikitError, match=r"nowhere/ledger.sqlite: the ledger cannot be made"):
        open_ledger(tmp_path / "nowhere" / "ledger.sqlite")
    assert not (tmp_path / "nowhere").exists()
