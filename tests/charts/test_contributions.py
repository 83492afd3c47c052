import matplotlib.pyplot as plt
import pytest

from kpikit.charts.contributions import MOST, contribution_chart


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_bars_stand_in_the_order_given_and_signs_are_told_in_grey(ax):
    contribution_chart(["up", "down", "none"], [2.0, -1.0, float("nan")], say=str, ax=ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["down", "up"]  # from below
    assert [(bar.get_width(), bar.get_hatch()) for bar in ax.patches] == [(-1.0, "////"), (2.0, "")]
    assert {text.get_text() for text in ax.texts} == {"2.0", "-1.0"}


def test_of_too_many_bars_the_largest_are_shown(ax):
    names = [f"part {size}" for size in range(MOST + 5)]
    contribution_chart(names, list(range(MOST + 5)), say=str, ax=ax)
    assert [label.get_text() for label in ax.get_yticklabels()] == names[:4:-1]


def test_nothing_to_show_is_said(ax):
    contribution_chart([], [], say=str, ax=ax)
    assert ax.texts[0].get_text() == "nothing to show"
