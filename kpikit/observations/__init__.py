"""One value of one KPI in one segment in one period, for all of them, in one long table.

`formula` compiles a KPI's formula into aggregates for the engine and arithmetic
for us, `build` brings them together by period and segment, `table` is the result.
"""

from kpikit.observations.build import build_observations
from kpikit.observations.table import Observations

__all__ = ["Observations", "build_observations"]
