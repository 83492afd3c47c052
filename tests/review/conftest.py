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
