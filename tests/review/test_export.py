import json
import os

import pandas as pd
import pytest
from openpyxl import load_workbook

from kpikit.errors import KpikitError
from kpikit.review import printing
from kpikit.review.export import check_formats, export
from kpikit.review.workbook import review_workbook

KPI = {
    "title": "=1+1",
    "owner": "@ann",
    "unit": "share",
    "direction": "higher_is_better",
    "board": {"value": 0.5, "previous": None, "target": 0.6, "status": "off_target", "trend": "-x"},
    "trend": {"slope": 0.1},
    "forecast": [{"period_start": "2026-07-01", "step": 1, "mean": 0.5, "q0.5": 0.5}],
}
REVIEW = {
    "department": "support",
    "kpis": {"rate": KPI},
    "sources": [{"source": "tickets", "check": "rows", "rows": 3, "grade": "A"}],
}
PAGE = "<html><head><title>Support</title></head><body><h1>Support</h1><p>Fine.</p></body></html>"


def run_table(folder):
    rows = [("support", "ok"), ("sales", "failed")]
    return pd.DataFrame(
        [
            {
                "department": name,
                "state": state,
                "seconds": 1.0,
                "html": os.fspath(folder / f"{name}.html") if state == "ok" else "",
                "pdf": "",
                "message": "" if state == "ok" else "it failed",
            }
            for name, state in rows
        ]
    )


def test_a_workbook_holds_the_numbers_and_no_formula(tmp_path):
    place = tmp_path / "numbers.xlsx"
    place.write_bytes(review_workbook({"support": REVIEW}))
    book = load_workbook(place)
    assert book.sheetnames == ["Board", "Forecast", "Sources"]
    head, row = ([cell.value for cell in line] for line in book["Board"].iter_rows())
    found = dict(zip(head, row, strict=True))
    assert found["department"] == "support"
    assert (found["kpi"], found["value"], found["target"]) == ("rate", 0.5, 0.6)
    assert found["previous"] is None
    assert (found["title"], found["owner"], found["trend"]) == ("=1+1", "@ann", "-x")
    kinds = {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line}
    assert "f" not in kinds
    assert book["Forecast"]["E2"].value == 0.5
    assert [cell.value for cell in book["Sources"][2]][:2] == ["tickets", "rows"]


@pytest.mark.browser
def test_a_page_is_printed_with_outline_and_numbers(tmp_path):
    if printing.find_chromium() is None and not os.environ.get("CI"):
        pytest.skip("there is no Chromium; name one in KPIKIT_CHROMIUM")
    (tmp_path / "support.html").write_text(PAGE)
    frame = export(run_table(tmp_path), ["html", "pdf"], folder=tmp_path, line="Q <3")
    assert frame["pdf"].tolist() == [str(tmp_path / "support.pdf"), ""]
    content = (tmp_path / "support.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/StructTreeRoot" in content  # tagged
    assert b"/Outlines" in content
    assert frame["message"].tolist() == ["", "it failed"]


def test_where_nothing_prints_the_pages_stand_and_say_why(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("KPIKIT_CHROMIUM", raising=False)
    (tmp_path / "support.html").write_text(PAGE)
    frame = export(run_table(tmp_path), ["pdf"], folder=tmp_path, line="Q")
    assert frame["pdf"].tolist() == ["", ""]
    assert "there is no Chromium on this machine. Install it, or" in frame["message"][0]
    assert (tmp_path / "support.html").read_text() == PAGE


def test_the_workbook_is_made_of_the_numbers_that_the_reports_carry(tmp_path):
    departments = {"departments": {"support": REVIEW}}
    (tmp_path / "review.json").write_text(json.dumps(departments))
    frame = run_table(tmp_path)
    assert export(frame, ["xlsx"], folder=tmp_path, line="Q") is frame
    assert (tmp_path / "numbers.xlsx").is_file()


def test_a_format_that_is_none_is_refused():
    assert check_formats("pdf") == ("pdf",)
    with pytest.raises(KpikitError, match=r"format 'docx' is not available\. Use html, pdf or"):
        check_formats(["html", "docx"])
