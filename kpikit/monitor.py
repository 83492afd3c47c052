"""Watch a strategy's KPIs: what is new in the newest data since the last look."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.error import URLError
from urllib.request import Request, urlopen

import numpy as np
import pandas as pd

from kpikit.analysis.known import known_events
from kpikit.analysis.market import MarketFinding, find_beside_market
from kpikit.analysis.signals import Signals, find_signals
from kpikit.errors import DataError, KpikitError
from kpikit.files import write_file
from kpikit.observations import build_observations
from kpikit.observations.same_point import compare_same_point
from kpikit.units import format_value

if TYPE_CHECKING:
    from kpikit.strategy.model import Kpi, Strategy

Point = Literal["complete", "running"]

ORDER = ("none", "worth_a_look", "exceptional")  # from the weakest on
SECONDS = 10  # to wait for who is told
VERSION = 1  # of the state file


@dataclass(frozen=True, kw_only=True)
class News:
    """One KPI whose newest period is no ordinary variation."""

    kpi: str
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


def look_for_news(strategy: Strategy, *, as_of: date | str) -> list[News]:
    """Return the KPIs whose newest complete or running period stands out.

    A running period is judged against the same first days of earlier ones.

    Parameters
    ----------
    as_of
        The day of the look; nothing later is seen.
    """
    observations = build_observations(strategy, as_of=as_of)
    panel = observations.panel()
    if panel.empty:
        return []
    running = compare_same_point(strategy, as_of=as_of).to_frame()
    complete = list(_news(strategy, panel, "complete"))
    news = [*complete, *_news(strategy, _still_running(running, panel), "running")]
    return sorted(news, key=lambda one: (-ORDER.index(one.signal), one.kpi, one.point))


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


def _news(strategy: Strategy, panel: pd.DataFrame, point: Point) -> Iterator[News]:
    """Judge the newest period of every KPI, those of one grain together."""
    whole = panel[panel["segment"] == ""]
    for _, kpis in _by_grain(strategy, whole["kpi"].unique().tolist()):
        own = whole[whole["kpi"].isin([kpi.id for kpi in kpis])]
        starts = own["period_start"]
        signals = find_signals(
            own,
            direction={kpi.id: kpi.direction for kpi in kpis},
            events=known_events(strategy, first=starts.min().date(), last=starts.max().date()),
        )
        for kpi in kpis:
            row = _newest(signals, kpi.id)
            beside = _beside(strategy, kpi, own)
            if row is not None and (row["signal"] != "none" or beside is not None):
                yield _tell(strategy, kpi, row, point, beside)


def _by_grain(strategy: Strategy, ids: Sequence[str]) -> Iterator[tuple[str, list[Kpi]]]:
    kpis = [strategy.kpis[name] for name in ids]
    for grain in sorted({kpi.grain for kpi in kpis}):
        yield grain, [kpi for kpi in kpis if kpi.grain == grain]


def _still_running(running: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Return the first days of periods for the KPIs whose newest period is not complete."""
    reached = panel.groupby("kpi")["period_start"].max()
    newest = running.groupby("kpi")["period_start"].transform("max")
    known = running["kpi"].map(reached)
    return running[newest > known]


def _newest(signals: Signals, kpi: str) -> pd.Series | None:
    rows = signals.frame[signals.frame["kpi"] == kpi]
    return rows.iloc[-1] if len(rows) else None


def _beside(strategy: Strategy, kpi: Kpi, panel: pd.DataFrame) -> MarketFinding | None:
    """Return how the KPI moved beside its market, where it names one among the KPIs."""
    market = kpi.market
    if market not in strategy.kpis or market not in set(panel["kpi"]):
        return None
    own, outside = (
        panel.loc[panel["kpi"] == name, ["period_start", "value"]] for name in (kpi.id, market)
    )
    try:
        return find_beside_market(own, outside)
    except DataError:  # too little in common, or a market that stands still
        return None


def _tell(
    strategy: Strategy, kpi: Kpi, row: pd.Series, point: Point, beside: MarketFinding | None
) -> News:
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
    sentence = f"{kpi.title}: {alone} {when}: {value}, where {lower} to {upper} was expected"
    if beside is not None:
        sentence = f"{sentence}; {beside.sentence}"
        word = beside.signal if word == "none" else word
    return News(
        kpi=kpi.id,
        title=kpi.title,
        owner=kpi.owner,
        period_start=start.isoformat(),
        point=point,
        signal=word,
        value=float(row["value"]),
        expected=float(row["expected"]),
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        sentence=f"{sentence}.",
    )


def _key(one: News) -> str:
    return f"{one.kpi} {one.point}"


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
