"""Make a review again from what it was made of, and see whether the same comes out."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpikit.errors import DataError
from kpikit.results import Result
from kpikit.review.batch import NOTEBOOKS, OVERVIEW
from kpikit.review.record import code
from kpikit.review.run import run_review

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RECORDS = ("run.json", "review.json", "index.html")


@dataclass(frozen=True, kw_only=True, eq=False)
class Verification(Result):
    """Which files of a review come out the same: `file, state` (`same`, `differs`, `missing`)."""

    period: str

    def summary(self) -> str:
        """Say whether the review can be made again, byte for byte."""
        other = self.frame[self.frame["state"] != "same"]
        if other.empty:
            return f"Review of {self.period}: all {len(self.frame)} files come out the same."
        names = ", ".join(f"{row.file} ({row.state})" for row in other.itertuples())
        return f"Review of {self.period}: not the same: {names}."

    def _draw(self, ax: Axes) -> None:
        counts = self.frame["state"].value_counts()
        ax.barh(counts.index.tolist(), counts.to_numpy())
        ax.set_xlabel("files")


def verify_review(
    report: Path | str,
    *,
    strategy: Path | str | None = None,
    ledger: str | None = None,
    notebooks: Path | str | None = None,
) -> Verification:
    """Recompute a review, and compare every file with what lies there.

    Parameters
    ----------
    report
        The folder of a finished review, or a file in it.
    strategy
        The strategy file; unless given, the one that the review's log names.
    ledger
        The path or address of the ledger that the review was made with; unless given, the
        strategy's own where there is one.
    notebooks
        The folder of its notebooks, unless they were kpikit's own.

    Raises
    ------
    DataError
        When there is no finished review, or its strategy file is gone.
    """
    place = Path(report)
    place = place if place.is_dir() else place.parent
    try:
        record = json.loads((place / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(
            f"{report}: there is no finished review. Name a folder that `kpikit review` wrote."
        ) from None
    source = Path(strategy) if strategy else _strategy_of(place)
    with TemporaryDirectory(prefix="kpikit-verify-") as out:
        names = [made["department"] for made in record["reports"]]
        _lay_out_earlier(place, record, Path(out))
        run = run_review(
            source,
            period=record["period"],
            departments=None if OVERVIEW in names else names,
            as_of=record["as_of"],
            out=out,
            ledger=ledger,
            notebooks=notebooks,
        )
        pages = [made["html"] for made in record["reports"] if made["html"]]
        rows = [(name, _state(place / name, run.folder / name)) for name in (*RECORDS, *pages)]
        again = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    now = code()
    notes = tuple(
        f"Made by other {name}: the difference may lie there."
        for name, said in (("code", "code"), ("versions of libraries", "versions"))
        if record.get(said) != now[said]
    )
    if record.get("ledger") != again.get("ledger"):
        notes += ("The ledger has gone on since: it may say more now.",)
    frame = pd.DataFrame(rows, columns=["file", "state"])
    return Verification(frame=frame, period=record["period"], notes=notes)


def _lay_out_earlier(place: Path, record: dict[str, Any], out: Path) -> None:
    """Put what an earlier run left where it was: the index and a failure's page tell of it."""
    made = {"index.html", *(one["html"] for one in record["reports"])}
    there = out / place.resolve().parent.name / place.resolve().name
    there.mkdir(parents=True)
    for page in place.glob("*.html"):
        if page.name not in made:
            (there / page.name).touch()
    if (place / NOTEBOOKS).is_dir():
        shutil.copytree(place / NOTEBOOKS, there / NOTEBOOKS)


def _strategy_of(place: Path) -> Path:
    try:
        lines = (place / "run.log").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = next((line.partition(" ")[2] for line in lines if line.startswith("strategy ")), "")
    if not named or not Path(named).is_file():
        raise DataError(
            f"{place}: its strategy file {named or 'is not named in run.log'} cannot be found. "
            "Name it with --strategy."
        )
    return Path(named)


def _state(there: Path, made: Path) -> str:
    if not (there.is_file() and made.is_file()):
        return "missing"
    if there.name == "run.json":
        said, now = (json.loads(path.read_text(encoding="utf-8")) for path in (there, made))
        # a ledger grows, by this very review too: what it added to the pages is told by them
        same = said | {"ledger": None} == now | {"ledger": None}
    else:
        same = there.read_bytes() == made.read_bytes()
    return "same" if same else "differs"
