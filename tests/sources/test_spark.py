"""The same formulas on Spark; runs where pyspark is installed (`pip install kpikit[spark]`)."""

import numpy as np
import pandas as pd
import pytest

from kpikit.observations import build_observations

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # its own, about its own dependencies

FORMULAS = {
    "rows": "count(*)",
    "income": "sum(price * pieces)",
    "rate": "sum(price * pieces) / sum(pieces)",
    "none": "sum(price) / sum(pieces - pieces)",
    "won": "sum(price) filter (where won)",
    "kinds": "count(distinct kind)",
    "middle": "median(price)",
    "rounded": "sum(round(price, 1))",
    "days": "sum(days_between(day, due))",
    "north": "count(*) filter (where lower(trim(kind)) = 'north')",
    "made": "max(days_between(make_date(2026, 1, 1), day))",
}


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    for place in ("host", "bindAddress"):
        builder = builder.config(f"spark.driver.{place}", "127.0.0.1")
    folder = tmp_path_factory.mktemp("warehouse")
    session = builder.config("spark.sql.warehouse.dir", str(folder)).getOrCreate()
    yield session
    session.stop()


@pytest.mark.parametrize(("grain", "by"), [("month", None), ("week", None), ("quarter", "kind")])
def test_values_agree_with_the_embedded_engine(company, session, monkeypatch, tmp_path, grain, by):
    rng = np.random.default_rng(3)
    n = 2_000
    day = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 86_400 * 120, n), "s")
    facts = pd.DataFrame(
        {
            "day": day.astype("datetime64[us]"),
            "due": (day + pd.to_timedelta(rng.integers(0, 30, n), "D")).astype("datetime64[us]"),
            "price": np.round(rng.lognormal(3, 1, n), 2),
            "pieces": rng.integers(0, 9, n),
            "won": rng.random(n) < 0.4,
            "kind": rng.choice(["North", " north ", "South", "NA"], n),
        }
    )
    facts.loc[::17, "price"] = np.nan
    kpis = {name: {"formula": formula} for name, formula in FORMULAS.items()}
    embedded = company(facts, kpis=kpis)
    session.read.parquet(str(tmp_path / "facts.parquet")).createOrReplaceTempView("facts")
    monkeypatch.setenv("KPIKIT_TEST_SPARK", "spark://local")
    remote = {"path": None, "table": "facts", "connection": "${KPIKIT_TEST_SPARK}"}
    columns = {
        "day": "timestamp",
        "due": "timestamp",
        "price": "number",
        "pieces": "integer",
        "won": "boolean",
        "kind": "text",
    }
    here = build_observations(embedded, grain=grain, by=by)
    there = build_observations(
        company(facts, kpis=kpis, columns=columns, source=remote), grain=grain, by=by
    )
    pd.testing.assert_frame_equal(here.to_frame(), there.to_frame(), rtol=1e-9, atol=1e-12)
