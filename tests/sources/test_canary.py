"""What kpikit asks of Ibis and the embedded engine, one operation a test.

Their releases have broken each other before. When a new version of either is tried,
this says which operation it breaks before any KPI does.
"""

import datetime as dt

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpikit.sources.connect import embedded_engine


@pytest.fixture(scope="module")
def engine():
    with embedded_engine("Europe/Berlin") as engine:
        yield engine


@pytest.fixture(scope="module")
def table(engine, tmp_path_factory):
    path = tmp_path_factory.mktemp("canary") / "t.parquet"
    day = [dt.date(2026, 1, 5), dt.date(2026, 2, 1), dt.date(2026, 2, 28)]
    at = pd.to_datetime(["2026-01-31T23:30Z", "2026-02-01T00:00Z", "2026-02-02T00:00Z"])
    frame = pd.DataFrame({"day": day, "at": at, "x": [1.5, 2.5, None], "s": [" a", "b", None]})
    frame.assign(n=[1, 2, 3]).to_parquet(path)
    return engine.connection.read_parquet(str(path))


def rows(table):
    return table.to_pyarrow().to_pylist()


def text(day):
    return day.cast("string").substr(0, 10)


OPERATIONS = {
    "count where": (lambda t: t.count(where=t.n > 1), 2),
    "sum where": (lambda t: t.x.sum(where=t.n < 3), 4.0),
    "min and max": (lambda t: t.n.max() - t.n.min(), 2),
    "distinct where": (lambda t: t.s.nunique(where=t.n > 0), 2),
    "median": (lambda t: t.n.cast("float64").median(), 2.0),
    "quantile where": (lambda t: t.n.cast("float64").quantile(0.5, where=t.n > 1), 2.5),
    "truncate month": (
        lambda t: t.day.truncate("M").max().pipe(text),
        "2026-02-01",
    ),
    "truncate quarter": (
        lambda t: t.day.truncate("Q").max().pipe(text),
        "2026-01-01",
    ),
    "truncate week": (
        lambda t: t.day.truncate("W").min().pipe(text),
        "2026-01-05",
    ),
    "days added": (
        lambda t: (t.day + t.n.as_interval("D")).cast("timestamp").cast("date").min().pipe(text),
        "2026-01-06",
    ),
    "days between": (lambda t: t.day.delta(ibis.date("2026-01-01"), unit="day").max(), 58),
    "date from parts": (
        lambda t: ibis.date(t.n + 2000, t.n, t.n).max().cast("string"),
        "2003-03-03",
    ),
    "local day": (lambda t: t.at.cast("timestamp").cast("date").min().pipe(text), "2026-02-01"),
    "case": (lambda t: ibis.cases((t.n == 1, 10), else_=0).sum(), 10),
    "coalesce": (lambda t: ibis.coalesce(t.x, 0.0).sum(), 4.0),
    "nullif": (lambda t: (1 / t.n.cast("float64").nullif(1)).count(), 2),
    "in": (lambda t: t.s.strip().lower().isin(["a", "b"]).sum(), 2),
    "like": (lambda t: t.s.like("b%").sum(), 1),
    "regex": (lambda t: t.s.re_search(r"^\s*[ab]$").sum(), 2),
    "try cast": (lambda t: t.s.try_cast("float64").count(), 0),
    "between": (lambda t: t.x.between(-1.7976931348623157e308, 1.7976931348623157e308).sum(), 2),
    "round": (lambda t: t.x.round(0).sum(), 5.0),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_number(table, name):
    compute, expected = OPERATIONS[name]
    assert compute(table).to_pyarrow().as_py() == expected


def test_grouping_keys_and_filters(table):
    grouped = table.mutate(m=table.day.truncate("M")).group_by("m").aggregate(n=table.n.sum())
    assert sorted(row["n"] for row in rows(grouped)) == [1, 5]


def test_joins_keep_their_columns(table):
    other = table.select(key="n", y="x")
    joined = table.join(other, [table.n == other.key])
    assert len(rows(joined)) == 3


def test_a_list_inside_the_query(engine, table):
    words = ibis.literal(["a", "b"], type="array<string>").unnest().name("w").as_table()
    found = table.join(words, table.s.strip() == words.w)
    assert len(engine.connection.to_pyarrow(found).to_pylist()) == 2


def test_distinct_limit_and_row_numbers(table):
    numbered = table.mutate(row=ibis.row_number())
    assert rows(numbered.filter(numbered.n == 2).limit(1).select("row")) == [{"row": 1}]
    assert table.limit(2).select("s").distinct().count().to_pyarrow().as_py() == 2


def test_functions_of_the_engine(table):
    @ibis.udf.scalar.builtin(signature=(("string", "string"), "timestamp"))
    def try_strptime(text, form): ...

    parsed = table.select(t=try_strptime(ibis.literal("31/12/2026"), "%d/%m/%Y").cast("date"))
    assert rows(parsed)[0]["t"] == dt.date(2026, 12, 31)


def test_files_of_every_kind(engine, tmp_path):
    (tmp_path / "t.csv").write_text('a,b\n1,"x,\ny"\n')
    (tmp_path / "t.jsonl").write_text('{"a": 1, "b": "x"}\n')
    pq.write_table(pa.table({"a": ["1"]}), tmp_path / "t.parquet")
    connection = engine.connection
    text = connection.read_csv(
        str(tmp_path / "t.csv"),
        header=True,
        columns={"a": "VARCHAR", "b": "VARCHAR"},
        auto_detect=False,
        strict_mode=True,
    )
    assert rows(text) == [{"a": "1", "b": "x,\ny"}]
    lines = connection.read_json(
        str(tmp_path / "t.jsonl"), columns={"a": "VARCHAR"}, format="newline_delimited"
    )
    assert rows(lines) == [{"a": "1"}]
    both = connection.read_parquet([str(tmp_path / "t.parquet")] * 2, hive_partitioning=False)
    assert len(rows(both)) == 2
    text.to_parquet(tmp_path / "copy.parquet")
    assert rows(connection.read_parquet(str(tmp_path / "copy.parquet")))[0]["a"] == "1"


def test_the_engine_is_locked(engine):
    import duckdb

    for statement in ("SET threads = 1", "INSTALL httpfs"):
        with pytest.raises(duckdb.Error):
            engine.connection.con.execute(statement)
