import json
from datetime import date

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from kpikit.errors import DataError, NotebookError, UnknownNameError
from kpikit.review.notebook import notebooks_folder, run_notebook


def printed(path):
    outputs = [
        o for cell in nbformat.read(path, as_version=4).cells for o in cell.get("outputs", [])
    ]
    return "".join(output.get("text", "") for output in outputs)


def test_values_reach_the_notebook_as_they_are_and_dates_as_iso_text(notebook, tmp_path):
    path = notebook(
        "print([a, b, c, d])", parameters="a = 0\nb = 0\nc: dict = {}  # no second = b\nd = 0"
    )
    hostile = {"text": ['"""\n\u2028\\', None, True, 1.5]}
    values = {"a": date(2026, 9, 30), "b": pd.Timestamp("2026-09-30"), "c": hostile}
    out = run_notebook(
        path, parameters=values | {"d": pd.Period("2026Q3")}, out=tmp_path / "o.ipynb"
    )
    assert printed(out).strip() == repr(["2026-09-30", "2026-09-30", hostile, "2026Q3"])


def test_a_misspelt_parameter_is_refused_before_a_kernel_starts(notebook, tmp_path):
    path = notebook("1", parameters="horizon: int = 6")
    with pytest.raises(UnknownNameError, match="no parameter 'horizn'. Did you mean 'horizon'?"):
        run_notebook(path, parameters={"horizn": 3}, out=tmp_path / "out.ipynb")
    with pytest.raises(UnknownNameError, match="no parameter 'x=1; import os; y'"):
        run_notebook(path, parameters={"x=1; import os; y": 3}, out=tmp_path / "out.ipynb")
    assert not (tmp_path / "out.ipynb").exists()


def test_a_notebook_without_parameters_takes_none(tmp_path):
    path = tmp_path / "plain.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1")]), path)
    with pytest.raises(UnknownNameError, match="no parameter 'x'. None is defined"):
        run_notebook(path, parameters={"x": 3}, out=tmp_path / "out.ipynb")


@pytest.mark.parametrize("value", [(1, 2), float("nan"), {1: 2}, pd.NaT, "\ud800", {"a": {3}}])
def test_a_value_that_would_change_on_the_way_is_refused(notebook, tmp_path, value):
    with pytest.raises(DataError, match=r"05_forecast.ipynb: x.* cannot be given. Pass text"):
        run_notebook(notebook("1"), parameters={"x": value}, out=tmp_path / "out.ipynb")


def test_the_notebook_itself_is_never_overwritten(notebook, tmp_path):
    path = notebook("1")
    before = path.read_bytes()
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="overwrite the notebook itself"):
        run_notebook(path, parameters={}, out=tmp_path / "folder" / ".." / path.name)
    with pytest.raises(DataError, match="this is a folder"):
        run_notebook(path, parameters={}, out=tmp_path / "folder")
    assert path.read_bytes() == before


def test_what_is_no_notebook_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none.ipynb: there is no such notebook"):
        run_notebook(tmp_path / "none.ipynb", parameters={}, out=tmp_path / "out.ipynb")
    (tmp_path / "torn.ipynb").write_text('{"cells": [')
    with pytest.raises(DataError, match=r"torn.ipynb: this is no Jupyter notebook"):
        run_notebook(tmp_path / "torn.ipynb", parameters={}, out=tmp_path / "out.ipynb")


def test_a_failing_cell_is_named_and_the_partial_run_kept_under_another_name(notebook, tmp_path):
    out = tmp_path / "copies" / "out.ipynb"
    path = notebook("print('begun')", "assert x > 0, 'x must be positive'", "print('after')")
    with pytest.raises(NotebookError, match=r"cell 4 stopped with AssertionError: x must be") as e:
        run_notebook(path, parameters={"x": 0}, out=out)
    assert e.value.output == tmp_path / "copies" / "out.failed.ipynb"
    assert printed(e.value.output) == "begun\n"
    assert [file.name for file in out.parent.iterdir()] == ["out.failed.ipynb"]

    run_notebook(path, parameters={"x": 2}, out=out)
    assert [file.name for file in out.parent.iterdir()] == ["out.ipynb"]
    assert str(tmp_path) not in json.dumps(nbformat.read(out, as_version=4).metadata)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import sys; sys.exit(0)", "cell 2 stopped with SystemExit: 0"),
        ("import os; os._exit(0)", "cell 2 stopped with a dead kernel"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "cell 2 stopped with a dead"),
    ],
)
def test_a_run_that_ends_early_is_no_success(notebook, tmp_path, capfd, source, fault):
    with pytest.raises(NotebookError, match=fault):
        run_notebook(notebook(source, "1"), parameters={}, out=tmp_path / "out.ipynb")
    assert not (tmp_path / "out.ipynb").exists()
    assert (tmp_path / "out.failed.ipynb").exists()
    assert capfd.readouterr() == ("", "")


def test_a_symbolic_link_is_replaced_and_its_target_left_alone(notebook, tmp_path):
    victim, out = tmp_path / "victim.txt", tmp_path / "report-{x}.ipynb"
    victim.write_text("mine")
    out.symlink_to(victim)
    assert run_notebook(notebook("x"), parameters={"x": 2}, out=out) == out
    assert victim.read_text() == "mine"
    assert not out.is_symlink()


def test_the_kernel_is_this_python_though_none_is_registered(
    notebook, tmp_path, monkeypatch, capfd
):
    import sys

    empty = tmp_path / "empty"
    empty.mkdir()
    for variable in ("JUPYTER_PATH", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(variable, str(empty))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    path = notebook("import sys; print(sys.executable, sys.dont_write_bytecode)")
    other = nbformat.read(path, as_version=4)
    other.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(other, path)
    out = run_notebook(path, parameters={}, out=tmp_path / "out.ipynb")
    assert printed(out).split() == [sys.executable, "False"]
    assert capfd.readouterr() == ("", "")  # no word about ports either


def test_kpikit_knows_its_own_notebooks():
    assert notebooks_folder().name in ("notebooks", "_notebooks")
