"""The monitor on a small company: what is new, told once, and sent where it is wanted."""

import gc
import json
import subprocess
import sys
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from kpikit.cli import app
from kpikit.errors import KpikitError
from kpikit.monitor import look_for_news, only_new, post, remember, state_file

COLUMNS = {"day": "date", "amount": "number"}


def facts(last, *, lifted=()):
    """Return a row a day, about 100 each; a month in `lifted` holds twice as much."""
    days = pd.date_range("2023-01-01", last)
    rng = np.random.default_rng(4)
    amount = 100 + 10 * rng.normal(size=len(days))
    for month in lifted:
        amount[(days.year == int(month[:4])) & (days.month == int(month[5:]))] *= 2
    return pd.DataFrame({"day": days, "amount": amount})


@pytest.fixture
def watched(company):
    def make(last, *, lifted=(), **rest):
        kpi = {"formula": "avg(amount)", "direction": "lower_is_better"} | rest
        return company(facts(last, lifted=lifted), columns=COLUMNS, kpis={"amount": kpi})

    return make


@pytest.fixture
def listener():
    """Listen on this machine, and keep what is posted."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            taken.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_is_news_where_all_is_ordinary(watched):
    assert look_for_news(watched("2025-06-30"), as_of="2025-06-30") == []


def test_a_month_that_stands_out_is_news_once(watched):
    strategy = watched("2025-06-30", lifted=["2025-06"])
    news = look_for_news(strategy, as_of="2025-06-30")
    assert [(one.kpi, one.point, one.signal, one.period_start) for one in news] == [
        ("amount", "complete", "exceptional", "2025-06-01")
    ]
    assert news[0].sentence.startswith("The KPI: exceptional in 2025-06: ")
    state = state_file(strategy)
    assert only_new(news, state) == news
    remember(news, state)
    assert only_new(news, state) == []


def test_the_better_side_is_no_news(watched):
    strategy = watched("2025-06-30", lifted=["2025-06"], direction="higher_is_better")
    assert look_for_news(strategy, as_of="2025-06-30") == []


def test_the_running_month_is_judged_at_its_same_point(watched):
    strategy = watched("2025-07-09", lifted=["2025-07"])
    (one,) = look_for_news(strategy, as_of="2025-07-09")
    assert (one.point, one.period_start, one.signal) == ("running", "2025-07-01", "exceptional")
    assert "exceptional so far in 2025-07" in one.sentence


def test_what_gets_stronger_is_new_again(watched, tmp_path):
    (one,) = look_for_news(watched("2025-06-30", lifted=["2025-06"]), as_of="2025-06-30")
    weak = type(one)(**(vars(one) | {"signal": "worth_a_look"}))
    state = tmp_path / "state.json"
    remember([weak], state)
    assert only_new([one], state) == [one]
    remember([one], state)
    assert only_new([weak], state) == []


def test_the_market_moved_and_we_did_not(company):
    rows = facts("2025-06-30")
    rng = np.random.default_rng(7)
    month = rows["day"].dt.to_period("M")
    swing = dict(zip(month.unique(), 1 + 0.2 * rng.normal(size=month.nunique()), strict=True))
    rows["market"] = 100 * month.map(swing).astype(float)
    rows["amount"] = rows["market"] * 1.5 + 3 * rng.normal(size=len(rows))
    june = rows["day"] >= "2025-06-01"
    rows.loc[june, "market"] = 260.0
    rows.loc[june, "amount"] = 150.0
    strategy = company(
        rows,
        columns=COLUMNS | {"market": "number"},
        kpis={
            "amount": {"formula": "avg(amount)", "market": "market"},
            "market": "avg(market)",
        },
    )
    (ours,) = (one for one in look_for_news(strategy, as_of="2025-06-30") if one.kpi == "amount")
    assert ours.signal == "exceptional"
    assert ours.sentence.startswith("The KPI: as expected in 2025-06: 150")
    assert ours.sentence.endswith("; the market moved and we did not.")


def test_a_state_that_cannot_be_read_is_told(tmp_path):
    state = tmp_path / "state.json"
    state.write_text("[]", encoding="utf-8")
    with pytest.raises(KpikitError, match="no state of the monitor. Remove it"):
        only_new([], state)


def test_the_command_tells_what_is_new_once_with_its_exit_code(watched):
    strategy = watched("2025-06-30", lifted=["2025-06"])
    call = ["monitor", str(strategy.path), "--as-of", "2025-06-30"]
    first, second = (CliRunner().invoke(app, call) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (1, 0)
    assert "exceptional in 2025-06" in first.output
    assert second.output == "Nothing new.\n"


def test_the_command_sends_json_and_a_deaf_address_is_asked_again(watched, listener):
    address, taken = listener
    strategy = watched("2025-06-30", lifted=["2025-06"])
    call = ["monitor", str(strategy.path), "--as-of", "2025-06-30", "--json"]
    deaf = CliRunner().invoke(app, [*call, "--webhook", "http://127.0.0.1:9/"])
    assert deaf.exit_code == 2
    assert "will be sent again next time" in deaf.output
    done = CliRunner().invoke(app, [*call, "--webhook", address])
    assert done.exit_code == 1
    assert json.loads(done.stdout)[0]["signal"] == "exceptional"
    assert taken[0]["organisation"] == "The company"
    assert [one["kpi"] for one in taken[0]["news"]] == ["amount"]


def test_a_webhook_that_is_no_web_address_is_told():
    with pytest.raises(KpikitError, match="'file:///etc' *: it is no web address"):
        post([], "file:///etc", organisation="The company")


def test_a_file_that_is_not_there_cannot_be_watched(tmp_path):
    assert CliRunner().invoke(app, ["monitor", str(tmp_path / "none.yaml")]).exit_code == 2


def test_what_is_too_small_to_matter_is_no_news(watched):
    big, small = (watched("2025-06-30", lifted=["2025-06"], smallest=least) for least in (50, 500))
    assert [one.kpi for one in look_for_news(big, as_of="2025-06-30")] == ["amount"]
    assert look_for_news(small, as_of="2025-06-30") == []


def test_a_known_event_is_no_news(company):
    event = {"name": "A campaign", "from": "2025-06-03", "to": "2025-06-20", "kpis": ["amount"]}
    strategy = company(
        facts("2025-06-30", lifted=["2025-06"]),
        columns=COLUMNS,
        kpis={"amount": {"formula": "avg(amount)", "direction": "lower_is_better"}},
        events=[event],
    )
    assert look_for_news(strategy, as_of="2025-06-30") == []


def test_a_source_is_a_market_as_a_kpi_is(company, tmp_path):
    rng = np.random.default_rng(7)
    months = pd.date_range("2023-01-01", "2025-06-01", freq="MS")
    index = 100 * (1 + 0.2 * rng.normal(size=len(months)))
    rows = facts("2025-06-30")
    place = (
        rows["day"].dt.to_period("M").dt.to_timestamp().map(dict(zip(months, index, strict=True)))
    )
    rows["amount"] = place * 1.5 + 3 * rng.normal(size=len(rows))
    rows.loc[rows["day"] >= "2025-06-01", "amount"] = 150.0
    index[-1] = 260.0
    pd.DataFrame({"month": months, "index": index}).to_csv(tmp_path / "index.csv", index=False)
    outside = {"path": "index.csv", "time": "month", "grain": "month", "rollup": "mean"}
    outside["columns"] = {"month": "date", "index": "number"}
    source = {"path": "facts.parquet", "time": "day", "columns": COLUMNS}
    strategy = company(
        rows,
        kpis={"amount": {"formula": "avg(amount)", "market": "outside"}},
        sources={"facts": source, "outside": outside},
    )
    (one,) = look_for_news(strategy, as_of="2025-06-30")
    assert one.sentence.endswith("; the market moved and we did not.")


def test_a_level_that_people_set_anew_is_the_one_to_judge_by(watched):
    strategy = watched("2025-06-30", lifted=["2025-05", "2025-06"])
    assert len(look_for_news(strategy, as_of="2025-06-30")) == 1
    resets = pd.DataFrame(
        {"kpi": ["amount"], "period_start": ["2025-05-01"], "reason": ["counted otherwise"]}
    )
    assert look_for_news(strategy, as_of="2025-06-30", resets=resets) == []
    undone = resets.assign(undone=True)
    assert len(look_for_news(strategy, as_of="2025-06-30", resets=undone)) == 1


def test_the_command_reads_resets_from_the_ledger(watched):
    from kpikit.ledger import BaselineReset, open_ledger

    strategy = watched("2025-06-30", lifted=["2025-05", "2025-06"])
    with open_ledger(strategy.folder / "ledger.sqlite") as ledger:
        record = BaselineReset(kpi="amount", since="2025-05-01")
        ledger.append(record, who="ada", why="counted otherwise")
    found = CliRunner().invoke(app, ["monitor", str(strategy.path), "--as-of", "2025-06-30"])
    assert (found.exit_code, found.output) == (0, "Nothing new.\n")


def test_a_segment_is_judged_beside_the_whole(company):
    parts = [facts("2025-06-30").assign(place="north")]
    parts.append(facts("2025-06-30", lifted=["2025-06"]).assign(place="south"))
    strategy = company(
        pd.concat(parts),
        columns=COLUMNS | {"place": "text"},
        kpis={"amount": {"formula": "avg(amount)", "direction": "lower_is_better"}},
    )
    news = look_for_news(strategy, as_of="2025-06-30", by="place")
    assert {one.segment for one in news if one.signal == "exceptional"} == {"", "south"}
    assert any(one.sentence.startswith("The KPI, south: exceptional in 2025-06") for one in news)
    assert len({(one.kpi, one.segment, one.point) for one in news}) == len(news)


def test_a_budget_sets_the_threshold_over_all_kpis(company):
    rng = np.random.default_rng(5)
    days = pd.date_range("2021-01-01", "2025-12-31", freq="MS")
    rows = pd.DataFrame(rng.normal(size=(len(days), 40)), columns=[f"n{k}" for k in range(40)])
    strategy = company(
        rows.assign(day=days),
        columns={"day": "date"} | dict.fromkeys(rows.columns, "number"),
        kpis={name: f"avg({name})" for name in rows.columns},
    )
    counts = []
    for budget in (0.01, 2, 20):  # of a quarter's, half is for running periods, a third a month's
        news = look_for_news(strategy, as_of="2025-12-31", budget=budget)
        counts.append(sum(one.signal == "exceptional" for one in news))
    assert counts[0] == 0
    assert counts[0] <= counts[1] <= 3
    assert counts[1] < counts[2]


def test_a_watching_process_posts_what_arrives_once_and_stops(watched, listener):
    address, taken = listener
    strategy = watched("2025-05-31")
    command = [sys.executable, "-m", "kpikit", "monitor", str(strategy.path), "--watch", "1"]
    command += ["--as-of", "2025-06-30", "--webhook", address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "Nothing new.\n"
            watched("2025-06-30", lifted=["2025-06"])
            said = iter(process.stdout.readline, "")
            line = next(line for line in said if line != "Nothing new.\n")
            assert "exceptional in 2025-06" in line
            assert next(said) == "Nothing new.\n"  # told once
            assert process.poll() is None
        finally:
            process.terminate()
    assert [one["kpi"] for sent in taken for one in sent["news"]] == ["amount"]


def test_a_week_of_looks_at_a_stream_does_not_grow(watched):
    strategy = watched("2025-06-23")
    state, stream = state_file(strategy), facts("2025-06-30", lifted=["2025-06"])
    sizes, memory, told = [], [], 0
    tracemalloc.start()
    try:
        for look in range(14):
            day = pd.Timestamp("2025-06-24") + pd.Timedelta(hours=12 * look)
            if look % 2 == 0:  # a day's rows arrive at once
                stream[stream["day"] <= day].to_parquet(strategy.folder / "facts.parquet")
            news = only_new(look_for_news(strategy, as_of=day.date()), state)
            remember(news, state)
            told += len(news)
            sizes.append(state.stat().st_size if state.exists() else 0)
            gc.collect()
            memory.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert told == 2  # the running month, and the month once it is complete
    assert max(sizes) < 400
    assert memory[-1] - memory[2] < 2_000_000
