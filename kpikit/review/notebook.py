"""Run one notebook with papermill, and refuse what papermill would let pass."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kpikit.errors import DataError, NotebookError
from kpikit.files import put_in_place, reserve
from kpikit.review.parameters import check_parameters, plain_values

if TYPE_CHECKING:
    from nbformat import NotebookNode

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
DEAD_KERNEL = "a dead kernel: its process ended or was killed, as happens when memory runs out"
SILENT = logging.NullHandler()  # what papermill would log is in the error, said once
ENGINE = "kpikit"  # the name by which papermill knows how cells are run here
STARTS = 3  # tries to start a kernel: on a busy machine one start in a hundred fails


def run_notebook(path: Path | str, *, parameters: Mapping[str, object], out: Path | str) -> Path:
    """Run a notebook with parameters, and write the executed copy to `out`.

    Parameters
    ----------
    path
        The notebook, with a cell tagged `parameters`. It is never changed.
    parameters
        Values by name: text, numbers, booleans, None, and lists and mappings of
        these. Dates, timestamps and periods are passed as ISO text.
    out
        The executed copy. It appears in one step, when every cell has run; an
        older file or symbolic link of this name is replaced.

    Returns
    -------
    Path
        The executed copy.

    Raises
    ------
    UnknownNameError
        When the notebook declares no parameter of a given name.
    DataError
        When a value cannot be passed, the notebook cannot be read, or `out` is `path`.
    NotebookError
        When a cell fails, stops the kernel, or is never reached. The copy as far as
        it went then lies beside `out`, as `<name>.failed.ipynb`.

    Notes
    -----
    A cell's number is the one it gets by running, as the copy shows it. The kernel
    runs on the Python that calls, whatever kernels are registered, in the folder it is
    called from. `sys.exit(0)` in a cell is a failure: cells after it never ran. A
    kernel that does not start is started again, twice at most; a cell is never run
    twice.

    Examples
    --------
    >>> run_notebook("quarterly_review.ipynb", parameters={}, out="copy.ipynb")
    Traceback (most recent call last):
    kpikit.errors.DataError: quarterly_review.ipynb: there is no such notebook. Check the path.
    """
    path, out = Path(path), Path(out)
    notebook = read_notebook(path)
    check_parameters(path, notebook, parameters)
    values = plain_values(parameters, where=path.name)
    _refuse_overwriting(path, out)
    partial = out.with_name(out.name.removesuffix(".ipynb") + ".failed.ipynb")
    temporary = reserve(out)
    try:
        stop = _execute(notebook, values, temporary)
        fault = _fault(stop, _labelled(temporary, path, out))
        if fault is not None:
            put_in_place(temporary, partial)
            raise NotebookError(path.name, cell=fault[0], fault=fault[1], output=partial) from stop
        put_in_place(temporary, out)
    finally:  # whatever broke the run off: what there is of it is kept, under that name
        if temporary.exists() and temporary.stat().st_size:
            temporary.replace(partial)
        temporary.unlink(missing_ok=True)
    partial.unlink(missing_ok=True)  # of an earlier run; this one is finished
    return out


def notebooks_folder() -> Path:
    """Return the folder of the notebooks that come with kpikit."""
    package = Path(__file__).parents[1]
    carried = package / "_notebooks"  # put there when the wheel is built
    return carried if carried.is_dir() else package.parent / "notebooks"


def read_notebook(path: Path) -> NotebookNode:
    """Return a notebook, or say why it cannot be read."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such notebook. Check the path.")
    try:
        notebook = _load(path)
    except (ValueError, KeyError, AttributeError, TypeError):
        pass
    else:
        if isinstance(notebook.get("cells"), list):
            return notebook
    raise DataError(f"{path}: this is no Jupyter notebook. Save it again in Jupyter.")


def _refuse_overwriting(path: Path, out: Path) -> None:
    if out.is_dir():
        raise DataError(f"{out}: this is a folder. Name the file that the run is written to.")
    same = out.exists() and not out.is_symlink() and out.samefile(path)
    if same or out.absolute() == path.absolute():
        raise DataError(f"{path}: the run would overwrite the notebook itself. Name another `out`.")


