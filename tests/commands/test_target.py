import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from kpikit.cli import app


def kpikit(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture
def strategy(company):
    # 10 a day, every day, until the end of May 2025
    days = pd.date_range("2022-01-01", "2025-05-31")
    facts = pd.DataFrame({"day": days, "amount": 10.0})
    kpis = {
        "sales": {
            "formula": "sum(amount)",
            "title": "Sales",
            "unit": "money",
            "targets": [{"period": "2025Q2", "committed": 900}],
        },
        "price": {"formula": "avg(amount)", "direction": "on_target", "over_periods": "mean"},
    }
    made = company(facts, columns={"day": "date", "amount": "number"}, kpis=kpis)
    return made.path


def test_it_says_the_chance_the_honest_targets_and_the_path(strategy):
    done = kpikit("target", strategy, "sales", "--period", "2025Q2")
    assert done.exit_code == 0
    assert "Sales 2025Q2: EUR 900 (declared) is reached with a chance of" in done.stdout
    assert "committed" in done.stdout
    assert "2025-06-01" in done.stdout


def test_machines_read_the_same(strategy):
    done = kpikit("target", strategy, "sales", "--period", "2025Q2", "--value", 905, "--json")
    record = json.loads(done.stdout)
    assert (record["target"], record["origin"]) == (905, "asked")
    # April and May hold 300 + 310
    assert record["actual_to_date"] == 610
    assert record["needed_pace"] == 295
    assert [row["plan"] for row in record["path"]] == [300, 310, 295]
    assert {"floor", "committed", "stretch"} <= set(record["proposals"])
    assert record["basis"]["periods"] == 41


def test_a_band_has_ends_and_no_single_value(strategy):
    done = kpikit("target", strategy, "price", "--period", "2025Q3")
    assert "lower" in done.stdout
    refused = kpikit("target", strategy, "price", "--period", "2025Q3", "--value", 3)
    assert refused.exit_code == 2
    assert "price is on_target and has a band" in refused.stderr


def test_what_cannot_be_answered_exits_with_two(strategy):
    assert "Did you mean 'sales'" in kpikit("target", strategy, "sale", "--period", "2025Q2").stderr
    over = kpikit("target", strategy, "sales", "--period", "2025Q1")
    assert over.exit_code == 2
    assert "2025Q1: is over" in over.stderr
    assert not Path("vintages").exists()
