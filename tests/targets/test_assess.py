from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from kpikit.errors import DataError
from kpikit.strategy.model import Strategy
from kpikit.targets.assess import assess_targets

mpl.use("Agg")

COLUMNS = ["kpi", "segment", "period", "actual_to_date", "target", "attainment", "gap"]
COLUMNS += ["needed_pace", "status"]


@dataclass
class Facts:
    frame: pd.DataFrame

    def to_frame(self):
        return self.frame.copy()


def facts(values, *, kpi="orders", start="2024-01-01", partial_last=False, above=None, below=None):
    days = pd.date_range(start, periods=len(values), freq="MS")
    complete = np.ones(len(values), dtype=bool)
    complete[-1] = not partial_last
    return pd.DataFrame(
        {
            "kpi": kpi,
            "segment": "",
            "period_start": days,
            "value": np.asarray(values, dtype=float),
            "numerator": np.nan if above is None else above,
            "denominator": np.nan if below is None else below,
            "rows": 1,
            "complete": complete,
            "known_at": pd.NaT,
        }
    )


def strategy(*targets, formula="sum(amount)", **fields):
    orders = {
        "title": "Orders",
        "department": "company",
        "owner": "coo",
        "source": "facts",
        "formula": formula,
        "unit": "number",
        "direction": "higher_is_better",
        "targets": list(targets),
    }
    source = {"path": "facts.csv", "time": "day", "columns": {"day": "date", "amount": "number"}}
    return Strategy.model_validate(
        {
            "version": 1,
            "organisation": {"name": "Test", "currency": "EUR"},
            "sources": {"facts": source},
            "kpis": {"orders": orders | fields},
        }
    )


def assess(plan, table, as_of):
    return assess_targets(plan, Facts(table), as_of=as_of)


def only(plan, table, as_of):
    found = assess(plan, table, as_of).to_frame()
    assert len(found) == 1
    return found.iloc[0]


def test_a_complete_quarter_is_reached_or_not():
    # 10 + 11 + 12 = 33
    table = facts([10, 11, 12])
    reached = only(strategy({"period": "2024Q1", "committed": 33}), table, "2024-03-31")
    missed = only(strategy({"period": "2024Q1", "committed": 34}), table, "2024-03-31")
    assert list(reached.index) == COLUMNS
    assert reached[["actual_to_date", "target", "attainment", "gap"]].tolist() == [33, 33, 1, 0]
    assert reached["status"] == "on_target"
    assert missed[["attainment", "gap", "status"]].tolist() == [0, -1, "off_target"]
    assert np.isnan(missed["needed_pace"])


def test_lower_is_better_is_reached_from_above():
    plan = strategy({"period": "2024Q1", "committed": 34}, direction="lower_is_better")
    assert only(plan, facts([10, 11, 12]), "2024-03-31")["status"] == "on_target"


def test_a_band_is_reached_between_its_ends():
    table, band = facts([10, 11, 12]), {"period": "2024Q1", "lower": 30, "upper": 32}
    row = only(strategy(band, direction="on_target"), table, "2024-03-31")
    # 33 lies 1 above the band of 30 to 32, whose middle is 31
    assert row[["target", "gap", "status"]].tolist() == [31, 1, "off_target"]


def test_a_running_quarter_has_a_chance_and_a_pace():
    # a steady 10 a month; 10 so far; 34 would need 12 in each of the two months to come
    table = facts([10.0] * 25)
    plan = strategy({"period": "2026Q1", "committed": 34}, {"period": "2026Q1", "committed": 30})
    found = assess(plan, table, "2026-02-10").to_frame()
    assert found["actual_to_date"].tolist() == [10, 10]
    assert found["attainment"].tolist() == [0, 1]
    assert found["needed_pace"].tolist() == [12, 10]
    assert found["status"].tolist() == ["off_target", "on_target"]


