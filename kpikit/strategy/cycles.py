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
        path: dict[str, Iterator[str]] = {}  # the nodes on the way, in its order
        entered = start if start not in done else None
        while entered is not None or path:
            if entered is not None:
                path[entered] = iter(graph.get(entered, ()))
            last = next(reversed(path))
            entered = next(path[last], None)
            if entered is None:
                done.add(last)
                del path[last]
            elif entered in path:
                nodes = list(path)
                yield [*nodes[nodes.index(entered) :], entered]
                entered = None
            elif entered in done:
                entered = None


def arrows(cycle: Iterable[str]) -> str:
    """Return a cycle as people draw it.

    Examples
    --------
    >>> arrows(["a", "b", "a"])
    'a -> b -> a'
    """
    return " -> ".join(cycle)
