import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from kpikit.analysis.effect import estimate_effect
from kpikit.errors import DataError, PeriodError

mpl.use("Agg")

COLUMNS = ["effect", "lower", "upper", "p_value", "verdict"]


def history(values, freq="MS"):
    start = pd.date_range("2020-01-01", periods=len(values), freq=freq)
    return pd.DataFrame({"period_start": start, "value": np.asarray(values, dtype=float)})


def month(place):
    return (pd.Timestamp("2020-01-01") + pd.DateOffset(months=place)).date()


def noise(n, phi=0.0, seed=0):
    values = np.random.default_rng(seed).normal(size=n)
    for t in range(1, n):
        values[t] = phi * values[t - 1] + np.sqrt(1 - phi**2) * values[t]
    return values


def row(found):
    return found.to_frame().iloc[0]


def test_a_step_without_noise_is_found_exactly():
    found = estimate_effect(history([100 + t + 7 * (t >= 24) for t in range(40)]), since=month(24))
    assert list(found.to_frame().columns) == COLUMNS
    assert row(found)["effect"] == pytest.approx(7, abs=0.05)
    assert row(found)["verdict"] == "higher"
    assert row(found)["p_value"] < 1e-6


def test_a_flat_kpi_has_no_effect():
    found = row(estimate_effect(history([5.0] * 36), since=month(20)))
    assert (found["effect"], found["p_value"]) == (0.0, 1.0)
    assert found["verdict"] == "no clear effect"


def test_a_step_is_found_below_season_and_trend():
    season = 4 * np.sin(np.arange(60) * np.pi / 6)
    values = 50 + noise(60) + season + 0.1 * np.arange(60) - 4 * (np.arange(60) >= 40)
    found = estimate_effect(history(values), since=month(40))
    assert row(found)["verdict"] == "lower"
    assert row(found)["lower"] < -4 < row(found)["upper"] < 0
    assert found.summary().startswith("The KPI since 2023-05-01 (observational): lower than")


def test_a_change_that_comes_bit_by_bit_is_its_mean_over_the_first_season():
    # a tenth of a point a month until it is whole in the sixth: 0.1, 0.2, ... 0.6, 0.6, ...
    change = np.clip(np.arange(60) - 35, 0, 6) / 10
    found = row(estimate_effect(history(10 + noise(60) / 50 + change), since=month(36)))
    assert found["effect"] == pytest.approx(change[36:48].mean(), abs=0.03)
    assert found["lower"] < change[36:48].mean() < found["upper"]


def test_growth_by_a_factor_is_judged_on_the_logarithmic_scale():
    # a straight line would call the second half too high by far
    grown = 100 * 1.04 ** np.arange(60) * np.exp(noise(60) / 40)
    assert row(estimate_effect(history(grown), since=month(42)))["verdict"] == "no clear effect"
    raised = grown * np.where(np.arange(60) >= 42, 1.2, 1.0)
    found = estimate_effect(history(raised), since=month(42))
    assert found.relative == pytest.approx(0.2, abs=0.06)
    truth = (raised - grown)[42:54].mean()
    assert row(found)["lower"] < truth < row(found)["upper"]


def test_a_bad_month_before_the_date_does_not_count():
    values = 50 + noise(48)
    values[29] -= 6
    found = estimate_effect(history(values), since=month(30))
    assert row(found)["verdict"] == "no clear effect"
    (told,) = (note for note in found.notes if note.startswith("Shortly before the change"))
    assert "2022-06-01 (−" in told
    assert "a return to the usual is to be expected anyway" in told
    line = found.counterfactual()
    assert not line.loc[29, "counts"]
    assert line["judged"].sum() == 12


def test_dates_picked_after_the_worst_month_show_no_more_than_chance():
    seen = []
    for seed in range(60):
        values = noise(48, phi=0.5, seed=seed)
        worst = 16 + int(np.argmin(values[16:40]))
        found = estimate_effect(history(50 + values), since=month(worst + 1))
        seen.append(row(found)["verdict"] in ("higher", "lower"))
    assert np.mean(seen) <= 0.12  # 0.07 and two standard errors


def test_a_control_takes_away_what_it_shares():
    shared = 3 * noise(48, seed=1)
    values = 50 + shared + noise(48) / 3 + 1.5 * (np.arange(48) >= 30)
    control = history(20 + shared + noise(48, seed=2) / 3).assign(kpi="other", segment="EU")
    alone = estimate_effect(history(values), since=month(30))
    beside = estimate_effect(history(values), since=month(30), controls=control)
    assert row(beside)["verdict"] == "higher"
    assert beside.detectable < alone.detectable / 2
    assert "Controls: other, EU." in beside.notes


