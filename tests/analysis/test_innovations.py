import numpy as np
import pytest

from kpikit.analysis.innovations import find_innovations, fixed_columns, orthonormal


def memory(rng, phi, periods, kpis=1):
    values = np.zeros((periods + 50, kpis))
    for t in range(1, len(values)):
        values[t] = phi * values[t - 1] + rng.normal(size=kpis)
    return values[50:]


def by_hand(values, order, period):
    """One ordinary regression, row by row."""
    values = (values - np.nanmean(values)) / np.nanstd(values)
    fixed = fixed_columns(len(values), period)
    left = np.full(len(values), np.nan)
    rows = [t for t in range(order, len(values)) if np.isfinite(values[t - order : t + 1]).all()]
    columns = np.array([[*fixed[t], *(values[t - j] for j in range(1, order + 1))] for t in rows])
    coefficients = np.linalg.lstsq(columns, values[rows], rcond=None)[0]
    left[rows] = values[rows] - columns @ coefficients
    return left


def test_each_kpi_gets_what_its_own_regression_leaves():
    rng = np.random.default_rng(1)
    values = memory(rng, 0.5, 60, kpis=5) + 0.1 * np.arange(60)[:, None]
    values[20:22, 3] = np.nan
    found = find_innovations(values, period=12)
    for kpi in range(5):
        expected = by_hand(values[:, kpi], found.memory[kpi], 12)
        np.testing.assert_allclose(found.left[:, kpi], expected, atol=1e-10)


def test_a_missing_value_takes_itself_and_those_that_look_back_on_it():
    values = memory(np.random.default_rng(2), 0.3, 60)
    values[30] = np.nan
    found = find_innovations(values, period=1)
    order = int(found.memory[0])
    assert np.flatnonzero(~found.known[:, 0]).tolist() == [
        *range(order),
        *range(30, 31 + order),
    ]
    assert found.freedom[0] == 60 - (2 * order + 1) - (2 + order)


def test_longer_memory_is_found_where_there_is_some():
    rng = np.random.default_rng(3)
    noise = rng.normal(size=400)
    values = np.zeros(400)
    for t in range(3, 400):
        values[t] = 0.6 * values[t - 3] + noise[t]
    assert find_innovations(values[:, None], period=1).memory[0] == 3
    assert find_innovations(noise[:, None], period=1).memory[0] == 1


def test_level_line_and_season_leave_no_trace():
    rng = np.random.default_rng(4)
    noise = rng.normal(size=(72, 1))
    times = np.arange(72)[:, None]
    dressed = 500 + 3 * times + 20 * np.cos(times % 12) + noise
    plain, found = (find_innovations(one, period=12) for one in (noise, dressed))
    assert np.corrcoef(plain.left[6:, 0], found.left[6:, 0])[0, 1] == pytest.approx(1.0)


def test_innovations_of_unrelated_walks_are_unrelated():
    rng = np.random.default_rng(5)
    walks = rng.normal(size=(120, 40)).cumsum(axis=0)
    raw = np.corrcoef(walks.T)[np.triu_indices(40, 1)]
    new = np.corrcoef(find_innovations(walks, period=12).filled.T)[np.triu_indices(40, 1)]
    limit = 1.96 / np.sqrt(120)
    assert (np.abs(raw) > limit).mean() > 0.6
    assert (np.abs(new) > limit).mean() < 0.1


def test_a_constant_or_a_short_kpi_cannot_be_split():
    values = np.random.default_rng(6).normal(size=(60, 3))
    values[:, 0] = 0.1
    values[24:, 1] = np.nan  # two seasons, and not one period more
    assert find_innovations(values, period=12).freedom.tolist()[:2] == [0, 0]
    assert find_innovations(values, period=12).freedom[2] > 40


def test_the_unit_of_a_kpi_does_not_matter():
    values = memory(np.random.default_rng(7), 0.4, 48)
    one, other = (find_innovations(v, period=12) for v in (values, 7 - 1000 * values))
    np.testing.assert_allclose(one.left, -other.left, atol=1e-10)


def test_a_long_season_that_has_not_come_twice_is_drawn_by_waves():
    assert fixed_columns(112, 52).shape == (112, 53)  # level, line, 51 weeks
    assert fixed_columns(60, 52).shape == (60, 22)  # level, line, ten pairs
    assert fixed_columns(40, 12).shape == (40, 13)


def test_dependent_columns_count_once():
    columns = np.random.default_rng(8).normal(size=(1, 20, 3))
    columns[0, :, 2] = columns[0, :, 0] - 2 * columns[0, :, 1]
    basis, rank = orthonormal(columns)
    assert rank.tolist() == [2]
    assert np.allclose(basis[0].T @ basis[0], np.diag([1, 1, 0]))
