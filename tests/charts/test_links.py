import pandas as pd
from matplotlib.figure import Figure

from kpikit.charts.lags import lag_chart, lead_chart
from kpikit.charts.link_map import link_map

LINKS = pd.DataFrame(
    {
        "candidate": ["replies", "visits", "posts"],
        "target": ["csat", "orders", "orders"],
        "after": ["1 month", "2 months", "1 month"],
        "sign": ["negative", "positive", "positive"],
        "verdict": ["supported", "wrong lag", "not supported"],
    }
)


def axes():
    return Figure().subplots()


def test_a_supported_link_is_solid_and_says_what_follows_when():
    ax = link_map(LINKS, titles={"replies": "Hours to reply"}, ax=axes())
    lines = [arrow.get_linestyle() for arrow in ax.patches]
    assert lines.count("-") == 1
    assert len(set(lines)) == 3, "each verdict has its own line, also without colour"
    said = [text.get_text() for text in ax.texts]
    assert "Hours to reply" in said
    assert "falls 1 month later" in said
    assert not any("rises" in text for text in said), "only what is supported is said"
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["supported (1)", "wrong lag (1)", "not supported (1)"]


def test_followers_do_not_lie_on_each_other():
    ax = link_map(LINKS, titles={}, ax=axes())
    right = [text.get_position() for text in ax.texts if text.get_ha() == "left"]
    heights = sorted(place for _, place in right)
    assert heights[1] - heights[0] >= 0.5


def test_the_same_period_is_hollow_and_the_claimed_lag_is_marked():
    curve = pd.DataFrame({"lag": [0, 1, 2], "correlation": [0.1, -0.6, 0.0], "limit": 0.3})
    ax = lag_chart(curve, ax=axes(), claimed=1, grain="month")
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [dot.get_markerfacecolor() for dot in dots].count("white") == 1
    assert [text.get_text().strip() for text in ax.texts] == ["within the grey: chance", "claimed"]
    assert ax.get_xlabel() == "months later (0: the same month)"


def test_leads_are_drawn_with_their_intervals_or_none_is_said():
    frame = LINKS.assign(
        partial_r2=0.3, partial_r2_lower=0.1, partial_r2_upper=0.5, verdict="leads"
    )
    ax = lead_chart(frame, ax=axes())
    assert [text.get_text() for text in ax.get_yticklabels()][-1] == "replies → csat"
    none = lead_chart(frame.assign(verdict="no evidence"), ax=axes())
    assert none.texts[0].get_text() == "no lead found"
