"""The strategy map with where each KPI stands, for the index and for the company's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpikit.strategy import Strategy

MAP = (9.6, 9.6)  # inches, until the map knows its rows


def map_picture(strategy: Strategy, statuses: Mapping[str, str]) -> tuple[str, str]:
    """Return the strategy map as a picture and as a sentence."""
    # loaded only by those who draw: who runs a batch sends for the map
    from kpikit.alignment.map import map_strategy
    from kpikit.charts.embed import picture

    known = {
        kpi: "no_data" if status == "no_target" else status for kpi, status in statuses.items()
    }
    found = map_strategy(strategy, statuses=known)
    said = found.summary()
    return picture(lambda ax: found.plot(ax=ax), alt=said, size=MAP), said
