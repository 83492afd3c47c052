"""Faults of fields are told in plain words, with a next step."""

import pytest


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    unit: money\n",
            "    unit: euro\n",
            "Use one of: count, money, share, duration, number.",
        ),
        ("higher_is_better", "up", "Use one of: higher_is_better, lower_is_better, on_target."),
        ("higher_is_better", "higher_is_beter", "Did you mean 'higher_is_better'?"),
        ("perspective: customer", "perspektive: customer", "Did you mean 'perspective'?"),
        ("from: 2026-04-01", "form: 2026-04-01", "Did you mean 'from'?"),
        ("mission:\n", "mision:\n", "mision: is not a known key. Did you mean 'mission'?"),
        ("title: Open value", "title: 2026", "is 2026, not text. Put it in quotes."),
        ("title: Open value", "title: {x}", "Put text that starts with { or [ in quotes."),
        ("title: Open value", "title:", "open_value.title: is empty. The name people use."),
        ("currency: EUR", "currency: €", "is '€'. Write three capital letters, such as EUR."),
        ("manual: false", "manual: no", "is 'no'. Write true or false."),
        ("header_row: 3", "header_row: 3.5", "Write a whole number, such as 12."),
        ("lag: 1", "lag: 0", "leads[0].lag: is 0. It must be at least 1."),
        (
            "levers: [Shifts, Channels]",
            "levers: Shifts",
            "not a list. Write it in brackets: [a, b].",
        ),
        ("  sales: {", "  Sales Team: {", "An id has small letters, digits, - and _"),
        ("score: integer", "score: int", "Use one of: text, integer, number, boolean, date"),
        ('null_words: ["NULL"', "null_words: [NULL", "null_words[0]: is empty."),
        ('delimiter: ";"', 'delimiter: ";;"', "is ';;', too long."),
        ("complete_through: 3 days", "complete_through: soon", "a delay such as 3 days."),
        ("freshness: 2 days", "freshness: 2", "freshness: is 2, not text."),
        ("last_reviewed: 2026-07-02", "last_reviewed: 02.07.2026", "Write year-month-day"),
        ("weight: 0.6", "weight: -1", "weight: is -1. It must be at least 0."),
        (
            "kpis:\n  first",
            "kpis: []\nother:\n  first",
            "kpis: is a list, where keys are expected.",
        ),
    ],
)
def test_a_fault_is_told_in_plain_words(spoilt, old, new, message):
    told = spoilt((old, new))
    assert any(message in fault for fault in told), told
    assert "Input should" not in "".join(told)
    assert "http" not in "".join(told)


def test_what_is_missing_is_told_with_what_it_is_for(faults):
    told = faults("version: 1\norganisation: {name: B}\nkpis:\n  churn: {title: Churn}\n")
    assert told[0] == (
        "line 4: kpis.churn.department: is missing. Add it. The department it belongs to."
    )
    assert len([fault for fault in told if "is missing. Add it." in fault]) == 5
