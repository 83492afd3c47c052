"""Files are read as declared, or refused with file, line and value."""

import gzip

import numpy as np
import pandas as pd
import pytest

from kpikit.errors import DataError
from kpikit.observations import build_observations
from kpikit.sources import open_facts

COLUMNS = {"day": "date", "price": "number"}


def total(strategy):
    return build_observations(strategy).to_frame()["value"].iloc[0]


def read(company, text, **source):
    columns = source.pop("columns", COLUMNS)
    return total(company(text, columns=columns, kpis={"p": "sum(price)"}, source=source))


def refusal(company, text, **source):
    with pytest.raises(DataError) as caught:
        read(company, text, **source)
    return str(caught.value)


def test_a_text_file_is_read_as_declared(company):
    assert read(company, "day,price\n2026-01-01,10.5\n2026-01-31,2\n") == 12.5


def test_byte_order_mark_and_windows_lines_change_nothing(company):
    text = b"\xef\xbb\xbfday,price\r\n2026-01-01,10.5\r\n2026-01-31,2\r\n"
    assert read(company, text) == 12.5


@pytest.mark.parametrize(("small", "threads"), [(1_000, 1), (10, 2)])
def test_only_large_files_are_read_by_two_threads(company, monkeypatch, small, threads):
    monkeypatch.setattr("kpikit.sources.read.SMALL", small)
    strategy = company("day,price\n2026-01-01,10.5\n", columns=COLUMNS, kpis={"p": "sum(price)"})
    with open_facts(strategy) as facts:
        (fact,) = facts.values()
        engine = fact.table.get_backend().con
        assert engine.execute("select current_setting('threads')").fetchone() == (threads,)


def test_gzip_is_read_like_plain_text(company, tmp_path):
    plain = "day,price\n2026-01-01,1\n2026-01-31,2\n"
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(plain.encode()))
    strategy = company("", columns=COLUMNS, kpis={"p": "sum(price)"}, source={"path": "f.csv.gz"})
    assert total(strategy) == 3.0


def test_decimal_comma_and_thousands_are_read_where_declared(company):
    text = "day;price\n2026-01-01;1.234,56\n2026-01-31;-0,56\n"
    assert read(company, text, delimiter=";", decimal=",", thousands=".") == 1234.0


def test_an_undeclared_decimal_comma_is_refused_with_its_line(company):
    message = refusal(company, 'day,price\n2026-01-01,1\n2026-01-31,"1.234,56"\n')
    assert "column 'price' holds something else than number in 1 of 2 rows" in message
    assert "'1.234,56', line 3" in message


def test_a_mark_of_thousands_in_the_wrong_place_is_refused(company):
    assert "line 2" in refusal(company, 'day,price\n2026-01-01,"1,23"\n', thousands=",")


@pytest.mark.parametrize("value", ["n/a", "12 EUR", "1e999", "nan", "inf", "0x1F", "1_000", "١٢"])
def test_what_is_no_number_is_refused(company, value):
    assert f"{value!r}" in refusal(company, f"day,price\n2026-01-01,{value}\n")


def test_null_words_are_missing_where_declared(company):
    text = "day,price\n2026-01-01,n/a\n2026-01-30,\n2026-01-31,3\n"
    assert read(company, text, null_words=["n/a"]) == 3.0


def test_every_bad_column_is_told_at_once(company):
    message = refusal(company, "day,price\n2026-02-30,x\n2026-01-31,1\n")
    assert "'2026-02-30', line 2" in message
    assert "'x', line 2" in message


@pytest.mark.parametrize("day", ["01/02/2026", "2026-2-1", "20260201", "1 Feb 2026", "46054"])
def test_a_date_in_another_form_is_refused_and_never_guessed(company, day):
    assert "something else than date" in refusal(company, f"day,price\n{day},1\n")


@pytest.mark.parametrize(("form", "month"), [("%d/%m/%Y", "2026-02"), ("%m/%d/%Y", "2026-01")])
def test_a_declared_form_decides_the_month(company, form, month):
    columns = {"day": {"type": "date", "format": form}, "price": "number"}
    strategy = company("day,price\n01/02/2026,1\n", columns=columns, kpis={"p": "sum(price)"})
    start = build_observations(strategy).to_frame()["period_start"].iloc[0]
    assert f"{start:%Y-%m}" == month


def test_a_date_that_does_not_fit_its_form_is_refused(company):
    columns = {"day": {"type": "date", "format": "%d/%m/%Y"}, "price": "number"}
    message = refusal(company, "day,price\n01/02/2026,1\n02/13/2026,1\n", columns=columns)
    assert "date in the form %d/%m/%Y in 1 of 2 rows (first: '02/13/2026', line 3)" in message


def test_integers_have_no_fraction(company):
    columns = {"day": "date", "price": "integer"}
    assert read(company, "day,price\n2026-01-01,7.0\n", columns=columns) == 7.0
    assert "integer" in refusal(company, "day,price\n2026-01-01,7.5\n", columns=columns)


def test_texts_stay_texts(company):
    text = "day,code,price\n2026-01-01,007,1\n2026-01-02,NA,2\n2026-01-31,7,4\n"
    columns = {"day": "date", "code": "text", "price": "number"}
    strategy = company(text, columns=columns, kpis={"p": "sum(price)"})
    frame = build_observations(strategy, by="code").to_frame().set_index("segment")
    assert frame["value"].to_dict() == {"": 7.0, "007": 1.0, "NA": 2.0, "7": 4.0}