def test_chances_between_the_thresholds_are_at_risk():
    noise = np.random.default_rng(3).normal(size=25)
    table = facts(100 + noise)
    row = only(strategy({"period": "2026Q1", "committed": 300 + noise[-1]}), table, "2026-02-10")
    assert 0.3 < row["attainment"] < 0.7
    assert row["status"] == "at_risk"


def test_the_policy_moves_the_thresholds():
    noise = np.random.default_rng(3).normal(size=25)
    plan = strategy({"period": "2026Q1", "committed": 300 + noise[-1]})
    lax = plan.model_copy(
        update={
            "policy": type(plan.policy).model_validate(
                {"status": {"on_target": 0.1, "at_risk": 0.05}}
            )
        }
    )
    assert only(lax, facts(100 + noise), "2026-02-10")["status"] == "on_target"


def test_a_partial_month_is_forecast_and_never_judged_as_whole():
    table = facts([10.0] * 26 + [1.0], partial_last=True)  # March 2026 has just begun
    row = only(strategy({"period": "2026Q1", "committed": 30}), table, "2026-03-03")
    assert row[["actual_to_date", "attainment", "status"]].tolist() == [20, 1, "on_target"]


def test_months_between_the_facts_and_the_quarter_do_not_count():
    # facts end with November 2025: December is stepped over, January to March add up
    row = only(strategy({"period": "2026Q1", "committed": 30}), facts([10.0] * 23), "2026-01-05")
    assert np.isnan(row["actual_to_date"])
    assert row[["attainment", "needed_pace"]].tolist() == [1, 10]


def test_a_ratio_of_sums_is_not_a_mean_of_ratios():
    # 1/2, 1/2 and 90/100: the ratio of sums is 92/104, the mean of ratios 0.63
    above, below = [1.0, 1.0, 90.0], [2.0, 2.0, 100.0]
    table = facts(np.divide(above, below), above=above, below=below)
    plan = strategy({"period": "2024Q1", "committed": 0.88}, formula="sum(amount) / count(*)")
    row = only(plan, table, "2024-04-01")
    assert row["actual_to_date"] == pytest.approx(92 / 104)
    assert row["status"] == "on_target"


def test_the_pace_of_a_ratio_weighs_with_what_is_to_come():
    # 50 of 100 so far and 100 to come each month: 0.6 of 300 is 180, so 130 of the 200 to come
    below = np.full(25, 100.0)
    table = facts(np.full(25, 0.5), above=below / 2, below=below)
    plan = strategy({"period": "2026Q1", "committed": 0.6}, formula="sum(amount) / count(*)")
    assert only(plan, table, "2026-02-10")["needed_pace"] == pytest.approx(0.65)


def test_declared_means_and_last_values_are_kept():
    table = facts([10, 11, 15])
    target = {"period": "2024Q1", "committed": 12}
    for way, actual in {"mean": 12, "last": 15}.items():
        plan = strategy(target, formula="count(distinct amount)", over_periods=way)
        assert only(plan, table, "2024-04-01")["actual_to_date"] == actual


def test_a_period_of_one_grain_needs_no_adding_up():
    plan = strategy({"period": "2024-03", "committed": 12}, formula="count(distinct amount)")
    assert only(plan, facts([10, 11, 12]), "2024-04-01")["status"] == "on_target"


def test_what_cannot_be_told_is_no_data_with_its_reason():
    target = {"period": "2024Q1", "committed": 30}
    for plan, table, reason in [
        (strategy(target, formula="count(distinct amount)"), facts([10, 11, 12]), "over_periods"),
        (strategy(target), facts([10, np.nan, 12]), "periods without a value inside it: 1"),
        (strategy(target), facts([11, 12], start="2024-02-01"), "without a value inside it: 1"),
        (strategy(target), facts([1, 2], kpi="other"), "there is no complete period"),
        (strategy(target, grain="year"), facts([1.0], start="2023-01-01"), "shorter than"),
        (strategy({"period": "2024Q1", "lower": 3}), facts([1, 2, 3]), "holds no value"),
    ]:
        found = assess(plan, table, "2024-04-01")
        assert found.to_frame()["status"].tolist() == ["no_data"]
        assert any(reason in note for note in found.notes)
        assert found.summary() == "orders, 2024Q1: no data to judge its target by."


