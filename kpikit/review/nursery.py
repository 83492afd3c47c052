"""The process from which a batch forks its reports: it has loaded what all of them use.

Started by `kpikit.review.process` as `python -m kpikit.review.nursery SOCKET [STRATEGY]`. Each
report is forked from it, and forks its kernel in turn, so that neither loads anything
again. Its standard input is a line that nobody writes to: it closes when the process
that runs the batch ends, and every report then ends too.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from kpikit.review.cradle import fork_cradle, serve

LOADED = (
    "IPython.core.completer",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "jinja2.ext",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "mistune.plugins.def_list",
    "mistune.plugins.task_lists",
    "mistune.plugins.url",
    "nbclient",
    "nbconvert.exporters.html",
    "nbconvert.filters.markdown_mistune",
    "nh3",
    "pandas",
    "pandas.io.formats.html",
    "pandas.core.arrays.arrow.extension_types",
    "papermill",
    "papermill.parameterize",
    "psutil",
    "pyarrow.dataset",
    "pyarrow.pandas_compat",
    "pyarrow.parquet",
    "scipy.stats",
    "sqlglot.dialects.duckdb",
    "statsmodels.tsa.api",
    "tornado.platform.asyncio",
    "kpikit.review.job",
    "kpikit.review.kernel",
    "kpikit.review.notebook",
    "kpikit.review.render",
    "kpikit.review.company",
    "kpikit.review.errands",
    "kpikit.review.findings",
    "kpikit.review.sections",
)
# a grammar of addresses for nothing here, and a debugger that nobody can reach: each
# takes longer to load than some kernels run
LEFT_OUT = ("rfc3987_syntax", "debugpy")


def main() -> int:
    """Load everything, then fork reports as asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # nothing of what is loaded is ever thrown away
    for name in LEFT_OUT:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    for name in LOADED:
        import_module(name)
    _use_once()
    for path in sys.argv[2:]:
        _read_ahead(Path(path))
    gc.enable()
    channel = socket.socket(fileno=int(sys.argv[1]))
    return serve(channel, _work, last=signal.SIGTERM)


def _use_once() -> None:
    """Do what leaves something behind for the next time: fonts found, a schema compiled."""
    import nbformat
    import pandas as pd

    from kpikit.charts.embed import picture
    from kpikit.charts.series import history_chart

    for relaxed in (False, True):  # a schema each
        notebook = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        nbformat.validate(notebook, relax_add_props=relaxed)
    frame = pd.DataFrame({"period_start": pd.date_range("2025-01-01", periods=9), "value": 1.0})
    picture(lambda ax: history_chart(frame, ax=ax, title="Title").legend(), alt="")


def _read_ahead(strategy: Path) -> None:
    """Read a strategy's formulas, which are then known to all who load it again."""
    from kpikit.errors import KpikitError
    from kpikit.strategy import load_strategy

    with suppress(KpikitError):  # said by those who cannot do without it
        load_strategy(strategy)


def _work(request: dict[str, Any]) -> int:
    """Make a report, or do an errand for all of them."""
    if "errand" in request:
        from kpikit.review.errands import carry_out

        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what fails is done by the sender, and said
        return carry_out(request["errand"], Path(request["folder"]))
    return _report(request)


def _report(request: dict[str, Any]) -> int:
    """Make one report, as a process started afresh in its folder would."""
    from kpikit.review import job, kernel
    from kpikit.review.process import LOG

    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    job.limit_memory()  # the kernel is forked beside the job, and held to the same
    kernel.use_cradle(fork_cradle(kernel.run_forked, last=signal.SIGKILL))
    return job.main()


if __name__ == "__main__":
    sys.exit(main())
