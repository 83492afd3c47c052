import pandas as pd
import pytest

from kpikit.observations import Observations, build_observations


@pytest.fixture
def observations(company):
    days = pd.to_datetime(["2026-01-01", "2026-02-11", "2026-03-30"])
    frame = pd.DataFrame({"day": days, "price": [1.0, 2.0, 4.0]})
    return build_observations(company(frame, kpis={"income": "sum(price)", "deals": "count(*)"}))


def test_the_panel_holds_complete_periods_only(observations):
    panel = observations.panel()
    assert panel["period_start"].max() == pd.Timestamp("2026-02-01")
    assert list(panel.columns[:4]) == ["kpi", "segment", "period_start", "value"]


def test_the_summary_counts_what_is_partial(observations):
    assert observations.summary() == (
        "KPIs: 2; periods starting 2026-01-01 to 2026-03-01, as of 2026-03-30; partial periods: 1."
    )


def test_many_kpis_and_one_are_drawn(observations):
    assert observations.plot().get_title(loc="left") == "What there is of each KPI"
    one = Observations(
        frame=observations.to_frame().query("kpi == 'deals'"), missing=observations.missing
    )
    assert one.plot().get_title(loc="left") == "deals"


def test_segments_of_one_kpi_are_lines_beside_the_whole(observations):
    whole = observations.to_frame().query("kpi == 'deals'")
    parts = [whole.assign(segment=f"part {name}", value=name) for name in range(7)]
    split = Observations(frame=pd.concat([whole, *parts]), missing=observations.missing)
    ax = split.plot()
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == ["the whole", *(f"part {name}" for name in (6, 5, 4, 3, 2))]
    assert ax.get_title(loc="left") == "deals: the largest 5 of 7 segments"


def test_the_picture_of_many_kpis_has_room_for_their_names(observations):
    frame = observations.to_frame()
    many = [frame.assign(kpi=f"kpi_{number}") for number in range(50)]
    crowded = Observations(frame=pd.concat(many), missing=observations.missing)
    assert observations.plot().figure.get_figheight() == 3
    assert crowded.plot().figure.get_figheight() > 50 * 7 / 72  # names of seven points


def test_nobody_can_change_the_reasons(observations):
    taken = observations.missing
    assert taken is not None
    assert "reason" in taken.columns
