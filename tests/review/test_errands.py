import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from kpikit.observations.build import build_observations
from kpikit.review.bundle import write_bundle
from kpikit.review.cradle import can_fork
from kpikit.review.errands import ERRANDS, Asked, Standing, errands
from kpikit.review.process import report_processes
from kpikit.strategy import load_strategy

STRATEGY = Path(__file__).parents[2] / "data" / "brightdesk" / "strategy.yaml"
FORKS = pytest.mark.skipif(not can_fork(), reason="errands run where the machine can fork")


def bundle(folder, send):
    folder.mkdir()
    write_bundle(
        load_strategy(STRATEGY), period="2026Q3", as_of="2026-09-30", folder=folder, send=send
    )
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@FORKS
def test_what_errands_bring_is_what_the_sender_would_find(tmp_path):
    children = {}
    with report_processes() as processes:

        def send(name, folder):
            children[name] = processes.send(name, folder)
            return children[name]

        brought = bundle(tmp_path / "brought", send)
        codes = {name: child.wait() for name, child in children.items()}
        assert codes == dict.fromkeys(ERRANDS.keys() - {"map"}, 0)

        def lose(name, folder):
            child = processes.send(name, folder)
            child.kill()
            return child

        lost = bundle(tmp_path / "lost", lose)
    alone = bundle(tmp_path / "alone", None)
    assert brought == alone
    assert lost == alone
    assert {"links.parquet", "audit.parquet"} <= alone.keys()


@FORKS
def test_errands_end_with_the_one_who_sent_them():
    strategy, children = load_strategy(STRATEGY), []
    asked = Asked(strategy, build_observations(strategy), date(2026, 9, 30))
    with report_processes() as processes:

        def send(name, folder):
            children.append(processes.send(name, folder))
            return children[-1]

        def interrupted():
            with errands(send) as sent:
                sent.send("past", asked)
                sent.send("evidence", asked)
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert {child.wait(timeout=5) for child in children} == {-signal.SIGKILL}


@FORKS
def test_the_map_comes_the_same_from_an_errand():
    asked = Standing(load_strategy(STRATEGY), {"churn_rate": "at_risk", "mrr": "no_target"})
    with report_processes() as processes, errands(processes.send) as sent:
        sent.send("map", asked)
        picture, said = sent.found("map")
    with errands(None) as alone:
        alone.send("map", asked)
        assert alone.found("map") == (picture, said)
    assert picture.startswith("<img alt=")


@FORKS
def test_who_runs_a_batch_loads_no_statistics(tmp_path):
    code = (
        "import sys; from pathlib import Path; import kpikit.review.conduct;"
        "from kpikit.strategy import load_strategy;"
        "from kpikit.review.bundle import write_bundle;"
        "from kpikit.review.process import report_processes\n"
        "with report_processes() as processes:\n"
        f"    write_bundle(load_strategy({str(STRATEGY)!r}), period='2026Q3', as_of='2026-09-30',"
        f" folder=Path({str(tmp_path)!r}), send=processes.send)\n"
        "print(sorted({'scipy', 'statsmodels', 'matplotlib'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