def test_nothing_later_than_the_date_is_seen():
    table = facts([10, 11, 12])
    assert (
        only(strategy({"period": "2024-03", "committed": 1}), table, "2024-03-30")["actual_to_date"]
        != 12
    )
    late = table.assign(known_at=pd.to_datetime(["2024-02-01", "2024-03-01", "2024-06-01"]))
    row = only(strategy({"period": "2024Q1", "committed": 1}), late, "2024-04-15")
    assert row["actual_to_date"] == 21


def test_periods_to_come_and_retired_kpis_are_left_out():
    table = facts([10, 11, 12])
    assert assess(strategy({"period": "2024Q2", "committed": 1}), table, "2024-03-31").frame.empty
    retired = strategy({"period": "2024Q1", "committed": 1}, status="retired")
    assert assess(retired, table, "2024-04-01").frame.empty


@dataclass
class Ledger:
    """Stands for a ledger by the one question that is asked of it."""

    rows: list[tuple]

    def accepted_targets(self):
        names = ["kpi", "segment", "period", "level", "value", "when"]
        return pd.DataFrame(self.rows, columns=names)


def test_the_newest_accepted_target_counts_and_a_difference_is_said():
    plan = strategy({"period": "2024Q1", "committed": 30}, {"period": "2024Q2", "committed": 30})
    ledger = Ledger(
        [
            ("orders", "", "2024Q1", "committed", 32.0, "2024-02-01T10:00:00Z"),
            ("orders", "", "2024Q1", "stretch", 40.0, "2024-02-02T10:00:00Z"),
            ("orders", "", "2024Q1", "committed", 31.0, "2024-01-01T10:00:00Z"),
            ("orders", "", "2024Q1", "committed", 99.0, "2024-05-01T10:00:00Z"),
            ("gone", "", "2024Q1", "committed", 1.0, "2024-01-01T10:00:00Z"),
        ]
    )
    found = assess_targets(plan, Facts(facts([10, 11, 12])), as_of="2024-03-31", ledger=ledger)
    # 32 was committed last by the end of March; 99 came later
    assert found.to_frame()[["period", "target", "status"]].to_numpy().tolist() == [
        ["2024Q1", 32, "on_target"]
    ]
    assert (
        "orders, 2024Q1: 32.0 was accepted and 30.0 is declared; what was accepted counts."
        in found.notes
    )


def test_an_accepted_target_may_be_for_a_segment():
    table = pd.concat([facts([10, 11, 12]), facts([4, 5, 6]).assign(segment="north")])
    ledger = Ledger([("orders", "north", "2024Q1", "committed", 15.0, "2024-01-01T10:00:00Z")])
    found = assess_targets(strategy(), Facts(table), as_of="2024-03-31", ledger=ledger)
    row = found.to_frame().iloc[0]
    assert row[["segment", "actual_to_date", "status"]].tolist() == ["north", 15, "on_target"]


def test_what_holds_no_accepted_targets_is_refused():
    plan, table = strategy(), Facts(facts([1]))
    with pytest.raises(DataError, match="ledger is 'x', which holds no accepted targets"):
        assess_targets(plan, table, as_of="2024-04-01", ledger="x")

    class Other:
        def accepted_targets(self):
            return pd.DataFrame({"kpi": []})

    with pytest.raises(DataError, match="no column 'segment' and no column 'period'"):
        assess_targets(plan, table, as_of="2024-04-01", ledger=Other())


def test_many_targets_are_counted_and_drawn():
    plan = strategy({"period": "2024Q1", "committed": 1}, {"period": "2024Q1", "committed": 99})
    found = assess(plan, facts([10, 11, 12]), "2024-04-01")
    assert found.summary() == ("Targets assessed as of 2024-04-01: 2; on target 1, off target 1.")
    assert "<img" in found._repr_html_()
