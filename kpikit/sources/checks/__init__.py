"""How good facts are: one function per check, each a question put to a profile of the source.

`profile` lets the engine count by day, month and name; `rows`, `timing`, `amounts` and
`names` hold the checks, `months` and `mix` the arithmetic behind them, and `run` the
table of checks and the verb.
"""

from kpikit.sources.checks.run import SourceChecks, check_facts, check_sources

__all__ = ["SourceChecks", "check_facts", "check_sources"]
