import pandas as pd
import pytest

from kpikit.errors import UnknownNameError
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


@pytest.fixture
def unordered():
    days = pd.to_datetime(["2026-03-01", "2026-01-01", "2026-02-01", "2026-02-01", "2025-01-01"])
    frame = pd.DataFrame(
        {
            "kpi": ["b", "b", "b", "b", "a"],
            "segment": ["", "", "", "EU", ""],
            "period_start": days,
            "value": [3.0, 1.0, 2.0, 20.0, 9.0],
            "numerator": [6.0, 2.0, 4.0, 40.0, None],
            "complete": [False, True, True, True, True],
        }
    )
    return Observations(frame=frame, missing=pd.DataFrame())


def test_rows_of_a_kpi_come_in_the_order_of_time_with_all_that_is_known(unordered):
    own = unordered.of("b")
    assert own["value"].tolist() == [1, 2, 3]
    assert own["numerator"].tolist() == [2, 4, 6]
    assert own.dtypes.equals(unordered.frame.dtypes)
    assert own.index.tolist() == [0, 1, 2]
    assert unordered.of("b", "EU")["value"].tolist() == [20]
    history = unordered.history("b")
    pd.testing.assert_frame_equal(history, own[["period_start", "value", "complete"]])


def test_a_history_that_is_changed_by_its_reader_stays_as_it_was(unordered):
    first = unordered.history("b")
    first.loc[0, "value"] = 100.0
    assert unordered.history("b")["value"].tolist() == [1, 2, 3]


def test_kpis_segments_and_grains_are_known(unordered):
    assert set(unordered.kpis) == {"a", "b"}
    assert unordered.segments("b") == ["", "EU"]
    assert (unordered.grain_of("b"), unordered.grain_of("a")) == ("month", None)


def test_unknown_kpis_and_segments_are_told(unordered):
    for ask in (unordered.of, unordered.history, unordered.segments, unordered.grain_of):
        with pytest.raises(UnknownNameError, match="'c'"):
            ask("c")
    with pytest.raises(UnknownNameError, match="'UE'. Known: .*EU"):
        unordered.of("b", "UE")


def test_a_table_without_rows_has_no_kpi(unordered):
    nothing = Observations(frame=unordered.to_frame().iloc[:0], missing=pd.DataFrame())
    assert nothing.kpis == ()


def test_a_table_that_its_maker_or_its_reader_changes_stays_as_it_was(unordered):
    given = unordered.to_frame()
    kept = Observations(frame=given, missing=pd.DataFrame())
    read = kept.to_frame()
    given.loc[:, "value"] = 0.0
    read.loc[read.index[0], "value"] = -1.0
    read["segment"] = "none"
    pd.testing.assert_frame_equal(kept.frame, unordered.frame)
