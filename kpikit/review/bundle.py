"""The facts behind a review, computed once and carried to every department's run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kpikit.alignment.evidence import link_rows
from kpikit.errors import DataError, PeriodError
from kpikit.observations import Observations
from kpikit.observations.build import Wanted, choose_kpis, observe, used_sources
from kpikit.observations.markets import COLUMNS, observe_markets
from kpikit.observations.same_point import compare_same_point
from kpikit.periods import Period, parse_date
from kpikit.review.audited import Audited, ask_rules, read_audited, write_audited
from kpikit.review.errands import AUDITED, Asked, Send, errands
from kpikit.review.evidence import Evidence, read_evidence, write_evidence
from kpikit.review.observed import read_observations, write_observations
from kpikit.review.remembered import Remembered, read_remembered, remember, write_remembered
from kpikit.sources.checks import check_facts
from kpikit.sources.read import open_facts

if TYPE_CHECKING:
    from kpikit.ledger import Ledger
    from kpikit.strategy import Kpi, Strategy

STAMP, RUNNING, MARKETS = "bundle.json", "same-point.parquet", "markets.parquet"


@dataclass(frozen=True)
class Bundle:
    """What a review needs to know of the facts.

    Attributes
    ----------
    observations
        Every KPI at its own grain.
    periods
        Every KPI at the grain of the review's period.
    sources
        What `check_sources` found.
    evidence
        What the numbers show of links between KPIs.
    assessed
        What `assess_targets` found.
    audited
        How the rules of alignment are kept; None where only some KPIs were gathered.
    same_point
        The running month beside earlier ones at the same point; None for longer periods.
    remembered
        What the ledger holds; None where there is no ledger.
    unread
        Sources that could not be read, with the reason; KPIs on them are left out.
    markets
        How the markets do that KPIs name; see `observe_markets`.
    """

    observations: Observations
    periods: Observations
    sources: pd.DataFrame
    as_of: date
    evidence: Evidence
    assessed: pd.DataFrame
    audited: Audited | None = None
    same_point: pd.DataFrame | None = None
    remembered: Remembered | None = None
    unread: Mapping[str, str] = field(default_factory=dict)
    markets: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS))

    @property
    def resets(self) -> pd.DataFrame | None:
        """From when people compare a KPI with a new baseline; None where there is no ledger."""
        return None if self.remembered is None else self.remembered.resets

    def statuses(self, period: Period) -> dict[str, str]:
        """Return where each KPI with a target stands in a period, by its id."""
        of_period = self.assessed["period"].eq(period.label) & self.assessed["segment"].eq("")
        found = self.assessed[of_period]
        return dict(zip(found["kpi"], found["status"], strict=True))


def gather(  # noqa: PLR0913 - each is its own question
    strategy: Strategy,
    *,
    period: Period,
    as_of: date | None = None,
    kpis: Sequence[str] | None = None,
    ledger: Ledger | None = None,
    send: Send | None = None,
) -> Bundle:
    """Read the sources, and compute what the review of a period needs.

    Parameters
    ----------
    as_of
        Nothing later is seen. None is the newest day in the facts, and no later than
        the period's last day.
    ledger
        What is on record: the targets accepted there count before those declared.
    send
        What forks a process for an errand; everything is found here unless given.

    Raises
    ------
    PeriodError
        When the period has not begun by then.
    """
    wanted = choose_kpis(strategy, kpis)
    unread: dict[str, str] = {}
    with ExitStack() as stack:
        facts = stack.enter_context(
            open_facts(
                strategy,
                sources=used_sources(strategy, wanted),
                as_of=as_of or period.end,
                unread=unread,
            )
        )
        chosen = [kpi for kpi in wanted if not unread.keys() & used_sources(strategy, [kpi])]
        newest = max((fact.last for fact in facts.values() if fact.last), default=period.end)
        day = as_of or min(period.end, newest)
        if day < period.start:
            raise PeriodError(
                f"{period.label} begins on {period.start}, after the as-of date {day}. "
                "Choose an earlier period or a later date."
            )
        own = observe(strategy, facts, kpis=chosen, wanted=Wanted(grain=None), as_of=day)
        asked, sent = Asked(strategy, own, day), stack.enter_context(errands(send))
        for name in (*(AUDITED if kpis is None else ()), "evidence"):
            sent.send(name, asked)
        whole = observe(strategy, facts, kpis=chosen, wanted=Wanted(grain=period.grain), as_of=day)
        remembered = None
        if ledger is not None:
            remembered = remember(ledger, whole, calendar=strategy.calendar, grain=period.grain)
        sent.send("assessed", replace(asked, ledger=remembered))
        checked = check_facts(facts, as_of=day).to_frame()
        evidence, audited = sent.found("evidence"), None
        if kpis is None:
            answers = {key: found for name in AUDITED for key, found in sent.found(name).items()}
            known = answers | {"links": link_rows(evidence.links.to_frame()), "sources": checked}
            audited = ask_rules(strategy, own, known=known, ledger=ledger, as_of=day)
        assessed = sent.found("assessed")
    return Bundle(
        observations=own,
        periods=whole,
        sources=checked,
        as_of=day,
        evidence=evidence,
        assessed=assessed,
        audited=audited,
        same_point=_same_point(strategy, chosen, period, day),
        remembered=remembered,
        unread=unread,
        markets=observe_markets(strategy, chosen, as_of=day),
    )


def _same_point(
    strategy: Strategy, kpis: Sequence[Kpi], period: Period, as_of: date
) -> pd.DataFrame | None:
    """Return how a running month does, where it is one and its KPIs have first days."""
    if period.grain != "month" or as_of >= period.end:
        return None
    try:
        found = compare_same_point(
            strategy, kpis=[kpi.id for kpi in kpis], as_of=as_of, grain="month"
        )
    except DataError:
        return None
    return found.running()


def write_bundle(  # noqa: PLR0913 - those of gather, and where to
    strategy: Strategy,
    *,
    period: str,
    as_of: date | str | None,
    folder: Path,
    ledger: Ledger | None = None,
    send: Send | None = None,
) -> Bundle:
    """Write the facts of a review, with its strategy file, into a folder, and return them."""
    seen = parse_date(as_of) if as_of else None
    bundle = gather(
        strategy, period=strategy.calendar.parse(period), as_of=seen, ledger=ledger, send=send
    )
    shutil.copyfile(strategy.path, folder / "strategy.yaml")
    write_observations(bundle.observations, folder, "observations")
    write_observations(bundle.periods, folder, "periods")
    bundle.sources.to_parquet(folder / "sources.parquet", index=False)
    bundle.assessed.to_parquet(folder / "assessed.parquet", index=False)
    write_evidence(bundle.evidence, folder)
    if bundle.same_point is not None:
        bundle.same_point.to_parquet(folder / RUNNING, index=False)
    if bundle.audited is not None:
        write_audited(bundle.audited, folder)
    if bundle.remembered is not None:
        write_remembered(bundle.remembered, folder)
    bundle.markets.to_parquet(folder / MARKETS, index=False)
    stamp = json.dumps({"as_of": bundle.as_of.isoformat(), "unread": dict(bundle.unread)})
    (folder / STAMP).write_text(stamp, encoding="utf-8")
    return bundle


def read_bundle(folder: Path | str) -> Bundle:
    """Read what `write_bundle` wrote.

    Raises
    ------
    DataError
        When the folder holds no bundle.
    """
    folder = Path(folder)
    if not (folder / STAMP).is_file():
        raise DataError(f"{folder}: holds no bundle. Leave bundle empty to read the sources.")
    stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    day = date.fromisoformat(stamp["as_of"])
    running = folder / RUNNING
    return Bundle(
        observations=read_observations(folder, "observations", as_of=day),
        periods=read_observations(folder, "periods", as_of=day),
        sources=pd.read_parquet(folder / "sources.parquet"),
        as_of=day,
        evidence=read_evidence(folder),
        assessed=pd.read_parquet(folder / "assessed.parquet"),
        audited=read_audited(folder),
        same_point=pd.read_parquet(running) if running.is_file() else None,
        remembered=read_remembered(folder),
        unread=stamp["unread"],
        markets=pd.read_parquet(folder / MARKETS),
    )
