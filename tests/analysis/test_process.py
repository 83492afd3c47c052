import numpy as np
import pandas as pd
import pytest

from kpikit.analysis.process import classify_target, judge_target, raw_limits, tell_target
from kpikit.analysis.runs import find_quiet, find_runs


def test_limits_agree_with_the_published_nhs_example():
    # NHSRplotthedots 0.2.2, vignettes/deviations.Rmd, outlier screening off
    found = raw_limits(np.array([1, 2, 1, 2, 10] + [1, 2] * 6 + [1], dtype=float), 1)
    assert [round(x, 2) for x in (found.lower, found.mean, found.upper)] == [-3.06, 1.94, 6.95]


def test_limits_that_do_not_hold_say_why():
    months = np.arange(60)
    noise = np.random.default_rng(1).normal(size=60)
    season = raw_limits(noise + 4 * np.sin(months * np.pi / 6), 12)
    assert "it has a season" in season.reasons
    walk = raw_limits(np.cumsum(noise), 12)
    assert "each period resembles the one before" in walk.reasons
    assert str(walk).startswith("Ordinary XmR limits do not hold here: ")
    assert raw_limits(np.array([1.0, 2.0]), 1).reasons == ("fewer than 12 values",)


@pytest.mark.parametrize(
    ("target", "signal", "direction", "fit"),
    [
        (1.3, "none", "higher_is_better", "change_the_process"),
        (0.8, "none", "lower_is_better", "change_the_process"),
        (0.8, "none", "higher_is_better", "leave_it"),
        (1.0, "none", "lower_is_better", "leave_it"),
        (1.3, "exceptional", "higher_is_better", "investigate"),
        ((1.2, 1.4), "none", "on_target", "change_the_process"),
        ((None, 0.8), "none", "on_target", "change_the_process"),
        ((1.0, 1.4), "none", "on_target", "leave_it"),
    ],
)
def test_a_bad_target_is_told_from_a_bad_process(target, signal, direction, fit):
    assert classify_target(0.9, 1.1, target=target, signal=signal, direction=direction) == fit


def test_without_limits_nothing_is_told_of_a_target():
    fit = classify_target(np.nan, np.nan, target=1, signal="none", direction="on_target")
    said = tell_target(fit, name="Churn", target="2 %", lower="–", upper="–")
    assert said == "Churn: too short to tell whether its target of 2 % suits the process."
    changed = tell_target(
        "change_the_process", name="Churn", target="2 %", lower="3 %", upper="4 %"
    )
    assert "its target of 2 % lies outside what it gives, 3 % to 4 %" in changed


def table(values, expected=0.0, signal="none"):
    months = pd.date_range("2024-01-01", periods=len(values), freq="MS")
    return pd.DataFrame(
        {"kpi": "a", "segment": "", "period_start": months, "value": values}
    ).assign(expected=expected, signal=signal)


def test_a_run_of_eight_is_long_and_one_of_seven_is_not():
    assert find_runs(table([1.0] * 7 + [-1.0] * 5)).empty
    (found,) = find_runs(table([1.0] * 8 + [-1.0] * 5)).to_dict("records")
    assert (found["length"], found["side"]) == (8, "above")
    assert f"{found['last']:%Y-%m}" == "2024-08"


def test_among_many_periods_a_run_has_to_be_longer():
    assert find_runs(table([1.0, -1.0] * 56 + [1.0] * 8)).empty  # log2(120) + 3 is 10


def test_quiet_is_counted_since_the_newest_signal():
    frame = table([0.0] * 30)
    frame.loc[3, "signal"] = "worth_a_look"
    (found,) = find_quiet(frame).to_dict("records")
    assert found["periods"] == 26
    frame.loc[10, "signal"] = "exceptional"
    assert find_quiet(frame).empty


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("none", 1.0, 2.0)], "Change the process, or the target."),
        ([("none", 1.0, 5.0)], "leave the process alone."),
        ([("none", 1.0, 2.0), ("exceptional", 1.0, 2.0)], "Find out what happened"),
        ([("none", float("nan"), float("nan"))], "too short to tell"),
    ],
)
def test_the_newest_period_tells_a_bad_target_from_a_bad_process(rows, said):
    frame = pd.DataFrame(rows, columns=["signal", "lower", "upper"])
    found = judge_target(frame, target=3.0, direction="higher_is_better", name="Rate")
    assert found.startswith("Rate: ")
    assert said in found
