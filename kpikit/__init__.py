"""kpikit: analytical notebooks for KPIs that serve business goals.

The way of the data, and the rooms it passes:

    strategy.yaml ── load_strategy ──► Strategy               kpikit.strategy
    facts ── check_sources ──► SourceChecks                   kpikit.sources
          ── build_observations ──► Observations              kpikit.observations
          ── compare_same_point, compare_vintages
              ── decompose_change, rank_drivers               kpikit.analysis
    histories ── find_season, fit_trend, find_changes,
                 find_signals, judge_kpis, estimate_effect
    panels ── find_leads, test_links, find_tradeoffs
    histories ── forecast, backtest                           kpikit.forecasting
              ── propose_targets, assess_targets,             kpikit.targets
                 plan_target, cascade_targets
    strategy, evidence, ledger ── audit ──► Audit             kpikit.alignment
    what happened ── open_ledger ──► Ledger                   kpikit.ledger
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
    from kpikit.alignment.advice import KpiAdvice, advise_kpis
    from kpikit.alignment.audit import Audit, audit
    from kpikit.alignment.coverage import Coverage, map_coverage
    from kpikit.alignment.history import AlignmentHistory, track_alignment
    from kpikit.alignment.interdependence import Interdependencies, map_interdependencies
    from kpikit.alignment.map import StrategyMap, map_strategy
    from kpikit.alignment.portfolio import Portfolio, propose_portfolio
    from kpikit.alignment.sight import LineOfSight, line_of_sight
    from kpikit.alignment.v2mom import V2mom, describe_department
    from kpikit.analysis.changes import Changes, find_changes
    from kpikit.analysis.decomposition import Decomposition, decompose_change
    from kpikit.analysis.drivers import Drivers, rank_drivers
    from kpikit.analysis.effect import Effect, estimate_effect
    from kpikit.analysis.identities import IdentityChecks, check_identities
    from kpikit.analysis.leads import Leads, find_leads
    from kpikit.analysis.links import LinkEvidence, test_links
    from kpikit.analysis.overlap import Overlap, find_overlap
    from kpikit.analysis.seasons import Season, find_season
    from kpikit.analysis.signals import Signals, find_signals
    from kpikit.analysis.tradeoffs import Tradeoffs, find_tradeoffs
    from kpikit.analysis.trend import Trend, fit_trend
    from kpikit.analysis.watched import judge_kpis
    from kpikit.errors import (
        DataError,
        FormulaError,
        KpikitError,
        NotebookError,
        PeriodError,
        StrategyError,
        UnknownNameError,
    )
    from kpikit.forecasting.backtest import Backtest, backtest
    from kpikit.forecasting.forecast import Forecast, forecast
    from kpikit.ledger.ledger import Ledger, open_ledger
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
    from kpikit.targets.cascade import TargetCascade, cascade_targets
    from kpikit.targets.needed import needed_for
    from kpikit.targets.plan import TargetPlan, plan_target
    from kpikit.targets.propose import TargetProposals, propose_targets
    from kpikit.targets.recall import PastTargets, recall_targets
    from kpikit.targets.record import Record, score_record
    from kpikit.targets.sandbagging import TargetHabits, find_sandbagging
    from kpikit.targets.scenarios import (
        ScenarioComparison,
        compare_scenarios,
        read_scenario,
        record_scenario,
        save_scenario,
    )
    from kpikit.targets.whatif import Scenario, what_if

__version__ = "0.1.0"

_HOMES = {
    "kpikit.alignment.advice": (
        "KpiAdvice",
        "advise_kpis",
    ),
    "kpikit.alignment.audit": (
        "Audit",
        "audit",
    ),
    "kpikit.alignment.coverage": (
        "Coverage",
        "map_coverage",
    ),
    "kpikit.alignment.history": (
        "AlignmentHistory",
        "track_alignment",
    ),
    "kpikit.alignment.interdependence": (
        "Interdependencies",
        "map_interdependencies",
    ),
    "kpikit.alignment.map": (
        "StrategyMap",
        "map_strategy",
    ),
    "kpikit.alignment.portfolio": (
        "Portfolio",
        "propose_portfolio",
    ),
    "kpikit.alignment.sight": (
        "LineOfSight",
        "line_of_sight",
    ),
    "kpikit.alignment.v2mom": (
        "V2mom",
        "describe_department",
    ),
    "kpikit.analysis.changes": (
        "Changes",
        "find_changes",
    ),
    "kpikit.analysis.decomposition": (
        "Decomposition",
        "decompose_change",
    ),
    "kpikit.analysis.drivers": (
        "Drivers",
        "rank_drivers",
    ),
    "kpikit.analysis.effect": (
        "Effect",
        "estimate_effect",
    ),
    "kpikit.analysis.identities": (
        "IdentityChecks",
        "check_identities",
    ),
    "kpikit.analysis.leads": (
        "Leads",
        "find_leads",
    ),
    "kpikit.analysis.links": (
        "LinkEvidence",
        "test_links",
    ),
    "kpikit.analysis.overlap": (
        "Overlap",
        "find_overlap",
    ),
    "kpikit.analysis.seasons": (
        "Season",
        "find_season",
    ),
    "kpikit.analysis.signals": (
        "Signals",
        "find_signals",
    ),
    "kpikit.analysis.tradeoffs": (
        "Tradeoffs",
        "find_tradeoffs",
    ),
    "kpikit.analysis.trend": (
        "Trend",
        "fit_trend",
    ),
    "kpikit.analysis.watched": ("judge_kpis",),
    "kpikit.errors": (
        "DataError",
        "FormulaError",
        "KpikitError",
        "NotebookError",
        "PeriodError",
        "StrategyError",
        "UnknownNameError",
    ),
    "kpikit.forecasting.backtest": (
        "Backtest",
        "backtest",
    ),
    "kpikit.forecasting.forecast": (
        "Forecast",
        "forecast",
    ),
    "kpikit.ledger.ledger": (
        "Ledger",
        "open_ledger",
    ),
    "kpikit.observations": (
        "Observations",
        "VintageChanges",
        "build_observations",
        "compare_vintages",
    ),
    "kpikit.observations.same_point": (
        "SamePoint",
        "compare_same_point",
    ),
    "kpikit.review.findings": (
        "Review",
        "build_review",
    ),
    "kpikit.review.notebook": ("run_notebook",),
    "kpikit.review.run": (
        "ReviewRun",
        "run_review",
    ),
    "kpikit.sources": (
        "SourceChecks",
        "check_sources",
    ),
    "kpikit.strategy": (
        "Strategy",
        "load_strategy",
    ),
    "kpikit.targets.assess": (
        "Assessments",
        "assess_targets",
    ),
    "kpikit.targets.cascade": (
        "TargetCascade",
        "cascade_targets",
    ),
    "kpikit.targets.needed": ("needed_for",),
    "kpikit.targets.plan": (
        "TargetPlan",
        "plan_target",
    ),
    "kpikit.targets.propose": (
        "TargetProposals",
        "propose_targets",
    ),
    "kpikit.targets.recall": (
        "PastTargets",
        "recall_targets",
    ),
    "kpikit.targets.record": (
        "Record",
        "score_record",
    ),
    "kpikit.targets.sandbagging": (
        "TargetHabits",
        "find_sandbagging",
    ),
    "kpikit.targets.scenarios": (
        "ScenarioComparison",
        "compare_scenarios",
        "read_scenario",
        "record_scenario",
        "save_scenario",
    ),
    "kpikit.targets.whatif": (
        "Scenario",
        "what_if",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AlignmentHistory",
    "Assessments",
    "Audit",
    "Backtest",
    "Changes",
    "Coverage",
    "DataError",
    "Decomposition",
    "Drivers",
    "Effect",
    "Forecast",
    "FormulaError",
    "IdentityChecks",
    "Interdependencies",
    "KpiAdvice",
    "KpikitError",
    "Leads",
    "Ledger",
    "LineOfSight",
    "LinkEvidence",
    "NotebookError",
    "Observations",
    "Overlap",
    "PastTargets",
    "PeriodError",
    "Portfolio",
    "Record",
    "Review",
    "ReviewRun",
    "SamePoint",
    "Scenario",
    "ScenarioComparison",
    "Season",
    "Signals",
    "SourceChecks",
    "Strategy",
    "StrategyError",
    "StrategyMap",
    "TargetCascade",
    "TargetHabits",
    "TargetPlan",
    "TargetProposals",
    "Tradeoffs",
    "Trend",
    "UnknownNameError",
    "V2mom",
    "VintageChanges",
    "advise_kpis",
    "assess_targets",
    "audit",
    "backtest",
    "build_observations",
    "build_review",
    "cascade_targets",
    "check_identities",
    "check_sources",
    "compare_scenarios",
    "compare_same_point",
    "compare_vintages",
    "decompose_change",
    "describe_department",
    "estimate_effect",
    "find_changes",
    "find_leads",
    "find_overlap",
    "find_sandbagging",
    "find_season",
    "find_signals",
    "find_tradeoffs",
    "fit_trend",
    "forecast",
    "judge_kpis",
    "line_of_sight",
    "load_strategy",
    "map_coverage",
    "map_interdependencies",
    "map_strategy",
    "needed_for",
    "open_ledger",
    "plan_target",
    "propose_portfolio",
    "propose_targets",
    "rank_drivers",
    "read_scenario",
    "record_scenario",
    "recall_targets",
    "run_notebook",
    "run_review",
    "save_scenario",
    "score_record",
    "test_links",
    "track_alignment",
    "what_if",
]


def __getattr__(name: str) -> object:
    """Load a public name from its room when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'kpikit' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
