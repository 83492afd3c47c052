"""The public names, and what every public verb and result has in common."""

import dataclasses
import importlib
import inspect
import pkgutil
import subprocess
import sys

import pandas as pd
import pytest

import kpikit
from kpikit.results import Result

CONTRACT = {
    "load_strategy",
    "build_observations",
    "check_sources",
    "compare_vintages",
    "check_identities",
    "decompose_change",
    "find_changes",
    "find_season",
    "estimate_effect",
    "find_overlap",
    "find_tradeoffs",
    "rank_drivers",
    "find_signals",
    "judge_kpis",
    "fit_trend",
    "what_if",
    "needed_for",
    "compare_scenarios",
    "read_scenario",
    "save_scenario",
    "find_leads",
    "test_links",
    "forecast",
    "backtest",
    "propose_targets",
    "assess_targets",
    "audit",
    "line_of_sight",
    "map_strategy",
    "propose_portfolio",
    "cascade_targets",
    "run_review",
    "run_notebook",
    "open_ledger",
}
VERBS = sorted(name for name in kpikit.__all__ if name[0].islower())


def all_modules():
    for found in pkgutil.walk_packages(kpikit.__path__, "kpikit."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def results():
    for module in all_modules():
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Result) and value is not Result:
                yield value


RESULTS = sorted(set(results()), key=lambda result: result.__name__)


def test_the_contract_is_public():
    assert set(kpikit.__all__) >= CONTRACT


def test_every_public_name_is_there_and_listed_once():
    assert all(getattr(kpikit, name) is not None for name in kpikit.__all__)
    assert sorted(set(kpikit.__all__)) == sorted(kpikit.__all__) == sorted(kpikit._HOME_OF)
    assert set(kpikit.__all__) <= set(dir(kpikit))


def test_an_unknown_public_name_is_an_ordinary_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'load_stratgy'"):
        _ = kpikit.load_stratgy


@pytest.mark.parametrize("name", VERBS)
def test_verbs_take_data_first_and_the_rest_by_keyword(name):
    parameters = list(inspect.signature(getattr(kpikit, name)).parameters.values())
    kinds = {parameter.kind for parameter in parameters}
    assert inspect.Parameter.VAR_KEYWORD not in kinds, "a misspelt argument would go unseen"
    assert inspect.Parameter.VAR_POSITIONAL not in kinds
    positional = [p for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert 1 <= len(positional) <= 2


@pytest.mark.parametrize("name", VERBS)
def test_verbs_are_documented_with_their_parameters(name):
    text = inspect.getdoc(getattr(kpikit, name)) or ""
    assert text.splitlines()[0].endswith(".")
    for parameter in inspect.signature(getattr(kpikit, name)).parameters:
        assert parameter in text or name == "load_strategy", f"{name}: {parameter} is not explained"


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.__name__)
def test_results_are_frozen_and_have_one_face(result):
    assert result.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(result))
    assert Result in result.__mro__[1:2], "results inherit from Result, one level deep"
    for name in ("summary", "to_frame", "plot", "_repr_html_"):
        assert callable(getattr(result, name))
    plot = inspect.signature(result.plot).parameters
    assert list(plot) == ["self", "ax"]


def test_a_result_keeps_its_numbers_whatever_the_caller_does():
    months = pd.date_range("2024-01-01", periods=24, freq="MS")
    history = pd.DataFrame({"period_start": months, "value": range(24)})
    before = history.copy()
    trend = kpikit.fit_trend(history)
    pd.testing.assert_frame_equal(history, before)
    taken = trend.to_frame()
    taken.loc[:, "slope"] = 99.0
    assert trend.to_frame()["slope"].iloc[0] != 99.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        trend.notes = ("changed",)
    assert "\n" not in trend.summary()
    assert trend.summary().endswith(".")


def test_importing_loads_no_engine_and_no_model():
    code = "import kpikit, sys; print(*[m for m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"ibis", "duckdb", "statsmodels", "papermill", "nbconvert", "matplotlib", "pandas"}
    assert not heavy & set(done.stdout.split())
