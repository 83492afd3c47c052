"""kpikit: analytical notebooks for KPIs that serve business goals.

The way of the data, and the rooms it passes:

    strategy.yaml ── load_strategy ──► Strategy               kpikit.strategy
    facts ── check_sources ──► SourceChecks                   kpikit.sources
          ── build_observations ──► Observations              kpikit.observations
          ── compare_same_point ──► SamePoint
          ── compare_vintages ──► VintageChanges
              ── check_identities, decompose_change           kpikit.analysis
    histories ── fit_trend ──► Trend                          kpikit.analysis
              ── forecast ──► Forecast                        kpikit.forecasting
              ── propose_targets, assess_targets              kpikit.targets
    findings ── build_review ──► Review                       kpikit.review
             ── run_review, run_notebook ──► reports/

Every verb takes its data first and the rest by keyword, never changes what it is
given, and returns a frozen result with `summary()`, `to_frame()`, `plot()` and
`notes`. Names are loaded when they are first used, so that importing is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpikit.analysis.decomposition import Decomposition, decompose_change
    from kpikit.analysis.identities import IdentityChecks, check_identities
    from kpikit.analysis.signals import Signals, find_signals
    from kpikit.analysis.trend import Trend, fit_trend
    from kpikit.errors import (
        DataError,
        FormulaError,
        KpikitError,
        NotebookError,
        PeriodError,
        StrategyError,
        UnknownNameError,
    )
    from kpikit.forecasting.forecast import Forecast, forecast
    from kpikit.observations import (
        Observations,
        VintageChanges,
        build_observations,
        compare_vintages,
    )
    from kpikit.observations.same_point import SamePoint, compare_same_point
    from kpikit.review.findings import Review, build_review
    from kpikit.review.notebook import run_notebook
    from kpikit.review.run import ReviewRun, run_review
    from kpikit.sources import SourceChecks, check_sources
    from kpikit.strategy import Strategy, load_strategy
    from kpikit.targets.assess import Assessments, assess_targets
    from kpikit.targets.propose import TargetProposals, propose_targets

__version__ = "0.1.0"

_HOMES = {
    "kpikit.analysis.decomposition": ("Decomposition", "decompose_change"),
    "kpikit.analysis.identities": ("IdentityChecks", "check_identities"),
    "kpikit.analysis.signals": ("Signals", "find_signals"),
    "kpikit.analysis.trend": ("Trend", "fit_trend"),
    "kpikit.errors": (
        "DataError",
        "FormulaError",
        "KpikitError",
        "NotebookError",
        "PeriodError",
        "StrategyError",
        "UnknownNameError",
    ),
    "kpikit.forecasting.forecast": ("Forecast", "forecast"),
    "kpikit.observations": (
        "Observations",
        "VintageChanges",
        "build_observations",
        "compare_vintages",
    ),
    "kpikit.observations.same_point": ("SamePoint", "compare_same_point"),
    "kpikit.review.findings": ("Review", "build_review"),
    "kpikit.review.notebook": ("run_notebook",),
    "kpikit.review.run": ("ReviewRun", "run_review"),
    "kpikit.sources": ("SourceChecks", "check_sources"),
    "kpikit.strategy": ("Strategy", "load_strategy"),
    "kpikit.targets.assess": ("Assessments", "assess_targets"),
    "kpikit.targets.propose": ("TargetProposals", "propose_targets"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Assessments",
    "DataError",
    "Decomposition",
    "Forecast",
    "FormulaError",
    "IdentityChecks",
    "KpikitError",
    "NotebookError",
    "Observations",
    "PeriodError",
    "Review",
    "ReviewRun",
    "SamePoint",
    "Signals",
    "SourceChecks",
    "Strategy",
    "StrategyError",
    "TargetProposals",
    "Trend",
    "UnknownNameError",
    "VintageChanges",
    "assess_targets",
    "build_observations",
    "build_review",
    "check_identities",
    "check_sources",
    "compare_same_point",
    "compare_vintages",
    "decompose_change",
    "find_signals",
    "fit_trend",
    "forecast",
    "load_strategy",
    "propose_targets",
    "run_notebook",
    "run_review",
]


def __getattr__(name: str) -> object:
    """Load a public name from its room when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'kpikit' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
