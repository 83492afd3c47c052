"""Do the effects by which `what_if` moves a KPI hold what is planted, and move nothing else?

    python benchmarks/whatif.py [--runs 5] [--first 9000]

Protocol. Each run is a new world of Brightdesk, made by `data/brightdesk/making` with the
sizes of `truth.yaml` and a seed of its own (`--first` onwards; the repository's is not among
them). Its KPIs are computed from its facts, the links that its strategy claims are tested by
`test_links`, and the effects of the supported ones estimated by `lead_effects`.

1. Of supported links with a planted strength: the share whose 90 % interval (0.05 to 0.95 of
   the effect's distribution) holds it (bar: 85 %), over all links and by link. Told twice. *As
   planted*: the strength itself, which is what a real change of the KPI does. *As measured*:
   the strength times the share of what is new in the KPI as measured that is new in the KPI
   itself; a survey of 45 people, or trials that count for the month in which they were
   activated, say the KPI with an error, which regression on measured values takes for real.
2. Of claimed links without any planted effect: the share that is supported (bar: 5 %).

Planted strengths are in the scales of the tracks (logs or points) and brought to those of the
estimate at the KPI's mean. `qualified_leads` to `new_customers` has no planted strength, and
`trials` tells of it through them, so that neither is counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "data" / "brightdesk"))

from make_facts import Files, make_parts  # noqa: E402 - beside the company's facts
from making.world import World, read_truth  # noqa: E402

from kpikit import build_observations, load_strategy, test_links  # noqa: E402
from kpikit.analysis.innovations import find_innovations  # noqa: E402
from kpikit.analysis.lead_effect import LeadEffect, lead_effects  # noqa: E402

WITHOUT = {
    ("social_reactions", "qualified_leads"),
    ("csat", "churn_rate"),
    ("product_score", "churn_rate"),
}


def planted_sizes(
    world: World, effect: LeadEffect, values: pd.DataFrame
) -> tuple[float, float] | None:
    """Return a planted strength in the scales of its estimate: as measured, as planted."""
    for lead in world.truth["leads"]:
        if (lead["kpi"], lead["target"]) == (effect.candidate, effect.target):
            break
    else:
        return None
    if "strength" not in lead:
        return None
    tracks, means = world.truth["tracks"], values.mean()
    size = float(lead["strength"])
    for name, logs, way in (
        (effect.candidate, effect.candidate_logs, 1),
        (effect.target, effect.target_logs, -1),
    ):
        if logs != (tracks[name]["scale"] == "share"):
            size *= means[name] ** (way if logs else -way)
    measured = values[effect.candidate].dropna().to_numpy(dtype=float)
    itself = world.track(effect.candidate)[: len(measured)]
    both = np.column_stack([measured, itself])
    both = np.log(both) if effect.candidate_logs else both
    new = find_innovations(both, period=12)
    rows = new.known.all(axis=1)
    known = new.filled[rows] * both.std(axis=0)
    share = float(known[:, 0] @ known[:, 1] / (known[:, 0] @ known[:, 0]))
    return size * share, size


def run(seed: int, folder: Path) -> tuple[list[dict[str, object]], list[bool]]:
    """Return the supported links with their intervals, and which empty claims were supported."""
    world = World(read_truth() | {"seed": seed}, 1)
    files = Files(folder)
    for name, rows in make_parts(world):
        files.add(name, rows)
    files.close()
    text = (ROOT / "data" / "brightdesk" / "strategy.yaml").read_text(encoding="utf-8")
    (folder / "strategy.yaml").write_text(text, encoding="utf-8")
    strategy = load_strategy(folder / "strategy.yaml")
    pairs = [(kpi.id, one.kpi) for kpi in strategy.kpis.values() for one in kpi.leads]
    claiming = {name for pair in pairs for name in pair}
    observations = build_observations(strategy, kpis=sorted(claiming))
    evidence = test_links(strategy, observations)
    effects, _ = lead_effects(strategy, observations, evidence=evidence)
    whole = observations.to_frame().query("complete and segment == ''")
    values = whole.set_index(["period_start", "kpi"])["value"].unstack()  # noqa: PD010 - keys are unique
    found = []
    for effect in effects:
        planted = planted_sizes(world, effect, values)
        if planted is not None:
            low, middle, high = np.quantile(effect.sizes, (0.05, 0.5, 0.95))
            row = {"low": low, "middle": middle, "high": high}
            row |= {"measured": planted[0], "planted": planted[1]}
            found.append({"link": f"{effect.candidate} to {effect.target}"} | row)
    table = evidence.to_frame()
    empty = [
        row["verdict"] == "supported"
        for row in table.to_dict("records")
        if (row["candidate"], row["target"]) in WITHOUT
    ]
    return found, empty


def main() -> None:
    """Print both shares with their standard errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--first", type=int, default=9000, help="seed of the first world")
    asked = parser.parse_args()
    rows, empty = [], []
    for seed in range(asked.first, asked.first + asked.runs):
        with tempfile.TemporaryDirectory() as folder:
            found, idle = run(seed, Path(folder))
        rows += found
        empty += idle
    table = pd.DataFrame(rows)
    for name in ("measured", "planted"):
        table[f"holds_{name}"] = table[name].between(table["low"], table["high"])
    print(table.round(4).to_string(index=False))
    print(table.groupby("link")[["holds_measured", "holds_planted"]].agg(["mean", "size"]))
    for name, values in (
        ("90 % intervals that hold the effect as measured", table["holds_measured"]),
        ("90 % intervals that hold the effect as planted", table["holds_planted"]),
        ("links without an effect that are supported", pd.Series(empty)),
    ):
        share = values.mean()
        error = np.sqrt(share * (1 - share) / len(values))
        print(f"{name}: {share:.1%} of {len(values)} (standard error {error:.1%})")


if __name__ == "__main__":
    main()
