"""Where facts come from: opened through one door, read as declared, never guessed.

`connect` opens engines (the only place that does), `files` reads files by their
contract, `expressions` gives the row-level language to an engine, `read` turns a
declared source into a table of facts, and `checks` says how good it is.
"""

from kpikit.sources.checks import SourceChecks, check_sources
from kpikit.sources.read import Facts, open_facts

__all__ = ["Facts", "SourceChecks", "check_sources", "open_facts"]
