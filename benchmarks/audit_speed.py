"""How long an audit of many KPIs takes, with the facts and without, and how much memory.

Makes a company of so many KPIs in departments of seven: five years of daily facts, a source for
each department, a lead claimed by every other KPI, an objective for each department, and targets
for the quarter that runs and for past ones. Then it is audited in one call, without evidence and
with it. The bar for a thousand KPIs: 2 s without, 90 s with it, on two cores.

    python benchmarks/audit_speed.py --kpis 1000 --past 4 --workers 2
"""

from __future__ import annotations

import argparse
import resource
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import pandas as pd
import yaml

from kpikit import audit, build_observations, load_strategy

AS_OF = date(2026, 10, 15)
TEAM = 7
DAYS = pd.date_range("2021-10-01", "2026-10-14")
QUARTERS = [f"{year}Q{quarter}" for year in range(2021, 2027) for quarter in (1, 2, 3, 4)]


def main() -> None:
    """Print seconds of wall and of processor, the peak of memory, and what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kpis", type=int, default=1000)
    parser.add_argument("--past", type=int, default=4, help="targets of quarters gone by, a KPI")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        file = make_company(Path(folder), given.kpis, given.past)
        strategy = load_strategy(file)
        observed = build_observations(strategy, as_of=AS_OF)
        print(f"{given.kpis} KPIs, {len(observed.to_frame()):,} observations", flush=True)
        _timed("without evidence", lambda: audit(strategy, as_of=AS_OF))
        _timed(
            "with evidence",
            lambda: audit(strategy, observations=observed, as_of=AS_OF, workers=given.workers),
        )


def _timed(name: str, ask) -> None:  # noqa: ANN001
    wall, spent = perf_counter(), _processor()
    found = ask()
    wall, spent = perf_counter() - wall, _processor() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name}: {wall:.1f} s of wall, {spent:.1f} s of processor, {peak:.0f} MB at most")
    print(f"  {found.summary()}", flush=True)


def _processor() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def make_company(folder: Path, count: int, past: int) -> Path:
    """Write the facts and the strategy of a company, and return the strategy's file."""
    rng = np.random.default_rng(1)
    teams = {f"team_{n}": min(TEAM, count - n * TEAM) for n in range(-(-count // TEAM))}
    document = {
        "version": 1,
        "organisation": {"name": "Large", "currency": "EUR"},
        "sources": {},
        "objectives": {},
        "departments": {},
        "kpis": {},
    }
    for team, size in teams.items():
        facts = _facts(rng, size)
        facts.to_parquet(folder / f"{team}.parquet", index=False)
        kinds = {f"x{n}": "number" for n in range(size)}
        document["sources"][team] = {
            "path": f"{team}.parquet",
            "time": "day",
            "columns": {"day": "date", **kinds},
        }
        document["departments"][team] = _department(team, size)
        quarterly = facts.groupby(facts["day"].dt.to_period("Q"))[list(kinds)].sum()
        for n in range(size):
            document["kpis"][f"{team}_{n}"] = _kpi(team, n, quarterly[f"x{n}"], past, rng)
        document["objectives"][team] = {
            "title": f"More of the first of {team}",
            "owner": f"{team}_lead",
            "kpi": f"{team}_0",
            "baseline": 1.0,
            "target": float(quarterly["x0"].iloc[-2] * 0.4),
            "by": "2027-03-31",
        }
    file = folder / "strategy.yaml"
    file.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False), encoding="utf-8")
    return file


def _facts(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Return a column for each KPI: a level, a slope, a season, and noise with a memory."""
    at = np.arange(len(DAYS))
    season = 1 + 0.2 * np.sin(2 * np.pi * at / 365.25)
    columns = {}
    for n in range(size):
        months = rng.normal(0, 0.05, len(DAYS) // 30 + 1).cumsum() * 0.5
        level = 100 * np.exp(rng.normal(0, 0.2) * at / len(DAYS) + months[at // 30])
        columns[f"x{n}"] = rng.poisson(level * season).astype(float)
    return pd.DataFrame({"day": DAYS, **columns})


def _department(team: str, size: int) -> dict[str, object]:
    return {
        "title": team,
        "parent": "company",
        "owner": f"{team}_lead",
        "responsibilities": {f"duty_{n}": 1 / size for n in range(size)},
    }


def _kpi(
    team: str, n: int, quarterly: pd.Series, past: int, rng: np.random.Generator
) -> dict[str, object]:
    known = {str(quarter): float(value) for quarter, value in quarterly.items()}
    names = QUARTERS[QUARTERS.index("2026Q4") - past : QUARTERS.index("2026Q4") + 1]
    targets = [
        {"period": name, "committed": float(known[back] * rng.normal(1, 0.1)), "basis": "a guess"}
        for name, back in ((name, f"{int(name[:4]) - 1}{name[4:]}") for name in names)
    ]
    kpi: dict[str, object] = {
        "title": f"{team} {n}",
        "department": team,
        "owner": f"{team}_{n % 2}",
        "source": team,
        "formula": f"sum(x{n})",
        "unit": "count",
        "direction": "higher_is_better" if n % 3 else "lower_is_better",
        "covers": [f"duty_{n}"],
        "targets": targets,
        "last_reviewed": "2026-07-02",
    }
    if n:
        kpi["contributes"] = [f"{team}_0" if n > 1 else team]
    if n % 2:
        kpi["leads"] = [{"kpi": f"{team}_0", "lag": 1, "sign": "positive"}]
        kpi["guardrails"] = [f"{team}_{n - 1}"]
    return kpi


if __name__ == "__main__":
    main()
