import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.analysis.contributions import split_by_factors, split_by_mix, split_by_volume
from kpikit.errors import DataError

exactly = settings(derandomize=True, deadline=None, max_examples=60)
numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))
counts = st.integers(0, 10_000)


def product(parts):
    return np.prod(list(parts.values()), axis=0)


def test_three_factors_by_hand():
    before, after = {"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 2.0, "b": 4.0, "c": 6.0}
    # each doubles, so that each has a third of 48 - 6
    assert split_by_factors(product, before, after) == pytest.approx(dict.fromkeys("abc", 14.0))


def test_terms_of_a_sum_get_their_own_change():
    found = split_by_factors(
        lambda parts: parts["a"] - parts["b"], {"a": 5.0, "b": 3.0}, {"a": 7.0, "b": 4.0}
    )
    assert found == {"a": 2.0, "b": -1.0}


@exactly
@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5))
def test_factors_add_up_whatever_their_order_and_mirror_when_the_periods_are_exchanged(pairs):
    before = {f"f{n}": pair[0] for n, pair in enumerate(pairs)}
    after = {f"f{n}": pair[1] for n, pair in enumerate(pairs)}
    found = split_by_factors(product, before, after)
    size = np.prod([max(abs(one), abs(other), 1.0) for one, other in pairs])
    change = product(after) - product(before)
    assert sum(found.values()) == pytest.approx(change, abs=1e-9 * size)
    turned = split_by_factors(product, dict(reversed(before.items())), after)
    assert turned == found
    mirrored = split_by_factors(product, after, before)
    assert mirrored == pytest.approx({name: -one for name, one in found.items()}, abs=1e-9 * size)


def test_what_has_no_value_on_the_way_is_refused():
    with pytest.raises(DataError, match="changed and others not, it has no value"):
        split_by_factors(
            lambda parts: 1 / np.where(parts["a"] == parts["b"], np.nan, parts["a"] - parts["b"]),
            {"a": 2.0, "b": 1.0},
            {"a": 4.0, "b": 2.0},
        )
    many = {f"f{n}": 1.0 for n in range(13)}
    with pytest.raises(DataError, match="13 parts, and 12 at most"):
        split_by_factors(product, many, many)


def test_mix_by_hand():
    # 10 of 100 and 60 of 100, then 30 of 300 and 60 of 100: no rate moved, the mix did
    found = split_by_mix(
        np.array([[10.0, 60.0], [30.0, 60.0]]), np.array([[100.0, 100.0], [300.0, 100.0]])
    )
    assert found["rate"].tolist() == [0.0, 0.0]
    # overall 0.35 and 0.225, in the mean 0.2875
    assert found["mix"] == pytest.approx([0.25 * (0.1 - 0.2875), -0.25 * (0.6 - 0.2875)])
    assert found["mix"].sum() == pytest.approx(0.225 - 0.35)


def test_volume_rate_and_mix_by_hand():
    # 10 nights at 100 and 10 at 200, then 20 at 100 and 10 at 220
    found = split_by_volume(
        np.array([[1000.0, 2000.0], [2000.0, 2200.0]]), np.array([[10.0, 10.0], [20.0, 10.0]])
    )
    # overall rates 150 and 140, in the mean 145
    assert found["volume"].tolist() == [1450.0, 0.0]
    assert found["rate"].tolist() == [0.0, 200.0]
    assert found["mix"].tolist() == [-450.0, 0.0]


segments = st.lists(st.tuples(counts, counts, counts, counts), min_size=1, max_size=6)


@exactly
@given(segments)
def test_segments_add_up_and_mirror_new_and_gone_ones_too(rows):
    table = np.array(rows, dtype=float).T
    denominator = table[:2]
    numerator = table[2:]  # also where nothing is below it
    if (denominator.sum(axis=1) == 0).any():
        return
    ratios = numerator.sum(axis=1) / denominator.sum(axis=1)
    size = 1e-9 * max(1.0, numerator.max())
    for split, change in (
        (split_by_mix, ratios[1] - ratios[0]),
        (split_by_volume, numerator[1].sum() - numerator[0].sum()),
    ):
        found = split(numerator, denominator)
        assert sum(part.sum() for part in found.values()) == pytest.approx(change, abs=size)
        mirrored = split(numerator[::-1], denominator[::-1])
        for part, sizes in found.items():
            assert mirrored[part] == pytest.approx(-sizes, abs=size)
    whole = split_by_volume(numerator, denominator)
    own = numerator[1] - numerator[0]
    assert sum(whole.values()) == pytest.approx(own, abs=size)  # segment by segment
