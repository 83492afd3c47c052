"""Faults of facts that cross several rooms: each with the result that it must have."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from kpikit import assess_targets, build_observations, load_strategy
from kpikit.errors import DataError

COLUMNS = {"day": "date", "price": "number"}


@pytest.mark.parametrize("value", ["12%", "(12)", "1 234", "1'234", "€12", "12-", "--1", "1e", "."])
def test_other_ways_to_write_a_number_are_refused_with_their_line(company, value):
    strategy = company(
        f"day,price\n2026-01-01,1\n2026-01-31,{value}\n", columns=COLUMNS, kpis={"p": "sum(price)"}
    )
    with pytest.raises(DataError, match="number in 1 of 2 rows.*line 3"):
        build_observations(strategy)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_the_machines_time_zone_changes_nothing(company, zone, tmp_path):
    text = "day,price\n2026-03-29T00:30:00Z,1\n2026-03-28T23:30:00Z,2\n2026-10-25T00:30:00Z,4\n"
    columns = {"day": "timestamp", "price": "number"}
    berlin = {"name": "The company", "time_zone": "Europe/Berlin"}
    company(text, columns=columns, kpis={"p": "sum(price)"}, organisation=berlin)
    code = (
        "import sys, kpikit as kk; s = kk.load_strategy(sys.argv[1]); "
        "f = kk.build_observations(s, grain='day').to_frame().dropna(subset=['value']); "
        "print(f[['period_start', 'value']].to_json(orient='values', date_format='iso'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "strategy.yaml"],
        env=os.environ | {"TZ": zone},
        capture_output=True,
        text=True,
        check=True,
    )
    found = [(day[:10], value) for day, value in json.loads(done.stdout)]
    assert found == [("2026-03-29", 3.0), ("2026-10-25", 4.0)]  # the short day and the long one


def test_numbers_beyond_all_bounds_are_missing_and_never_infinite(company):
    days = pd.to_datetime(["2026-01-01", "2026-01-15", "2026-01-31"])
    facts = pd.DataFrame(
        {"day": days, "big": [1e308] * 3, "small": [1e-308] * 3, "whole": [2**62] * 3}
    )
    kpis = {"big": "sum(big)", "square": "sum(big * big)", "ratio": "sum(big) / sum(small)"}
    kpis |= {"whole": "sum(whole)", "small": "sum(small)"}
    found = build_observations(company(facts, kpis=kpis))
    values = found.to_frame().set_index("kpi")["value"]
    assert values[["big", "square", "ratio"]].isna().all()
    assert values["whole"] == 3 * 2.0**62  # no number turns negative
    assert values["small"] == pytest.approx(3e-308)
    assert set(found.missing["kpi"]) == {"big", "square", "ratio"}


def test_a_young_quarter_is_not_missed_for_being_young(company):
    days = pd.date_range("2023-01-01", "2026-03-31", freq="D")
    noise = np.random.default_rng(1).normal(size=len(days))
    facts = pd.DataFrame({"day": days, "price": 10 + noise})
    targets = [{"period": "2026Q1", "committed": 870}]  # 90 days of 10 are 900
    kpis = {"p": {"formula": "sum(price)", "targets": targets}}
    strategy = company(facts, kpis=kpis)
    for day in pd.date_range("2026-01-01", "2026-03-31", freq="6D"):
        observations = build_observations(strategy, as_of=day.date())
        row = assess_targets(strategy, observations, as_of=day.date()).to_frame().iloc[0]
        assert row["status"] != "off_target", day


def test_no_artifact_holds_infinity_or_nan(company, tmp_path):
    days = pd.to_datetime(["2026-01-01", "2026-02-01", "2026-02-28"])
    facts = pd.DataFrame({"day": days, "a": [1.0, 0.0, np.inf], "b": [0.0, np.nan, 0.0]})
    strategy = company(facts, columns={"day": "timestamp", "a": "number", "b": "number"},
                       kpis={"r": "sum(a) / sum(b)"})  # fmt: skip
    out = tmp_path / "observations.csv"
    command = [sys.executable, "-m", "kpikit", "observe", strategy.path, "-o", out, "--no-record"]
    subprocess.run(command, check=True, capture_output=True)
    text = out.read_text().lower()
    assert "inf" not in text
    assert "nan" not in text


def test_a_lone_day_of_another_century_is_told_unless_a_day_is_named(tmp_path):
    (tmp_path / "t.csv").write_text("day,n\n2026-01-05,1\n2026-02-05,2\n2099-01-01,3\n")
    path = tmp_path / "s.yaml"
    path.write_text(
        "version: 1\norganisation: {name: A}\n"
        "sources: {t: {path: t.csv, time: day, columns: {day: date, n: number}}}\n"
        "departments: {d: {title: D, owner: ann}}\n"
        "kpis: {k: {title: K, department: d, owner: ann, source: t, formula: sum(n), unit: count,"
        " direction: higher_is_better}}\n"
    )
    strategy = load_strategy(path)
    with pytest.raises(DataError, match=r"dated 2099-01-01.*2026-02-05\. Correct it"):
        build_observations(strategy)
    seen = build_observations(strategy, as_of="2026-02-28").to_frame()
    assert seen["value"].tolist() == [1, 2]
