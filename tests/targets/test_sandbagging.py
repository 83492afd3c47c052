import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from kpikit.errors import DataError
from kpikit.targets.sandbagging import find_sandbagging

mpl.use("Agg")


def cycles(target, came, *, kpi="k", width=1.0):
    """Past cycles, in spreads of the outcomes; `width` is how many the forecast told."""
    target, came = np.asarray(target, dtype=float), np.asarray(came, dtype=float)
    return pd.DataFrame(
        {
            "kpi": kpi,
            "excess": (came - target) / width,
            "surprise": came / width,
            "attainment": norm.sf(target / width),
            "reached": (came >= target).astype(float),
        }
    )


def owners(habit, *, count=200, length=12, width=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return pd.concat(
        cycles(*habit(rng, length), kpi=f"{number:04d}", width=width) for number in range(count)
    )


def honest(rng, length):
    return -0.84 + 0.5 * rng.normal(size=length), rng.normal(size=length)


def low(rng, length):
    return -3 + 0.3 * rng.normal(size=length), rng.normal(size=length)


def just_beaten(rng, length):
    came = rng.normal(size=length)
    return came - rng.uniform(0.05, 0.8, length), came


def follows(rng, length):
    came, target = rng.normal(size=length), np.full(length, -0.84)
    for now in range(1, length):
        target[now] += 0.7 * (came[now - 1] - target[now - 1] - 0.84)
    return target, came


def share(habit, verdict, **options):
    found = find_sandbagging(owners(habit, **options)).to_frame()["verdict"]
    return float((found == verdict).mean())


@pytest.mark.parametrize("width", [0.7, 1.0, 3.0])
def test_of_honest_owners_one_in_twenty_is_named_at_most(width):
    # two standard errors of 200 owners are 0.03
    assert 1 - share(honest, "none", width=width) <= 0.05 + 0.03


def test_planted_habits_are_found():
    assert share(low, "low") > 0.9
    assert share(just_beaten, "just beaten") > 0.9
    assert share(follows, "follows") > 0.9


def test_few_cycles_name_nobody():
    few = find_sandbagging(owners(low, length=5, count=2))
    assert few.to_frame()["verdict"].eq("too few cycles").all()
    assert few.notes == ("Too few cycles to tell: 2 of 2.",)


def test_an_owners_kpis_of_one_period_count_once():
    rng = np.random.default_rng(0)
    came = rng.normal(size=3)
    table = pd.concat(
        cycles(np.full(3, -3.0), came, kpi=f"k{n}").assign(owner="coo", period=["a", "b", "c"])
        for n in range(5)
    )
    row = find_sandbagging(table, by="owner").to_frame().iloc[0]
    assert row[["cycles", "targets", "verdict"]].tolist() == [3, 15, "too few cycles"]


def test_it_speaks_of_numbers_and_never_of_motives():
    found = find_sandbagging(owners(low, count=1))
    assert "lie further below what comes than a promise at 80 % would (12 of 12" in found.summary()
    assert not any(word in found.summary() for word in ("sandbag", "because", "wants", "cheat"))
    assert "<img" in found._repr_html_()
    assert "no habit among 1" in find_sandbagging(owners(honest, count=1, seed=5)).summary()


def test_what_is_missing_is_named():
    with pytest.raises(DataError, match="no column 'surprise'"):
        find_sandbagging(owners(low, count=1).drop(columns="surprise"))
