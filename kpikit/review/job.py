"""One report in a process of its own: run the notebook, render the page, say how it went.

Started by `kpikit.review.batch` as `python -m kpikit.review.job`, in a folder that holds
all the report needs. What happened is left in `result.json`; a process that leaves none
has crashed. It ends when the process that started it ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from threading import Thread
from typing import Any

from kpikit.errors import KpikitError
from kpikit.files import write_file

TASK, RESULT, PAGE = "task.json", "result.json", "report.html"


def main() -> int:
    """Carry out the task in the current folder; 0 when the report is made, else 1."""
    _end_with_the_starter()
    limit_memory()
    task = json.loads(Path(TASK).read_text())
    result = _carry_out(task)
    write_file(Path(RESULT), json.dumps(result))
    return 0 if result["state"] == "ok" else 1


def limit_memory() -> None:
    """Hold this process, and every one it starts, to the memory that the task allows."""
    try:
        import resource
    except ImportError:  # not on this machine
        return
    memory = json.loads(Path(TASK).read_text())["memory"]
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    allowed = memory if most == resource.RLIM_INFINITY else min(memory, most)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, most))


def _carry_out(task: dict[str, Any]) -> dict[str, str]:
    from kpikit.review.notebook import run_notebook
    from kpikit.review.render import Page, render_report

    try:
        executed = run_notebook(
            task["notebook"], parameters=task["parameters"], out=task["executed"]
        )
        write_file(Path(PAGE), render_report(executed, Page(**task["page"])))
    except KpikitError as error:
        # a cell's own exception is no RuntimeError here: that is a kernel that is gone
        crashed = isinstance(error.__cause__, RuntimeError)
        return {"state": "crashed" if crashed else "failed", "message": str(error)}
    return {"state": "ok", "message": ""}


def _end_with_the_starter() -> None:
    """Leave when asked to, taking the kernel along, and when the starter is gone."""

    def leave(*_: object) -> None:
        raise SystemExit(1)

    def watch() -> None:
        os.read(0, 1)  # returns when the starter's end of the pipe closes
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)
    Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
