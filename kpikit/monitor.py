"""Watch a strategy's KPIs: what is new in the newest data since the last look."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np
import pandas as pd

from kpikit.analysis.baselines import find_baselines
from kpikit.analysis.market import BesideMarket, look_beside_market
from kpikit.analysis.watched import judge_kpis
from kpikit.errors import DataError, KpikitError
from kpikit.files import write_file
from kpikit.observations import build_observations
from kpikit.observations.build import choose_kpis
from kpikit.observations.markets import observe_markets
from kpikit.observations.same_point import compare_same_point
from kpikit.units import format_value

if TYPE_CHECKING:
    from kpikit.analysis.signals import Signals
    from kpikit.strategy.model import Strategy

Point = Literal["complete", "running"]

ORDER = ("none", "worth_a_look", "exceptional")  # from the weakest on
SECONDS = 10  # to wait for who is told
VERSION = 1  # of the state file
IN_A_QUARTER = {"day": 91.31, "week": 13.04, "month": 3.0, "quarter": 1.0, "year": 0.25}  # periods


@dataclass(frozen=True, kw_only=True)
class News:
    """One KPI whose newest period is no ordinary variation; no segment is the whole."""

    kpi: str
    segment: str
    title: str
    owner: str
    period_start: str
    point: Point
    signal: str
    value: float
    expected: float
    lower: float
    upper: float
    sentence: str


def look_for_news(
    strategy: Strategy,
    *,
    as_of: date | str,
    by: str | None = None,
    budget: float | None = None,
    resets: pd.DataFrame | None = None,
) -> list[News]:
    """Return the KPIs whose newest complete or running period stands out.

    A running period is judged against the same first days of earlier ones.

    Parameters
    ----------
    as_of
        The day of the look; nothing later is seen.
    by
        A column whose values are judged as segments, beside the whole.
    budget
        How many false exceptional periods to expect in a quarter, over all KPIs and
        segments; a running period counts once, however often it is looked at. Without
        it each series has a threshold of its own.
    resets
        Levels that began anew, as people decided; `Ledger.baseline_resets` returns them.
    """
    panel = build_observations(strategy, as_of=as_of, by=by).panel()
    if panel.empty:
        return []
    running = compare_same_point(strategy, as_of=as_of, by=by).to_frame()
    points = {"complete": panel, "running": _still_running(running, panel)}
    baselines = find_baselines(panel, resets=resets)
    markets = observe_markets(strategy, choose_kpis(strategy), as_of=as_of)
    news: list[News] = []
    for point, series in points.items():
        if series.empty:
            continue
        signals = judge_kpis(
            strategy,
            series,
            baselines=baselines,
            budget=None if budget is None else _of_history(budget / 2, strategy, series),
        )
        # the market is not known at the same point of a running period
        outside = markets if point == "complete" else markets.iloc[:0]
        news += _news(strategy, signals, point, outside)
    return sorted(news, key=lambda one: (-ORDER.index(one.signal), one.kpi, one.segment, one.point))


def only_new(news: Sequence[News], state: Path) -> list[News]:
    """Return the news that the state file does not hold, or holds as weaker."""
    told = _read_state(state)
    return [
        one
        for one in news
        if _rank(told.get(_key(one)), one.period_start) < ORDER.index(one.signal)
    ]


def remember(news: Sequence[News], state: Path) -> None:
    """Write what has been told: one entry per KPI, so that the file does not grow."""
    told = _read_state(state)
    for one in news:
        told[_key(one)] = [one.period_start, one.signal]
    content = {"version": VERSION, "told": dict(sorted(told.items()))}
    write_file(state, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def state_file(strategy: Strategy) -> Path:
    """Return the file beside the strategy's that remembers what has been told."""
    return strategy.path.with_suffix(".monitor.json")


