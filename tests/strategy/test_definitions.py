"""What a KPI is computed from must be declared and readable."""

import pytest

LEADS = "    table: crm.leads\n"


def only(told):
    assert len(told) == 1, told
    return told[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sum(amount) filter", "sum(amont) filter", "Did you mean 'amount'?"),
        ("where: channel <> 'spam'", "where: chanel <> 'spam'", "hours.where: names the column"),
        ("formula: avg(first_reply_hours)", "formula: avg(hours)", "effective[0].formula: names"),
        ("where: channel <> 'fax'", "where: canal <> 'fax'", "effective[0].where: names the col"),
        ("first_reply_hours > 8", "reply_hours > 8", "tickets.derive.is_slow: names the column"),
        ("where: channel <> 'test'", "where: (((", "sources.tickets.where: "),
        ("where: channel <> 'spam'", "where: sum(score) > 1", "kpis.first_reply_hours.where: "),
        ("formula: avg(score)", "formula: avg(score", "kpis.csat.formula: "),
        ("formula: avg(score)", "formula: score", "stands outside of an aggregate"),
        ("{open_value} / {first", "{open_vale} / {first", "KPI {open_vale}, which is not defined"),
        ("{value_per_hour} * {", "{value_per_hours} * {", "open_value.identity: names the KPI"),
        ('"{value_per_hour} * {first_reply_hours}"', "sum(amount)", "Write KPIs in braces"),
        (
            "    source: leads\n",
            "",
            "open_value.source: is missing, and the formula speaks of rows",
        ),
        ("    time: created_at\n", "", "kpis.open_value: has no time, nor has its source."),
        ("time: created_at", "time: created", "sources.leads.time: names the column 'created'"),
        ("recorded: opened_at", "recorded: seen", "sources.tickets.recorded: names the column"),
        (
            "    time: opened_at\n    unit",
            "    time: opened\n    unit",
            "kpis.first_reply_hours.time",
        ),
        ("key: [ticket_id]", "key: [ticket]", "sources.tickets.key[0]: names the column"),
        ("{is_slow: first", "{score: score, is_slow: first", "is a column of the source already"),
        (LEADS, "", "has neither path nor table."),
        (LEADS, "    table: a\n    path: b.parquet\n", "has path and table."),
        ('    connection: "${BRIGHTDESK_CRM}"\n', "", "has a table and no connection."),
        ("path: market.xlsx", "path: market.csv", "market: is a CSV without time"),
        ("path: market.xlsx", "path: m.xlsx\n    connection: '${A}'", "belongs to a table."),
        ('decimal: ","', 'decimal: ";"', "tickets.decimal: "),
        ('thousands: "."', 'thousands: ","', "thousands: is the same as its decimal."),
    ],
)
def test_what_cannot_be_computed_is_told(spoilt, old, new, message):
    told = spoilt(*([("    time: month\n", "")] if "without time" in message else []), (old, new))
    assert any(message in fault for fault in told), told


def test_a_csv_needs_columns_and_time(faults):
    told = faults("version: 1\norganisation: {name: B}\nsources: {s: {path: a.csv.gz}}\n")
    assert [fault.partition("sources.s: ")[2] for fault in told] == [
        "is a CSV without columns. Declare the columns and their types.",
        "is a CSV without time. Name the column that dates its rows.",
    ]


def test_a_source_that_declares_no_columns_may_have_any(spoilt):
    columns = "    columns: {created_at: date, stage: text, amount: number}\n"
    assert spoilt((columns, ""), ("sum(amount)", "sum(anything)")) == []


def test_circles_of_formulas_and_of_identities_are_drawn(spoilt):
    told = spoilt(
        ("sum(amount) filter (where stage = 'open')", '"{value_per_hour} * 2"'),
        ('"{open_value} / {first_reply_hours}"', '"{open_value} / 2"'),
    )
    assert "kpis.open_value.formula: goes in a circle: open_value -> value_per_hour" in only(told)
    told = spoilt(
        (
            '    formula: "{open_value} /',
            '    identity: "{open_value} / 2"\n    formula: "{open_value} /',
        )
    )
    assert "identity: goes in a circle: open_value -> value_per_hour -> open_value." in only(told)


def test_an_identity_may_look_back_at_what_a_formula_was_made_of(brightdesk):
    # open_value = value_per_hour x hours is arithmetic; only a computation must not go round
    assert brightdesk.kpis["open_value"].identity == "{value_per_hour} * {first_reply_hours}"
    assert "{open_value}" in brightdesk.kpis["value_per_hour"].formula


def test_a_circle_of_derived_columns_is_drawn(spoilt):
    told = only(spoilt(("{is_slow: first_reply_hours > 8,", "{is_slow: is_lost,")))
    assert "tickets.derive.is_slow: goes in a circle: is_slow -> is_lost -> is_slow." in told
