"""The checks on real facts, and the same on a real PostgreSQL."""

import numpy as np
import pandas as pd
import pytest

from kpikit import check_sources, load_strategy

TRANSIT = {
    "bus": {"route": "text", "incident": "text"},
    "streetcar": {"route": "text", "incident": "text"},
    "subway": {"line": "text", "code": "text"},
}


@pytest.fixture(scope="module")
def transit(example_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("transit")
    lines = ["version: 1", "organisation: {name: Transit, currency: CAD}", "sources:"]
    for name, texts in TRANSIT.items():
        (folder / f"{name}.parquet").symlink_to(
            example_data / "transit" / f"ttc_{name}_delays.parquet"
        )
        columns = {"date": "date", **texts, "min_delay": "integer", "min_gap": "integer"}
        declared = ", ".join(f"{column}: {kind}" for column, kind in columns.items())
        lines.append(f"  {name}: {{path: {name}.parquet, time: date, columns: {{{declared}}}}}")
    (folder / "strategy.yaml").write_text("\n".join(lines), encoding="utf-8")
    return check_sources(load_strategy(folder / "strategy.yaml"))


def examples(checks, source, check):
    frame = checks.to_frame()
    found = frame[(frame["source"] == source) & (frame["check"] == check)]
    return " | ".join(found["example"])


def test_the_bus_months_that_hold_streetcars_are_named(transit):
    assert "2021-07 (30%), 2021-08 (33%)" in examples(transit, "bus", "volume")
    mix = examples(transit, "bus", "mix")
    assert "route is spread unlike the months around in 2021-07 ('501' 37%, otherwise 0%)" in mix
    assert transit.grades()["bus"] == "B"
    assert "bus (grade B: " in transit.summary()


def test_the_bus_names_no_other_month_for_its_rows(transit):
    for check in ("volume", "mix"):
        text = examples(transit, "bus", check)
        assert "2021-07" in text
        assert " more" not in text


def test_the_changed_names_of_incidents_are_told(transit):
    for source in ("bus", "streetcar"):
        assert "incident is spread in another way from 2020-08" in examples(
            transit, source, "mix shift"
        )


def test_lost_days_and_the_half_empty_month_of_the_streetcars_are_told(transit):
    frame = transit.to_frame().set_index(["source", "check"])
    assert frame.loc[("streetcar", "gaps"), "rows"].item() == 43
    assert "2014-02 (15%)" in examples(transit, "streetcar", "volume")


def test_the_subway_is_only_told_how_its_lines_are_written(transit):
    frame = transit.to_frame()
    warned = frame[(frame["source"] == "subway") & (frame["severity"] != "note")]
    assert warned["check"].tolist() == ["near-duplicate names"]
    assert "'YU/BD' (2,402) and 'YU / BD' (88)" in warned["example"].item()


def test_the_hotel_keeps_grade_a(hotel):
    found = check_sources(load_strategy(hotel))
    assert found.grades() == {"bookings": "A"}
    rows = found.to_frame().set_index("check").loc["repeated rows"]
    assert (rows["rows"], rows["severity"]) == (31_994, "note")


def test_postgres_and_the_embedded_engine_find_the_same(company, postgres, monkeypatch):
    import psycopg

    days = pd.date_range("2023-01-01", "2025-12-31").repeat(4)
    facts = pd.DataFrame(
        {
            "day": days.as_unit("us"),
            "known": (days + pd.to_timedelta(np.arange(len(days)) % 9, unit="D")).as_unit("us"),
            "id": np.arange(len(days)) % (len(days) - 2),
            "amount": np.resize([3.0, 5.0, 8.0], len(days)),
            "region": np.resize(["North", "South", "North", "north "], len(days)),
        }
    )
    facts.loc[facts["day"] >= "2024-07-01", "amount"] *= 100
    facts.loc[100, "amount"] = 1e9
    facts.loc[facts["day"].dt.strftime("%Y-%m") == "2025-03", "region"] = "West"
    facts = facts[facts["day"] != pd.Timestamp("2025-05-05")]
    columns = {"day": "date", "known": "date", "id": "integer", "amount": "number"}
    source = {"columns": columns | {"region": "text"}, "recorded": "known", "key": ["id"]}
    with psycopg.connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute(
            "create table checked (day date, known date, id bigint, "
            "amount double precision, region text)"
        )
        with cursor.copy("copy checked from stdin") as copy:
            for row in facts.astype(object).itertuples(index=False):
                copy.write_row(row)
    monkeypatch.setenv("CHECKED", postgres)
    embedded = check_sources(company(facts, kpis={"n": "count(*)"}, source=source)).to_frame()
    table = {"table": "checked", "connection": "${CHECKED}", "time": "day"} | source
    other = company(facts, kpis={"n": "count(*)"}, sources={"facts": table})
    pd.testing.assert_frame_equal(check_sources(other).to_frame(), embedded)
    assert {"repeated keys", "gaps", "late rows", "unit jump", "mix", "extreme values"} <= set(
        embedded["check"]
    )
