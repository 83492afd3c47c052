"""Make two more strategies over the facts of Brightdesk: one without a fault, one with many.

`variants.yaml` says what differs from `strategy.yaml`. The targets of the strategy without a
fault are set here, from the history of whatever facts lie beside it: what kpikit would commit to
for the next two quarters, and of objectives what is reached three times in ten.

    python data/brightdesk/make_variants.py            beside the facts here
    python data/brightdesk/make_variants.py --out DIR  beside other facts, such as of another seed
"""

from __future__ import annotations

import argparse
from copy import deepcopy
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from kpikit import build_observations, load_strategy
from kpikit.targets.plan import plan_target

HERE = Path(__file__).parent
PERIODS = ("2026Q4", "2027Q1")
CERTAIN = 0.88  # a target that is reached more often asks for nothing
Document = dict[str, Any]


def change(document: Document, changes: dict[str, Any]) -> None:
    """Set the entries at these places, or take them out."""
    for place, value in changes.items():
        *way, last = (int(part) if part.isdecimal() else part for part in place.split("/"))
        holder: Any = document
        for part in way:
            holder = holder[part]
        if value is None:
            holder.pop(last, None)
        else:
            holder[last] = value


def name_co_owners(document: Document) -> None:
    """Let owners who measure the same responsibility of a department name each other."""
    for one, other in combinations(document["kpis"].values(), 2):
        same = set(one.get("covers", ())) & set(other.get("covers", ()))
        apart = one["owner"] != other["owner"]
        if same and apart and one["department"] == other["department"]:
            named = one.setdefault("co_owners", [])
            named += [] if other["owner"] in named else [other["owner"]]


def set_targets(document: Document, file: Path, as_of: date) -> None:
    """Set the targets of KPIs and objectives to what their histories allow."""
    write(document, file)
    strategy = load_strategy(file)
    observed = build_observations(strategy, as_of=as_of)

    def proposed(kpi: str, period: str) -> dict[str, float]:
        plan = plan_target(strategy, observed, kpi=kpi, period=period, as_of=as_of)
        row = plan.proposals.to_frame().iloc[0]
        found = {name: float(f"{row[name]:.5g}") for name in ("floor", "committed", "stretch")}
        if plan.proposals.attainment(kpi, found["committed"]) > CERTAIN:  # of whole numbers
            found["committed"] = found["stretch"]
        return found

    for name, kpi in document["kpis"].items():
        if kpi.get("status") == "retired" or kpi["direction"] == "on_target":
            continue
        kpi["targets"] = [
            {
                "period": period,
                "committed": proposed(name, period)["committed"],
                "basis": "forecast",
            }
            for period in PERIODS
        ]
    for objective in document["objectives"].values():
        kpi = objective["kpi"]
        due = proposed(kpi, str(objective["by"])[:7])
        history = observed.history(kpi)
        now = float(history.loc[history["complete"], "value"].tail(12).mean())
        higher = document["kpis"][kpi]["direction"] == "higher_is_better"
        better = due["stretch"] > now if higher else due["stretch"] < now
        objective["baseline"] = float(f"{now:.5g}") if better else due["floor"]
        objective["target"] = due["stretch"]
        half = (objective["baseline"] + objective["target"]) / 2
        objective["milestones"] = [{"by": date(2026, 12, 31), "value": float(f"{half:.5g}")}]


def write(document: Document, file: Path) -> None:
    """Write a strategy file that says where it comes from."""
    made = f"# Made by make_variants.py from strategy.yaml and variants.yaml: {file.stem}.\n"
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    file.write_text(made + text, encoding="utf-8")


def main(out: Path, as_of: date) -> None:
    """Write clean.yaml and faulty.yaml beside the facts in a folder."""
    base = yaml.safe_load((HERE / "strategy.yaml").read_text(encoding="utf-8"))
    variants = yaml.safe_load((HERE / "variants.yaml").read_text(encoding="utf-8"))
    clean, faulty = deepcopy(base), deepcopy(base)
    change(clean, variants["clean"])
    name_co_owners(clean)
    set_targets(clean, out / "clean.yaml", as_of)
    write(clean, out / "clean.yaml")
    change(faulty, variants["faulty"])
    for fault in variants["faults"]:
        change(faulty, fault.get("set", {}))
    write(faulty, out / "faulty.yaml")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, help="the folder with the facts")
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 10, 15))
    given = parser.parse_args()
    main(given.out, given.as_of)
