"""Do the engines agree, and how long does each take over the same KPIs?

Orders in Parquet (`--rows`), six KPIs by month and region: on the embedded engine and,
where `pip install kpikit[spark]` was run, on Spark with the same strategy file but for
its source. Values must agree to 1e-9. Printed are medians of `--runs`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import pandas as pd
import yaml

from kpikit import build_observations, load_strategy

FORMULAS = {
    "orders": "count(*)",
    "income": "sum(price * pieces)",
    "rate": "sum(price * pieces) / sum(pieces)",
    "won": "count(*) filter (where won)",
    "customers": "count(distinct customer)",
    "middle": "median(price)",
}
COLUMNS = {"day": "date", "region": "text", "price": "number", "pieces": "integer"}
COLUMNS |= {"won": "boolean", "customer": "integer"}


def make(folder: Path, rows: int) -> None:
    """Write the facts, and a strategy for each engine."""
    import duckdb

    path = folder / "orders.parquet"
    duckdb.connect().execute(
        f"""copy (select date '2016-01-01' + cast(i * 3653 // {rows} as int) as day,
        'region ' || (hash(i) % 12) as region, 5 + (hash(i + 1) % 10000) / 100.0 as price,
        cast(1 + hash(i + 3) % 9 as int) as pieces, hash(i + 4) % 3 = 0 as won,
        cast(hash(i + 5) % 50000 as int) as customer from range({rows}) t(i))
        to '{path}' (format parquet)"""
    )
    sources = {
        "embedded": {"path": path.name},
        "spark": {"table": "orders", "connection": "${KPIKIT_BENCHMARK_SPARK}"},
    }
    kpi = {"department": "company", "owner": "nobody", "source": "orders", "unit": "number"}
    kpi["direction"] = "higher_is_better"
    for name, source in sources.items():
        document = {
            "version": 1,
            "organisation": {"name": "Benchmark"},
            "sources": {"orders": source | {"time": "day", "columns": COLUMNS}},
            "kpis": {
                key: kpi | {"title": key, "formula": formula} for key, formula in FORMULAS.items()
            },
        }
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def start_spark(path: Path) -> None:
    """Start a local Spark that knows the facts as a table."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    for place in ("host", "bindAddress"):
        builder = builder.config(f"spark.driver.{place}", "127.0.0.1")
    builder.getOrCreate().read.parquet(str(path)).createOrReplaceTempView("orders")
    os.environ["KPIKIT_BENCHMARK_SPARK"] = "spark://local"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make(folder, options.rows)
        names = ["embedded"]
        try:
            start_spark(folder / "orders.parquet")
            names.append("spark")
        except ImportError:
            print("Spark is not installed; pip install kpikit[spark]")
        found: dict[str, pd.DataFrame] = {}
        print("engine      seconds")
        for name in names:
            strategy, seconds = load_strategy(folder / f"{name}.yaml"), []
            for _ in range(options.runs):
                start = time.perf_counter()
                found[name] = build_observations(strategy, by="region").to_frame()
                seconds.append(time.perf_counter() - start)
            print(f"{name:10}  {statistics.median(seconds):7.2f}", flush=True)
        for name in names[1:]:
            pd.testing.assert_frame_equal(found["embedded"], found[name], rtol=1e-9)
            print(f"{name} agrees with the embedded engine")


if __name__ == "__main__":
    main()
