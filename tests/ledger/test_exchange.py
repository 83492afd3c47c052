"""What goes out comes in again, and no spreadsheet runs it."""

import csv
import io
import json

import pytest

from kpikit.errors import DataError, KpikitError
from kpikit.ledger import Comment, Decision, Target, open_ledger
from kpikit.ledger.exchange import export_csv, export_json, import_file

HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "'=1", "''=1",
    '=HYPERLINK("http://x")', "=cmd|' /C calc'!A0", "'harmless", "plain, with comma", '"quoted"',
]  # fmt: skip


@pytest.fixture
def hostile(path):
    with open_ledger(path) as ledger:
        for text in HOSTILE:
            comment = Comment(period="2026Q3", text=text, kpi=text)
            ledger.append(comment, who=text, why=text)
        ledger.append(Target(kpi="nps", period="2026Q4", value=-3.5), who="coo", why="honest")
        ledger.append(Decision(period="2026Q3", text="x", kpis=("a", "=b")), who="c", why="d")
    return path


def other(path):
    place = path.parent / "elsewhere" / "ledger.sqlite"
    place.parent.mkdir(exist_ok=True)
    return open_ledger(place)


def test_json_makes_the_same_ledger_again(hostile, tmp_path):
    file = tmp_path / "export.json"
    with open_ledger(hostile) as ledger, other(hostile) as again:
        file.write_text(export_json(ledger), encoding="utf-8")
        assert len(import_file(again, file, who="x")) == len(HOSTILE) + 2
        assert again.rows() == ledger.rows()
        assert again.verify(heads=[ledger.head()]).is_whole
        assert import_file(again, file, who="x") == ()


def test_a_csv_holds_no_formula_and_numbers_stay_numbers(hostile):
    with open_ledger(hostile) as ledger:
        rows = list(csv.DictReader(io.StringIO(export_csv(ledger), newline="")))
    assert len(rows) == len(HOSTILE) + 2
    for row in rows:
        for name, cell in row.items():
            if name not in ("value", "seq"):
                assert not cell.lstrip().startswith(tuple("=+-@\t\r＝＋－＠")), cell
    assert rows[-2]["value"] == "-3.5"


def test_a_csv_comes_in_again_to_the_letter_and_once(hostile, tmp_path):
    file = tmp_path / "export.csv"
    with open_ledger(hostile) as ledger, other(hostile) as again:
        file.write_text(export_csv(ledger), encoding="utf-8", newline="")
        assert len(import_file(again, file, who="x")) == len(HOSTILE) + 2
        assert import_file(again, file, who="x") == ()
        assert list(again.read(Comment).to_frame()["text"]) == HOSTILE
        assert list(again.read(Comment).to_frame()["who"]) == HOSTILE
        assert list(again.read(Decision).to_frame()["kpis"]) == [("a", "=b")]
        assert list(again.accepted_targets()["value"]) == [-3.5]


def test_a_table_made_by_hand_is_taken_in_once(path, tmp_path):
    file = tmp_path / "minutes.csv"
    file.write_text(
        "kind,period,text,kpis,owner,due,why\n"
        "decision,2026Q3,Add a shift,csat; nps,,,slow replies\n"
        "action,2026Q3,Hire,,kim,2026-11-30,slow replies\n"
    )
    with open_ledger(path) as ledger:
        assert [entry.who for entry in import_file(ledger, file, who="coo")] == ["coo", "coo"]
        assert import_file(ledger, file, who="coo") == ()
        assert list(ledger.read(Decision).to_frame()["kpis"]) == [("csat", "nps")]


def test_every_fault_of_a_table_is_told_and_nothing_is_taken(path, tmp_path):
    file = tmp_path / "minutes.csv"
    file.write_text(
        "kind,period,text,why\ncomment,2026Q3,fine,x\ncomment,Q3,late,x\n"
        "remark,2026Q3,a,x\ncomment,2026Q3,b,\n"
    )
    with open_ledger(path) as ledger:
        with pytest.raises(DataError) as caught:
            import_file(ledger, file, who="coo")
        assert ledger.head().seq == 0
    assert str(caught.value).splitlines() == [
        f"{file}: 3 faults; nothing is imported.",
        "  line 3: comment: 1 fault. period is 'Q3'. Write it as 2026Q3, 2026-07 or 2026.",
        "  line 4: ledger: there is no kind of record 'remark'. "
        "Known: action, baseline_reset, comment, concern, decision, feedback, forecast, "
        "kpi_set_review, milestone, review, seen, target and 2 more.",
        "  line 5: why is empty. Every record says why.",
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"kpikit_ledger": 2, "records": []}'])
def test_a_file_that_is_no_export_is_told(path, tmp_path, text):
    file = tmp_path / "export.json"
    file.write_text(text)
    with open_ledger(path) as ledger, pytest.raises(DataError, match="no export of a ledger"):
        import_file(ledger, file, who="x")


def test_an_export_that_was_changed_is_not_taken_in(hostile, tmp_path):
    file = tmp_path / "export.json"
    with open_ledger(hostile) as ledger:
        content = json.loads(export_json(ledger))
    content["records"][3]["who"] = "somebody else"
    file.write_text(json.dumps(content))
    with other(hostile) as again, pytest.raises(DataError, match="Record 4 is not as it was"):
        import_file(again, file, who="x")


def test_a_file_that_is_not_there_is_told(path):
    for name in ("a.csv", "a.json", "a.sqlite"):
        with open_ledger(path) as ledger, pytest.raises(KpikitError, match=name):
            import_file(ledger, path.with_name(name), who="x")
