import pandas as pd
import pytest

from kpikit import build_observations
from kpikit.observations import compare_vintages, record_vintage

JANUARY, FEBRUARY, MARCH = pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"])
COLUMNS = {"day": "date", "n": "number", "team": "text"}
KPIS = {"total": {"formula": "sum(n)", "unit": "count", "title": "Total"}}
ROWS = [
    ("2026-01-01", 1, "north"),
    ("2026-01-31", 2, "south"),
    ("2026-02-01", 3, "north"),
    ("2026-02-28", 4, "south"),
    ("2026-03-01", 5, "north"),
]


def text(rows):
    return "day,n,team\n" + "".join(f"{day},{n},{team}\n" for day, n, team in rows)


@pytest.fixture
def strategy(company):
    return company(text(ROWS), columns=COLUMNS, kpis=KPIS)


def load(strategy, rows=None, *, record=True, **asked):
    if rows is not None:
        (strategy.folder / "facts.csv").write_text(text(rows))
    observations = build_observations(strategy, **asked)
    changes = compare_vintages(strategy, observations)
    if record:
        record_vintage(strategy, observations)
    return changes


def rows_of(changes):
    columns = ["kpi", "segment", "period_start", "before", "after", "change", "why", "kind"]
    return list(changes.to_frame()[columns].itertuples(index=False, name=None))


def test_the_first_load_has_nothing_to_compare_with(strategy):
    changes = load(strategy)
    assert changes.to_frame().empty
    assert changes.since is None
    assert changes.summary() == ("No earlier load of this grain and these segments is on record.")


def test_nothing_changed_is_said(strategy):
    load(strategy)
    changes = load(strategy)
    assert changes.restated.empty
    assert changes.summary() == f"Nothing changed since the load of {changes.since}."


def test_a_restated_number_is_named_with_both_values_and_the_reason(strategy):
    load(strategy)
    changes = load(strategy, [("2026-01-01", 11, "north"), *ROWS[1:]])
    assert rows_of(changes) == [("total", "", JANUARY, 3.0, 13.0, 10.0, "data", "restated")]
    assert "reported numbers restated: 1 (Total, 2026-01: from 3 to 13, by data)" in (
        changes.summary()
    )
    assert "sources changed: facts (as many rows)" in changes.summary()
    assert load(strategy).restated.empty  # the new load is on record now


def test_a_partial_period_that_moves_on_is_no_restatement(strategy):
    load(strategy)
    changes = load(strategy, [*ROWS, ("2026-03-31", 6, "south"), ("2026-04-01", 7, "south")])
    found = changes.to_frame()
    assert found["kind"].tolist() == ["partial", "new"]
    assert found["before"].fillna(-1).tolist() == [5.0, -1.0]
    assert found["after"].tolist() == [11.0, 7.0]
    assert found["why"].tolist() == ["data", ""]
    assert "partial periods moved: 1; new values: 1; sources changed: facts (+2 rows)" in (
        changes.summary()
    )
    assert changes.restated.empty
    assert changes.sources.to_dict("records") == [
        {"source": "facts", "path": "facts.csv", "changed": True,
         "rows_before": 5, "rows_after": 7, "rows_added": 2}
    ]  # fmt: skip


def test_rows_that_come_late_restate_the_period_they_belong_to(strategy):
    load(strategy)
    changes = load(strategy, [*ROWS, ("2026-02-15", 100, "west")])
    assert changes.restated[["period_start", "after"]].to_numpy().tolist() == [[FEBRUARY, 107.0]]


def test_another_definition_is_told_as_the_reason(company):
    load(company(text(ROWS), columns=COLUMNS, kpis=KPIS))
    redefined = {"total": KPIS["total"] | {"where": "n <> 2"}}
    changes = load(company(text(ROWS), columns=COLUMNS, kpis=redefined))
    assert rows_of(changes) == [("total", "", JANUARY, 3.0, 1.0, -2.0, "definition", "restated")]
    assert changes.notes == ("Defined otherwise than in that load: total.",)
    both = company(text([("2026-01-01", 9, "a"), *ROWS[1:]]), columns=COLUMNS, kpis=KPIS)
    assert load(both).restated["why"].tolist() == ["definition and data"]


def test_a_later_look_at_the_same_facts_is_told_as_the_reason(company):
    facts = (
        "day,n,noted\n2026-01-01,1,2026-01-02\n2026-01-31,2,2026-02-20\n2026-02-28,3,2026-02-28\n"
    )
    columns = {"day": "date", "n": "number", "noted": "date"}
    strategy = company(
        facts,
        columns=columns,
        kpis=KPIS,
        source={"recorded": "noted", "complete_through": "0 days"},
    )
    load(strategy, as_of="2026-02-10")
    changes = load(strategy, as_of="2026-02-28")
    assert changes.restated[["before", "after", "why"]].to_numpy().tolist() == [[1.0, 3.0, "as-of"]]


