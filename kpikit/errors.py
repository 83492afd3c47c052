"""Every error kpikit raises on purpose.

KpikitError
├── StrategyError          the strategy file is wrong; .faults lists every fault with its line
├── DataError              a source or a table breaks its contract
│   └── UnknownNameError   no such KPI, department, column, period or parameter (also a KeyError)
├── FormulaError           a formula steps outside the allow-list, or cannot be read
├── PeriodError            a period, grain or date cannot be read
└── NotebookError          a notebook failed while running; .output is the partial copy

Every message says where, what is wrong with the value, and one next step.
Anything else that is raised is a defect of kpikit and keeps its bare traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

MAX_NAMES = 12  # names listed in a message before it says how many more there are


class KpikitError(Exception):
    """Base of every error a user can put right."""

    __str__ = Exception.__str__  # a KeyError would show its message in quotes


class DataError(KpikitError, ValueError):
    """A source or table breaks its contract."""


class UnknownNameError(DataError, KeyError):
    """A name that is not among the known ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str) -> None:
        self.name, self.known = name, sorted(known)
        super().__init__(f"{where}: there is no {kind} {name!r}. {suggest(name, self.known)}")


class FormulaError(KpikitError, ValueError):
    """A formula steps outside the allow-list, or cannot be read."""


class PeriodError(KpikitError, ValueError):
    """A period, grain or date cannot be read."""


class NotebookError(KpikitError, RuntimeError):
    """A notebook failed while running."""

    def __init__(self, notebook: str, *, cell: int, fault: str, output: Path) -> None:
        self.output = output
        super().__init__(
            f"{notebook}: cell {cell} stopped with {fault.rstrip('.')}. "
            f"The run so far is in {output}."
        )


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with a file: its line (from 1), its place, and what to do."""

    line: int
    where: str
    message: str

    def __str__(self) -> str:
        """Return the fault as one line of text."""
        place = f"{self.where}: " if self.where else ""
        return f"line {self.line}: {place}{self.message}"


class StrategyError(KpikitError, ValueError):
    """The strategy file is wrong; every fault is listed, in the order of its lines."""

    def __init__(self, path: Path | str, faults: Sequence[Fault]) -> None:
        self.path = Path(path)
        self.faults = tuple(sorted(set(faults)))
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        lines = "".join(f"\n  {fault}" for fault in self.faults)
        super().__init__(f"{path}: {count}.{lines}")


def suggest(name: str, known: Iterable[str]) -> str:
    """Return "Did you mean …?" for a near name, else the names there are.

    Examples
    --------
    >>> suggest("churm_rate", ["churn_rate", "revenue"])
    "Did you mean 'churn_rate'?"
    >>> suggest("zzz", ["churn_rate", "revenue"])
    'Known: churn_rate, revenue.'
    """
    names = list(known)
    if not names:
        return "None is defined."
    near = get_close_matches(name, names, n=1)
    if not near:  # get_close_matches minds the case, people often do not
        folded = {known_name.casefold(): known_name for known_name in names}
        near = [folded[key] for key in get_close_matches(name.casefold(), folded, n=1)]
    if near:
        return f"Did you mean {near[0]!r}?"
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"Known: {', '.join(names[:MAX_NAMES])}{more}."
