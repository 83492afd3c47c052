"""Scenarios are kept, replayed, compared, and put on record."""

import matplotlib as mpl
import pandas as pd
import papermill as pm
import pytest

from kpikit.errors import DataError
from kpikit.ledger import Comment, open_ledger
from kpikit.review.notebook import notebooks_folder
from kpikit.targets.scenarios import (
    FIELDS,
    compare_scenarios,
    read_scenario,
    record_scenario,
    save_scenario,
)
from kpikit.targets.whatif import what_if

mpl.use("Agg")


@pytest.fixture(scope="module")
def bold(world):
    asked = {"kpi": "sales", "period": "2026Q4", "as_of": "2026-10-31", "seed": 3}
    return what_if(*world, changes={"calls": 55.0}, **asked)


def test_a_file_gives_the_same_numbers_again_when_more_is_known(world, bold, tmp_path):
    path = save_scenario(bold, tmp_path / "bold.yaml")
    asked = read_scenario(path)
    assert asked == {
        "kpi": "sales",
        "period": "2026Q4",
        "as_of": "2026-10-31",
        "seed": 3,
        "changes": {"calls": 55.0},
    }
    again = what_if(*world, **asked)
    pd.testing.assert_frame_equal(again.to_frame(), bold.to_frame())
    with pytest.raises(DataError, match="is over"):  # as of today
        what_if(*world, **(asked | {"as_of": None}))


def test_a_file_holds_parameters_of_the_notebook_so_that_papermill_replays_it():
    known = pm.inspect_notebook(str(notebooks_folder() / "09_what_if.ipynb"))
    assert set(FIELDS) <= set(known)


def test_they_are_laid_side_by_side(world, bold):
    plain = what_if(*world, kpi="sales", period="2026Q4", as_of="2026-10-31", changes={})
    side = compare_scenarios({"plain": plain, "bold": bold}, target=105.0)
    assert side.to_frame().index.tolist() == ["plain", "bold"]
    assert "is most likely with bold" in side.summary()
    assert len(side.plot().get_yticks()) == 2


def test_one_is_put_on_the_ledger_with_all_that_replays_it(bold, tmp_path):
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        entry = record_scenario(ledger, bold, who="coo", why="more calls in autumn")
        found = ledger.read(Comment).to_frame()
    assert (entry.seq, len(found)) == (1, 1)
    row = found.iloc[0]
    assert (row["kpi"], row["period"], row["who"]) == ("sales", "2026Q4", "coo")
    said, file = row["text"].split("\n", 1)
    assert said == bold.summary()
    path = tmp_path / "again.yaml"
    path.write_text(file, encoding="utf-8")
    assert read_scenario(path)["changes"] == {"calls": 55.0}


def test_what_is_no_scenario_is_refused(tmp_path):
    path = tmp_path / "bold.yaml"
    path.write_text("kpi: sales\n", encoding="utf-8")
    with pytest.raises(DataError, match="holds no scenario"):
        read_scenario(path)
    with pytest.raises(DataError, match="there is no such file"):
        read_scenario(tmp_path / "none.yaml")
