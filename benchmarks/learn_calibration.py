"""Learn the table of `kpikit/forecasting/calibration.json` from collections of series.

    python benchmarks/learn_calibration.py --data FOLDER [--write] [--folds]

FOLDER holds `forecast_*.parquet` with `series_id, freq (M, Q, W, Y), t, y, split (train, test)`.
Each series is forecast from its published split, and, shorter, from one or two random pieces of
its training part, so that short histories teach too; a published split counts five times as
much as a piece. The spread of standardised errors is a linear function of a few facts (least
squares on logarithms), their quantiles are taken by step and by span. `--folds` learns on one
half of the series and says what the other half's intervals hold, and the other way about: no
rate comes from series that taught the table. `--write` learns from all and writes the table.
The pieces are drawn with a fixed seed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from kpikit.forecasting.batches import batches, forecast_batch
from kpikit.forecasting.calibration import Calibration, Spans, facts, from_record
from kpikit.forecasting.ladder import Ready, climb
from kpikit.forecasting.outlook import Moments, spans_of, spread_of

GRAINS = {"M": "month", "Q": "quarter", "W": "week", "Y": "year"}
STEPS = {"month": 24, "quarter": 8, "week": 13, "year": 6}
SEASON = {"month": 12, "quarter": 4, "week": 26, "year": 1}
PIECES = {
    "month": (8, 12, 16, 20, 24, 28, 30, 36, 42, 48, 60, 84),
    "quarter": (6, 8, 10, 12, 14, 16, 20, 24, 32, 48),
    "week": (12, 30, 52, 78, 104, 160, 208, 260),
    "year": (6, 7, 8, 10, 12, 14, 20),
}
SPANS = {
    "month": (2, 3, 4, 6, 9, 12, 18, 24),
    "quarter": (2, 3, 4, 6, 8),
    "week": (2, 4, 8, 13),
    "year": (2, 3, 4),
}
STEP_BINS = {"month": (1, 4, 9, 15), "quarter": (1, 2, 4), "week": (1, 4, 9), "year": (1, 2, 4)}
SPAN_BINS = {"month": (4, 9), "quarter": (3,), "week": (5,), "year": ()}
HOLD = 10.0
PUBLISHED = 5.0  # weight of a published split beside a piece
LEVELS = np.r_[0.005, 0.01, 0.025, 0.05, np.arange(2, 19) / 20, 0.95, 0.975, 0.99, 0.995]
LEVELS = np.unique(np.round(LEVELS, 3))
RIDGE = 20.0


@dataclass(frozen=True)
class Lesson:
    """One forecast with what came of it."""

    series: int
    published: bool
    moments: Moments
    came: np.ndarray


@dataclass(frozen=True)
class Row:
    """One span of a lesson: its standard spread before learning, its facts and its error."""

    lesson: int
    count: float
    last: float
    spread: float
    facts: np.ndarray
    error: float
    weight: float


def read_series(folder: Path) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Yield name, grain, training and test values."""
    for file in sorted(folder.glob("forecast_*.parquet")):
        table = pd.read_parquet(file).sort_values(["series_id", "t"])
        for name, rows in table.groupby(table["series_id"].astype(str)):
            train = (rows["split"].astype(str) == "train").to_numpy()
            values = rows["y"].to_numpy(float)
            yield name, GRAINS[str(rows["freq"].iloc[0])], values[train], values[~train]


