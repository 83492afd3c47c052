import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from kpikit.errors import DataError
from kpikit.forecasting import foresight
from kpikit.forecasting.forecast import forecast
from kpikit.forecasting.spread import spread


def panel(count=6, n=40):
    months = pd.date_range("2022-01-01", periods=n, freq="MS")
    rng = np.random.default_rng(0)
    values = 100 + rng.normal(size=(count, n))
    return pd.concat(
        pd.DataFrame({"kpi": f"k{at}", "segment": "", "period_start": months, "value": row})
        for at, row in enumerate(values)
    )


def frame_and_paths(found):
    return found.to_frame().to_csv() + found.paths(20).to_csv()


def test_workers_and_batches_change_no_byte(monkeypatch):
    one = frame_and_paths(forecast(panel(), horizon=3))
    monkeypatch.setattr("kpikit.forecasting.batches.BATCH", 2)
    for workers in (1, 3):
        found = forecast(panel(), horizon=3, workers=workers)
        assert frame_and_paths(found) == one


def test_a_cluster_finds_the_same_bytes():
    from distributed import LocalCluster

    here = frame_and_paths(forecast(panel(), horizon=3))
    with LocalCluster(
        n_workers=1, threads_per_worker=2, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        there = forecast(panel(), horizon=3, scheduler=cluster.scheduler_address)
    assert frame_and_paths(there) == here


def test_a_scheduler_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr("kpikit.forecasting.spread.ANSWER", 1)
    with pytest.raises(DataError, match=r"scheduler 'tcp://127\.0\.0\.1:1': nobody answers there"):
        forecast(panel(1), horizon=1, scheduler="tcp://127.0.0.1:1")


def test_without_dask_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DataError, match=r"distributed is missing\. Install kpikit\[dask\]"):
        spread(abs, [1], workers=1, scheduler="tcp://127.0.0.1:1")


def threads(_):
    return os.environ["OMP_NUM_THREADS"]


def test_processes_have_one_thread_each_and_the_callers_setting_stays(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    assert spread(threads, [1, 2], workers=2, scheduler=None) == ["1", "1"]
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


def test_the_number_of_threads_changes_no_byte(tmp_path):
    panel(2).to_csv(tmp_path / "panel.csv", index=False)
    code = (
        "import pandas as pd; from kpikit.forecasting.forecast import forecast;"
        f"table = pd.read_csv({str(tmp_path / 'panel.csv')!r}, parse_dates=['period_start'],"
        " keep_default_na=False);"
        "print(forecast(table, horizon=3).to_frame().to_csv())"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    table = pd.read_csv(tmp_path / "panel.csv", parse_dates=["period_start"], keep_default_na=False)
    assert done.stdout.strip() == forecast(table, horizon=3).to_frame().to_csv().strip()


def test_what_was_made_is_kept_and_changes_no_byte(tmp_path, monkeypatch):
    fresh = frame_and_paths(forecast(panel(), horizon=3))
    monkeypatch.setenv("KPIKIT_CACHE", str(tmp_path))
    assert frame_and_paths(forecast(panel(), horizon=3)) == fresh

    def refuse(*_):
        raise AssertionError("it was made again")

    monkeypatch.setattr(foresight, "forecast_batch", refuse)
    assert frame_and_paths(forecast(panel(), horizon=3)) == fresh
    with pytest.raises(AssertionError, match="made again"):
        forecast(panel(), horizon=4)
    changed = panel()
    changed.iloc[-1, -1] += 1e-9
    with pytest.raises(AssertionError, match="made again"):
        forecast(changed, horizon=3)
