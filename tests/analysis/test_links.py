import numpy as np
import pandas as pd
import pytest

import kpikit
from kpikit import DataError, build_observations
from kpikit.analysis.ties import tied_pairs

COLUMNS = {"day": "date"}
MONTHS = 60


def memory(rng, phi, periods=MONTHS):
    values = np.zeros(periods + 40)
    for t in range(1, len(values)):
        values[t] = phi * values[t - 1] + rng.normal()
    return values[40:]


def kpi(column, **fields):
    return {"formula": f"sum({column})", **fields}


def claim(target, lag, sign="positive"):
    return {"leads": [{"kpi": target, "lag": lag, "sign": sign}]}


@pytest.fixture
def tested(company):
    """Return a function that tests what is claimed between columns of monthly facts."""

    def run(values, claims, *, periods=MONTHS, options=None, **more):
        days = pd.date_range("2019-01-01", periods=periods, freq="MS")
        facts = pd.DataFrame({name: 100 + column for name, column in values.items()})
        columns = COLUMNS | dict.fromkeys(values, "number")
        kpis = {name: kpi(name, **claims.get(name, {})) for name in values} | more
        strategy = company(facts.assign(day=days), columns=columns, kpis=kpis)
        observations = build_observations(strategy, as_of="2026-12-31")
        return kpikit.test_links(strategy, observations, **(options or {}))

    return run


def made(seed=0, *, lag=2, strength=0.9, others=2):
    rng = np.random.default_rng(seed)
    visits = memory(rng, 0.4, MONTHS + lag)
    orders = memory(rng, 0.3) + strength * visits[:MONTHS]
    rest = {f"other_{k}": memory(rng, 0.4) for k in range(others)}
    return {"visits": visits[lag:], "orders": orders, **rest}


def test_a_true_claim_is_supported(tested):
    evidence = tested(made(3), {"visits": claim("orders", 2), "other_0": claim("orders", 1)})
    frame = evidence.to_frame()
    assert frame["verdict"].tolist() == ["supported", "not supported"]
    first = frame.iloc[0]
    assert (first["lag"], first["after"], first["sign"]) == (2, "2 months", "positive")
    assert first["p_value"] < 0.001
    assert evidence.summary() == (
        "Claimed links: 2; supported 1, not supported 1. "
        "Supported: visits to orders after 2 months."
    )


@pytest.mark.parametrize("claimed", [1, 3, 4])
def test_another_lag_is_a_wrong_lag(tested, claimed):
    row = tested(made(), {"visits": claim("orders", claimed)}).to_frame().iloc[0]
    assert (row["verdict"], row["lag"], row["claimed_lag"]) == ("wrong lag", 2, claimed)


def test_the_other_sign_is_a_wrong_sign(tested):
    row = tested(made(), {"visits": claim("orders", 2, "negative")}).to_frame().iloc[0]
    assert (row["verdict"], row["sign"]) == ("wrong sign", "positive")
    assert row["p_value"] > 0.99


def test_a_negative_lead_may_be_claimed(tested):
    evidence = tested(made(strength=-0.9), {"visits": claim("orders", 2, "negative")})
    assert evidence.to_frame()["verdict"].tolist() == ["supported"]


def test_the_family_is_what_is_claimed(tested):
    # one of ten weak p-values of 0.04 is not enough where the other nine say nothing
    values = made(3, strength=0.25, others=9)
    claims = {"visits": claim("orders", 2)}
    alone = tested(values, claims).to_frame().iloc[0]
    crowd = claims | {f"other_{k}": claim("orders", 1) for k in range(9)}
    among = tested(values, crowd).to_frame().iloc[0]
    assert alone["p_value"] == among["p_value"]
    assert among["q_value"] > alone["q_value"] == alone["p_value"]


def test_two_years_are_too_short(tested):
    values = {name: column[:24] for name, column in made().items()}
    evidence = tested(values, {"visits": claim("orders", 2)}, periods=24)
    assert evidence.to_frame()["verdict"].tolist() == ["too short"]
    assert evidence.summary() == "Claimed links: 1; too short 1."
    with pytest.raises(DataError, match="visits to orders: no claimed link of these two could"):
        evidence.curve("visits", "orders")


def test_a_kpi_does_not_lead_its_own_sum(tested):
    evidence = tested(
        made(),
        {"visits": claim("total", 1)},
        total={"formula": "{visits} + {orders}", "source": None},
    )
    assert evidence.to_frame()["verdict"].tolist() == ["not supported"]
    assert evidence.to_frame()["p_value"].isna().all()
    assert "visits, total: one is part of the other, which is no lead." in evidence.notes


def test_ties_reach_through_formulas_and_identities(company):
    kpis = {
        "nights": "sum(nights)",
        "adr": "sum(value) / sum(nights)",
        "revenue": {"formula": "sum(value)", "identity": "{nights} * {adr}"},
        "double": {"formula": "2 * {revenue}", "source": None},
        "apart": "count(*)",
    }
    columns = COLUMNS | {"nights": "number", "value": "number"}
    ties = tied_pairs(company("day,nights,value\n2026-01-01,1,2\n", columns=columns, kpis=kpis))
    assert frozenset(("double", "nights")) in ties
    assert frozenset(("revenue", "adr")) in ties
    assert frozenset(("nights", "adr")) not in ties
    assert not any("apart" in pair for pair in ties)


def test_leads_that_nobody_claims_are_listed(tested):
    evidence = tested(made(), {"other_0": claim("orders", 1)})
    found = evidence.unclaimed
    assert found[["candidate", "target", "lag"]].to_numpy().tolist() == [["visits", "orders", 2]]
    assert evidence.summary().endswith("Leads that nobody claims: 1.")
    claimed = tested(made(), {"visits": claim("orders", 2)})
    assert claimed.unclaimed.empty


def test_a_curve_and_a_map_are_drawn(tested):
    evidence = tested(made(), {"visits": claim("orders", 2), "other_0": claim("orders", 1)})
    curve = evidence.curve("visits", "orders")
    assert curve["correlation"].abs().idxmax() == 2
    said = [text.get_text() for text in evidence.plot().texts]
    assert "rises 2 months later" in said
    lags = evidence.plot_link("visits", "orders")
    assert lags.get_xlabel() == "months later (0: the same month)"
    assert lags.get_title(loc="left").endswith(": supported")


def test_without_a_claim_there_is_nothing_to_test(tested):
    evidence = tested({"visits": memory(np.random.default_rng(1), 0.3)}, {})
    assert evidence.summary() == "No KPI claims to lead another."
    assert evidence.to_frame().empty
    assert evidence.plot().texts[0].get_text() == "no KPI claims to lead another"


def test_a_rate_outside_0_and_1_is_refused(tested):
    with pytest.raises(DataError, match="fdr is 2; it lies between 0 and 1"):
        tested(made(), {}, options={"fdr": 2})


def test_false_claims_are_rarely_supported(tested):
    # ten false claims in each of eight companies: 5 % of 80 is 4
    supported = 0
    for seed in range(8):
        values = made(seed, strength=0.0, others=9)
        claims = {f"other_{k}": claim("orders", 1 + k % 3) for k in range(9)}
        found = tested(values, claims | {"visits": claim("orders", 2)}).to_frame()
        supported += found["verdict"].eq("supported").sum()
    assert supported <= 4