def test_truth_has_declared_words(company):
    columns = {"day": "date", "won": "boolean"}
    text = "day,won\n2026-01-01,yes\n2026-01-02,FALSE\n2026-01-31,1\n"
    strategy = company(text, columns=columns, kpis={"p": "count(*) filter (where won)"})
    assert total(strategy) == 2
    with pytest.raises(DataError, match="'maybe', line 2"):
        total(company("day,won\n2026-01-01,maybe\n", columns=columns, kpis={"p": "count(*)"}))


def test_instants_belong_to_the_day_of_the_organisations_zone(company):
    columns = {"day": "timestamp", "price": "number"}
    text = "day,price\n2026-01-31T23:30:00Z,1\n2026-02-28 12:00:00,2\n"
    berlin = {"name": "The company", "time_zone": "Europe/Berlin"}
    strategy = company(text, columns=columns, kpis={"p": "sum(price)"}, organisation=berlin)
    assert build_observations(strategy).to_frame()["value"].tolist() == [3.0]  # 00:30 on 1 February


def test_instants_in_parquet_do_as_well(company):
    when = pd.to_datetime(["2026-01-31T23:30:00Z", "2026-02-28T12:00:00Z"])
    frame = pd.DataFrame({"day": when, "price": [1.0, 2.0]})
    new_york = {"name": "The company", "time_zone": "America/New_York"}
    columns = {"day": "timestamp", "price": "number"}
    strategy = company(frame, columns=columns, kpis={"p": "sum(price)"}, organisation=new_york)
    assert build_observations(strategy).to_frame()["value"].tolist() == [1.0, 2.0]


def test_text_in_parquet_is_held_to_the_same_contract(company):
    frame = pd.DataFrame({"day": ["2026-01-01", "2026-01-31"], "price": ["1", "two"]})
    with pytest.raises(DataError, match="'two'"):
        total(company(frame, columns=COLUMNS, kpis={"p": "sum(price)"}))


def test_typed_columns_stand_beside_texts(company):
    frame = pd.DataFrame({"day": ["2026-01-01", "2026-01-31"], "price": [1.0, 2.0]})
    assert total(company(frame, columns=COLUMNS, kpis={"p": "sum(price)"})) == 3.0


def test_a_typed_column_is_never_rounded_to_its_declaration(company):
    columns = {"day": "timestamp", "price": "integer"}
    days = pd.to_datetime(["2026-01-01", "2026-01-31"])
    whole = pd.DataFrame({"day": days, "price": [1.0, np.nan]})
    assert total(company(whole, columns=columns, kpis={"p": "sum(price)"})) == 1.0
    broken = pd.DataFrame({"day": days, "price": [1.0, 2.5]})
    with pytest.raises(DataError, match="something else than integer in 1 of 2 rows"):
        total(company(broken, columns=columns, kpis={"p": "sum(price)"}))


def test_a_typed_column_of_another_kind_is_refused(company):
    days = pd.to_datetime(["2026-01-01", "2026-01-31"])
    frame = pd.DataFrame({"day": days, "price": days, "n": [1, 2]})
    columns = {"day": "number", "price": "integer", "n": "boolean"}
    with pytest.raises(DataError) as caught:
        total(company(frame, columns=columns, kpis={"p": "count(*)"}))
    assert "column 'day' holds timestamp, and is declared as number" in str(caught.value)
    assert "column 'n' holds integer, and is declared as boolean" in str(caught.value)


def test_missing_columns_are_told_with_those_there_are(company):
    message = refusal(company, "date,prices\n2026-01-01,1\n")
    assert "lacks declared columns" in message
    assert "'price': Did you mean 'prices'?" in message
    assert "The file has: date, prices." in message


def test_a_column_twice_is_refused(company):
    assert "'price' twice" in refusal(company, "day,price,price\n2026-01-01,1,2\n")


def test_an_empty_file_is_refused(company):
    assert "is empty" in refusal(company, "")


def test_another_encoding_is_refused(company):
    text = "day,price,name\n2026-01-01,1,Käse\n".encode("latin-1")
    assert "Save it as UTF-8" in refusal(company, text) or "utf" in refusal(company, text).lower()


def test_a_row_with_too_many_cells_is_refused(company):
    rows = "".join(f"2026-01-{day:02d},1\n" for day in range(1, 29))
    message = refusal(company, f"day,price\n{rows}2026-01-29,1,2,3\n")
    assert "30" in message


def test_a_missing_file_is_told_with_its_neighbours(company, tmp_path):
    (tmp_path / "sales.csv").write_text("day\n")
    strategy = company("", columns=COLUMNS, kpis={"p": "sum(price)"}, source={"path": "sale.csv"})
    with pytest.raises(DataError, match="there is no file .*sale.csv. Did you mean 'sales.csv'"):
        total(strategy)


def test_a_file_of_another_kind_is_refused(company, tmp_path):
    (tmp_path / "facts.pickle").write_bytes(b"x")
    strategy = company(
        "", columns=COLUMNS, kpis={"p": "sum(price)"}, source={"path": "facts.pickle"}
    )
    with pytest.raises(DataError, match="kind that is not read"):
        total(strategy)


def test_nothing_is_left_behind(company, monkeypatch, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    read(company, "day,price\n2026-01-01,10.5\n")
    assert list(scratch.iterdir()) == []


def test_quoted_cells_may_hold_commas_quotes_and_lines(company):
    text = 'day,name,price\n2026-01-01,"a, ""b""\nc",1\n2026-01-31,d,2\n'
    columns = {"day": "date", "name": "text", "price": "number"}
    strategy = company(text, columns=columns, kpis={"p": "sum(price)"})
    frame = build_observations(strategy, by="name").to_frame()
    assert 'a, "b"\nc' in set(frame["segment"])
    assert np.isclose(frame.loc[frame["segment"] == "", "value"].iloc[0], 3.0)
