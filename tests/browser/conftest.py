"""Lets the tests of this folder import what they share, and opens their browser."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from kpikit.review.printing import find_chromium

spec = importlib.util.spec_from_file_location("driving", Path(__file__).parent / "driving.py")
driving = importlib.util.module_from_spec(spec)
sys.modules["driving"] = driving
spec.loader.exec_module(driving)


@pytest.fixture(scope="session")
def chromium():
    found = find_chromium()
    if found is None and os.environ.get("CI"):
        pytest.fail("there is no Chromium: install Debian's package chromium")
    if found is None:
        pytest.skip("there is no Chromium; name one in KPIKIT_CHROMIUM")
    return found


@pytest.fixture(scope="module")
def browser(chromium):
    with driving.opened_browser(chromium) as opened:
        yield opened
