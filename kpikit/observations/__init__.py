"""One value of one KPI in one segment in one period, for all of them, in one long table.

`formula` compiles a KPI's formula into aggregates for the engine and arithmetic
for us, `build` brings them together by period and segment, `table` is the result.
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
