"""Lets the tests of this folder import what they share."""

import importlib.util
import sys
from pathlib import Path

spec = importlib.util.spec_from_file_location("driving", Path(__file__).parent / "driving.py")
driving = importlib.util.module_from_spec(spec)
sys.modules["driving"] = driving
spec.loader.exec_module(driving)
