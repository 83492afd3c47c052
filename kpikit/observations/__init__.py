"""One value of one KPI in one segment in one period, for all of them, in one long table.

`formula` compiles a KPI's definitions into aggregates; `query` gives rows their periods,
`aggregates` and `answers` ask an engine, `spans` knows windows; `arithmetic` and
`assembly` make values of the answers, `eras` says by which definition, `build` does it
all, `table` is the result.
`vintages` keeps a record of loads, `restatements` says what changed since the last.
"""

from kpikit.observations.build import build_observations
from kpikit.observations.restatements import VintageChanges, compare_vintages
from kpikit.observations.table import Observations
from kpikit.observations.vintages import record_vintage

__all__ = [
    "Observations",
    "VintageChanges",
    "build_observations",
    "compare_vintages",
    "record_vintage",
]
