"""How often is a lead seen where there is none, and found where there is one?

Systems of monthly KPIs: AR(1) noise (0.1 to 0.8) in a level, a trend and a season of their
own sizes, a third of the KPIs with a shock in common. A quarter of the KPIs are led by one
or two others at lags of 1 to 6 months: weakly (0.35 to 0.6 standard deviations) or
strongly (0.7 to 1). Without any lead: `none`, and `walks` (AR from 0.9 to 0.99). Every
ordered pair is tested at a rate of 0.10. A claim is neutral, neither right nor false, where
the candidate tells the target through what they share: it shares a driver or a shock with
the true lead, or is moved by it.

`--part pairs` prints for each method and cell the mean share of false ones among the leads
found (fdr) with its standard error, the share of systems with a false one (any), recall,
precision and how often the lag is exact. `--methods` picks from kpikit, crosscorrelation,
granger, prewhitened, pcmci (which needs `tigramite` and takes minutes).
`--part declared` prints how many of ten declared links are supported, true and false ones
apart, where 0, 5 or 8 of the ten are true with a partial R² of 0.25, over 48 months.
`--data FOLDER` reads `leading_real_dev.parquet` and `.json` (documented leaders and
resampled surrogates of real series) and prints which are claimed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

import kpikit
from kpikit.analysis.block_f import granger_f
from kpikit.analysis.discovery import q_values
from kpikit.analysis.innovations import find_innovations
from kpikit.observations import Observations

LAGS, RATE, BURN = 6, 0.10, 80
KINDS = {"weak": (0.35, 0.6), "strong": (0.7, 1.0), "none": None, "walks": None}
LENGTHS, SIZES = (36, 60, 120), (8, 24)
COLUMNS = ["candidate", "target", "lag"]
Pairs = dict[tuple[str, str], int]


def simulate(
    rng: np.random.Generator, months: int, kpis: int, kind: str
) -> tuple[pd.DataFrame, Pairs, set[tuple[str, str]]]:
    """Return a system, its true leads with their lags, and its neutral pairs."""
    phi = rng.uniform(0.9, 0.99, kpis) if kind == "walks" else rng.uniform(0.1, 0.8, kpis)
    shocks = rng.normal(size=(months + BURN, kpis))
    sharing = set(rng.permutation(kpis)[: kpis // 3].tolist()) if kind != "walks" else set()
    for kpi in sharing:
        shocks[:, kpi] *= 0.6
    common = 0.8 * rng.normal(size=months + BURN)
    shocks[:, sorted(sharing)] += common[:, None]
    links = _links(rng, kpis, KINDS[kind])
    values = np.zeros_like(shocks)
    for t in range(LAGS, len(values)):
        values[t] = phi * values[t - 1] + shocks[t]
        for (lead, led), (lag, size) in links.items():
            values[t, led] += size * values[t - lag, lead] * np.sqrt(1 - phi[lead] ** 2)
    values = values[BURN:] / values[BURN:].std(axis=0)
    time = np.arange(months)
    values += np.outer(time / months, rng.choice([0, 1, -1], kpis) * rng.uniform(1.5, 4, kpis))
    profile = rng.normal(size=12) / 0.9
    values += np.outer(profile[time % 12], rng.choice([0.0, 0.7, 1.5], kpis))
    names = [f"kpi_{kpi:02d}" for kpi in range(kpis)]
    starts = pd.date_range("2015-01-01", periods=months, freq="MS", name="period_start")
    true = {(names[a], names[b]): lag for (a, b), (lag, _) in links.items()}
    neutral = {(names[a], names[b]) for a, b in _neutral(set(links), sharing, kpis)}
    return pd.DataFrame(100 + 10 * values, index=starts, columns=names), true, neutral


def _links(
    rng: np.random.Generator, kpis: int, sizes: tuple[float, float] | None
) -> dict[tuple[int, int], tuple[int, float]]:
    if sizes is None:
        return {}
    order = rng.permutation(kpis)
    count = max(2, kpis // 4)
    found = {}
    for led in rng.choice(order[count:], count, replace=False):
        for lead in rng.choice(order[:count], rng.choice([1, 2], p=[0.75, 0.25]), replace=False):
            size = rng.choice([-1, 1], p=[0.3, 0.7]) * rng.uniform(*sizes)
            found[int(lead), int(led)] = (int(rng.integers(1, LAGS + 1)), float(size))
    return found


def _neutral(links: set[tuple[int, int]], sharing: set[int], kpis: int) -> set[tuple[int, int]]:
    """Return pairs that tell something through what they share with a true lead."""

    def roots(kpi: int) -> set[int]:
        """Return what moves a KPI: itself, what leads it, and all that shares its shock."""
        near = {kpi} | {lead for lead, led in links if led == kpi}
        return near | (sharing if near & sharing else set())

    pairs = {(a, b) for a in range(kpis) for b in range(kpis) if a != b}
    led = {b for _, b in links}
    told = {b: {a for a, other in links if other == b} for b in led}
    near = {b: told[b] | (sharing if told[b] & sharing else set()) for b in led}
    return {(a, b) for a, b in pairs if b in led and roots(a) & near[b]} - links


def as_panel(wide: pd.DataFrame) -> pd.DataFrame:
    """Return a system as one long table."""
    return wide.reset_index(names="period_start").melt("period_start", var_name="kpi")


def kpikit_leads(wide: pd.DataFrame, period: int, lags: int, target: str | None) -> pd.DataFrame:
    """Return what `find_leads` calls a lead."""
    found = kpikit.find_leads(
        as_panel(wide), target=target, max_lag=lags, fdr=RATE, period=period
    ).to_frame()
    return found.loc[found["verdict"] == "leads", COLUMNS]


def crosscorrelation(
    wide: pd.DataFrame, period: int, lags: int, target: str | None
) -> pd.DataFrame:
    """Return pairs whose correlation leaves ±1.96/√n at any lag, on values as they are."""
    del period, target
    sizes = _correlations(_scaled(wide.to_numpy(dtype=float)), lags)
    return _chosen(wide, sizes, sizes.max(axis=0) > 1.96 / np.sqrt(len(wide)))


def prewhitened(wide: pd.DataFrame, period: int, lags: int, target: str | None) -> pd.DataFrame:
    """Return pairs whose innovations correlate: Sidak over lags, false discovery over pairs."""
    from scipy import stats

    new = find_innovations(wide.to_numpy(dtype=float), period=period)
    sizes = _correlations(_scaled(new.filled), lags)
    free = np.maximum(len(wide) - np.arange(1, lags + 1) - period - 3, 1)
    p_value = 2 * stats.norm.sf(np.arctanh(sizes) * np.sqrt(free)[:, None, None])
    return _discovered(wide, sizes, 1 - (1 - p_value.min(axis=0)) ** lags, target)


def granger(wide: pd.DataFrame, period: int, lags: int, target: str | None) -> pd.DataFrame:
    """Return pairs whose smallest p-value over numbers of lags is discovered, on values as is."""
    del period
    values = _scaled(wide.to_numpy(dtype=float))
    p_value = np.ones((values.shape[1], values.shape[1]))
    for led in range(values.shape[1]):
        p_value[:, led] = granger_f(values[:, led], values, max_lag=lags)[1].min(axis=0)
    return _discovered(wide, _correlations(values, lags), p_value, target)


def pcmci(wide: pd.DataFrame, period: int, lags: int, target: str | None) -> pd.DataFrame:
    """Return what PCMCI finds on values without trend and season (partial correlations)."""
    from tigramite.data_processing import DataFrame
    from tigramite.independence_tests.parcorr import ParCorr
    from tigramite.pcmci import PCMCI

    new = find_innovations(wide.to_numpy(dtype=float), period=period)
    search = PCMCI(DataFrame(_scaled(new.levels)), ParCorr(significance="analytic"), verbosity=0)
    found = search.run_pcmci(tau_min=1, tau_max=lags, pc_alpha=0.2)
    p_value = np.moveaxis(found["p_matrix"][:, :, 1:], 2, 0)
    return _discovered(wide, 1 - p_value, 1 - (1 - p_value.min(axis=0)) ** lags, target)


METHODS: dict[str, Callable[..., pd.DataFrame]] = {
    "kpikit": kpikit_leads,
    "crosscorrelation": crosscorrelation,
    "granger": granger,
    "prewhitened": prewhitened,
    "pcmci": pcmci,
}


def _scaled(values: np.ndarray) -> np.ndarray:
    apart = values - values.mean(axis=0)
    return apart / np.maximum(apart.std(axis=0), 1e-12)


def _correlations(values: np.ndarray, lags: int) -> np.ndarray:
    count = len(values)
    products = [values[: count - lag].T @ values[lag:] / count for lag in range(1, lags + 1)]
    return np.minimum(np.abs(products), 0.9999)


def _discovered(
    wide: pd.DataFrame, sizes: np.ndarray, p_value: np.ndarray, target: str | None
) -> pd.DataFrame:
    family = ~np.eye(len(p_value), dtype=bool)
    if target is not None:
        family &= (wide.columns == target)[None, :]
    found = np.zeros_like(family)
    found[family] = q_values(p_value[family]) <= RATE
    return _chosen(wide, sizes, found)


def _chosen(wide: pd.DataFrame, sizes: np.ndarray, chosen: np.ndarray) -> pd.DataFrame:
    lead, led = np.where(chosen & ~np.eye(len(chosen), dtype=bool))
    names = wide.columns.to_numpy()
    lag = 1 + sizes[:, lead, led].argmax(axis=0)
    return pd.DataFrame({"candidate": names[lead], "target": names[led], "lag": lag})


def run_pairs(methods: list[str], runs: int, seed: int) -> None:
    """Print error rates and power of every method."""
    head = f"{'method':17s}{'kind':7s}{'n':>4s}{'KPIs':>5s}{'fdr':>7s}{'s.e.':>6s}{'any':>6s}"
    print(head + f"{'recall':>8s}{'precision':>11s}{'lag':>6s}{'neutral':>9s}")
    for method in methods:
        for kind in KINDS:
            for kpis in SIZES:
                for months in LENGTHS:
                    _print_cell(method, (kind, months, kpis), runs, seed)


def _print_cell(method: str, cell_of: tuple[str, int, int], runs: int, seed: int) -> None:
    kind, months, kpis = cell_of
    rows = []
    for run in range(runs):
        rng = np.random.default_rng([seed, months, kpis, list(KINDS).index(kind), run])
        wide, true, neutral = simulate(rng, months, kpis, kind)
        found = METHODS[method](wide, 12, LAGS, None)
        claims = {(row.candidate, row.target): int(row.lag) for row in found.itertuples()}
        hits = [pair for pair in claims if pair in true]
        false = [pair for pair in claims if pair not in true and pair not in neutral]
        exact = sum(claims[pair] == true[pair] for pair in hits)
        beside = len(claims) - len(hits) - len(false)
        rows.append((len(hits), len(false), exact, len(true), beside))
    hit, false, exact, there, beside = np.array(rows, dtype=float).T
    share = false / np.maximum(hit + false, 1)
    cell = f"{method:17s}{kind:7s}{months:4d}{kpis:5d}{share.mean():7.3f}"
    cell += f"{share.std() / np.sqrt(runs):6.3f}{(false > 0).mean():6.2f}"
    if there.sum():
        cell += f"{hit.sum() / there.sum():8.3f}{hit.sum() / max((hit + false).sum(), 1):11.3f}"
        cell += f"{exact.sum() / max(hit.sum(), 1):6.2f}{beside.mean():9.2f}"
    print(cell, flush=True)


def run_declared(runs: int, seed: int, months: int = 48, share: float = 0.25) -> None:
    """Print how many of ten declared links are supported, true and false ones apart."""
    claims = [(f"lead_{k}", f"led_{k}", 1 + k % LAGS, k % 3 != 0) for k in range(10)]
    strategy = _strategy(claims)
    print("true of ten   true supported  s.e.   false supported  s.e.")
    for count in (0, 5, 8):
        verdicts = []
        for run in range(runs):
            rng = np.random.default_rng([seed, count, run])
            wide = _declared(rng, claims, count, months, share)
            verdicts.append(_tested(strategy, wide))
        supported = np.array([[one == "supported" for one in row] for row in verdicts])
        cells = []
        for part in (supported[:, :count], supported[:, count:]):
            rate = part.mean() if part.size else np.nan
            error = part.mean(axis=1).std() / np.sqrt(runs) if part.size else np.nan
            cells.append(f"{rate:14.3f}{error:7.3f}")
        print(f"{count:11d}   {cells[0]}   {cells[1]}", flush=True)


def _strategy(claims: list[tuple[str, str, int, bool]]) -> kpikit.Strategy:
    kpi = {
        "department": "company",
        "owner": "the_owner",
        "source": "facts",
        "unit": "number",
        "direction": "higher_is_better",
    }
    kpis: dict[str, object] = {}
    for lead, led, lag, rises in claims:
        sign = "positive" if rises else "negative"
        claim = {"leads": [{"kpi": led, "lag": lag, "sign": sign}]}
        kpis[lead] = kpi | {"title": lead, "formula": f"sum({lead})"} | claim
        kpis[led] = kpi | {"title": led, "formula": f"sum({led})"}
    source = {"path": "facts.csv", "time": "day", "columns": {"day": "date"}}
    source["columns"] = {"day": "date"} | dict.fromkeys(kpis, "number")
    document = {
        "version": 1,
        "organisation": {"name": "Benchmark", "currency": "EUR"},
        "sources": {"facts": source},
        "kpis": kpis,
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "strategy.yaml")
        file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return kpikit.load_strategy(file)


def _declared(
    rng: np.random.Generator,
    claims: list[tuple[str, str, int, bool]],
    count: int,
    months: int,
    share: float,
) -> pd.DataFrame:
    """Return ten pairs of KPIs; in the first `count` the claim is true."""
    size = np.sqrt(share / (1 - share))
    time, profile = np.arange(months), rng.normal(size=12)
    made = {}
    for place, (lead, led, lag, rises) in enumerate(claims):
        phi = rng.uniform(0.1, 0.7, 2)
        shocks = rng.normal(size=(months + BURN, 2))
        values = np.zeros_like(shocks)
        for t in range(LAGS, len(values)):
            values[t] = phi * values[t - 1] + shocks[t]
            if place < count:
                step = size * np.sqrt(1 - phi[0] ** 2) * values[t - lag, 0]
                values[t, 1] += step if rises else -step
        for name, column in zip((lead, led), values[BURN:].T, strict=True):
            season = rng.choice([0.0, 0.7, 1.5]) * profile[time % 12]
            made[name] = column + season + rng.uniform(-3, 3) * time / months
    starts = pd.date_range("2020-01-01", periods=months, freq="MS", name="period_start")
    return pd.DataFrame(made, index=starts)


def _tested(strategy: kpikit.Strategy, wide: pd.DataFrame) -> list[str]:
    frame = as_panel(wide).assign(segment="", complete=True)
    missing = pd.DataFrame(columns=["kpi", "segment", "period_start", "reason"])
    evidence = kpikit.test_links(strategy, Observations(frame=frame, missing=missing))
    return evidence.to_frame()["verdict"].tolist()


def run_real(folder: Path, methods: list[str]) -> None:
    """Print which documented leaders and which surrogates each method claims."""
    table = pd.read_parquet(folder / "leading_real_dev.parquet")
    cases = json.loads((folder / "leading_real_dev.json").read_text(encoding="utf-8"))
    print("method           case                    leaders found   surrogates claimed")
    for method in methods:
        for case, about in cases.items():
            wide = table[table["case"] == case].pivot_table(
                index="date", columns="series", values="value", dropna=False
            )
            found = METHODS[method](wide, about["period"], about["max_lag"], about["target"])
            named = set(found.loc[found["target"] == about["target"], "candidate"])
            counts = []
            for role in ("lead", "surrogate"):
                of_role = {name for name, one in about["roles"].items() if one == role}
                counts.append(f"{len(named & of_role):4d} of {len(of_role):3d}")
            print(f"{method:17s}{case:24s}{counts[0]:>12s}{counts[1]:>20s}", flush=True)


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=("pairs", "declared"), default="pairs")
    parser.add_argument("--runs", type=int, default=100, help="systems in a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=["kpikit"])
    parser.add_argument("--data", type=Path, help="a folder with real cases")
    options = parser.parse_args()
    if options.data is not None:
        run_real(options.data, options.methods)
    elif options.part == "pairs":
        run_pairs(options.methods, options.runs, options.seed)
    else:
        run_declared(options.runs, options.seed)


if __name__ == "__main__":
    main()
