"""Keep scenarios as small files, and lay them side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kpikit.charts.scenario import scenario_chart
from kpikit.errors import DataError
from kpikit.files import write_file
from kpikit.ledger.records import Comment
from kpikit.results import Result
from kpikit.targets.direction import Target
from kpikit.targets.whatif import Scenario
from kpikit.units import format_chance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.ledger import Ledger
    from kpikit.ledger.chain import Entry

FIELDS = {"kpi": str, "period": str, "as_of": str, "seed": int, "changes": dict}


@dataclass(frozen=True, kw_only=True, eq=False)
class ScenarioComparison(Result):
    """Scenarios of one KPI and period, a row each."""

    target: Target | None
    _scenarios: Mapping[str, Scenario] = field(repr=False)

    def summary(self) -> str:
        """Say which scenario is most likely to reach the target, or what each expects."""
        any_one = next(iter(self._scenarios.values()))
        if self.target is None:
            said = "; ".join(
                f"{name} about {any_one.say(row['q0.5'])}" for name, row in self.frame.iterrows()
            )
            return f"{any_one.title} {any_one.period}: {said}."
        chances = self.frame["attainment"]
        best = chances.index[int(chances.argmax())]
        return (
            f"{any_one.title} {any_one.period}: {any_one.say(self.target)} is most likely with "
            f"{best}, {format_chance(float(chances.max()))}."
        )

    def _shown(self) -> pd.DataFrame:
        return self.frame.rename_axis("scenario").reset_index()

    def _draw(self, ax: Axes) -> None:
        any_one = next(iter(self._scenarios.values()))
        scenario_chart(
            {name: one.draws() for name, one in self._scenarios.items()},
            ax=ax,
            title=f"{any_one.title} {any_one.period}: scenarios side by side",
            unit=any_one.unit,
            currency=any_one.currency,
            target=self.target,
        )


def save_scenario(scenario: Scenario, path: Path | str) -> Path:
    """Write what was asked to a small YAML file, by which the same numbers come again.

    It holds `kpi`, `period`, `as_of`, `seed` and the `changes`: the parameters of the notebook
    `09_what_if`, so that `papermill 09_what_if.ipynb out.ipynb -f FILE` replays it.

    Parameters
    ----------
    scenario
        What `what_if` or `needed_for` returned.
    path
        The file; an older one of this name is replaced.
    """
    return write_file(Path(path), _as_yaml(scenario))


def record_scenario(ledger: Ledger, scenario: Scenario, *, who: str, why: str) -> Entry:
    """Put a scenario on the ledger, as a comment on its KPI that holds all of its file.

    Parameters
    ----------
    ledger
        Where it is recorded.
    scenario
        What `what_if` or `needed_for` returned.
    who, why
        Who says so, and for what reason; neither may be empty.
    """
    text = f"{scenario.summary()}\n{_as_yaml(scenario)}"
    record = Comment(period=scenario.period, kpi=scenario.kpi, text=text)
    return ledger.append(record, who=who, why=why)


def _as_yaml(scenario: Scenario) -> str:
    import yaml

    asked = {
        "kpi": scenario.kpi,
        "period": scenario.period,
        "as_of": scenario.as_of.isoformat(),
        "seed": scenario.seed,
        "changes": {name: float(value) for name, value in scenario.changes.items()},
    }
    return yaml.safe_dump(asked, sort_keys=False, allow_unicode=True)


def read_scenario(path: Path | str) -> dict[str, Any]:
    """Return a saved scenario as the arguments of `what_if`.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    DataError
        There is no such file, or it holds no scenario.
    """
    import yaml

    place = Path(path)
    if not place.is_file():
        raise DataError(f"{place}: there is no such file. Check the path.")
    try:
        found = yaml.safe_load(place.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{place}: is no YAML ({error}).") from None
    if not isinstance(found, dict) or set(found) != set(FIELDS):
        raise DataError(f"{place}: holds no scenario. It has {', '.join(FIELDS)}, and no more.")
    wrong = [name for name, kind in FIELDS.items() if not isinstance(found[name], kind)]
    if wrong:
        raise DataError(f"{place}: {', '.join(wrong)} is not of its kind. Save the scenario again.")
    return found


def compare_scenarios(
    scenarios: Mapping[str, Scenario], *, target: Target | None = None
) -> ScenarioComparison:
    """Lay scenarios of one KPI and period side by side.

    Parameters
    ----------
    scenarios
        By a name of each.
    target
        Adds the column `attainment`.

    Raises
    ------
    DataError
        There is no scenario, or they are of different KPIs or periods.
    """
    about = {(one.kpi, one.period) for one in scenarios.values()}
    if len(about) != 1:
        raise DataError(f"scenarios: {len(about)} KPIs and periods; compare those of one.")
    rows = {
        name: one.frame.iloc[0][["mean", "q0.1", "q0.5", "q0.9"]].to_dict()
        | {"attainment": np.nan if target is None else one.attainment(target)}
        | {"changes": ", ".join(f"{kpi} = {level:.4g}" for kpi, level in one.changes.items())}
        for name, one in scenarios.items()
    }
    return ScenarioComparison(
        frame=pd.DataFrame.from_dict(rows, orient="index"),
        target=target,
        _scenarios=dict(scenarios),
    )
