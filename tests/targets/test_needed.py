"""What a target would need: the chance comes back, and what cannot be is said."""

import matplotlib as mpl
import numpy as np
import pytest

from kpikit.errors import DataError
from kpikit.targets.needed import needed_for
from kpikit.targets.prospect import prepare_what_if
from kpikit.targets.whatif import INFEASIBLE, NOT_NEEDED, what_if

mpl.use("Agg")
ERROR = 3 * np.sqrt(0.8 * 0.2 / 2000 * 2)  # of a chance from 2,000 draws beside another


@pytest.mark.parametrize("period", ["2027Q1", "2027"])
@pytest.mark.parametrize(
    ("kpi", "levers"),
    [("sales", ["calls"]), ("income", ["calls", "sales", "price"]), ("load", ["calls", "price"])],
)
def test_what_is_needed_gives_the_chance_when_put_back_with_another_seed(
    world, kpi, levers, period
):
    plain = what_if(*world, kpi=kpi, period=period, changes={}).draws()
    target = float(np.quantile(plain, 0.34))
    if kpi == "load":
        target = (target, float(np.quantile(plain, 0.999)))
    found = needed_for(*world, kpi=kpi, period=period, target=target)
    reachable = found.levers.query("verdict == 'reachable'").set_index("lever")
    assert set(levers) <= set(reachable.index)
    for lever, row in reachable.query(
        "attainment < 0.81"
    ).iterrows():  # others are more than enough
        again = what_if(*world, kpi=kpi, period=period, changes={lever: row["level"]}, seed=11)
        assert again.attainment(target) == pytest.approx(0.8, abs=ERROR), lever
    assert found.attainment(target) >= 0.798
    assert "needs one of: " in found.summary()


def test_what_no_level_ever_gave_is_infeasible_and_said_so(world):
    found = needed_for(*world, kpi="sales", period="2027Q1", target=500.0)
    assert found.levers["verdict"].tolist() == [INFEASIBLE]
    assert "is infeasible by one lever alone: the best, calls, gives" in found.summary()
    assert found.changes == {}
    easy = needed_for(*world, kpi="sales", period="2027Q1", target=10.0)
    assert easy.levers["verdict"].tolist() == [NOT_NEEDED]
    idle = needed_for(*world, kpi="sales", period="2027Q1", target=10.0, levers=["gossip"])
    assert "gossip" in idle.ignored
    assert "nothing known moves this KPI" in idle.summary()


def test_a_band_may_be_overshot_and_needs_the_level_nearest_to_what_is_expected(world):
    prospect = prepare_what_if(*world, kpi="load", period="2027Q1")
    lever = prospect.levers.set_index("lever").loc["price"]
    middle = float(np.median(prospect.draws({"price": lever["highest"]})))
    spread = float(np.std(prospect.draws({"price": lever["highest"]})))
    asked = {"kpi": "load", "period": "2027Q1", "levers": ["price"]}
    wide = needed_for(*world, target=(middle - 2 * spread, middle + 2 * spread), **asked)
    level = wide.levers["level"].item()
    assert lever["expected"] <= level < lever["highest"]
    narrow = (middle - 0.1 * spread, middle + 0.1 * spread)
    tight = needed_for(*world, target=narrow, **asked)
    assert tight.levers["verdict"].tolist() == [INFEASIBLE]
    assert "is infeasible by one lever alone" in tight.summary()
    assert len(tight.plot().get_lines()) >= 2
    around = needed_for(*world, target=(None, 5000.0), **asked)
    assert around.levers["verdict"].tolist() == [NOT_NEEDED]
    assert "at most" in around.summary()


def test_a_target_is_what_the_direction_needs(world):
    asked = {"period": "2027Q1", "attainment": 2}
    with pytest.raises(DataError, match=r"attainment is 2; it lies between 0 and 1"):
        needed_for(*world, kpi="sales", target=1.0, **asked)
    with pytest.raises(DataError, match=r"target is \(1, 2\); it is a finite number"):
        needed_for(*world, kpi="sales", target=(1, 2), **asked)
    for wrong in (3.0, (2.0, 1.0), (None, None), (1.0, float("nan"))):
        with pytest.raises(DataError, match="band"):
            needed_for(*world, kpi="load", target=wrong, **asked)
