"""Lets the tests of this folder import what they share."""

import importlib.util
import sys
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("plans", Path(__file__).parent / "plans.py")
plans = importlib.util.module_from_spec(spec)
sys.modules["plans"] = plans
spec.loader.exec_module(plans)


@pytest.fixture(scope="session")
def world():
    return plans.moved_world()
