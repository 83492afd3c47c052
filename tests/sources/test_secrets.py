"""A database behind a review: down, it stops its own departments only; up or down, its
address appears nowhere."""

import re
from urllib.parse import quote

import pandas as pd
import pytest
from postgres_server import PASSWORD

from kpikit.review.run import run_review

DEPARTMENTS = {
    name: {"title": name.title(), "owner": "the_owner", "parent": "company"}
    for name in ("near", "far")
}


@pytest.fixture
def strategy(company):
    days = pd.DataFrame({"day": pd.date_range("2025-01-01", "2026-03-31", freq="D")})
    sources = {
        "facts": {"path": "facts.parquet", "time": "day"},
        "remote": {"table": "days", "connection": "${KPIKIT_TEST_DB}", "time": "day"},
    }
    kpis = {
        "here": {"formula": "count(*)", "department": "near"},
        "there": {"formula": "count(*)", "department": "far", "source": "remote"},
    }
    return company(days, kpis=kpis, sources=sources, departments=DEPARTMENTS)


def everything_written(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def secrets(address):
    forms = (PASSWORD, quote(PASSWORD, safe=""), address)
    return [form.encode() for form in forms]


def test_a_database_that_is_down_stops_its_own_departments_only(
    strategy, postgres, monkeypatch, tmp_path, capfd
):
    address = re.sub(r":\d+/postgres$", ":1/postgres", postgres)
    monkeypatch.setenv("KPIKIT_TEST_DB", address)
    run = run_review(strategy, period="2026Q1", out=tmp_path / "out", record=True)
    found = run.to_frame().set_index("department")
    assert found["state"].to_dict() == {
        "company.review": "ok",
        "near": "ok",
        "far": "failed",
    }
    assert "the database that KPIKIT_TEST_DB names does not answer" in found.loc["far", "message"]
    written = everything_written(tmp_path) + "".join(capfd.readouterr()).encode()
    assert not [form for form in secrets(address) if form in written]


def test_a_database_that_answers_leaves_no_trace_of_its_address(
    strategy, postgres, monkeypatch, tmp_path, capfd
):
    import psycopg

    with psycopg.connect(postgres) as connection:
        connection.execute(
            "create table if not exists days as select generate_series("
            "date '2025-01-01', date '2026-03-31', interval '1 day')::date as day"
        )
    monkeypatch.setenv("KPIKIT_TEST_DB", postgres)
    run = run_review(strategy, period="2026Q1", out=tmp_path / "out", record=True)
    assert run.exit_code == 0, run.to_frame()["message"].tolist()
    written = everything_written(tmp_path) + "".join(capfd.readouterr()).encode()
    assert b"KPIKIT_TEST_DB" in written
    assert not [form for form in secrets(postgres) if form in written]
