import json

import numpy as np

from kpikit.review import sections
from kpikit.review.findings import build_review
from kpikit.review.notebook import run_notebook
from kpikit.review.numbers import carried_numbers, review_numbers
from kpikit.review.render import Page, render_report


def test_every_number_of_the_board_is_there_as_json_knows_it(strategy):
    review = build_review(strategy, department="support", period="2026Q2")
    found = review_numbers(review)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    (reply,) = found["kpis"].values()
    board = review.to_frame().iloc[0]
    assert reply["board"]["value"] == board["value"]
    assert reply["board"]["year_ago"] is None  # missing
    assert reply["trend"]["verdict"] == "too short"
    assert reply["sources"] == ["tickets"]
    assert len(reply["definition"]) == 64
    assert (found["period"], found["as_of"]) == ("2026Q2", "2026-06-28")


def test_numbers_travel_in_the_notebook_and_no_page_shows_them(notebook, tmp_path):
    source = (
        "from kpikit.review.numbers import Carried\nCarried({'department': 'a', 'kpis': {'x': 1}})"
    )
    out = run_notebook(notebook("1", source), parameters={}, out=tmp_path / "out.ipynb")
    assert carried_numbers(out) == {"department": "a", "kpis": {"x": 1}}
    page = render_report(out, Page(title="a"))
    assert "department" not in page
    assert "numbers of this review" not in page
    assert carried_numbers(notebook("1")) is None


def test_numpy_and_infinite_numbers_become_plain_ones():
    from kpikit.review.numbers import _plain

    assert _plain({"a": np.float64(1.5), "b": np.int64(2), "c": np.inf, "d": (np.True_, None)}) == {
        "a": 1.5,
        "b": 2,
        "c": None,
        "d": [True, None],
    }
    assert sections.numbers
