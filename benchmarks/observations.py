"""How fast are observations, beside SQL written by hand and beside pandas?

Ten million fact rows in Parquet (`--rows`), ten years, twenty regions: twelve KPIs by
month and region through kpikit, the same by one hand-written statement on the same
engine, and by a pandas group-by. Then 10, 100 and 1,000 KPIs over one table. Each is
run in a process of its own; printed are medians of `--runs`, and the peak of memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FORMULAS = {
    "orders": "count(*)",
    "income": "sum(price * pieces)",
    "pieces": "sum(pieces)",
    "rate": "sum(price * pieces) / sum(pieces)",
    "mean_price": "avg(price)",
    "dearest": "max(price)",
    "cheapest": "min(price)",
    "won": "count(*) filter (where won)",
    "won_share": "count(*) filter (where won) / count(*)",
    "won_income": "sum(price * pieces) filter (where won)",
    "cost": "sum(cost)",
    "margin": "(sum(price * pieces) - sum(cost)) / sum(price * pieces)",
}
SQL = """
select region, date_trunc('month', day) as m, count(*) as orders,
  sum(price * pieces) as income, sum(pieces) as pieces,
  sum(price * pieces) / nullif(sum(pieces), 0) as rate, avg(price) as mean_price,
  max(price) as dearest, min(price) as cheapest, count(*) filter (where won) as won,
  count(*) filter (where won) / count(*) as won_share,
  sum(price * pieces) filter (where won) as won_income, sum(cost) as cost,
  (sum(price * pieces) - sum(cost)) / nullif(sum(price * pieces), 0) as margin
from '{path}' group by all
"""
COLUMNS = {
    "day": "date",
    "region": "text",
    "price": "number",
    "cost": "number",
    "pieces": "integer",
    "won": "boolean",
    "customer": "integer",
    "shop": "integer",
}


def make(folder: Path, rows: int) -> None:
    """Write the facts and the strategies over them."""
    import duckdb
    import yaml

    path = folder / "facts.parquet"
    duckdb.connect().execute(
        f"""copy (select date '2016-01-01' + cast(i * 3653 // {rows} as int) as day,
        'region ' || lpad(cast(hash(i) % 20 as varchar), 2, '0') as region,
        5 + (hash(i + 1) % 10000) / 100.0 as price, 2 + (hash(i + 2) % 5000) / 100.0 as cost,
        cast(1 + hash(i + 3) % 9 as int) as pieces, hash(i + 4) % 3 = 0 as won,
        cast(hash(i + 5) % 500000 as int) as customer, cast(hash(i + 6) % 50 as int) as shop
        from range({rows}) t(i)) to '{path}' (format parquet)"""
    )
    many = {
        f"kpi_{n}": f"sum(price * pieces) filter (where region = 'region {n % 20:02}' "
        f"and shop = {n // 20})"
        for n in range(1_000)
    }
    distinct = {"customers": "count(distinct customer)", "middle": "median(price)"}
    sets = {"twelve": FORMULAS, "distinct": distinct, "ten": dict(list(many.items())[:10])}
    sets |= {"hundred": dict(list(many.items())[:100]), "thousand": many}
    for name, formulas in sets.items():
        document = {
            "version": 1,
            "organisation": {"name": "Benchmark"},
            "sources": {"facts": {"path": path.name, "time": "day", "columns": COLUMNS}},
            "kpis": {
                kpi: {
                    "title": kpi,
                    "department": "company",
                    "owner": "nobody",
                    "source": "facts",
                    "unit": "number",
                    "direction": "higher_is_better",
                    "formula": formula,
                }
                for kpi, formula in formulas.items()
            },
        }
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def run(task: str, folder: Path) -> dict[str, float]:
    """Carry out one task here, and return its seconds and the peak of memory."""
    path = folder / "facts.parquet"
    if task == "sql":
        import duckdb

        connection = duckdb.connect(config={"threads": 2, "memory_limit": "300MB"})
        start = time.perf_counter()
        connection.execute(SQL.format(path=path)).df()
    elif task == "pandas":
        import pandas as pd

        start = time.perf_counter()
        frame = pd.read_parquet(path)
        frame["m"] = frame["day"].astype("datetime64[s]").dt.to_period("M").dt.start_time
        frame["income"] = frame["price"] * frame["pieces"]
        frame["won_income"] = frame["income"].where(frame["won"])
        frame.groupby(["region", "m"]).agg(
            orders=("price", "size"),
            income=("income", "sum"),
            pieces=("pieces", "sum"),
            mean_price=("price", "mean"),
            dearest=("price", "max"),
            cheapest=("price", "min"),
            won=("won", "sum"),
            won_income=("won_income", "sum"),
            cost=("cost", "sum"),
        )
    else:
        import ibis  # noqa: F401 - what is imported once is not what is measured

        from kpikit import build_observations, load_strategy

        strategy = load_strategy(folder / f"{task}.yaml")
        start = time.perf_counter()
        build_observations(strategy, by="region" if task in ("twelve", "distinct") else None)
    seconds = time.perf_counter() - start
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if "VmHWM" in line)
        return {"seconds": seconds, "mb": int(peak.split()[1]) / 1024}
    return {"seconds": seconds, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--tasks", nargs="*")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run(options.one, options.folder)))
        return
    tasks = options.tasks or ["sql", "twelve", "pandas", "distinct", "ten", "hundred", "thousand"]
    with tempfile.TemporaryDirectory() as place:
        make(Path(place), options.rows)
        found: dict[str, list[dict[str, float]]] = {task: [] for task in tasks}
        for _ in range(options.runs):
            for task in tasks:  # in turn, so that a noisy minute hits all alike
                command = [sys.executable, __file__, "--one", task, "--folder", place]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found[task].append(json.loads(done.stdout))
    print("task       seconds   peak MB")
    for task, values in found.items():
        seconds = sorted(value["seconds"] for value in values)[len(values) // 2]
        peak = max(value["mb"] for value in values)
        print(f"{task:9}  {seconds:7.2f}  {peak:8.0f}")


if __name__ == "__main__":
    main()
