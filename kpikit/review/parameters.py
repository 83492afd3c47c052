"""The parameters of a notebook: which it declares, and which values it can be given."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kpikit.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from nbformat import NotebookNode


def declared_parameters(path: Path, notebook: NotebookNode) -> list[str]:
    """Return the names assigned in the cell tagged `parameters`, in their order."""
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if not cells:
        return []
    try:
        statements = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise DataError(
            f"{path.name}: line {error.lineno} of the parameters cell is not Python ({error.msg}). "
            "Write one `name: type = value` a line."
        ) from None
    names = []
    for statement in statements:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            targets = [statement.target] if isinstance(statement, ast.AnnAssign) else []
        names += [target.id for target in targets if isinstance(target, ast.Name)]
    return names


def check_parameters(path: Path, notebook: NotebookNode, names: Iterable[str]) -> None:
    """Refuse a parameter the notebook does not declare: papermill would only log it."""
    declared = declared_parameters(path, notebook)
    for name in names:
        if name not in declared:
            raise UnknownNameError("parameter", str(name), declared, where=path.name)


def plain_values(parameters: Mapping[str, object], *, where: str) -> dict[str, object]:
    """Return the values as JSON can hold them, so that a notebook gets what was passed."""
    return {name: _plain(value, f"{where}: {name}") for name, value in parameters.items()}


def _plain(value: object, where: str) -> object:
    if isinstance(value, date) and value == value:  # pandas' missing date equals nothing
        return _iso(value)
    if type(value).__name__ == "Period":  # pandas' or ours; importing either takes its time
        return str(value)
    if isinstance(value, list):
        return [_plain(item, where) for item in value]
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {key: _plain(item, f"{where}.{key}") for key, item in value.items()}
    if type(value) is str and _is_writable(value):
        return value
    if value is None or type(value) in (bool, int):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    raise DataError(
        f"{where} is {value!r}, a {type(value).__name__}, which a notebook cannot be given. "
        "Pass text, a finite number, true or false, None, a date, or a list or mapping of these."
    )


def _iso(value: date) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    at_midnight = value.tzinfo is None and value.time() == datetime.min.time()
    return value.date().isoformat() if at_midnight else value.isoformat()


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
