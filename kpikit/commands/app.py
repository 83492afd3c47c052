"""The command `kpikit app`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from kpikit.commands.options import AsOf, StrategyFile
from kpikit.errors import KpikitError

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTEBOOK = "09_what_if.ipynb"
AHEAD = 3  # periods whose targets can be set
LOOK = 60  # seconds between looks for kernels that nobody uses
KERNELS = "kpikit.commands.app_kernels.CappedKernels"
LOOPBACK = "127.0.0.1"
# a kernel is made ready for a visitor who comes later, when more may be on record
ON_ARRIVAL = "from voila.utils import wait_for_request\n\nwait_for_request()\nsetter.refresh()"
PAGE = Path(__file__).parent / "app_page"  # holds Voilà's template, without outside resources


def app(  # noqa: PLR0913 - one parameter an option
    strategy: StrategyFile,
    *,
    period: Annotated[
        list[str] | None,
        typer.Option(help="A period whose target can be set; the running quarter and two more."),
    ] = None,
    kpi: Annotated[str, typer.Option(help="The KPI to begin with.")] = "",
    as_of: AsOf = None,
    by: Annotated[str, typer.Option(help="A column whose values can be looked at apart.")] = "",
    port: Annotated[int, typer.Option(help="Where to listen, on this machine only.")] = 8866,
    most: Annotated[int, typer.Option(help="How many may use it at once.", min=1)] = 8,
    idle: Annotated[int, typer.Option(help="Seconds unused until a kernel ends.", min=1)] = 900,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Show the what-if application in a browser: targets, levers, and every KPI.

    It listens on this machine alone and asks for no name. For others, put it behind a proxy
    that does: everyone who reaches it can write to the ledger.
    """
    import importlib.util

    from kpikit.commands.app_kernels import MOST
    from kpikit.ledger.address import declared_ledger
    from kpikit.strategy import load_strategy

    if importlib.util.find_spec("voila") is None:
        raise KpikitError("kpikit app needs Voilà. Install it: pip install 'kpikit[app]'.")
    loaded = load_strategy(strategy)
    address = declared_ledger(loaded.folder, loaded.ledger)
    values: dict[str, object] = {
        "strategy_file": os.fspath(strategy.absolute()),
        "kpi": kpi or next(iter(loaded.kpis), ""),
        "periods": period or _periods(loaded.calendar, as_of),
        "as_of": as_of or "",
        "by": by,
        "ledger_address": address if "://" in address else os.fspath(Path(address).resolve()),
    }
    with TemporaryDirectory(prefix="kpikit-app-") as folder:
        place = Path(folder) / "what_if.ipynb"
        _write(_app_notebook(values), place)
        typer.echo(f"http://{LOOPBACK}:{port}/")
        command = _command(place, port=port, idle=idle, browser=browser)
        # one is kept warm
        code = _serve(command, os.environ | {MOST: str(most + 1), "JUPYTER_PATH": _paths()})
    raise typer.Exit(0 if code == 0 else 2)


def _paths() -> str:
    """Return where Jupyter looks for what is its own, our page first."""
    known = os.environ.get("JUPYTER_PATH")
    return os.pathsep.join([os.fspath(PAGE), *([known] if known else [])])


def _serve(command: list[str], environment: dict[str, str]) -> int:
    """Run the server until it ends or is told to, and let nothing of it stay behind."""
    server = subprocess.Popen(command, env=environment)
    told = signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        code = server.wait()
    except KeyboardInterrupt:
        server.terminate()
        code = server.wait()
    finally:
        signal.signal(signal.SIGTERM, told)
    return 0 if code in (0, -signal.SIGTERM, -signal.SIGINT) else code


def _command(place: Path, *, port: int, idle: int, browser: bool) -> list[str]:
    options = {
        "Voila.ip": LOOPBACK,
        "Voila.port": str(port),
        "Voila.open_browser": str(browser),
        "VoilaConfiguration.template": "kpikit",
        "VoilaConfiguration.allow_theme_override": "YES",
        "VoilaConfiguration.strip_sources": "True",
        "VoilaConfiguration.show_tracebacks": "False",
        "VoilaConfiguration.preheat_kernel": "True",
        "VoilaConfiguration.default_pool_size": "1",
        "VoilaConfiguration.multi_kernel_manager_class": KERNELS,
        "MappingKernelManager.cull_idle_timeout": str(idle),
        "MappingKernelManager.cull_interval": str(min(LOOK, idle)),
        "MappingKernelManager.cull_connected": "True",
    }
    return [
        sys.executable, "-m", "voila", os.fspath(place),
        *(f"--{name}={value}" for name, value in options.items()),
    ]  # fmt: skip


def _app_notebook(values: dict[str, object]) -> NotebookNode:
    """Return the notebook's heading, parameters and the cells that make the app."""
    from nbformat.v4 import new_code_cell
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    from kpikit.review.notebook import notebooks_folder

    place = notebooks_folder() / NOTEBOOK
    notebook: NotebookNode = parameterize_notebook(load_notebook_node(os.fspath(place)), values)
    wanted = {"parameters", "injected-parameters", "app"}
    heading = notebook.cells[0]
    heading.source = heading.source.splitlines()[0]
    notebook.cells = [
        heading,
        *(cell for cell in notebook.cells if wanted & set(cell.metadata.get("tags", []))),
        new_code_cell(ON_ARRIVAL),  # type: ignore[no-untyped-call]
    ]
    return notebook


def _write(notebook: NotebookNode, place: Path) -> None:
    import nbformat

    nbformat.write(notebook, place)  # type: ignore[no-untyped-call]


def _periods(calendar: object, as_of: str | None) -> list[str]:
    """Return the running quarter and those after it."""
    from datetime import date

    from kpikit.periods import Calendar, parse_date

    assert isinstance(calendar, Calendar)
    today = parse_date(as_of) if as_of else date.today()
    start = calendar.start(today, "quarter")
    starts = [calendar.shift(start, "quarter", step) for step in range(AHEAD)]
    return [calendar.period(one, "quarter").label for one in starts]
