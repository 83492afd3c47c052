"""A strategy that breaks no rule, and a way to change single facts of it."""

from copy import deepcopy
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml

from kpikit.observations import Observations
from kpikit.strategy import load_strategy

ALIGNED = Path(__file__).with_name("aligned.yaml")


def changed(document, changes):
    """Return a copy of a document with the entries at these places set, or taken out."""
    document = deepcopy(document)
    for place, value in changes.items():
        *way, last = (int(part) if part.isdecimal() else part for part in place.split("/"))
        holder = document
        for part in way:
            holder = holder[part]
        if value is None:
            del holder[last]
        elif isinstance(holder, list) and last == len(holder):
            holder.append(value)
        else:
            holder[last] = value
    return document


@pytest.fixture(scope="session")
def sound():
    return yaml.load(ALIGNED.read_text(encoding="utf-8"), yaml.CSafeLoader)


@pytest.fixture
def strategy(sound, tmp_path):
    """Return a function that loads the sound strategy with some facts changed."""

    def load(changes=None):
        file = tmp_path / "strategy.yaml"
        text = yaml.dump(changed(sound, changes or {}), Dumper=yaml.CSafeDumper, sort_keys=False)
        file.write_text(text, encoding="utf-8")
        return load_strategy(file)

    return load


@pytest.fixture
def observations():
    """Return a function that makes observations of months up to September 2026."""

    def make(**series):
        rows = []
        for kpi, values in series.items():
            starts = pd.date_range(end="2026-09-01", periods=len(values), freq="MS")
            rows.append(pd.DataFrame({"kpi": kpi, "period_start": starts, "value": values}))
        frame = pd.concat(rows, ignore_index=True).assign(
            segment="", numerator=float("nan"), denominator=float("nan"), rows=1, complete=True
        )
        missing = pd.DataFrame(columns=["kpi", "segment", "period_start", "reason"])
        return Observations(
            frame=frame.assign(known_at=pd.NaT), missing=missing, as_of=date(2026, 10, 15)
        )

    return make