def post(news: Sequence[News], url: str, *, organisation: str) -> None:
    """Send news as JSON to a web address.

    Raises
    ------
    KpikitError
        When nobody takes it there.
    """
    if not url.startswith(("http://", "https://")):
        raise KpikitError(f"webhook {url!r}: it is no web address. Write one with http or https.")
    content = {"organisation": organisation, "news": [_plain(one) for one in news]}
    body = json.dumps(content, ensure_ascii=False).encode()
    request = Request(url, data=body, headers={"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=SECONDS):
            pass
    except (URLError, OSError) as error:
        raise KpikitError(
            f"webhook {url}: the news was not taken ({error}). It will be sent again next time."
        ) from None


def as_record(news: Sequence[News]) -> list[dict[str, object]]:
    """Return news as plain values, for JSON."""
    return [_plain(one) for one in news]


def _plain(one: News) -> dict[str, object]:
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in asdict(one).items()
    }


def _of_history(budget: float, strategy: Strategy, panel: pd.DataFrame) -> float:
    """Return what a budget of one quarter comes to over all the periods of a panel."""
    known = panel[panel["value"].notna()]
    series = known[["kpi", "segment"]].drop_duplicates()
    a_quarter = sum(IN_A_QUARTER[strategy.kpis[str(kpi)].grain] for kpi in series["kpi"])
    return budget * len(known) / max(a_quarter, 1.0)


def _news(
    strategy: Strategy, signals: Signals, point: str, markets: pd.DataFrame
) -> Iterator[News]:
    """Tell of the newest period of every KPI and segment, where there is something to tell."""
    outside = {str(kpi): rows for kpi, rows in markets.groupby("kpi")}
    frame = signals.to_frame()
    for (kpi, segment), own in frame.groupby(["kpi", "segment"], sort=False):
        row, name = own.iloc[-1], str(kpi)
        beside = None
        if segment == "" and name in outside:
            beside = _beside(own[["period_start", "value"]], outside[name])
        if row["signal"] != "none" or beside is not None:
            yield _tell(strategy, row, point, beside)


def _still_running(running: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Return the first days of periods for the KPIs whose newest period is not complete."""
    reached = panel.groupby("kpi")["period_start"].max()
    newest = running.groupby("kpi")["period_start"].transform("max")
    known = running["kpi"].map(reached)
    return running[newest > known]


def _beside(history: pd.DataFrame, market: pd.DataFrame) -> BesideMarket | None:
    """Return how the KPI moved beside its market, where that can be told."""
    try:
        found = look_beside_market(history, market[["period_start", "value"]])
    except DataError:  # too little in common, or a market that stands still
        return None
    return found if found.sentence is not None else None


def _tell(strategy: Strategy, row: pd.Series, point: str, beside: BesideMarket | None) -> News:
    kpi, segment = strategy.kpis[str(row["kpi"])], str(row["segment"])
    currency = strategy.organisation.currency or ""
    start = row["period_start"].date()
    period = strategy.calendar.label(start, kpi.grain)
    value, lower, upper = (
        format_value(float(row[name]), kpi.unit, currency=currency)
        for name in ("value", "lower", "upper")
    )
    when = f"so far in {period}" if point == "running" else f"in {period}"
    word = str(row["signal"])
    alone = "as expected" if word == "none" else word.replace("_", " ")
    title = f"{kpi.title}, {segment}" if segment else kpi.title
    sentence = f"{title}: {alone} {when}: {value}, where {lower} to {upper} was expected"
    if beside is not None:
        sentence = f"{sentence}; {beside.sentence}"
        word = beside.signal if word == "none" else word
    return News(
        kpi=kpi.id,
        segment=segment,
        title=kpi.title,
        owner=kpi.owner,
        period_start=start.isoformat(),
        point=cast("Point", point),
        signal=word,
        value=float(row["value"]),
        expected=float(row["expected"]),
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        sentence=f"{sentence}.",
    )


def _key(one: News) -> str:
    return " ".join((one.kpi, one.point, one.segment)).strip()


def _rank(told: list[str] | None, period_start: str) -> int:
    return ORDER.index(told[1]) if told and told[0] == period_start else 0


def _read_state(state: Path) -> dict[str, list[str]]:
    if not state.is_file():
        return {}
    try:
        content = json.loads(state.read_text(encoding="utf-8"))
        told = {
            str(key): [str(start), str(signal)] for key, (start, signal) in content["told"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KpikitError(
            f"{state}: it is no state of the monitor. Remove it; all is then told anew."
        ) from None
    return {key: entry for key, entry in told.items() if entry[1] in ORDER}