def test_a_number_that_is_gone_is_restated_but_one_not_asked_for_is_not(strategy):
    load(strategy)
    assert load(strategy, record=False, since="2026-02-10").to_frame().empty
    assert load(strategy, record=False, until="2026-01-10").to_frame().empty
    assert load(strategy, record=False, as_of="2026-01-31").restated.empty
    changes = load(strategy, ROWS[:2], record=False)  # the file was cut short
    found = changes.restated
    assert found["period_start"].tolist() == [FEBRUARY]
    assert found["after"].isna().all()


def test_segments_are_compared_with_loads_of_the_same_segments(strategy):
    load(strategy)
    load(strategy, by="team")
    moved = [("2026-01-01", 1, "south"), *ROWS[1:]]  # from north to south: the whole is the same
    changes = load(strategy, moved, by="team", record=False)
    assert changes.restated[["segment", "before", "after"]].to_numpy().tolist() == [
        ["north", 1.0, 0.0],
        ["south", 2.0, 3.0],
    ]
    renamed = [("2026-01-01", 1, "west"), *ROWS[1:]]
    found = load(strategy, renamed, by="team", record=False).to_frame()
    # west's zeros of the months after are no news, its January is
    assert found[["segment", "period_start", "after", "kind"]].to_numpy().tolist() == [
        ["north", JANUARY, 0.0, "restated"],
        ["west", JANUARY, 1.0, "restated"],
    ]


def test_what_a_narrow_load_left_out_is_looked_up_in_an_older_one(strategy):
    load(strategy)
    load(strategy, [*ROWS, ("2026-03-02", 6, "south")], since="2026-03-01")
    changes = load(strategy, [("2026-01-01", 11, "north"), *ROWS[1:]])
    assert changes.to_frame()[["period_start", "before", "after"]].to_numpy().tolist() == [
        [JANUARY, 3.0, 13.0],
        [MARCH, 11.0, 5.0],
    ]


def test_rounding_of_sums_is_no_restatement(strategy):
    load(strategy)
    changes = load(strategy, [("2026-01-01", 1.0000000000001, "north"), *ROWS[1:]])
    assert changes.to_frame().empty
    assert "sources changed: facts" in changes.summary()


def test_a_broken_record_is_named_left_out_and_left_alone(strategy):
    load(strategy)
    (good,) = (strategy.folder / "vintages").glob("*.json")
    bad = good.with_name("000009-0123456789ab.json")
    bad.write_text('{"made": ')
    changes = load(strategy, [("2026-01-01", 11, "north"), *ROWS[1:]], record=False)
    assert len(changes.restated) == 1
    assert changes.notes[0].startswith("vintages/000009-0123456789ab.json cannot be read (")
    assert bad.exists()


def test_a_change_that_rounding_hides_is_told_itself(company):
    kpis = {"total": KPIS["total"] | {"unit": "money"}}
    rows = [("2026-01-01", 3_000_000, "north"), *ROWS[1:]]
    strategy = company(text(rows), columns=COLUMNS, kpis=kpis)
    load(strategy)
    changes = load(strategy, [("2026-01-01", 3_000_400, "north"), *ROWS[1:]])
    assert "(Total, 2026-01: EUR 3.00m, moved by +EUR 400, by data)" in changes.summary()


@pytest.mark.parametrize("loads", [0, 1, 2])
def test_every_comparison_has_a_face(strategy, loads):
    for place in range(loads):
        changes = load(strategy, [("2026-01-01", place, "north"), *ROWS[1:]])
    changes = load(strategy)
    assert "<p><b>" in changes._repr_html_()


def test_many_restatements_are_counted_and_the_first_ones_named(company):
    kpis = {f"k{n}": {"formula": "sum(n)", "title": f"K{n}"} for n in range(5)}
    strategy = company(text(ROWS), columns=COLUMNS, kpis=kpis)
    load(strategy)
    changes = load(strategy, [("2026-01-01", 11, "north"), *ROWS[1:]])
    assert "restated: 5 (K0, 2026-01: from 3.00 to 13.0, by data; K1, " in changes.summary()
    assert "; and 2 more)" in changes.summary()
    labels = [label.get_text() for label in changes.plot().get_yticklabels()]
    assert "k0 2026-01-01" in labels
