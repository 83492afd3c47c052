from hashlib import sha256
from threading import Thread

import pandas as pd
import pytest

from kpikit import build_observations
from kpikit.errors import DataError
from kpikit.sources import open_facts
from kpikit.sources.fingerprint import hash_source, source_files
from kpikit.strategy.model import Source

ROWS = "day,n\n" + "".join(f"2026-01-{day:02},{day}\n" for day in range(1, 32))
COLUMNS = {"day": "date", "n": "integer"}


def test_a_source_of_one_file_has_the_hash_of_its_bytes(tmp_path):
    (tmp_path / "facts.csv").write_text(ROWS)
    assert hash_source(Source(path="facts.csv"), tmp_path) == sha256(ROWS.encode()).hexdigest()


def test_a_folder_has_another_hash_when_a_file_is_changed_added_or_renamed(tmp_path):
    folder = tmp_path / "facts"
    folder.mkdir()
    source = Source(path="facts")
    found = []
    for name, text in (("b.parquet", "1"), ("b.parquet", "2"), ("a.parquet", "1")):
        (folder / name).write_text(text)
        found.append(hash_source(source, tmp_path))
    (folder / "a.parquet").rename(folder / "c.parquet")
    found.append(hash_source(source, tmp_path))
    assert len(set(found)) == 4
    (folder / "_SUCCESS").touch()
    (folder / ".crc").touch()
    assert hash_source(source, tmp_path) == found[-1]
    assert [file.name for file in source_files(source, tmp_path)] == ["b.parquet", "c.parquet"]


def test_a_table_has_no_files_and_no_hash(tmp_path):
    source = Source(table="crm.leads", connection="${CRM}")
    assert source_files(source, tmp_path) == []
    assert hash_source(source, tmp_path) is None


def test_a_file_that_is_written_to_while_it_is_read_is_told(company, tmp_path):
    strategy = company(ROWS, columns=COLUMNS, kpis={"total": "sum(n)"})

    def append():
        with (tmp_path / "facts.csv").open("a") as stream:
            stream.write("2026-02-01,1\n")

    with pytest.raises(DataError) as caught, open_facts(strategy):  # noqa: PT012 - the block reads
        writer = Thread(target=append)
        writer.start()
        writer.join()
    assert str(caught.value) == (
        "sources.facts (facts.csv): changed while it was being read. "
        "Wait until it is written, and run again."
    )
    assert build_observations(strategy).history("total")["value"].tolist() == [496.0, 1.0]


def test_an_error_that_comes_of_such_a_change_is_told_as_the_change(company, tmp_path):
    strategy = company(
        pd.DataFrame({"day": pd.date_range("2026-01-01", periods=9), "n": 1}),
        kpis={"total": "sum(n)"},
    )
    with pytest.raises(DataError, match="changed while it was being read"), open_facts(strategy):  # noqa: PT012
        (tmp_path / "facts.parquet").write_bytes(b"half")
        raise RuntimeError("the engine met half a file")


def test_an_error_of_its_own_stays_what_it_is(company):
    strategy = company(ROWS, columns=COLUMNS, kpis={"total": "sum(n)"})
    with pytest.raises(RuntimeError, match="something else"), open_facts(strategy):
        raise RuntimeError("something else")
