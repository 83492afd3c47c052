import numpy as np
import pandas as pd
import pytest

from kpikit.analysis.baselines import find_baselines
from kpikit.analysis.changes import find_changes
from kpikit.analysis.signals import find_signals
from kpikit.errors import DataError


def history(step=8.0, *, at=30, n=60, kpi="bill", seed=3):
    rng = np.random.default_rng(seed)
    values = 100 + rng.normal(size=n) + step * (np.arange(n) >= at)
    months = pd.date_range("2021-01-01", periods=n, freq="MS")
    return pd.DataFrame({"kpi": kpi, "segment": "", "period_start": months, "value": values})


def reset(day, *, kpi="bill", **rest):
    row = {"kpi": kpi, "period_start": pd.Timestamp(day), "reason": "moved house"} | rest
    return pd.DataFrame([row])


def test_a_confirmed_step_begins_a_level_and_a_quiet_history_does_not():
    panel = pd.concat([history(), history(0.0, kpi="calm")])
    found = find_baselines(panel)
    assert found["kpi"].tolist() == ["bill"]
    assert found["period_start"].tolist() == [pd.Timestamp("2023-07-01")]
    assert found["reason"].iloc[0].startswith("level changed by +")


def test_a_bend_begins_no_level():
    bent = history(0.0)
    bent["value"] += 1.5 * np.maximum(np.arange(60) - 30, 0)
    assert "slope" in set(find_changes(bent).to_frame()["kind"])
    assert find_baselines(bent).empty


def test_a_run_on_one_side_alone_moves_no_baseline():
    run = history(0.0)
    run.loc[50:57, "value"] = run["value"].mean() + 0.4
    assert find_baselines(run).empty


def test_what_people_say_replaces_the_step_beside_it():
    found = find_baselines(history(), resets=reset("2023-06-01"))
    assert found[["period_start", "reason"]].to_numpy().tolist() == [
        [pd.Timestamp("2023-06-01"), "moved house"]
    ]


def test_a_reset_far_from_the_step_stands_beside_it():
    found = find_baselines(history(), resets=reset("2022-03-01"))
    assert found["period_start"].tolist() == [
        pd.Timestamp("2022-03-01"),
        pd.Timestamp("2023-07-01"),
    ]


def test_an_undone_reset_holds_back_the_step_as_well():
    assert find_baselines(history(), resets=reset("2023-07-01", undone=True)).empty


def test_the_reset_of_one_kpi_or_segment_is_none_of_another():
    for other in (reset("2023-07-01", kpi="other"), reset("2023-07-01", segment="north")):
        found = find_baselines(history(), resets=other)
        assert "level changed" in " ".join(found["reason"])
        assert len(found) == 2


def test_a_reset_without_a_reason_is_refused():
    with pytest.raises(DataError, match="gives no reason"):
        find_baselines(history(), resets=reset("2023-07-01", reason=" "))


def test_signals_after_a_step_are_judged_by_the_new_level():
    panel = history(5.0, n=45)
    kept = find_signals(panel).to_frame()
    anew = find_signals(panel, resets=find_baselines(panel)).to_frame()
    width = [(one["upper"] - one["lower"]).iloc[-1] for one in (kept, anew)]
    assert width[1] < width[0]
    assert anew["expected"].iloc[-1] == pytest.approx(105, abs=1)


def test_a_reset_on_record_comes_from_the_ledger_and_can_be_undone():
    from kpikit.ledger import BaselineReset
    from kpikit.ledger.address import practice_ledger

    with practice_ledger() as ledger:
        entry = ledger.append(
            BaselineReset(kpi="bill", since="2022-03-01"), who="ada", why="new price list"
        )
        found = find_baselines(history(), resets=ledger.baseline_resets())
        assert "new price list" in found["reason"].tolist()
        ledger.undo(entry.event, who="ada", why="it was not")
        resets = ledger.baseline_resets()
        assert resets["undone"].tolist() == [True]
        assert "new price list" not in find_baselines(history(), resets=resets)["reason"].tolist()
