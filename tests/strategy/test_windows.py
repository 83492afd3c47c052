"""What speaks of a period must have one."""

import pytest

FILE = """
version: 1
organisation: {{name: B, currency: EUR}}
sources:
  facts:
    path: facts.csv
    time: day
    columns: {{day: date, user: text, event: text, amount: number{columns}}}
    {source}
kpis:
  stock:
    title: Stock
    department: company
    owner: ada
    source: facts
    formula: cumulative(sum(amount))
    unit: number
    direction: higher_is_better
  kpi:
    title: K
    department: company
    owner: ada
    source: facts
    formula: "{formula}"
    {kpi}
    unit: number
    direction: higher_is_better
"""


@pytest.fixture
def told(faults):
    def tell(*, columns="", source="", formula="sum(amount)", kpi=""):
        found = faults(FILE.format(columns=columns, source=source, formula=formula, kpi=kpi))
        return [fault.partition(": ")[2] for fault in found]

    return tell


CONVERTED = "converted(user, event = 'trial', event = 'paid', 30)"


@pytest.mark.parametrize(
    "good",
    [
        {"kpi": "where: day <= period_end"},
        {"formula": "cumulative(count(*) filter (where day >= period_start))"},
        {"formula": "{stock} / sum(amount)"},
        {"formula": f"rolling({CONVERTED}, 3)", "kpi": "where: amount > 0"},
        {"formula": "to_date(sum(amount), 'year')", "kpi": "known_days_before: 30"},
    ],
)
def test_forms_and_period_names_are_known(told, good):
    assert told(**good) == []


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            {"columns": ", period_end: date"},
            "sources.facts.columns.period_end: is the name of a value's own period",
        ),
        (
            {"source": "derive: {period_start: day}"},
            "sources.facts.derive.period_start: is the name of a value's own period",
        ),
        (
            {"source": "where: day < period_end"},
            "sources.facts.where: speaks of period_start or period_end",
        ),
        (
            {"source": "derive: {late: day > period_end}"},
            "sources.facts.derive.late: speaks of period_start or period_end",
        ),
        (
            {"formula": "rolling({stock}, 3)"},
            "kpis.kpi.formula: puts rolling around {stock}, which has a form of its own.",
        ),
        (
            {"formula": CONVERTED, "kpi": "where: day < period_end"},
            "kpis.kpi.where: speaks of the period, which converted cannot.",
        ),
        ({"formula": "rolling(sum(amont), 3)"}, "kpis.kpi.formula: names the column 'amont'"),
        ({"formula": "rolling({stok}, 3)"}, "kpis.kpi.formula: names the KPI {stok}"),
        ({"formula": "rollin(sum(amount), 3)"}, "Did you mean 'rolling'?"),
        ({"formula": "rolling(sum(amount))"}, "Write rolling(formula, 3)"),
        ({"kpi": "known_days_before: -1"}, "kpis.kpi.known_days_before"),
    ],
)
def test_what_has_no_period_is_told(told, bad, message):
    found = told(**bad)
    assert len(found) == 1, found
    assert message in found[0]


def test_a_form_is_seen_through_other_kpis(told):
    between = "identity: '{stock}'"
    assert told(formula="{stock} * 2", kpi=between) == []
    assert "puts cumulative around {stock}" in told(formula="1 + cumulative({stock} * 2)")[0]
