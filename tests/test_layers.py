"""Imports point down the floors of the house, function-local ones included."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "kpikit"
FLOORS = [  # lowest first; rooms on one floor do not know each other
    {"errors", "files", "units", "calendars", "periods", "public_days"},
    {"results", "charts", "tables", "cache"},
    {"strategy", "ledger"},
    {"sources"},
    {"observations"},
    {"analysis"},
    {"forecasting"},
    {"targets"},
    {"alignment"},
    {"review", "monitor", "examples"},
    {"widgets"},
    {"commands"},
    {"cli"},
    {"__init__", "__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# the only steps sideways: each is the floor's own ground
ALLOWED = {
    ("periods", "calendars"),
    ("periods", "errors"),
    ("units", "errors"),
    ("public_days", "errors"),
    ("results", "charts"),
    ("results", "tables"),
}


def rooms_imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name == "kpikit.__version__":
                continue  # the root's only fact; it loads nothing
            if name.startswith("kpikit."):
                room = name.split(".")[1]
                yield room if room in FLOOR else "__init__"
            elif name == "kpikit":
                yield "__init__"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_imports_point_down(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own in FLOOR, f"{own} has no floor: give it one in design and here"
    for used in rooms_imported(path):
        if used == own or (own, used) in ALLOWED:
            continue
        assert FLOOR[used] < FLOOR[own], f"{own} must not import {used}"
