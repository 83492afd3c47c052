"""The same formulas on the embedded engine and on a real PostgreSQL, with equal values."""

import traceback

import numpy as np
import pandas as pd
import pytest
from postgres_server import PASSWORD

from kpikit.errors import DataError
from kpikit.observations import build_observations
from kpikit.observations.same_point import compare_same_point
from kpikit.sources import check_sources

ZONE = "Europe/Berlin"
FORMULAS = {
    "rows": "count(*)",
    "income": "sum(price * pieces)",
    "rate": "sum(price * pieces) / sum(pieces)",
    "mean": "avg(price)",
    "none": "sum(price) / sum(pieces - pieces)",
    "won": "count(*) filter (where won)",
    "won_share": "sum(case when won then 1 else 0 end) / count(*)",
    "kinds": "count(distinct kind)",
    "middle": "median(price)",
    "high": "quantile(price, 0.9)",
    "span": "max(price) - min(price)",
    "rounded": "sum(round(price, 1))",
    "days": "sum(days_between(day, due))",
    "late": "count(*) filter (where due > day + 10)",
    "north": "count(*) filter (where lower(trim(kind)) = 'north')",
    "like": "count(*) filter (where kind like 'N%' or kind is null)",
    "filled": "sum(coalesce(pieces, 100))",
    "made": "max(days_between(make_date(2026, 1, 1), day))",
    "month": "max(month_number(name))",
    "halves": "sum(pieces / 2)",
    "stock": "cumulative(count(*) filter (where due > period_end))",
    "so_far": "cumulative(sum(price))",
    "window": "rolling(sum(price) / count(price), 2)",
    "known": "rolling(count(distinct kind), 2)",
    "quarter": "to_date(median(price), 'quarter')",
    "balance": "at_end(sum(pieces))",
    "moved": "converted(pieces, won, not won, 10) / count(distinct pieces)",
    "codes": "count(*) filter (where left(kind, 1) = 'N' and hour(at) < 12)",
    "calendar": "sum(weekday(day) + year(day) + month(day))",
}


@pytest.fixture(scope="module")
def facts():
    rng = np.random.default_rng(7)
    n = 4_000
    instants = pd.Timestamp("2026-01-31T20:00:00Z") + pd.to_timedelta(
        rng.integers(0, 86_400 * 75, n), unit="s"
    )
    frame = pd.DataFrame(
        {
            "at": instants.as_unit("us"),
            "price": np.round(rng.lognormal(3, 1, n), 2),
            "pieces": pd.array(rng.integers(0, 9, n), dtype="Int64"),
            "won": rng.random(n) < 0.4,
            "kind": rng.choice(["North", " north ", "South", "NA", ""], n),
            "name": rng.choice(["January", "feb", "Marchy"], n),
            "due": (instants.tz_localize(None) + pd.to_timedelta(rng.integers(0, 30, n), "D"))
            .normalize()
            .astype("datetime64[us]"),
        }
    )
    frame.loc[::17, "price"] = np.nan
    frame.loc[::23, "pieces"] = pd.NA
    frame.loc[::29, "kind"] = None
    frame.loc[5, "price"] = 2.25
    return frame


@pytest.fixture(scope="module")
def address(postgres, facts):
    """Put the facts into the database, numbers that are none included."""
    import psycopg

    columns = "at timestamptz, price double precision, pieces integer, won boolean, kind text"
    known = facts.notna() | (facts.columns == "price")  # there NaN stays, which is no number
    with psycopg.connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute("create schema if not exists crm")
        cursor.execute(f"create table crm.facts ({columns}, name text, due date)")
        with cursor.copy("copy crm.facts from stdin") as copy:
            for row in facts.astype(object).where(known, None).itertuples(index=False):
                copy.write_row(row)
        cursor.execute("create view crm.seen as select * from crm.facts")
    return postgres


def strategies(company, facts, *, table="crm.facts", calendar=None):
    kpis = {name: {"formula": formula} for name, formula in FORMULAS.items()}
    rest = {
        "kpis": kpis,
        "organisation": {"name": "The company", "time_zone": ZONE} | (calendar or {}),
        "columns": {
            "at": "timestamp",
            "price": "number",
            "pieces": "integer",
            "won": "boolean",
            "kind": "text",
            "name": "text",
            "due": "date",
        },
    }
    derive = {"derive": {"day": "at"}}
    embedded = company(facts, source=derive, **rest)
    remote = company(
        facts,
        source=derive | {"path": None, "table": table, "connection": "${KPIKIT_TEST_DB}"},
        **rest,
    )
    return embedded, remote


@pytest.mark.parametrize(("grain", "by"), [("month", None), ("month", "kind"), ("week", None)])
def test_values_agree_between_engines(company, facts, address, monkeypatch, grain, by):
    monkeypatch.setenv("KPIKIT_TEST_DB", address)
    embedded, remote = strategies(company, facts)
    here = build_observations(embedded, grain=grain, by=by)
    there = build_observations(remote, grain=grain, by=by)
    pd.testing.assert_frame_equal(here.to_frame(), there.to_frame(), rtol=1e-9, atol=1e-12)
    pd.testing.assert_frame_equal(here.missing, there.missing)
    assert here.to_frame()["value"].notna().sum() > 30


