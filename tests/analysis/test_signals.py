from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.analysis.signals import find_signals
from kpikit.errors import DataError
from kpikit.observations import build_observations
from kpikit.strategy import load_strategy
from kpikit.strategy.policy import Event

mpl.use("Agg")

COLUMNS = ["kpi", "segment", "period_start", "value", "expected", "lower", "upper", "signal"]


def history(values, freq="MS"):
    start = pd.date_range("2022-01-01", periods=len(values), freq=freq)
    return pd.DataFrame({"period_start": start, "value": np.asarray(values, dtype=float)})


def noisy(n=36, seed=0, phi=0.0):
    rng, values = np.random.default_rng(seed), np.zeros(n + 40)
    for now in range(1, n + 40):
        values[now] = phi * values[now - 1] + rng.normal()
    return 100 + 4 * values[40:]


def panel(count, n=36):
    return pd.concat([history(noisy(n, seed=s)).assign(kpi=f"k{s:02d}") for s in range(count)])


def words(found):
    return found.to_frame()["signal"]


def test_a_spike_is_exceptional_and_its_neighbours_are_not():
    values = noisy(60)
    values[30] += 40
    found = find_signals(history(values))
    assert list(found.to_frame().columns) == COLUMNS
    assert words(found)[words(found) == "exceptional"].index.tolist() == [30]
    assert "exceptional 2024-07-01 (1" in found.summary()


def test_the_last_point_is_judged_as_the_middle_is():
    values = noisy(60)
    values[-1] -= 36
    assert words(find_signals(history(values))).iloc[-1] == "exceptional"


def test_two_equal_spikes_do_not_hide_each_other():
    values = noisy(60)
    values[[20, 41]] += 40
    found = words(find_signals(history(values)))
    assert found[found == "exceptional"].index.tolist() == [20, 41]


def test_a_signal_lies_outside_its_limits_and_the_expected_value_between_them():
    values = noisy(60)
    values[30] += 40
    frame = find_signals(history(values)).to_frame()
    assert (frame["lower"] < frame["expected"]).all()
    assert (frame["expected"] < frame["upper"]).all()
    outside = (frame["value"] < frame["lower"]) | (frame["value"] > frame["upper"])
    assert (outside == (frame["signal"] == "exceptional")).all()


@pytest.mark.parametrize(
    "kind",
    ["alone", "memory", "trend", "season"],
)
def test_false_alarms_stay_rare(kind):
    many = 150
    made = np.array([noisy(36, seed=s, phi=0.5 * (kind == "memory")) for s in range(many)])
    if kind == "trend":
        made += 0.8 * np.arange(36)
    if kind == "season":
        made += 8 * np.sin(np.arange(36) * np.pi / 6)
    rows = [history(values).assign(kpi=f"{s}") for s, values in enumerate(made)]
    frame = find_signals(pd.concat(rows)).to_frame()
    assert 100 * (frame["signal"] == "exceptional").mean() < 0.3
    assert 100 * (frame["signal"] != "none").mean() < 2.0


def test_a_flat_kpi_and_a_straight_line_have_no_signal():
    assert words(find_signals(history([0.1] * 30))).eq("none").all()
    assert words(find_signals(history([2 + 3 * t for t in range(30)]))).eq("none").all()


def test_what_has_never_moved_and_moves_is_exceptional():
    values = [5.0] * 30
    values[20] = 6.0
    found = words(find_signals(history(values)))
    assert found[found != "none"].index.tolist() == [20]


def test_a_dozen_values_are_needed():
    found = find_signals(history([1.0, 2.0] * 5 + [90.0]))
    assert words(found).eq("none").all()
    assert found.to_frame()["expected"].isna().all()
    assert found.notes == ("the KPI: too short to judge; periods with a value: 11, needed: 12.",)
    assert found.summary() == (
        "The KPI: too short to tell a signal; it takes 12 periods with a value."
    )
    assert not words(find_signals(history([1.0, 2.0] * 6))).isna().any()


def test_nothing_at_all_is_no_fault():
    found = find_signals(history([]))
    assert found.to_frame().columns.tolist() == COLUMNS
    assert found.summary() == "Series judged: 0 of 0; periods exceptional: 0, worth a look: 0."


def test_missing_values_stay_out_and_are_no_signal():
    values = noisy(48)
    values[10:13] = np.nan
    values[30] += 40
    found = find_signals(history(values))
    assert words(found)[10:13].eq("none").all()
    assert words(found)[30] == "exceptional"
    assert "the KPI: periods without a value, left out: 3." in found.notes


