"""How true are the chances of targets, and who is named that should not be?

    python benchmarks/targets.py [--runs N] [--seed N] [--only chances,cascade,habits,anchors]
    python benchmarks/targets.py --data FOLDER [--series N]

Without `--data`, on KPIs made from a seed:

- chances: monthly KPIs (a season or none; a level that stays, drifts, or grows; noise in
  proportion) of 30, 60 and 120 months. The target proposed at 90, 80, 70, 50 and 30 % for the
  next 3 or 12 months (sum), the third month (last), a quarter of which one month is gone
  (sum, to date), and a quotient over 3 months is held against what comes.
- cascade: four segments whose errors go together; the joint chance of their targets against
  the share of simulated futures in which all are reached.
- habits: past cycles of owners who set targets at 80 %, give or take, and of others who set
  them low, who know what comes and stay just below it, or who follow the last outcome.
- anchors: periods that were like all others, and some that were 3 or 5 spreads off.

With `--data`, on collections that may not be shipped: FOLDER holds `forecast*.parquet`
(`series_id, freq (M, Q, W, Y), t, y, split (train, test)`) and `target_proposals*.parquet`
(`series_id, freq, kind (sum, level), K, g, target`): targets made from the training part alone.
Printed by quantity: the share of outcomes reaching the target proposed at each chance, the
share inside the central 80 % and 95 %, and over all proposals the calibration error in ten
groups (ECE) and the Brier score. Standard errors are those of a share.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from kpikit import find_sandbagging, propose_targets, score_record
from kpikit.forecasting.outcomes import forecast_outcomes
from kpikit.targets.anchors import find_anchor
from kpikit.targets.joint import correlation_of, joint_chance

CHANCES = (0.9, 0.8, 0.7, 0.5, 0.3)
LEVELS = (0.025, 0.1, *(round(1 - chance, 2) for chance in CHANCES if chance != 0.9), 0.9, 0.975)
LEVELS = tuple(sorted(set(LEVELS)))
LENGTHS = (30, 60, 120)
AHEAD = 12
KINDS = (
    ("sum", 3, "sum"),
    ("sum", 12, "sum"),
    ("level", 3, "last"),
    ("to date", 3, "sum"),
    ("ratio", 3, "ratio"),
)
GRAINS = {"M": "month", "Q": "quarter", "W": "week", "Y": "year"}
STEPS = {"M": "MS", "Q": "QS", "W": "W-MON", "Y": "YS"}


def kpi(rng: np.random.Generator, length: int) -> np.ndarray:
    """Return one monthly KPI of `length` months and a year after."""
    total = length + AHEAD
    noise = np.zeros(total + 24)
    memory = rng.uniform(0, 0.8)
    for now in range(1, len(noise)):
        noise[now] = memory * noise[now - 1] + rng.normal()
    season = rng.normal(size=12) * rng.choice([0.0, 1.5])
    drift = np.cumsum(rng.normal(size=total)) * rng.choice([0.0, 0.3])
    size = rng.uniform(0.01, 0.08)
    moves = noise[24:] + season[np.arange(total) % 12] + drift
    return 100 * np.exp(size * moves + rng.normal() * 0.004 * np.arange(total))


def panel_of(values: list[np.ndarray], length: int, **columns: list[np.ndarray]) -> pd.DataFrame:
    """Return the first `length` months of every KPI as a panel."""
    months = pd.date_range("2012-01-01", periods=length, freq="MS")
    parts = [
        pd.DataFrame(
            {"kpi": f"{run:05d}", "segment": "", "period_start": months, "value": value[:length]}
        ).assign(**{name: rows[run][:length] for name, rows in columns.items()})
        for run, value in enumerate(values)
    ]
    return pd.concat(parts, ignore_index=True)


def hits(found: pd.DataFrame, came: np.ndarray) -> dict[str, float]:
    """Return the share of outcomes reaching each target, and inside two intervals."""
    shares = {
        f"{chance:.0%}": float((came >= found[f"q{1 - chance:.2g}"].to_numpy()).mean())
        for chance in CHANCES
    }
    inside = {
        f"inside {name}": float(
            ((came >= found[low].to_numpy()) & (came <= found[high].to_numpy())).mean()
        )
        for name, low, high in (("80", "q0.1", "q0.9"), ("95", "q0.025", "q0.975"))
    }
    return shares | inside


def made_chances(runs: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield one row per length and kind, on KPIs made here."""
    for length in LENGTHS:
        rng = np.random.default_rng([seed, length])
        values = [kpi(rng, length) for _ in range(runs)]
        below = [np.round(50 * kpi(rng, length)) for _ in range(runs)]
        shares = [0.5 + 0.001 * value for value in values]
        above = [share * base for share, base in zip(shares, below, strict=True)]
        for kind, steps, aggregate in KINDS:
            gone = 1 if kind == "to date" else 0
            cut = length + gone
            ends = slice(length, length + steps)
            came = np.array([value[ends].sum() for value in values])
            if aggregate == "last":
                came = np.array([value[length + steps - 1] for value in values])
            if aggregate == "ratio":
                came = np.array(
                    [
                        one[ends].sum() / base[ends].sum()
                        for one, base in zip(above, below, strict=True)
                    ]
                )
            panel = panel_of(values, cut, numerator=above, denominator=below)
            running = panel.groupby("kpi").tail(gone) if gone else None
            found = propose_targets(
                panel,
                horizon=steps - gone,
                aggregate=aggregate,
                quantiles=LEVELS,
                to_date=running,
                grain="month",
            )
            yield {"months": length, "kind": f"{kind} {steps}", "n": runs} | hits(
                found.to_frame(), came
            )