def test_more_controls_than_a_history_can_weigh_are_brought_together():
    controls = pd.concat(
        [history(noise(36, seed=s)).assign(kpi=f"k{s}") for s in range(1, 15)], ignore_index=True
    )
    found = estimate_effect(history(noise(36)), since=month(24), controls=controls)
    assert row(found)["verdict"] in ("no clear effect", "too short to tell")


def test_periods_without_a_control_are_left_out_and_counted():
    control = history(noise(48, seed=3))
    control.loc[[3, 4], "value"] = np.nan
    found = estimate_effect(history(noise(48)), since=month(30), controls=control)
    assert "Periods left out because a control has no value: 2." in found.notes


@pytest.mark.parametrize(("length", "place"), [(20, 12), (30, 6), (30, 28)])
def test_too_short_is_said(length, place):
    found = estimate_effect(history(noise(length)), since=month(place))
    assert row(found)["verdict"] == "too short to tell"
    assert np.isnan(row(found)["effect"])
    assert found.summary().endswith("too short to tell.")
    assert "<img" in found._repr_html_()


def test_a_kpi_without_season_may_be_shorter():
    found = estimate_effect(
        history(noise(16) + 9 * (np.arange(16) >= 10)), since=month(10), period=1
    )
    assert row(found)["verdict"] == "higher"


def test_a_day_within_a_period_leaves_that_period_out():
    found = estimate_effect(history(noise(40)), since="2022-03-10")
    assert found.since == pd.Timestamp("2022-04-01")
    assert "The change falls into the period from 2022-03-01: left out." in found.notes
    assert not found.counterfactual().set_index("period_start").loc["2022-03-01", "counts"]


def test_partial_periods_never_enter():
    values = history(noise(40)).assign(complete=True)
    values.loc[39, ["value", "complete"]] = [900.0, False]
    whole = estimate_effect(values[:39], since=month(25))
    found = estimate_effect(values, since=month(25))
    pd.testing.assert_frame_equal(found.to_frame(), whole.to_frame())


def test_the_unit_of_measure_changes_nothing_else():
    values = 50 + noise(48) + 2 * (np.arange(48) >= 30)
    one = row(estimate_effect(history(values), since=month(30)))
    other = row(estimate_effect(history(values / 1000), since=month(30)))
    assert other["p_value"] == pytest.approx(one["p_value"], rel=1e-6)
    assert other["effect"] == pytest.approx(one["effect"] / 1000, rel=1e-6)


def test_the_callers_tables_are_left_alone_and_rows_may_come_in_any_order():
    table = history(noise(48)).sample(frac=1, random_state=3)
    before = table.copy()
    found = estimate_effect(table, since=month(30), controls=table.assign(value=1.0))
    pd.testing.assert_frame_equal(table, before)
    again = estimate_effect(history(noise(48)), since=month(30))
    pd.testing.assert_frame_equal(found.to_frame(), again.to_frame())


def test_a_date_outside_the_history_names_its_periods():
    with pytest.raises(PeriodError, match="2019-05-01 leaves no period before or none after it"):
        estimate_effect(history(noise(30)), since="2019-05-01")
    with pytest.raises(PeriodError, match="from 2020-01-01 to 2022-06-01. Pick a day between"):
        estimate_effect(history(noise(30)), since="2022-07-01")


def test_several_kpis_are_refused_by_name():
    panel = pd.concat([history(noise(30)).assign(kpi=kpi) for kpi in ("churn", "csat")])
    with pytest.raises(DataError, match=r"it holds 2 series \(churn, csat\)"):
        estimate_effect(panel, since=month(20))


def test_the_sentence_names_what_could_have_been_seen_and_never_a_cause():
    found = estimate_effect(
        history(noise(48) / 100).assign(kpi="Churn"), since=month(30), unit="share"
    )
    assert "pp or more would be found in 8 of 10 cases" in found.summary()
    said = " ".join((found.summary(), *found.notes)).lower()
    assert "cause" not in said
    assert "observational" in said


def test_the_picture_shows_history_counterfactual_and_date():
    values = noise(48)
    values[29] = -5
    ax = estimate_effect(history(values), since=month(30)).plot()
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "expected without it" in labels
    assert "does not count" in labels
    assert any("since 2022-07-01" in text.get_text() for text in ax.texts)


def test_a_history_that_tells_little_warns_of_nothing():
    values = np.exp(noise(26, phi=0.9, seed=4) * 3)
    found = estimate_effect(history(values), since=month(16))
    assert np.isfinite(found.detectable)
