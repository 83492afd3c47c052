import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

DECLARED = "\n".join(
    f'{name}: str = ""' for name in ("strategy", "department", "period", "as_of", "bundle")
)


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook of a parameters cell and the code given, and return its path."""

    def write(*sources, parameters="x: int = 1", name="05_forecast.ipynb"):
        cells = [new_code_cell(parameters, metadata={"tags": ["parameters"]})]
        cells += [new_code_cell(source) for source in sources]
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(new_notebook(cells=cells), path)
        return path

    return write


FACTS = "".join(
    f"2026-{month:02}-{day:02},{month}\n" for month in range(1, 7) for day in (1, 15, 28)
)
STRATEGY = """\
version: 1
organisation: {name: "Café <b> & Co", currency: EUR}
sources:
  tickets: {path: tickets.csv, time: day, columns: {day: date, hours: number},
            complete_through: 2026-06-30}
departments:
  support: {title: Customer <i>Support</i>, owner: ann}
  sales: {title: Sales, owner: bob}
  idle: {title: No KPI of its own, owner: bob}
kpis:
  reply: {title: Reply time, department: support, owner: ann, source: tickets,
          formula: sum(hours) / count(hours), unit: duration, direction: lower_is_better}
  volume: {title: Volume, department: sales, owner: bob, source: tickets,
           formula: count(hours), unit: count, direction: higher_is_better}
"""


@pytest.fixture
def strategy(tmp_path):
    """Write a strategy of two departments with KPIs, beside its facts, and return its path."""
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "tickets.csv").write_text("day,hours\n" + FACTS)
    path = folder / "strategy.yaml"
    path.write_text(STRATEGY)
    return path


@pytest.fixture
def templates(notebook):
    """Write a folder with a tiny quarterly review, and return it; `broken` departments fail."""

    def write(broken=""):
        path = notebook(
            f"assert department != {broken!r}, 'rate is <b>gone</b>'",
            "from pathlib import Path\n"
            "print(department, period, as_of, Path(bundle, strategy).is_file())",
            parameters=DECLARED,
            name="templates/quarterly_review.ipynb",
        )
        return path.parent

    return write
