"""A strategy file loads whole, or every fault of it is told at once, with its line."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.errors import DataError, KpikitError, StrategyError
from kpikit.strategy import load_strategy
from kpikit.strategy.document import read_document

SAMPLE = Path(__file__).with_name("brightdesk.yaml")


def line_of(text, piece):
    return text[: text.index(piece)].count("\n") + 1


def outcome(file):
    """Return the strategy of a file, or the error that tells what is wrong with it."""
    try:
        return load_strategy(file)
    except KpikitError as error:
        return error


def test_the_sample_loads_and_knows_its_lines(brightdesk, sample):
    assert brightdesk.path == SAMPLE
    assert brightdesk.folder == SAMPLE.parent
    assert brightdesk.lines["kpis.csat.title"] == line_of(sample, "title: Satisfaction")
    assert brightdesk.lines["kpis.first_reply_hours.targets[1].committed"] == line_of(
        sample, "targets: [{period: 2026Q4"
    )


def test_ten_faults_of_ten_kinds_come_in_one_error(sample, tmp_path):
    planted = [  # what is written, what takes its place, what is told
        ("fiscal_year_start: 4", "fiscal_year_start: 13", "is 13. It must be at most 12."),
        ("time: created_at", "time: created", "Did you mean 'created_at'?"),
        ("kpi: lost_share", "kpi: lost_shar", "Did you mean 'lost_share'?"),
        ("  sales: {title: Sales,", "  sales: {titel: Sales,", "Did you mean 'title'?"),
        ("{kpi: csat, lag: 1,", "{kpi: csat, lag: one,", "is 'one', not a number."),
        ("status: active", "status: activ", "Did you mean 'active'?"),
        ("formula: avg(score)\n    unit: number", "formula: avg(score\n    unit: number", "read"),
        ("period: 2026-12,", "period: 2026-13,", "'2026-13' cannot be read"),
        ("    unit: money\n", "", "kpis.open_value.unit: is missing. Add it. What it is measured"),
        ("until: 2026-12-31}", "until: 2026-02-30}", "is '2026-02-30', not a date."),
    ]
    text = sample
    for old, new, _ in planted:
        assert old in text, old
        text = text.replace(old, new, 1)
    file = tmp_path / "strategy.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StrategyError) as caught:
        load_strategy(file)
    told = str(caught.value)
    assert told.startswith(f"{file}: ")
    for old, new, message in planted:
        near = line_of(text, new) if new else line_of(text, "  open_value:\n    title")
        assert re.search(rf"line {near}: .*{re.escape(message)}", told), (old, told)
    missing = [fault for fault in caught.value.faults if "titel" in fault.where]
    assert [fault.line for fault in missing] == [line_of(text, "  sales: {titel")]
    assert "pydantic" not in told
    assert "Input should" not in told


def test_a_broken_field_hides_no_fault_elsewhere(spoilt):
    told = spoilt(
        ("sources:\n  tickets:", "sources:\n  tickets: 3\n  other:"), ("lag: 1", "lag: 0")
    )
    assert any("sources.tickets: is 3, where keys are expected." in fault for fault in told)
    assert any("leads[0].lag: is 0. It must be at least 1." in fault for fault in told)


def test_duplicate_keys_come_with_all_other_faults(spoilt):
    told = spoilt(
        ("    title: Satisfaction\n", "    title: Satisfaction\n    title: Joy\n    ownr: x\n")
    )
    assert any("'title' stands here again" in fault for fault in told)
    assert any("ownr: is not a known key. Did you mean 'owner'?" in fault for fault in told)


def test_a_file_of_a_newer_form_is_told_nothing_else(spoilt):
    told = spoilt(("version: 1", "version: 2"), ("mission:", "purpose:"))
    assert told == [
        "line 2: version: is 2, and this kpikit reads 1. Install a newer kpikit.",
    ]


@pytest.mark.parametrize("version", ["0", "'1'", "true", "1.0", "one", ""])
def test_any_other_version_is_told(spoilt, version):
    told = spoilt(("version: 1", f"version: {version}"))
    assert [fault for fault in told if "version" in fault], told
    assert all("Write 1." in fault for fault in told)


def test_a_truncated_file_is_told(sample, faults):
    lines = sample.splitlines(keepends=True)
    for kept in range(0, len(lines), 9):
        told = faults("".join(lines[:kept]))
        assert told or kept > 4  # after the organisation, less is a smaller strategy
    assert any("organisation: is missing" in fault for fault in faults("version: 1\n"))


def test_missing_files_folders_and_odd_files_are_told(tmp_path):
    (tmp_path / "strategy.yaml").write_text("version: 1", encoding="utf-8")
    with pytest.raises(DataError, match=r"no such file\. Did you mean 'strategy\.yaml'\?"):
        load_strategy(tmp_path / "stratgy.yaml")
    with pytest.raises(DataError, match=r"this is a folder\. Name a file in it: strategy\.yaml\."):
        load_strategy(tmp_path)
    with pytest.raises(DataError, match="no ordinary file"):
        load_strategy("/dev/null")
    with pytest.raises(DataError, match="no such file"):
        load_strategy(str(tmp_path / "a\0b"))
    with pytest.raises(DataError, match="cannot be read"):
        load_strategy(tmp_path / ("x" * 300))


def test_secrets_are_refused_and_never_repeated(spoilt):
    address = "postgresql://ada:hunter2@crm/leads"
    for old in ('connection: "${BRIGHTDESK_CRM}"', "ledger: ledger.sqlite", "table: crm.leads"):
        key = old.partition(":")[0]
        told = spoilt((old, f"{key}: {address}"))
        assert any("environment variable" in fault for fault in told), told
        assert "hunter2" not in "".join(told)


def test_a_text_in_the_file_cannot_flood_the_message(spoilt):
    long = "x" * 5_000
    told = spoilt(("owner: ceo", f"owner: {long}"), ("unit: money", f"unit: {long}"))
    assert told
    assert max(len(fault) for fault in told) < 400


def test_a_file_made_of_faults_is_told_to_a_limit(faults):
    told = faults(
        "version: 1\norganisation: {name: B}\n" + "".join(f"k{n}: 1\n" for n in range(9_000))
    )
    assert len(told) == 5_001
    assert "more faults than the 5,000 told here. Correct these first." in "".join(told)


def test_short_forms_and_long_forms_are_the_same(brightdesk):
    support = brightdesk.departments["support"]
    assert support.methods[0].text == "Staff the mornings"
    assert support.methods[1].measures == ("first_reply_hours",)
    assert brightdesk.sources["tickets"].columns["score"].type == "integer"


def _mutants():
    sample = SAMPLE.read_bytes()
    position = st.integers(0, len(sample) - 1)
    piece = st.binary(max_size=4) | st.sampled_from(
        [b"{", b"[", b": ", b"\n", b"\t", b"&a ", b"*a", b"- ", b"null", b"'", b"{x}", b"-1e999"]
    )
    edits = st.lists(st.tuples(position, st.integers(0, 8), piece), min_size=1, max_size=3)

    def apply(changes):
        data = sample
        for start, removed, added in changes:
            data = data[:start] + added + data[start + removed :]
        return data

    return edits.map(apply)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(data=_mutants())
def test_damaged_bytes_raise_nothing_but_our_errors(tmp_path_factory, data):
    file = tmp_path_factory.getbasetemp() / "mutant.yaml"
    file.write_bytes(data)
    assert outcome(file)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(data=st.data())
def test_any_value_in_any_place_is_a_fault_or_fine(tmp_path_factory, data):
    values = read_document(SAMPLE.read_bytes()).values
    spot = values
    while True:  # walk to some entry, and put anything there
        keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(spot[key], dict | list) or not spot[key] or data.draw(st.booleans()):
            break
        spot = spot[key]
    spot[key] = data.draw(VALUES)
    file = tmp_path_factory.getbasetemp() / "odd.yaml"
    file.write_text(json.dumps(values), encoding="utf-8")
    assert outcome(file)


def test_a_file_read_again_is_as_it_stands_now_and_shares_nothing(tmp_path):
    file = tmp_path / "strategy.yaml"
    file.write_text("version: 1\norganisation: {name: Brightdesk}\nkpis: {}\n")
    first, second = load_strategy(file), load_strategy(file)
    assert first == second
    assert first.kpis is not second.kpis
    copy = tmp_path / "copy.yaml"
    copy.write_bytes(file.read_bytes())
    assert load_strategy(copy).path == copy
    file.write_text("version: 1\norganisation: {name: Darkdesk}\n")
    assert load_strategy(file).organisation.name == "Darkdesk"
    file.write_text("version: 1\norganisation: {nam: Darkdesk}\n")
    told = []
    for _ in range(2):
        with pytest.raises(StrategyError) as fault:
            load_strategy(file)
        told.append(str(fault.value))
    assert told[0] == told[1]
