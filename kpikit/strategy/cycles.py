"""Things that lead back to themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


def find_cycles(graph: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Yield the cycles of a graph, each closed, at least one for each knot of them.

    Examples
    --------
    >>> list(find_cycles({"a": ["b"], "b": ["a"], "c": ["a"]}))
    [['a', 'b', 'a']]
    """
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        waiting: list[tuple[str, Iterator[str]]] = []
        entered = start if start not in done else None
        while entered is not None or waiting:
            if entered is not None:
                path.append(entered)
                waiting.append((entered, iter(graph.get(entered, ()))))
            entered = next(waiting[-1][1], None)
            if entered is None:
                done.add(path.pop())
                waiting.pop()
            elif entered in done or entered in path:
                if entered in path:
                    yield [*path[path.index(entered) :], entered]
                entered = None


def arrows(cycle: Iterable[str]) -> str:
    """Return a cycle as people draw it.

    Examples
    --------
    >>> arrows(["a", "b", "a"])
    'a -> b -> a'
    """
    return " -> ".join(cycle)
