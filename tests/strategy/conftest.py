"""A rich strategy, and ways to spoil it."""

from pathlib import Path

import pytest

from kpikit.errors import StrategyError
from kpikit.strategy import load_strategy

SAMPLE = Path(__file__).with_name("brightdesk.yaml")


@pytest.fixture(scope="session")
def sample():
    return SAMPLE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def brightdesk():
    return load_strategy(SAMPLE)


@pytest.fixture
def faults(tmp_path):
    """Return a function: the faults of a file with this content, as text."""

    def told(content):
        file = tmp_path / "strategy.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        try:
            load_strategy(file)
        except StrategyError as error:
            return [str(fault) for fault in error.faults]
        return []

    return told


@pytest.fixture
def spoilt(sample, faults):
    """Return a function: the faults of the sample once pieces of it are exchanged."""

    def told(*exchanges):
        text = sample
        for old, new in exchanges:
            assert text.count(old) >= 1, old
            text = text.replace(old, new, 1)
        return faults(text)

    return told
