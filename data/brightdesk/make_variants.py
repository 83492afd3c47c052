"""Make two more strategies over the facts of Brightdesk: one without a fault, one with many.

`variants.yaml` says what differs from `strategy.yaml`. The targets of the strategy without a
fault are set here, from the history of whatever facts lie beside it: half-way between what kpikit
would commit to and what it would call a stretch.

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

import pandas as pd
import yaml

from kpikit import build_observations, load_strategy
from kpikit.targets.plan import TargetPlan, plan_target

HERE = Path(__file__).parent
PERIODS = ("2026Q4", "2027Q1")
FAR_FROM_BOTH = (0.2, 0.8)  # chances; an honest target has 0.1 to 0.9
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


class Honest:
    """Targets that the histories beside a strategy file allow."""

    def __init__(self, file: Path, as_of: date) -> None:
        self.strategy, self.as_of = load_strategy(file), as_of
        self.observed = build_observations(self.strategy, as_of=as_of)

    def plan(self, kpi: str, period: str) -> tuple[TargetPlan, pd.Series]:
        """Return the plan of a KPI in a period, and its row of proposals."""
        plan = plan_target(self.strategy, self.observed, kpi=kpi, period=period, as_of=self.as_of)
        return plan, plan.proposals.to_frame().iloc[0]

    def target(self, kpi: str, period: str) -> dict[str, float]:
        """Return a target that is neither certain nor out of reach; or a band that holds 80 %."""
        if self.strategy.kpis[kpi].direction == "on_target":
            _, row = self.plan(kpi, period)
            return {end: short(row[end]) for end in ("lower", "upper")}
        return {"committed": self.value(kpi, period)[1]}

    def value(self, kpi: str, period: str) -> tuple[float, float]:
        """Return what is nearly certain, and what is neither certain nor out of reach."""
        plan, row = self.plan(kpi, period)
        middle, way = (row["committed"] + row["stretch"]) / 2, abs(row["stretch"] - row["floor"])
        sign = 1 if self.strategy.kpis[kpi].direction == "higher_is_better" else -1
        step = sign * (way / 8 or abs(middle) / 100)
        for n in (0, *range(1, 9), *range(-1, -9, -1)):  # whole numbers lie far apart
            value = short(middle + n * step)
            if FAR_FROM_BOTH[0] <= plan.proposals.attainment(kpi, value) <= FAR_FROM_BOTH[1]:
                return short(row["floor"]), value
        return short(row["floor"]), short(middle)

    def now(self, kpi: str) -> float:
        """Return the mean of the last twelve complete periods."""
        history = self.observed.history(kpi)
        return short(history.loc[history["complete"], "value"].tail(12).mean())


def short(value: float) -> float:
    """Return a value with five digits, as people write a target."""
    return float(f"{value:.5g}")


def set_targets(document: Document, file: Path, as_of: date) -> None:
    """Set the targets of KPIs and objectives to what their histories allow."""
    write(document, file)
    honest = Honest(file, as_of)
    for name, kpi in document["kpis"].items():
        if kpi.get("status") != "retired":
            kpi["targets"] = [
                {"period": period, **honest.target(name, period), "basis": "forecast"}
                for period in PERIODS
            ]
    for objective in document["objectives"].values():
        kpi = objective["kpi"]
        certain, target = honest.value(kpi, str(objective["by"])[:7])
        now, higher = honest.now(kpi), document["kpis"][kpi]["direction"] == "higher_is_better"
        better = now < target if higher else now > target
        objective["baseline"], objective["target"] = (now if better else certain), target
        half = short((objective["baseline"] + target) / 2)
        objective["milestones"] = [{"by": date(2026, 12, 31), "value": half}]


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
