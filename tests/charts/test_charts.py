"""Pictures: the same numbers are the same bytes, nothing is fetched, partial is seen."""

import base64
import re
import time
from threading import Barrier, Thread
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from kpikit.charts.board import gap_chart
from kpikit.charts.embed import picture
from kpikit.charts.series import forecast_fan, history_chart, target_line, trend_line
from kpikit.charts.style import axes, look

mpl.use("agg")


@pytest.fixture
def history():
    months = pd.date_range("2026-01-01", periods=6, freq="MS")
    complete = [True] * 5 + [False]
    return pd.DataFrame(
        {"period_start": months, "value": [1, 2, np.nan, 4, 5, 2.0], "complete": complete}
    )


def test_partial_periods_are_hollow_and_not_joined(history):
    ax = history_chart(history, ax=axes())
    line, hollow = ax.get_lines()
    assert np.isnan(line.get_ydata()[[2, 5]]).all()
    assert list(hollow.get_ydata()) == [2.0]
    assert hollow.get_markerfacecolor() == "white"


def test_the_fan_opens_from_the_last_value(history):
    ahead = pd.DataFrame(
        {
            "period_start": pd.date_range("2026-07-01", periods=2, freq="MS"),
            "q0.1": [4.0, 3.0],
            "q0.5": [5.0, 5.0],
            "q0.9": [6.0, 7.0],
        }
    )
    ax = forecast_fan(ahead, ax=axes(), last=(pd.Timestamp("2026-05-01"), 5.0))
    assert [label.get_text() for label in ax.legend().get_texts()] == [
        "80 % of outcomes",
        "median forecast",
    ]
    assert ax.get_lines()[0].get_ydata().tolist() == [5.0, 5.0, 5.0]


def test_a_picture_is_the_same_bytes_twice_and_needs_nothing_from_outside(history):
    def draw(ax):
        history_chart(history, ax=ax, title="Costs in $ and <b>")
        trend_line(history.assign(expected=3.0), ax=ax)
        target_line(4.0, ax=ax)

    first, second = (picture(draw, alt='a "quoted" <text>') for _ in range(2))
    assert first == second
    assert 'alt="a &quot;quoted&quot; &lt;text&gt;"' in first
    svg = base64.b64decode(re.search(r"base64,([^\"]+)", first)[1]).decode()
    assert "<script" not in svg
    assert not re.search(r'(href|src)="http', svg)


def test_the_board_leaves_out_what_has_no_target():
    frame = pd.DataFrame({"title": ["A", "B"], "value": [110.0, 5.0], "target": [100.0, np.nan]})
    ax = gap_chart(frame, ax=axes())
    assert [bar.get_width() for bar in ax.patches] == [pytest.approx(10.0)]
    assert gap_chart(frame.iloc[1:], ax=axes()).texts[0].get_text() == (
        "no KPI has a value and a target"
    )


@pytest.mark.parametrize(
    "name", ["a<b>&c", "bell\x07 and \x00 nothing", "no \ufffe \uffff", "Größe 株"]
)
def test_a_picture_can_be_read_whatever_it_names(history, name):
    image = picture(lambda ax: history_chart(history, ax=ax, title=name), alt="")
    svg = base64.b64decode(image.partition("base64,")[2].rstrip('">'))
    root = ElementTree.fromstring(svg)
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    kept = "".join(char for char in name if char.isprintable() and char not in "\ufffe\uffff")
    assert kept in words


def test_what_a_notebook_turns_on_at_its_first_picture_stays_on():
    mpl.interactive(False)
    with look():
        mpl.interactive(True)
    assert mpl.is_interactive(), "only the first picture of a notebook would be shown"
    mpl.interactive(False)


def test_threads_that_draw_together_leave_everything_as_it_was():
    before = mpl.rcParams.copy()
    barrier = Barrier(4)

    def draw():
        barrier.wait()
        for _ in range(50):
            with look():
                assert mpl.rcParams["axes.titlelocation"] == "left"
                time.sleep(0.0002)

    threads = [Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mpl.rcParams == before