def test_only_what_is_worse_is_a_signal_where_a_direction_is_given():
    values = noisy(60)
    values[20] += 40
    values[40] -= 40
    loud = {}
    for direction in ("higher_is_better", "lower_is_better", "on_target"):
        found = words(find_signals(history(values), direction=direction))
        loud[direction] = found[found == "exceptional"].index.tolist()
    assert loud == {"higher_is_better": [40], "lower_is_better": [20], "on_target": [20, 40]}
    both = find_signals(history(values).assign(kpi="a"), direction={"a": "lower_is_better"})
    assert words(both)[40] == "none"


def test_an_unknown_direction_is_told_with_a_near_one():
    with pytest.raises(DataError, match="Did you mean 'lower_is_better'"):
        find_signals(history(noisy()), direction="lower_is_beter")


def test_a_difference_below_the_smallest_that_matters_is_no_signal():
    values = noisy(60)
    values[30] += 40
    assert words(find_signals(history(values), smallest=30)).eq("exceptional").sum() == 1
    assert words(find_signals(history(values), smallest=60)).eq("none").all()
    named = find_signals(history(values).assign(kpi="a"), smallest={"a": 60})
    assert words(named).eq("none").all()
    with pytest.raises(DataError, match="smallest is -1"):
        find_signals(history(values), smallest=-1)


def test_known_events_are_marked_tell_nothing_and_raise_nothing():
    values = noisy(60)
    values[30] += 40
    events = [Event(name="outage", date="2024-07-09")]
    found = find_signals(history(values), events=events)
    assert words(found)[30] == "none"
    assert found.marks[["kind", "text"]].to_numpy().tolist() == [["event", "outage"]]
    assert "the KPI: periods of known events, left out: 1." in found.notes
    moved = values.copy()
    moved[30] += 1000
    again = find_signals(history(moved), events=events).to_frame()
    np.testing.assert_allclose(again["expected"], found.to_frame()["expected"])


def test_an_event_of_another_kpi_changes_nothing():
    values = noisy(60)
    values[30] += 40
    table = pd.DataFrame({"name": ["sale"], "from": ["2024-07-01"], "to": ["2024-07-31"]})
    named = history(values).assign(kpi="a")
    assert words(find_signals(named, events=table.assign(kpis=["b"])))[30] == "exceptional"
    assert words(find_signals(named, events=table.assign(kpis=["a"])))[30] == "none"


def test_a_public_holiday_counts_for_days_only():
    table = pd.DataFrame({"name": ["New Year"], "date": ["2022-01-01"], "kind": "public holiday"})
    assert find_signals(history(noisy()), events=table).marks.empty
    assert len(find_signals(history(noisy(), freq="D"), events=table).marks) == 1


def test_a_table_of_events_without_a_day_is_told():
    with pytest.raises(DataError, match="row 1: sale has no day"):
        find_signals(history(noisy()), events=pd.DataFrame({"name": ["sale"], "date": [None]}))
    with pytest.raises(DataError, match="name, and date or from"):
        find_signals(history(noisy()), events=pd.DataFrame({"name": ["sale"]}))


def step(n=48, at=30, size=60):
    values = noisy(n)
    values[at:] += size
    return history(values).assign(kpi="a")


def resets(**rest):
    row = {"kpi": ["a"], "period_start": ["2024-07-01"], "reason": ["new price list"]}
    return pd.DataFrame(row | rest)


def test_a_reset_lets_the_level_begin_anew():
    plain = find_signals(step()).to_frame()
    anew = find_signals(step(), resets=resets())
    width = (plain["upper"] - plain["lower"]).median()
    assert (anew.to_frame()["upper"] - anew.to_frame()["lower"]).median() < 0.9 * width
    assert words(anew).ne("exceptional").all()
    assert anew.marks[["kind", "text"]].to_numpy().tolist() == [["reset", "new price list"]]


def test_a_reset_can_be_undone_and_needs_a_reason():
    plain = find_signals(step()).to_frame()
    undone = find_signals(step(), resets=resets(undone=["2024-09-01"])).to_frame()
    pd.testing.assert_frame_equal(plain, undone)
    with pytest.raises(DataError, match="resets: a gives no reason"):
        find_signals(step(), resets=resets(reason=[" "]))
    with pytest.raises(DataError, match="no column 'reason'"):
        find_signals(step(), resets=resets().drop(columns="reason"))


def test_a_budget_is_spent_over_the_whole_board():
    board = panel(40)
    few, many = find_signals(board, budget=0.5), find_signals(board, budget=20)
    assert words(few).eq("exceptional").sum() <= 3
    assert 8 <= words(many).eq("exceptional").sum() <= 36
    assert "false alarms to expect: 0.5" in few.summary()
    with pytest.raises(DataError, match="budget is 0"):
        find_signals(board, budget=0)


