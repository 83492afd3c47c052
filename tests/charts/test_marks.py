"""Marks of axes over time: where matplotlib would set them, with the same names, once."""

import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from kpikit.charts.marks import settle_marks
from kpikit.charts.room import make_room
from kpikit.charts.style import dress
from kpikit.charts.words import Words

MONTHS = pd.date_range("2024-01-01", periods=30, freq="MS")


def over_time(figure, dates=MONTHS, scale=1e5):
    ax = figure.subplots()
    ax.plot(dates, [place * scale for place in range(len(dates))])
    return dress(ax, title="Users", unit="number")


def written(ax):
    return [word for one in ax.texts if isinstance(one, Words) for word in one.words]


def own_names(ax):
    """Return matplotlib's own names of places inside the view: words and boxes."""
    figure = ax.get_figure()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # all stands where it stood from now on
    found = []
    for axis in (ax.xaxis, ax.yaxis):
        low, high = axis.get_view_interval()
        for label, place in zip(axis.get_ticklabels(), axis.get_majorticklocs(), strict=True):
            if low <= place <= high:
                found.append((label.get_text(), label.get_window_extent()))
    return found


def test_the_names_are_those_that_matplotlib_would_write_where_it_would(figure):
    ax = over_time(figure)
    own = own_names(ax)
    settle_marks(figure)
    assert written(ax) == [name for name, _ in own]
    assert {"2025", "2026", "0", "800k", "1.60m"} <= set(written(ax))
    boxes = [box for one in ax.texts if isinstance(one, Words) for box in one.boxes()]
    for (left, low, right, high), (_, box) in zip(boxes, own, strict=True):
        assert (left, right) == pytest.approx((box.x0, box.x1), abs=1.5)
        assert (low + high) / 2 == pytest.approx((box.y0 + box.y1) / 2, abs=1.5)


def test_the_grid_has_a_line_for_every_value_named(figure):
    ax = over_time(figure)
    settle_marks(figure)
    (grid,) = [one for one in ax.collections if isinstance(one, LineCollection)]
    assert [segment[0][1] for segment in grid.get_segments()] == [0, 8e5, 16e5, 24e5]


def test_the_year_that_all_dates_share_is_written_once(figure):
    ax = over_time(figure, pd.date_range("2026-02-03", periods=20, freq="D"))
    settle_marks(figure)
    assert "2026-Feb" in written(ax)


def test_axes_that_share_their_dates_both_have_them_and_names_only_where_asked(figure):
    upper, lower = figure.subplots(2, sharex=True)
    for ax in (upper, lower):
        ax.plot(MONTHS, range(30))
        dress(ax)
    lower.set_ylabel("moving range")
    settle_marks(figure)
    make_room(figure)
    assert "2025" not in written(upper)
    assert "2025" in written(lower)
    (values,) = [one for one in lower.texts if one.get_horizontalalignment() == "right"]
    assert len(values.words) > 1
    assert lower.yaxis.label.get_window_extent().x1 <= values.get_window_extent().x0
    assert lower.yaxis.label.get_window_extent().x0 >= 0


def test_what_is_drawn_later_moves_no_mark(figure):
    ax = over_time(figure)
    settle_marks(figure)
    before = ax.get_xlim(), ax.get_ylim()
    ax.plot([MONTHS[0], MONTHS[-1] + pd.Timedelta(days=900)], [-1e9, 1e9])
    figure.draw_without_rendering()
    assert (ax.get_xlim(), ax.get_ylim()) == before


def test_axes_that_show_no_time_keep_matplotlib_s_marks(figure):
    ax = figure.subplots()
    ax.barh(["one", "two"], [1, 2])
    settle_marks(figure)
    figure.draw_without_rendering()
    assert not ax.texts
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
