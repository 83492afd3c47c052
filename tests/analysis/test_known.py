from datetime import date

import pandas as pd

from kpikit.analysis.known import known_events
from kpikit.analysis.signals import find_signals


def test_a_strategy_knows_its_events_and_the_holidays_of_its_country(company):
    days = pd.date_range("2025-12-01", "2025-12-31")
    strategy = company(
        pd.DataFrame({"day": days, "amount": 100.0}),
        columns={"day": "date", "amount": "number"},
        kpis={"amount": "sum(amount)"},
        organisation={"name": "The company", "holidays": "DE"},
        events=[{"name": "outage", "date": "2025-12-09", "kpis": ["amount"]}],
    )
    known = known_events(strategy, first=date(2025, 12, 1), last=date(2025, 12, 31))
    assert [(event.kind, event.first.day) for event in known] == [
        ("", 9),
        ("public holiday", 25),
        ("public holiday", 26),
    ]
    history = pd.DataFrame({"kpi": "amount", "period_start": days, "value": 100.0})
    marks = find_signals(history, events=known).marks
    assert marks["period_start"].dt.day.tolist() == [9, 25, 26]


def test_an_event_without_an_end_lasts():
    months = pd.date_range("2024-01-01", periods=24, freq="MS")
    table = pd.DataFrame({"name": ["new tariff"], "from": ["2025-11-15"], "to": [None]})
    history = pd.DataFrame({"period_start": months, "value": 1.0})
    marks = find_signals(history, events=table).marks
    assert marks["period_start"].dt.strftime("%Y-%m").tolist() == ["2025-11", "2025-12"]
