"""Workbooks, JSON lines and folders of Parquet are held to the same contract as text."""

import datetime as dt
import zipfile

import openpyxl
import pandas as pd
import pytest

from kpikit.errors import DataError
from kpikit.observations import build_observations

COLUMNS = {"day": "date", "price": "number"}


@pytest.fixture
def read(company, tmp_path):
    """Return a function that reads a file's sum of prices, by segment where asked."""

    def of(path, *, by=None, columns=COLUMNS, **source):
        source = {"path": path} | source
        strategy = company("", columns=columns, kpis={"p": "sum(price)"}, source=source)
        frame = build_observations(strategy, by=by, grain="year").to_frame()
        return frame.set_index("segment")["value"].to_dict()

    return of


@pytest.fixture
def book(tmp_path):
    def write(rows, *, name="book.xlsx", sheet="Facts"):
        workbook = openpyxl.Workbook()
        page = workbook.active
        page.title = sheet
        for row in rows:
            page.append(row)
        workbook.create_sheet("Other").append(["nothing"])
        workbook.save(tmp_path / name)
        return name

    return write


ROWS = [
    ["day", "price", "name"],
    [dt.datetime(2026, 1, 1), 10, "North"],
    [dt.date(2026, 1, 31), 2.5, "007"],
    [None, None, None],
    ["2026-12-31", "1", 7],
]


def test_a_sheet_is_read_by_its_cells(read, book):
    columns = COLUMNS | {"name": "text"}
    found = read(book(ROWS), by="name", columns=columns)
    assert found == {"": 13.5, "(missing)": 0.0, "007": 2.5, "7": 1.0, "North": 10.0} or found == {
        "": 13.5,
        "007": 2.5,
        "7": 1.0,
        "North": 10.0,
    }


def test_header_row_and_sheet_are_declared(read, book):
    name = book([["A title"], [], *ROWS], sheet="Facts 2026")
    assert read(name, header_row=3, sheet="Facts 2026")[""] == 13.5
    with pytest.raises(DataError, match="row 1 must name every column|lacks declared columns"):
        read(name)
    with pytest.raises(DataError, match="no sheet 'Fact 2026'. Did you mean 'Facts 2026'"):
        read(name, header_row=3, sheet="Fact 2026")


def test_a_cell_that_does_not_fit_is_told_with_its_row(read, book):
    with pytest.raises(DataError, match="'n/a', line 3"):
        read(book([ROWS[0], ROWS[1], ["2026-01-02", "n/a"]]))


def test_a_serial_number_is_no_date(read, book):
    with pytest.raises(DataError, match="something else than date.*'46023'"):
        read(book([ROWS[0], [46023, 1.0]]))


def test_numbers_of_cells_need_no_decimal_mark(read, book):
    assert read(book(ROWS[:3]), decimal=",", thousands=".")[""] == 12.5


def test_dates_of_cells_need_no_form(read, book):
    columns = {"day": {"type": "date", "format": "%d/%m/%Y"}, "price": "number"}
    rows = [ROWS[0], ROWS[1], ["31/12/2026", 1]]
    assert read(book(rows), columns=columns)[""] == 11.0


def test_a_formula_counts_with_the_value_last_computed_and_else_is_missing(read, book):
    assert read(book([ROWS[0], ROWS[1], [dt.date(2026, 12, 31), "=1+1"]]))[""] == 10.0


def test_a_name_twice_is_refused(read, book):
    with pytest.raises(DataError, match="'price' twice"):
        read(book([["day", "price", "price"], ["2026-01-01", 1, 2]]))


def test_what_is_no_workbook_is_refused(read, tmp_path):
    (tmp_path / "book.xlsx").write_bytes(b"day,price\n")
    with pytest.raises(DataError, match="is no xlsx workbook. Save it again"):
        read("book.xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused_at_once(read, tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    with pytest.raises(DataError, match="would unpack to 300,000,000 bytes"):
        read("bomb.xlsx")


def test_a_single_cell_in_the_far_corner_does_not_fill_the_memory(read, tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["day", "price"])
    workbook.active["XFD1048576"] = 1
    workbook.save(tmp_path / "corner.xlsx")
    with pytest.raises(DataError, match="empty rows on end|no dated row"):
        read("corner.xlsx")


def test_json_lines_are_read_as_declared(read, tmp_path):
    lines = [
        '{"day": "2026-01-01", "price": 1.5, "name": "007"}',
        '{"name": null, "price": "2", "day": "2026-01-02"}',
        '{"day": "2026-12-31", "price": null}',
    ]
    (tmp_path / "facts.jsonl").write_text("\n".join(lines))
    columns = COLUMNS | {"name": "text"}
    assert read("facts.jsonl", by="name", columns=columns)["007"] == 1.5
    assert read("facts.jsonl", columns=columns)[""] == 3.5


def test_json_lines_that_do_not_fit_are_told(read, tmp_path):
    (tmp_path / "facts.jsonl").write_text('{"day": "2026-01-01", "price": 1}\n{"day": 5}\n')
    with pytest.raises(DataError, match="something else than date.*'5', line 2"):
        read("facts.jsonl")
    (tmp_path / "facts.jsonl").write_text('{"day": "2026-01-01", "prize": 1}\n')
    with pytest.raises(DataError, match="'price': Did you mean 'prize'"):
        read("facts.jsonl")
    (tmp_path / "facts.jsonl").write_text('{"day": "2026-01-01", \n')
    with pytest.raises(DataError, match="facts.jsonl"):
        read("facts.jsonl")


def test_a_folder_of_parquet_is_one_table(read, tmp_path):
    (tmp_path / "facts" / "2026").mkdir(parents=True)
    for month, price in ((1, 1.0), (12, 2.0)):
        frame = pd.DataFrame({"day": [dt.date(2026, month, 1)], "price": [price]})
        frame.to_parquet(tmp_path / "facts" / "2026" / f"{month}.parquet")
    assert read("facts")[""] == 3.0


def test_an_empty_folder_is_told(read, tmp_path):
    (tmp_path / "facts").mkdir()
    with pytest.raises(DataError, match="holds no Parquet file"):
        read("facts")


def test_a_damaged_parquet_is_told(read, tmp_path):
    (tmp_path / "facts.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DataError, match="facts.parquet"):
        read("facts.parquet")


def test_parts_that_disagree_are_told(read, tmp_path):
    (tmp_path / "facts").mkdir()
    pd.DataFrame({"day": ["2026-01-01"], "price": [1.0]}).to_parquet(tmp_path / "facts/a.parquet")
    pd.DataFrame({"day": ["2026-01-01"], "cost": [1.0]}).to_parquet(tmp_path / "facts/b.parquet")
    with pytest.raises(DataError, match="facts"):
        read("facts")
