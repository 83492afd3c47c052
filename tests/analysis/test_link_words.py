import pandas as pd

from kpikit.analysis.link_words import links_in_words

LINKS = pd.DataFrame(
    {
        "candidate": ["replies", "visits", "posts"],
        "target": ["csat", "orders", "orders"],
        "claimed_lag": [1, 2, 3],
        "claimed_sign": ["negative", "positive", "positive"],
        "grain": "month",
        "after": ["1 month", "6 months", None],
        "sign": ["negative", "positive", None],
        "verdict": ["supported", "not supported", "too short"],
        "partial_r2": [0.453, 0.02, float("nan")],
        "smallest_seen": [0.11, 0.11, float("nan")],
        "gain": [0.233, -0.01, float("nan")],
        "holds": ["throughout", "later", None],
    }
)


def test_a_claim_is_told_beside_what_was_found():
    told = links_in_words(LINKS).iloc[0]
    assert (told["claim"], told["found"]) == ("falls 1 month later", "falls 1 month later")
    assert (told["told"], told["seen_from"], told["gain"]) == ("45.3 %", "11.0 %", "+23.3 %")
    assert told["holds"] == "throughout"


def test_of_what_is_not_borne_out_nothing_is_told_but_what_would_have_been_seen():
    told = links_in_words(LINKS)
    assert told.loc[1:, ["found", "told", "gain", "holds"]].eq("").all(axis=None)
    assert told["seen_from"].tolist() == ["11.0 %", "11.0 %", ""]


def test_what_moves_together_has_no_lag():
    frame = LINKS.drop(columns=["claimed_lag"]).assign(verdict="moves together")
    told = links_in_words(frame)
    assert "claim" not in told
    assert told["found"].eq("").all()