def test_a_large_budget_is_not_overspent():
    # were every alarm taken out of the spread of the rest, the rest would follow: 1.7 times as many
    board = panel(40, n=60)
    found = find_signals(board, budget=96, direction="higher_is_better")
    assert 70 <= words(found).eq("exceptional").sum() <= 122


def test_a_kpi_that_grows_is_judged_in_logarithms():
    rng = np.random.default_rng(2)
    values = 100 * np.exp(0.03 * np.arange(72) + 0.08 * rng.normal(size=72))
    found = find_signals(history(values))
    assert found.series["logs"].item()
    assert (found.to_frame()["lower"] > 0).all()
    assert any("logarithms" in note for note in found.notes)


def test_long_days_are_judged_in_windows():
    values = noisy(900) + 6 * (np.arange(900) % 7 == 0)
    values[[100, 450, 899]] += 40
    found = words(find_signals(history(values, freq="D")))
    assert set(found[found == "exceptional"].index) >= {100, 450, 899}
    assert (found == "exceptional").sum() <= 6


def test_long_runs_and_long_quiet_are_found():
    values = [10.0, 12.0] * 12
    found = find_signals(history(values))
    assert found.runs().empty
    assert found.quiet()[["since", "periods"]].to_numpy().tolist() == [
        [pd.Timestamp("2022-01-01"), 24]
    ]


def test_ordinary_limits_are_said_to_hold_or_not():
    assert find_signals(history(noisy(48))).raw_limits().are_valid
    drifting = find_signals(history(noisy(48) + 2 * np.arange(48)))
    assert "it has a trend" in drifting.raw_limits().reasons
    with pytest.raises(DataError, match="there is no series 'b'"):
        find_signals(panel(2)).raw_limits("b")


@settings(derandomize=True, deadline=None, max_examples=20)
@given(st.lists(st.integers(-1000, 1000), min_size=12, max_size=40), st.sampled_from([0.01, 100.0]))
def test_signals_follow_the_unit_of_measure(values, unit):
    one, other = (find_signals(history(np.array(values) * size)) for size in (1.0, unit))
    pd.testing.assert_series_equal(words(one), words(other))


def test_the_order_of_rows_does_not_matter_and_the_table_is_left_alone():
    table = panel(3).sample(frac=1, random_state=7)
    before = table.copy()
    shuffled = find_signals(table)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(shuffled.to_frame(), find_signals(panel(3)).to_frame())


def test_a_kpi_is_judged_alike_alone_and_among_others():
    alone = find_signals(panel(1)).to_frame()
    among = find_signals(panel(4)).to_frame()
    among = among[among["kpi"] == "k00"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, among)


def test_two_workers_find_the_same_bytes_as_one():
    one, two = find_signals(panel(5)), find_signals(panel(5), workers=2)
    assert one.to_frame().to_csv() == two.to_frame().to_csv()


def test_one_kpi_is_drawn_with_its_ranges_and_many_as_a_board():
    values = noisy(60)
    values[30] += 40
    one = find_signals(history(values))
    ax = one.plot()
    (key,) = ax.texts
    assert list(key.words) == ["limits", "expected", "value", "exceptional"]
    assert len(ax.figure.axes) == 2
    many = find_signals(panel(12))
    assert "Series judged: 12 of 12" in many.summary()
    assert "<img" in many._repr_html_()
    assert "<img" in one._repr_html_()


def test_what_is_planted_in_the_demonstration_company_is_told():
    # truth.yaml: the outage, the bill of another company, the week without a counting script
    strategy = load_strategy(Path(__file__).parents[2] / "data" / "brightdesk" / "strategy.yaml")
    found = find_signals(
        build_observations(strategy).panel(),
        direction={name: kpi.direction for name, kpi in strategy.kpis.items()},
    ).to_frame()
    found["month"] = found["period_start"].dt.strftime("%Y-%m")
    planted = {"availability": "2024-03", "fault_share": "2024-03", "first_reply_hours": "2024-03"}
    planted |= {"hosting_share": "2024-10", "visits": "2023-07"}
    found["planted"] = found["month"] == found["kpi"].map(planted)
    words = found[found["planted"]].set_index("kpi")["signal"]
    assert words.drop("first_reply_hours").eq("exceptional").all()
    assert words["first_reply_hours"] == "worth_a_look"
    # 0.04 for each of 47 KPIs, 120 periods of each
    assert (found["signal"].eq("exceptional") & ~found["planted"]).sum() <= 3


def test_a_spike_of_a_steady_skewed_count_is_not_taken_for_ordinary():
    rng = np.random.default_rng(4)
    week = np.tile([300, 320, 310, 330, 320, 60, 50], 9)
    values = week * np.exp(0.2 * rng.normal(size=63))
    values[24] *= 4
    found = find_signals(history(values, "D"))
    assert not found.series["logs"].item()
    assert words(found)[24] == "exceptional"
