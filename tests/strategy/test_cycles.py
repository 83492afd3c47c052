"""Circles are found where there are any, and nowhere else."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.strategy.cycles import find_cycles

NODES = st.sampled_from("abcdef")
GRAPHS = st.dictionaries(NODES, st.lists(NODES, max_size=3), max_size=6)


def has_cycle(graph):
    """Peel off what leads nowhere; what stays goes in circles."""
    left = {node: set(after) for node, after in graph.items()}
    while loose := [node for node, after in left.items() if not after & set(left)]:
        for node in loose:
            del left[node]
    return bool(left)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(GRAPHS)
def test_every_circle_is_real_and_none_is_missed(graph):
    cycles = list(find_cycles(graph))
    assert bool(cycles) == has_cycle(graph)
    for cycle in cycles:
        assert cycle[0] == cycle[-1]
        assert all(after in graph[node] for node, after in zip(cycle, cycle[1:], strict=False))


def test_a_long_chain_needs_no_deep_stack():
    chain = {str(n): [str(n + 1)] for n in range(20_000)}
    assert list(find_cycles(chain)) == []
