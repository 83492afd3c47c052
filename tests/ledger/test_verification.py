"""Whatever is changed, taken out, put in, moved or cut off is found."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kpikit.ledger import Comment, Head, open_ledger
from kpikit.ledger.chain import Row, check_chain
from kpikit.ledger.heads import heads_file, write_head
from kpikit.ledger.tables import TABLE


def rows_of(path: Path) -> list[Row]:
    with closing(sqlite3.connect(path)) as connection:
        columns = ", ".join(Row._fields)
        return [Row(*row) for row in connection.execute(f"SELECT {columns} FROM {TABLE}")]


def tamper(path: Path, *statements: str) -> None:
    """Change a ledger as somebody would who knows how it is protected."""
    with closing(sqlite3.connect(path)) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def verdict(path: Path, **options):
    with open_ledger(path) as ledger:
        return ledger.verify(**options)


def flipped(value: str | int):
    """Yield the value with each of its bits turned over, one at a time."""
    if isinstance(value, int):
        yield from (value ^ (1 << bit) for bit in range(32))
        return
    content = value.encode()
    for place in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            yield bytes(changed).decode("utf-8", "surrogateescape")


def broken(rows: list[Row]) -> bool:
    """Return whether a stretch of a chain is; that it does not begin at 1 is no fault of it."""
    first = rows[0].seq
    return any(fault.seq >= first for fault in check_chain(rows))


def test_every_single_bit_of_every_record_counts(fifty):
    rows = rows_of(fifty)
    assert list(check_chain(rows)) == []
    flips = missed = 0
    for row in (rows[0], rows[24], rows[49]):  # all fifty: benchmarks/ledger.py
        for name in Row._fields:
            for value in flipped(getattr(row, name)):
                changed = row._replace(**{name: value})
                around = [*rows[: row.seq - 1][-1:], changed, *rows[row.seq :][:1]]
                flips += 1
                missed += not broken(around)
    assert flips > 8_000
    assert missed == 0


def test_every_deletion_and_every_swap_is_found(fifty):
    rows = rows_of(fifty)
    for place in range(49):  # the last one: the heads tell
        assert next(check_chain(rows[:place] + rows[place + 1 :]))
        swapped = rows.copy()
        swapped[place], swapped[place + 1] = (
            rows[place + 1]._replace(seq=place + 1),
            rows[place]._replace(seq=place + 2),
        )
        assert next(check_chain(swapped))


def test_a_changed_record_is_named_and_the_others_are_read(fifty):
    tamper(fifty, f"UPDATE {TABLE} SET text = replace(text, 'Decide 1', 'Decide 7') WHERE seq = 2")
    found = verdict(fifty)
    assert not found.is_whole
    assert found.summary() == (
        "Ledger of 50 records: 1 fault, the first: Record 2 is not as it was first written."
    )
    with open_ledger(fifty) as ledger:
        assert ledger.read(Comment).damaged == ()


def test_a_damaged_target_stops_whoever_asks_which_one_counts(fifty):
    from kpikit.errors import DataError

    tamper(fifty, f"UPDATE {TABLE} SET text = replace(text, '0.2', '9.2') WHERE seq = 3")
    with open_ledger(fifty) as ledger, pytest.raises(DataError, match="target 3 is not as it was"):
        ledger.accepted_targets()


def test_bytes_that_are_no_text_anymore_are_named(fifty):
    tamper(fifty, f"UPDATE {TABLE} SET text = CAST(x'ff' || text AS TEXT) WHERE seq = 5")
    assert list(verdict(fifty).to_frame()["seq"]) == [5]


def test_a_number_that_is_none_anymore_is_named(fifty):
    tamper(fifty, f"UPDATE {TABLE} SET text = x'07' WHERE seq = 9")
    rows = rows_of(fifty)
    broken_rows = [row._replace(seq="5") if row.seq == 5 else row for row in rows]
    assert [fault.seq for fault in check_chain(broken_rows)] == [5, 9]
    assert list(verdict(fifty).to_frame()["seq"]) == [9]


def test_a_record_filed_under_another_kpi_is_found(fifty):
    tamper(fifty, f"UPDATE {TABLE} SET topic = 'accepted|kpi_9||2026Q4|committed' WHERE seq = 3")
    assert "is filed under another topic than it says" in verdict(fifty).notes[0]


def test_missing_records_are_named(fifty):
    tamper(fifty, f"DELETE FROM {TABLE} WHERE seq IN (7, 8, 9, 20)")
    assert verdict(fifty).notes == ("Records 7 to 9 are missing.", "Record 20 is missing.")


def test_an_end_cut_off_is_found_by_the_heads_beside_the_ledger(fifty):
    tamper(fifty, f"DELETE FROM {TABLE} WHERE seq = 50")
    found = verdict(fifty)
    assert not found.is_whole
    assert found.notes == ("Record 50 is cut off: the last was noted in ledger.sqlite.heads.",)


def test_a_backup_older_than_a_report_is_found_by_the_head_in_the_report(fifty):
    with open_ledger(fifty) as ledger:
        head = ledger.head()
    noted = json.loads(json.dumps(head))  # as a run.json holds it
    tamper(fifty, f"DELETE FROM {TABLE} WHERE seq > 40")
    heads_file(fifty).unlink()
    assert verdict(fifty).is_whole
    assert "Records 41 to 50 are cut off" in verdict(fifty, heads=[Head(*noted)]).summary()


def test_a_chain_made_anew_is_found_by_the_heads(fifty, tmp_path):
    other = tmp_path / "other.sqlite"
    with open_ledger(other) as ledger:
        for number in range(50):
            ledger.append(Comment(period="2026Q3", text=str(number)), who="x", why="x")
    heads_file(fifty).replace(heads_file(other))
    found = verdict(other)
    assert "is not the one noted in other.sqlite.heads" in found.summary()
    assert len(found.to_frame()) == 50


def test_a_torn_head_is_no_head_and_does_not_spoil_the_next(path):
    with open_ledger(path) as ledger:
        first = ledger.append(Comment(period="2026Q3", text="a"), who="x", why="x")
        file = heads_file(path)
        with file.open("a") as lines:
            lines.write("\n2 " + "0" * 63)
        second = ledger.append(Comment(period="2026Q3", text="b"), who="x", why="x")
        assert ledger.verify().is_whole
        write_head(file, Head(3, "0" * 64))
        assert not ledger.verify().is_whole
    assert second.seq == first.seq + 1


def test_nothing_can_be_changed_or_deleted_by_accident(url):
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import DBAPIError

    from kpikit.ledger.engine import ledger_address

    with open_ledger(url) as ledger:
        ledger.append(Comment(period="2026Q3", text="a"), who="x", why="x")
        engine = create_engine(ledger_address(url))
        for statement in (f"DELETE FROM {TABLE}", f"UPDATE {TABLE} SET text = ''"):
            with pytest.raises(DBAPIError, match="a ledger is only added to"), engine.begin() as c:
                c.execute(text(statement))
        engine.dispose()
        assert len(ledger.read(Comment).to_frame()) == 1


def test_a_file_damaged_where_no_record_is_read_is_found_too(fifty):
    with closing(sqlite3.connect(fifty)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        (page,) = connection.execute(
            f"SELECT rootpage FROM sqlite_master WHERE name = '{TABLE}_topic'"
        ).fetchone()
    content = bytearray(fifty.read_bytes())
    content[(page - 1) * size + size - 20] ^= 4
    fifty.write_bytes(content)
    assert "the file is damaged" in verdict(fifty).notes[0].lower()


def test_faults_are_drawn_at_their_place(fifty):
    tamper(fifty, f"DELETE FROM {TABLE} WHERE seq IN (7, 30)")
    ax = verdict(fifty).plot()
    assert ax.get_title(loc="left") == "Records in the chain: 50; faults: 2"
    assert list(ax.lines[0].get_xdata()) == [7, 30]