def collected_chances(folder: Path, limit: int | None) -> Iterator[dict[str, object]]:
    """Yield one row per frequency and kind, on collections lying in a folder."""
    data = pd.concat(pd.read_parquet(file) for file in sorted(folder.glob("forecast*.parquet")))
    wanted = pd.concat(
        pd.read_parquet(file) for file in sorted(folder.glob("target_proposals*.parquet"))
    )
    data["split"] = data["split"].astype(str)
    for freq, rows in data.groupby("freq", sort=False):
        names = rows["series_id"].unique()[:limit]
        rows = rows[rows["series_id"].isin(names)].sort_values(["series_id", "t"])
        own = wanted[(wanted["freq"] == freq) & wanted["series_id"].isin(names)]
        test = {
            name: one["y"].to_numpy()
            for name, one in rows[rows["split"] != "train"].groupby("series_id")
        }
        panel = rows[rows["split"] == "train"].rename(columns={"series_id": "kpi", "y": "value"})
        dates = pd.date_range(
            "1700-01-01", periods=int(panel["t"].max()) + 1, freq=STEPS[str(freq)]
        )
        panel = panel.assign(period_start=dates[panel["t"]], segment="")
        panel = panel[["kpi", "segment", "period_start", "value"]]
        for (kind, steps), proposals in own.groupby(["kind", "K"]):
            yield one_quantity(panel, test, proposals, str(freq), str(kind), int(steps))


def one_quantity(  # noqa: PLR0913 - each argument is a part of the question
    panel: pd.DataFrame,
    test: dict[str, np.ndarray],
    proposals: pd.DataFrame,
    freq: str,
    kind: str,
    steps: int,
) -> dict[str, object]:
    """Return the scores of one quantity of one frequency."""
    names = [name for name in proposals["series_id"].unique() if len(test[name]) >= steps]
    found = propose_targets(
        panel[panel["kpi"].isin(names)],
        horizon=steps,
        aggregate="sum" if kind == "sum" else "last",
        quantiles=LEVELS,
        grain=GRAINS[freq],
    )
    frame = found.to_frame()
    came = {
        name: test[name][:steps].sum() if kind == "sum" else test[name][steps - 1] for name in names
    }
    scored = proposals[proposals["series_id"].isin(names)]
    record = score_record(
        pd.DataFrame(
            {
                "chance": [
                    found.attainment(name, target)
                    for name, target in zip(scored["series_id"], scored["target"], strict=True)
                ],
                "reached": [
                    float(came[name] >= target)
                    for name, target in zip(scored["series_id"], scored["target"], strict=True)
                ],
            }
        )
    )
    return (
        {"freq": freq, "kind": f"{kind} {steps}", "n": len(names)}
        | hits(frame, np.array([came[name] for name in frame["kpi"]]))
        | {"ECE": record.calibration_error, "Brier": record.brier}
    )


