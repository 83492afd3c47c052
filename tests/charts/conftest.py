import pytest
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from kpikit.charts.style import SIZE, look


@pytest.fixture
def figure():
    with look():
        figure = Figure(figsize=SIZE, dpi=72)
        FigureCanvasSVG(figure)
        yield figure
