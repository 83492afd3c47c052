"""The strategy's map and lines of sight, each with its words for those who see no picture."""

from kpikit import load_strategy
from kpikit.strategy.model import Strategy
from kpikit.widgets.sight import see_strategy


def test_map_and_line_of_sight_come_with_words_and_steps():
    strategy = load_strategy("data/brightdesk/strategy.yaml")
    looked = see_strategy(strategy, statuses={"csat": "at_risk"})
    assert 'alt="Brightdesk' in looked.answer.picture.value
    assert looked.table.value == ""
    looked.whose.value = "first_reply_hours"
    looked.settle()
    assert strategy.kpis["first_reply_hours"].title in looked.answer.said.value
    assert strategy.mission.text[:20] in looked.table.value
    looked.whose.value = strategy.kpis["csat"].owner
    looked.settle()
    assert looked.message.value == ""
    assert "can be seen from the mission" in looked.answer.said.value or "which" in (
        looked.answer.said.value
    )


def test_a_strategy_without_kpis_opens():
    empty = Strategy.model_validate({"version": 1, "organisation": {"name": "Acme"}})
    looked = see_strategy(empty)
    assert looked.message.value == ""
    assert looked.whose.options == (("the whole map", ""),)
