"""The definitions are frozen, complete, and can be sent to another process."""

import datetime as dt
import pickle

import pytest
from pydantic import ValidationError

from kpikit.results import SEVERITIES
from kpikit.strategy.model import Strategy
from kpikit.strategy.policy import Severity


def test_items_know_their_ids(brightdesk):
    for items in (brightdesk.sources, brightdesk.objectives, brightdesk.departments):
        assert all(item.id == name for name, item in items.items())
    assert all(kpi.id == name for name, kpi in brightdesk.kpis.items())
    assert brightdesk.people["ceo"].id == "ceo"
    kpi = brightdesk.kpis["csat"]
    assert kpi.model_copy(update={"title": "Joy"}).id == "csat"


def test_nothing_can_be_changed(brightdesk):
    with pytest.raises(ValidationError, match="frozen"):
        brightdesk.kpis["csat"].title = "Joy"
    with pytest.raises(TypeError):
        brightdesk.lines["version"] = 7


def test_a_strategy_survives_the_way_to_another_process(brightdesk):
    copy = pickle.loads(pickle.dumps(brightdesk))
    assert copy == brightdesk
    assert copy.path == brightdesk.path
    assert copy.lines == brightdesk.lines
    assert copy.kpis["csat"].id == "csat"


def test_values_have_the_types_that_code_relies_on(brightdesk):
    kpi = brightdesk.kpis["first_reply_hours"]
    assert kpi.bounds == (0.0, None)
    assert kpi.targets[1].period == "2027"
    assert kpi.targets[0].committed == 4.0
    assert kpi.last_reviewed == dt.date(2026, 7, 2)
    assert kpi.effective[0].since == dt.date(2025, 1, 1)
    assert kpi.levers == ("Shifts", "Channels")
    assert brightdesk.sources["tickets"].complete_through == "3 days"
    assert brightdesk.sources["market"].complete_through == dt.date(2026, 6, 30)
    assert brightdesk.calendar.parse("2026Q4").start == dt.date(2026, 1, 1)
    assert brightdesk.events[0].first_day == brightdesk.events[0].last_day == dt.date(2026, 3, 3)
    assert brightdesk.events[1].last_day == dt.date(2026, 4, 30)


def test_the_sample_uses_every_field(brightdesk):
    unused = [
        f"{kind.__name__}.{field}"
        for kind, items in _by_kind(brightdesk).items()
        for field in kind.model_fields
        if not any(field in item.model_fields_set for item in items)
    ]
    assert [name for name in unused if not name.startswith("Limits.")] == []


def _by_kind(item, found=None):
    found = {} if found is None else found
    found.setdefault(type(item), []).append(item)
    for value in item.__dict__.values():
        inner = value.values() if isinstance(value, dict) else value
        for each in inner if isinstance(value, dict | tuple) else [value]:
            if hasattr(each, "model_fields_set"):
                _by_kind(each, found)
    return found


def test_severities_are_those_of_findings():
    assert Severity.__args__ == SEVERITIES
    assert Strategy.model_fields["policy"].description