def pieces_of(
    values: np.ndarray, ahead: int, grain: str, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield up to two short histories from within a long one, with what followed."""
    fitting = [n for n in PIECES[grain] if n + ahead <= len(values)]
    for n in rng.permutation(fitting)[:2]:
        begin = 0 if rng.random() < 0.5 else int(rng.integers(0, len(values) - n - ahead + 1))
        piece = values[begin : begin + n + STEPS[grain]]
        yield piece[:n], piece[n:]


def lessons(grain: str, series: list[tuple[np.ndarray, np.ndarray]]) -> list[Lesson]:
    """Forecast every series and its pieces."""
    rng = np.random.default_rng(5)
    asked: list[tuple[int, bool, np.ndarray, np.ndarray]] = []
    for place, (train, test) in enumerate(series):
        asked.append((place, True, train, test))
        asked += [(place, False, y, z) for y, z in pieces_of(train, len(test), grain, rng)]
    ready: list[tuple[Ready, tuple[int, bool, np.ndarray, np.ndarray]]] = []
    for one in asked:
        found = climb(one[2], grain=grain, horizon=STEPS[grain], bounds=None, seed=(0, 0))
        if isinstance(found, Ready):
            ready.append((found, one))
    taught: list[Lesson] = []
    for batch in batches([one for one, _ in ready]):
        for made, at in zip(forecast_batch([ready[i][0] for i in batch]), batch, strict=True):
            place, published, _, came = ready[at][1]
            taught.append(Lesson(place, published, made.moments, came))
    return taught


def learn_shape(taught: list[Lesson]) -> tuple[float, float, float]:
    """Return how errors grow with the step, and how those of two steps go together."""
    long = [
        t.moments.products
        for t in taught
        if t.moments.counts[-1, -1] >= 12 and t.moments.products[0, 0] > 1e-12
    ]
    size = np.exp(np.mean([np.log(np.maximum(np.diag(p) / p[0, 0], 1e-6)) for p in long], axis=0))
    step = np.arange(1, len(size) + 1)
    power = float(np.polyfit(np.log(step), np.log(size), 1)[0])
    scaled = [p / np.sqrt(np.outer(np.diag(p), np.diag(p)) + 1e-300) for p in long]
    together = np.mean(scaled, axis=0)
    near, far = np.triu_indices(len(size), 1)
    ratio = np.log(step[near] / step[far])
    fading, at_one = np.polyfit(ratio, np.log(np.maximum(together[near, far], 0.02)), 1)
    return power, float(min(np.exp(at_one), 0.98)), float(fading)


def rows_of(taught: list[Lesson], grain: str, start: Calibration) -> list[Row]:
    """Return every span of every lesson."""
    rows = []
    for place, one in enumerate(taught):
        moments = one.moments
        weights = np.zeros((0, STEPS[grain]))
        for first, last in _spans(grain, len(one.came)):
            row = np.zeros((1, STEPS[grain]))
            row[0, first:last] = 1 / (last - first)
            weights = np.vstack([weights, row])
        spread, spans = spread_of(moments, weights, start), spans_of(weights)
        known = facts(moments.history, spans, spread, season=start.season)
        off = one.came - moments.mean[: len(one.came)]
        errors = weights[:, : len(off)] @ off / moments.level
        weight = PUBLISHED if one.published else 1.0
        rows += [
            Row(
                place,
                spans.count[at],
                spans.last[at],
                spread.past[at],
                known[at],
                errors[at],
                weight,
            )
            for at in range(len(weights))
        ]
    return rows


def _spans(grain: str, came: int) -> list[tuple[int, int]]:
    singles = [(step, step + 1) for step in range(came)]
    return singles + [(0, count) for count in SPANS[grain] if count <= came]


def learn(rows: list[Row], grain: str, start: Calibration) -> dict[str, object]:
    """Return the record of one grain."""
    known = np.stack([row.facts for row in rows])
    spread = np.array([row.spread for row in rows])
    error = np.array([row.error for row in rows])
    weight = np.array([row.weight for row in rows])
    off = np.log(np.maximum(np.abs(error) / spread, 0.03))
    hold = np.diag(np.r_[1e-9, np.full(known.shape[1] - 1, RIDGE)])
    weighted = known * weight[:, None]
    coefficients = np.linalg.solve(weighted.T @ known + hold, weighted.T @ off)
    standard = error / (spread * np.exp(known @ coefficients))
    count = np.array([row.count for row in rows])
    last = np.array([row.last for row in rows])
    single = count == 1.0
    steps, step_table = _table(standard, weight, last, STEP_BINS[grain], single)
    spans, span_table = _table(standard, weight, count, SPAN_BINS[grain], ~single)
    return {
        "season": start.season,
        "power": start.power,
        "together": start.together,
        "fading": start.fading,
        "hold": start.hold,
        "coefficients": coefficients.round(4).tolist(),
        "levels": LEVELS.tolist(),
        "steps": steps,
        "step_table": step_table,
        "spans": spans,
        "span_table": span_table,
    }


def _table(
    standard: np.ndarray,
    weight: np.ndarray,
    at: np.ndarray,
    edges: tuple[int, ...],
    use: np.ndarray,
) -> tuple[list[float], list[list[float]]]:
    """Return the quantiles in each bin, and the bin's middle on a scale of logarithms."""
    bins = np.searchsorted(edges, at, side="left")
    middles, table = [], []
    for one in np.unique(bins[use]):
        inside = use & (bins == one)
        middles.append(float(np.exp(np.average(np.log(at[inside]), weights=weight[inside]))))
        table.append(_weighted_quantiles(standard[inside], weight[inside]))
    return [round(m, 3) for m in middles], table


def _weighted_quantiles(values: np.ndarray, weight: np.ndarray) -> list[float]:
    order = np.argsort(values)
    share = (np.cumsum(weight[order]) - 0.5 * weight[order]) / weight.sum()
    return np.interp(LEVELS, share, values[order]).round(4).tolist()


def start_of(taught: list[Lesson], grain: str) -> Calibration:
    """Return a calibration that holds the learned shape only."""
    power, together, fading = (round(v, 3) for v in learn_shape(taught))
    empty = np.zeros(0)
    return Calibration(
        season=SEASON[grain],
        power=power,
        together=together,
        fading=fading,
        hold=HOLD,
        coefficients=empty,
        levels=LEVELS,
        steps=empty,
        step_table=empty,
        spans=empty,
        span_table=empty,
    )


def judge(rows: list[Row], taught: list[Lesson], record: dict[str, object]) -> pd.DataFrame:
    """Return what the intervals of a record hold on rows that did not teach it."""
    learned = from_record(record)
    spans = Spans(
        count=np.array([row.count for row in rows]), last=np.array([row.last for row in rows])
    )
    size = np.array([row.spread for row in rows]) * np.exp(
        np.stack([row.facts for row in rows]) @ learned.coefficients
    )
    table = size[:, None] * learned.quantiles(spans)
    found = []
    for row, quantiles in zip(rows, table, strict=True):
        rank = float(np.interp(row.error, quantiles, LEVELS, left=0.0, right=1.0))
        one = taught[row.lesson]
        found.append(
            (
                one.series,
                one.published,
                one.moments.history.periods,
                row.count,
                row.last,
                rank,
            )
        )
    return pd.DataFrame(found, columns=["series", "published", "periods", "count", "last", "rank"])


def report(grain: str, ranks: pd.DataFrame) -> None:
    """Print coverage with standard errors over series."""
    print(f"\n{grain}: {ranks['series'].nunique()} series")
    cuts = {
        "steps": ranks[(ranks["count"] == 1) & ranks["published"]],
        "steps, pieces": ranks[(ranks["count"] == 1) & ~ranks["published"]],
    }
    short = {"month": 48, "quarter": 24, "week": 104, "year": 12}[grain]
    cuts[f"steps, under {short} periods"] = ranks[
        (ranks["count"] == 1) & (ranks["periods"] < short)
    ]
    for count in sorted(ranks["count"].unique())[1:]:
        cuts[f"span of {count:.0f}"] = ranks[(ranks["count"] == count) & ranks["published"]]
    for name, part in cuts.items():
        inside80 = ((part["rank"] >= 0.1) & (part["rank"] <= 0.9)).groupby(part["series"]).mean()
        inside95 = (
            ((part["rank"] >= 0.025) & (part["rank"] <= 0.975)).groupby(part["series"]).mean()
        )
        hit = (part["rank"] >= 0.2).groupby(part["series"]).mean()
        cells = " ".join(
            f"{100 * v.mean():5.1f} ±{100 * v.std() / np.sqrt(len(v)):3.1f}"
            for v in (inside80, inside95, hit)
        )
        print(f"  {name:28s} 80 % holds, 95 % holds, target at 0.8 hit: {cells}")


def main() -> None:
    """Learn, judge, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folds", action="store_true")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    series: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for _, grain, train, test in read_series(asked.data):
        series.setdefault(grain, []).append((train, test))
    records = {}
    for grain, own in series.items():
        taught = lessons(grain, own)
        start = start_of(taught, grain)
        rows = rows_of(taught, grain, start)
        records[grain] = learn(rows, grain, start)
        if asked.folds:
            half = np.array([taught[row.lesson].series * 7919 % 13 % 2 for row in rows])
            parts = []
            for side in (0, 1):
                record = learn(
                    [r for r, h in zip(rows, half, strict=True) if h != side], grain, start
                )
                parts.append(
                    judge([r for r, h in zip(rows, half, strict=True) if h == side], taught, record)
                )
            report(grain, pd.concat(parts))
    if asked.write:
        home = Path(__file__).parents[1] / "kpikit" / "forecasting" / "calibration.json"
        home.write_text(json.dumps(records) + "\n", encoding="utf-8")
        print(f"\nwritten: {home.name}, {home.stat().st_size} bytes")


if __name__ == "__main__":
    main()
