"""Strategies made for a test: a company of one source and the KPIs that the test is about."""

import os
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from kpikit.strategy import Strategy, load_strategy

os.environ["KPIKIT_CACHE"] = "off"  # tests compute what they judge, and leave no trace

KPI = {
    "title": "The KPI",
    "department": "company",
    "owner": "the_owner",
    "source": "facts",
    "unit": "number",
    "direction": "higher_is_better",
}


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    """Close what a test drew: open figures add up over a whole run."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def company(tmp_path):
    """Return a function that writes facts and a strategy over them, and loads it.

    `facts` is a frame (written as Parquet) or the text of a CSV file; `kpis` maps
    names to formulas or to fields.
    """

    def make(facts, *, columns=None, kpis, source=None, **rest) -> Strategy:
        if isinstance(facts, pd.DataFrame):
            facts.to_parquet(tmp_path / "facts.parquet", index=False)
            path = "facts.parquet"
        else:
            content = facts if isinstance(facts, bytes) else facts.encode()
            (tmp_path / "facts.csv").write_bytes(content)
            path = "facts.csv"
        fields = {
            name: KPI | (entry if isinstance(entry, dict) else {"formula": entry})
            for name, entry in kpis.items()
        }
        document = {
            "version": 1,
            "organisation": {"name": "The company", "currency": "EUR"},
            "sources": {
                "facts": {"path": path, "time": "day", "columns": columns or {}} | (source or {})
            },
            "kpis": fields,
        } | rest
        file = tmp_path / "strategy.yaml"
        file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return load_strategy(file)

    return make


@pytest.fixture(scope="session")
def example_data() -> Path:
    """Return the folder with real facts, or skip where there is none."""
    place = os.environ.get("KPIKIT_EXAMPLE_DATA")
    if not place:
        pytest.skip("KPIKIT_EXAMPLE_DATA names no folder with the facts of the examples")
    return Path(place)


@pytest.fixture(scope="session")
def hotel(example_data, tmp_path_factory) -> Path:
    """Return the hotel's strategy file, copied beside its facts."""
    folder = tmp_path_factory.mktemp("hotel")
    repository = Path(__file__).parents[1]
    (folder / "strategy.yaml").write_bytes(
        (repository / "data" / "hotel" / "strategy.yaml").read_bytes()
    )
    facts = "hotel_bookings.csv.gz"
    (folder / facts).symlink_to(example_data / "hotel" / facts)
    return folder / "strategy.yaml"
