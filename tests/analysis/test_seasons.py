import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from kpikit.analysis.seasons import find_season

mpl.use("Agg")


def history(values, start="2022-04-01", freq="MS"):
    starts = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"period_start": starts, "value": np.asarray(values, dtype=float)})


def noise(n, seed=0):
    return 100 + np.random.default_rng(seed).normal(size=n)


def test_a_profile_comes_back_with_its_intervals_and_in_calendar_order():
    effects = np.array([4, -4, 0, 0, 0, 0, 2, -2, 0, 0, 0, 0.0])  # April first
    found = find_season(history(noise(96) + effects[np.arange(96) % 12]))
    row = found.to_frame().iloc[0]
    assert list(found.to_frame().columns) == ["kpi", "segment", "period", "verdict", "p_value"]
    assert (row["period"], row["verdict"]) == (12, "seasonal")
    profile = found.profile.set_index("label")
    assert profile.index.tolist()[:4] == ["Jan", "Feb", "Mar", "Apr"]
    true = dict(zip(profile.index, np.roll(effects, 3), strict=True))
    held = [
        profile.loc[month, "lower"] <= true[month] <= profile.loc[month, "upper"] for month in true
    ]
    assert np.mean(held) >= 0.8
    assert profile["effect"].sum() == pytest.approx(0, abs=1e-9)
    assert profile.loc["Apr", "effect"] == pytest.approx(4, abs=1)
    assert found.summary().startswith("The KPI: seasonal, highest in Apr (+")
    assert "lowest in May (−" in found.summary()


def test_days_are_named_by_weekday_and_quarters_by_their_first_month():
    week = np.array([0, 0, 0, 0, 0, 5, 5.0])
    days = find_season(history(noise(70) + week[np.arange(70) % 7], "2026-01-07", "D"))
    assert days.profile["label"].tolist() == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert days.profile["effect"].idxmax() in days.profile.index
    year = np.array([6, 0, 0, 0.0])
    quarters = find_season(history(noise(40) + year[np.arange(40) % 4], "2016-10-01", "QS"))
    assert quarters.profile["label"].iloc[-1] == "the quarter from Oct"
    assert quarters.to_frame()["period"].item() == 4


def test_noise_has_no_clear_season_and_no_profile():
    found = find_season(history(noise(60)))
    assert found.summary() == "The KPI: no clear season."
    assert found.profile.empty
    assert found.plot().texts[0].get_text() == "no clear season"


def test_less_than_two_seasons_and_years_are_too_short():
    short = find_season(history(noise(23)))
    assert short.to_frame()["verdict"].item() == "too short"
    assert "too short to tell a season" in short.summary()
    assert find_season(history(noise(30), freq="YS")).to_frame()["verdict"].item() == "too short"
    assert find_season(history([])).summary() == "Seasons of 0 series: none."


def test_a_season_is_found_beside_a_step_and_gaps():
    times = np.arange(72)
    values = noise(72) + 2 * np.sin(times * np.pi / 6) + 25 * (times >= 40)
    values[[3, 17, 18, 50]] = np.nan
    assert find_season(history(values)).to_frame()["verdict"].item() == "seasonal"


def test_a_period_given_is_taken():
    found = find_season(history(noise(80) + 3 * (np.arange(80) % 5 == 2), freq="D"), period=5)
    assert found.profile["label"].tolist() == [f"place {place}" for place in range(1, 6)]
    assert found.profile["effect"].idxmax() == 2


def test_many_series_are_counted_and_drawn_side_by_side():
    seasonal = noise(60) + 3 * np.sin(np.arange(60) * np.pi / 6)
    panel = pd.concat(
        [history(seasonal).assign(kpi="a"), history(noise(60, 5)).assign(kpi="b")]
    ).assign(segment="")
    found = find_season(panel)
    assert found.summary() == "Seasons of 2 series: seasonal 1, no clear season 1."
    assert [text.get_text() for text in found.plot().get_yticklabels()] == ["a"]
    found.profile.loc[:, "effect"] = 0.0
    assert "<img" in find_season(panel[panel["kpi"] == "b"])._repr_html_()
