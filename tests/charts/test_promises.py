import matplotlib as mpl
import numpy as np
import pandas as pd

from kpikit.charts.promises import promise_chart
from kpikit.charts.style import look

mpl.use("Agg")


def promises(origin, starts, value):
    table = pd.DataFrame({"period_start": starts, "value": value, "step": [1, 2]})
    bands = {"q0.025": 0.0, "q0.1": 1.0, "q0.5": 2.0, "q0.9": 3.0, "q0.975": 4.0}
    return table.assign(origin=origin, **bands)


def test_each_period_is_drawn_once_and_what_fell_outside_is_marked():
    months = pd.date_range("2025-01-01", periods=7, freq="MS")
    history = pd.DataFrame({"period_start": months, "value": np.arange(7.0)})
    made = pd.concat(
        promises(months[at], months[at + 1 : at + 3], history["value"][at + 1 : at + 3].tolist())
        for at in (2, 3, 4)
    )
    with look():
        axes = promise_chart(history, made, title="Orders")
    assert axes.get_title(loc="left") == "Orders"
    upright = [line for line in axes.lines if line.get_linewidth() == 0.8]
    assert len(upright) == 2  # the newest forecast, and the one a whole horizon before
    (outside,) = [line for line in axes.lines if line.get_label() == "outside 80 %"]
    assert outside.get_ydata().tolist() == [4.0, 5.0, 6.0]


def test_nothing_promised_draws_the_history_alone():
    months = pd.date_range("2025-01-01", periods=3, freq="MS")
    history = pd.DataFrame({"period_start": months, "value": [1.0, 2.0, 3.0]})
    none = promises(months[0], months[:2], [1.0, 1.0]).head(0)
    assert [line.get_label() for line in promise_chart(history, none).lines] == ["came"]