def cascade(runs: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield the joint chance of four segments' targets beside what came of many futures."""
    length, steps, parts = 60, 3, 4
    for tied in (0.0, 0.5, 0.8):
        rng = np.random.default_rng([seed, 17, int(tied * 10)])
        told, came, alone = [], [], []
        for _ in range(runs):
            shared = rng.normal(size=(length + steps, 1))
            noise = np.sqrt(tied) * shared + np.sqrt(1 - tied) * rng.normal(
                size=(length + steps, parts)
            )
            values = 100 + 5 * noise
            panel = panel_of(list(values.T), length)
            outcomes, _ = forecast_outcomes(panel, steps=steps, aggregate="sum", grain="month")
            targets = np.array([np.quantile(one.draws, 0.2) for one in outcomes])
            correlation = correlation_of(outcomes, steps=steps)
            told.append(joint_chance(np.full(parts, 0.8), np.ones(parts), correlation))
            reached = values[length:].sum(axis=0) >= targets
            came.append(bool(reached.all()))
            alone.append(reached.mean())
        error = np.sqrt(np.mean(came) * (1 - np.mean(came)) / runs)
        yield {
            "errors tied by": tied,
            "n": runs,
            "each reached": np.mean(alone),
            "all: told": np.mean(told),
            "all: came": np.mean(came),
            "s.e.": error,
        }


def owner(
    rng: np.random.Generator, cycles: int, habit: str, noise: float, width: float
) -> pd.DataFrame:
    """Return the past cycles of one owner; outcomes vary by 1 around the forecast."""
    from scipy.stats import norm

    came, wobble = rng.normal(size=cycles), noise * rng.normal(size=cycles)
    target = -0.84 + wobble
    if habit == "low":
        target = -2.5 + wobble
    elif habit == "just beaten":
        target = came - rng.uniform(0.05, 0.8, cycles)
    elif habit == "follows":
        for now in range(1, cycles):
            last = came[now - 1] - target[now - 1] - 0.84
            target[now] = -0.84 + 0.7 * last + wobble[now]
    return pd.DataFrame(
        {
            "excess": (came - target) / width,
            "surprise": came / width,
            "attainment": norm.sf(target / width),
            "reached": (came >= target).astype(float),
        }
    )


def habits(runs: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield how many owners are named, by what they do."""
    for habit, noise in (
        ("honest", 0.0),
        ("honest", 0.5),
        ("honest", 1.0),
        ("low", 0.3),
        ("just beaten", 0.0),
        ("follows", 0.3),
    ):
        for cycles in (6, 8, 12, 20):
            for width in (0.7, 1.0, 3.0):
                rng = np.random.default_rng([seed, cycles, int(width * 10), int(noise * 10)])
                owners = pd.concat(
                    owner(rng, cycles, habit, noise, width).assign(kpi=f"{run:05d}")
                    for run in range(runs)
                )
                named = find_sandbagging(owners).to_frame()["verdict"] != "none"
                yield {
                    "owner": habit,
                    "noise": noise,
                    "cycles": cycles,
                    "spread told / true": width,
                    "n": runs,
                    "named": named.mean(),
                    "s.e.": np.sqrt(named.mean() * (1 - named.mean()) / runs),
                }


def anchors(runs: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield how often a run of periods is called unusual."""
    for span, season, length in ((1, 12, 60), (3, 12, 36), (3, 12, 60), (4, 4, 60)):
        for memory in (0.0, 0.5, 0.8):
            rng = np.random.default_rng([seed, span, length, int(memory * 10)])
            called = {0.0: [], 3.0: [], 5.0: []}
            for _ in range(runs):
                noise = np.zeros(length + 50)
                for now in range(1, len(noise)):
                    fresh = rng.normal() * np.sqrt(1 - memory**2)
                    noise[now] = memory * noise[now - 1] + fresh
                shape = 2 * rng.normal(size=season)[np.arange(length) % season]
                values = 100 + 0.05 * np.arange(length) + noise[50:] + shape
                first = length - max(season, span)
                for off in called:
                    moved = values.copy()
                    moved[first : first + span] += off
                    found = find_anchor(moved, first=first, span=span, season=season)
                    called[off].append(found is not None and found.is_unusual)
            yield {"periods": span, "history": length, "memory": memory, "n": runs} | {
                f"off by {off:.0f}": np.mean(shares) for off, shares in called.items()
            }


def show(title: str, rows: Iterator[dict[str, object]]) -> None:
    """Print a table row by row as it is made."""
    print(f"\n{title}", flush=True)
    for place, row in enumerate(rows):
        if not place:
            print("  ".join(row))
        cells = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row.values())
        words = [f"{cell:>{len(name)}}" for name, cell in zip(row, cells, strict=True)]
        print("  ".join(words), flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=400, help="KPIs or owners in a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="chances,cascade,habits,anchors")
    parser.add_argument("--data", type=Path, help="a folder with collections; see above")
    parser.add_argument("--series", type=int, help="so many series of a frequency; else all")
    asked = parser.parse_args()
    if asked.data is not None:
        show("chances, collections", collected_chances(asked.data, asked.series))
        return
    tables = {"chances": made_chances, "cascade": cascade, "habits": habits, "anchors": anchors}
    for name in asked.only.split(","):
        show(name, tables[name](asked.runs, asked.seed))


if __name__ == "__main__":
    main()
