"""Progress of a batch: what is being made, how much is made, and how long the rest may take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

import typer


@contextmanager
def shown_progress(stream: TextIO) -> Iterator[Callable[[str, str], None]]:
    """Yield a callback that takes a name and its state: a bar on a terminal, else lines."""
    if not stream.isatty():
        yield lambda name, state: _line(name, state, stream)
        return
    from tqdm import tqdm

    with tqdm(total=0, unit="report", file=stream, dynamic_ncols=True) as bar:
        made_now: list[str] = []

        def told(name: str, state: str) -> None:
            if state == "waiting":
                bar.total += 1
            elif state == "running":
                made_now.append(name)
            else:
                if name in made_now:
                    made_now.remove(name)
                if state != "ok":
                    bar.write(_said(name, state), file=stream)
                bar.update()
            bar.set_description(", ".join(made_now))

        bar.set_description("reading the facts")
        yield told


def _line(name: str, state: str, stream: TextIO) -> None:
    if state != "waiting":
        typer.echo(_said(name, state), file=stream)


def _said(name: str, state: str) -> str:
    return f"{name}: {state.replace('_', ' ')}"