def _execute(
    notebook: NotebookNode, values: dict[str, object], temporary: Path
) -> Exception | None:
    """Run the notebook into a file, and return what stopped it, if anything did.

    papermill fills `{name}` in paths, so braces are doubled. It is given no parameters:
    they are already in the notebook.
    """
    from papermill.exceptions import PapermillExecutionError
    from papermill.parameterize import parameterize_notebook

    notebook.metadata.setdefault("papermill", {})
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])  # papermill takes them for granted
    notebook.metadata["kernelspec"] = KERNEL
    if values:
        notebook = parameterize_notebook(
            notebook, values, kernel_name=KERNEL["name"], language=KERNEL["language"]
        )
    for attempt in range(1, STARTS + 1):
        _save(notebook, temporary)
        try:
            _run_cells(str(temporary.absolute()).replace("{", "{{").replace("}", "}}"))
        except (PapermillExecutionError, RuntimeError) as error:
            if attempt == STARTS or not _never_started(error):
                return error
        else:
            return None
    return None


def _run_cells(place: str) -> None:
    from papermill import execute_notebook
    from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

    from kpikit.review.kernel import OwnKernel

    class Engine(NBClientEngine):  # type: ignore[misc]
        """Saves when the run has ended, however it did: papermill would twice for every cell."""

        @classmethod
        def execute_managed_notebook(
            cls, nb_man: NotebookExecutionManager, kernel_name: str, **chosen: object
        ) -> None:
            place, nb_man.output_path = nb_man.output_path, None
            try:
                super().execute_managed_notebook(nb_man, kernel_name, **chosen)
            finally:
                nb_man.output_path = place

    papermill_engines.register(ENGINE, Engine)
    logging.getLogger("papermill").addHandler(SILENT)
    execute_notebook(
        place,
        place,
        engine_name=ENGINE,
        kernel_name=KERNEL["name"],
        language=KERNEL["language"],
        progress_bar=False,
        kernel_manager_class=OwnKernel,
    )


def _never_started(error: Exception) -> bool:
    """Tell a kernel that did not come up: no cell has run, so trying again is safe."""
    return type(error) is RuntimeError and (
        "Kernel died before replying" in str(error) or "Kernel didn't respond" in str(error)
    )


def _labelled(temporary: Path, path: Path, out: Path) -> NotebookNode:
    """Let the copy name the notebook and itself, not the machine's folders."""
    executed = _load(temporary)
    names = {"input_path": path.name, "output_path": out.name}
    executed.metadata.setdefault("papermill", {}).update(names)
    _save(executed, temporary)
    return executed


def _code_cells(executed: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Return the cells that should have run, with the numbers they get by running."""
    cells = [
        cell
        for cell in executed.cells
        if cell.cell_type == "code"
        and cell.source.strip()
        and "skip-execution" not in cell.metadata.get("tags", [])
    ]
    return list(enumerate(cells, start=1))


def _fault(stop: Exception | None, executed: NotebookNode) -> tuple[int, str] | None:
    """Return the number of the cell at which a run ended early, and why; None if none did."""
    from nbclient.exceptions import DeadKernelError

    cells = _code_cells(executed)
    for number, cell in cells:
        for output in cell.outputs:
            if output.output_type == "error":  # papermill takes `sys.exit(0)` for a success
                return number, f"{output.ename}: {output.evalue or 'no message'}"
    if stop is not None:
        begun = [
            number for number, cell in cells if cell.metadata.get("papermill", {}).get("start_time")
        ]
        dead = isinstance(stop, DeadKernelError)
        return max(begun, default=0), DEAD_KERNEL if dead else f"{type(stop).__name__}: {stop}"
    for number, cell in cells:
        if cell.execution_count is None:
            return number, "no result: it never ran"
    return None


def _load(path: Path) -> NotebookNode:
    # nbformat would compile a grammar of addresses: two seconds, for nothing here
    sys.modules.setdefault("rfc3987_syntax", cast("Any", None))
    import nbformat

    return cast("NotebookNode", nbformat.read(path, as_version=4))  # type: ignore[no-untyped-call]


def _save(notebook: NotebookNode, path: Path) -> None:
    import nbformat

    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