@pytest.mark.parametrize("grain", ["week", "month", "quarter", "year"])
@pytest.mark.parametrize(
    "calendar",
    [
        {"fiscal_year_start": 3, "week_start": "sunday"},
        {
            "fiscal_year_start": 2,
            "week_start": "sunday",
            "calendar": "4-5-4",
            "year_end": "nearest",
        },
    ],
)
def test_periods_agree_between_engines_on_any_calendar(
    company, facts, address, monkeypatch, calendar, grain
):
    monkeypatch.setenv("KPIKIT_TEST_DB", address)
    embedded, remote = strategies(company, facts, calendar=calendar)
    kpis = ["rows", "income"]
    here, there = (build_observations(one, grain=grain, kpis=kpis) for one in (embedded, remote))
    pd.testing.assert_frame_equal(here.to_frame(), there.to_frame(), rtol=1e-9)
    counted = here.to_frame().query("kpi == 'rows'").set_index("period_start")["value"]
    local = facts["at"].dt.tz_convert(ZONE).dt.date
    starts = pd.to_datetime(local.map(lambda day: embedded.calendar.start(day, grain)))
    assert counted.to_dict() == starts.value_counts().astype(float).to_dict()
    here, there = (compare_same_point(one, grain=grain, kpis=kpis) for one in (embedded, remote))
    pd.testing.assert_frame_equal(here.to_frame(), there.to_frame(), rtol=1e-9)


def test_months_end_at_midnight_of_the_organisations_zone(company, facts, address, monkeypatch):
    monkeypatch.setenv("KPIKIT_TEST_DB", address)
    _, remote = strategies(company, facts)
    frame = build_observations(remote, kpis=["rows"]).to_frame()
    local = facts["at"].dt.tz_convert(ZONE).dt.strftime("%Y-%m").value_counts().sort_index()
    assert frame["value"].tolist() == local.tolist()


def test_a_view_is_read_like_a_table_and_checked(company, facts, address, monkeypatch):
    monkeypatch.setenv("KPIKIT_TEST_DB", address)
    _, remote = strategies(company, facts, table="crm.seen")
    found = check_sources(remote).to_frame().set_index("check")
    assert found.loc["rows", "rows"] == len(facts)


def test_nothing_can_be_written_through_the_connection(address, monkeypatch):
    import psycopg

    from kpikit.sources.connect import connect

    monkeypatch.setenv("KPIKIT_TEST_DB", address)
    connection = connect("${KPIKIT_TEST_DB}", time_zone=ZONE, where="sources.facts")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.raw_sql("create table crm.left_behind (x int)")
    connection.disconnect()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the environment variable KPIKIT_TEST_DB is not set"),
        ("mongodb://kpikit:{secret}@127.0.0.1/x", "of no known kind"),
        ("postgresql://kpikit:{secret}x@127.0.0.1:{port}/postgres", "does not answer"),
        ("postgresql://kpikit:{secret}@127.0.0.1:1/postgres", "does not answer"),
    ],
)
def test_a_connection_that_fails_tells_no_secret(
    company, facts, address, monkeypatch, capfd, value, message
):
    from urllib.parse import quote

    _, remote = strategies(company, facts)
    secret, port = quote(PASSWORD, safe=""), address.rpartition(":")[2].partition("/")[0]
    if value is None:
        monkeypatch.delenv("KPIKIT_TEST_DB", raising=False)
    else:
        monkeypatch.setenv("KPIKIT_TEST_DB", value.format(secret=secret, port=port))
    with pytest.raises(DataError, match=message) as caught:
        build_observations(remote)
    told = "".join((*traceback.format_exception(caught.value), *capfd.readouterr()))
    assert PASSWORD not in told
    assert secret not in told


def test_a_database_that_takes_too_long_is_given_up(company, facts, address, monkeypatch):
    import psycopg

    with psycopg.connect(address) as connection:
        connection.execute(
            "create or replace view crm.slow as select f.*, pg_sleep(0.01)::text as waited "
            "from crm.facts f"
        )
    monkeypatch.setenv("KPIKIT_TEST_DB", address)
    monkeypatch.setenv("KPIKIT_ENGINE_TIMEOUT", "1")
    strategy = company(
        facts,
        kpis={"n": "count(distinct waited)"},
        source={
            "path": None,
            "table": "crm.slow",
            "connection": "${KPIKIT_TEST_DB}",
            "time": "at",
        },
    )
    with pytest.raises(DataError, match="facts.*statement timeout"):
        build_observations(strategy)
    monkeypatch.setenv("KPIKIT_ENGINE_TIMEOUT", "soon")
    with pytest.raises(DataError, match="KPIKIT_ENGINE_TIMEOUT is 'soon'"):
        build_observations(strategy)


def test_a_missing_table_and_a_wrong_type_are_named(company, facts, address, monkeypatch):
    monkeypatch.setenv("KPIKIT_TEST_DB", address)
    _, remote = strategies(company, facts, table="crm.nothing")
    with pytest.raises(DataError, match=r"the table 'crm\.nothing' cannot be read"):
        build_observations(remote)
    wrong = company(
        facts,
        kpis={"n": "count(*)"},
        columns={"at": "timestamp", "kind": "number"},
        source={
            "path": None,
            "table": "crm.facts",
            "connection": "${KPIKIT_TEST_DB}",
            "time": "at",
        },
    )
    with pytest.raises(DataError, match="column 'kind' holds text, and is declared as number"):
        build_observations(wrong)
