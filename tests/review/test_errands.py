from pathlib import Path

import pytest

from kpikit.review.bundle import write_bundle
from kpikit.review.cradle import can_fork
from kpikit.review.process import report_processes
from kpikit.strategy import load_strategy

STRATEGY = Path(__file__).parents[2] / "data" / "brightdesk" / "strategy.yaml"


def bundle(folder, send):
    folder.mkdir()
    write_bundle(
        load_strategy(STRATEGY), period="2026Q3", as_of="2026-09-30", folder=folder, send=send
    )
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.skipif(not can_fork(), reason="errands run where the machine can fork")
def test_what_errands_bring_is_what_the_sender_would_find(tmp_path):
    codes = []
    with report_processes() as processes:

        def send(name, folder):
            child = processes.send(name, folder)
            codes.append((name, child))
            return child

        brought = bundle(tmp_path / "brought", send)
        assert {name: child.wait() for name, child in codes} == dict.fromkeys(
            ("past", "sources", "evidence"), 0
        )

        def lose(name, folder):
            child = processes.send(name, folder)
            child.kill()
            return child

        lost = bundle(tmp_path / "lost", lose)
    alone = bundle(tmp_path / "alone", None)
    assert brought == alone
    assert lost == alone
    assert {"links.parquet", "audit.parquet"} <= alone.keys()
