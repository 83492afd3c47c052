"""Tables as a reader sees them."""

import numpy as np
import pandas as pd

from kpikit.tables import STYLE, Table, table_html, write_table


def test_numbers_stand_to_the_right_and_everything_is_escaped():
    frame = pd.DataFrame({"<i>": ["a & b", None], "value": [43627.3, np.nan]})
    assert table_html(frame) == (
        '<table class="kpikit-table">'
        '<thead><tr><th scope="col">&lt;i&gt;</th>'
        '<th scope="col" class="num">value</th></tr></thead>'
        '<tbody><tr><td>a &amp; b</td><td class="num">43,627</td></tr>'
        '<tr><td>–</td><td class="num">–</td></tr></tbody></table>'
    )


def test_empty_text_takes_no_column_and_no_row_takes_no_table():
    frame = pd.DataFrame({"kpi": ["bill"], "segment": [""], "missing": [None]})
    assert "segment" not in table_html(frame)
    assert "missing" in table_html(frame)
    assert table_html(frame.iloc[:0]) == ""
    assert Table(frame.iloc[:0])._repr_html_() == "<p>Nothing yet.</p>"


def test_days_and_truths_are_words():
    frame = pd.DataFrame({"day": [pd.Timestamp("2026-01-31")], "held": [True], "n": [1234]})
    html = table_html(frame)
    assert "<td>2026-01-31</td>" in html
    assert "<td>yes</td>" in html
    assert '<td class="num">1,234</td>' in html


def test_an_index_with_a_name_is_a_column_and_a_plain_one_is_not():
    named = pd.DataFrame({"value": [1.5]}, index=pd.Index(["ann"], name="owner"))
    plain = pd.DataFrame({"value": [1.5]}, index=[17])
    assert '<th scope="col">owner</th>' in Table(named)._repr_html_()
    assert "17" not in Table(plain)._repr_html_().removeprefix(STYLE)


def test_a_series_is_a_table_of_its_own_labels():
    html = Table(pd.Series({"title": "Bills", "rows": 3}, name="definition"))._repr_html_()
    assert "<td>title</td><td>Bills</td>" in html
    assert '<th scope="col">definition</th>' in html


def test_a_caption_is_escaped_too():
    assert "<caption>&lt;b&gt;</caption>" in write_table(["a"], [["1"]], numbers=(), caption="<b>")
