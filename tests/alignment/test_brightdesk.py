"""The faults planted in Brightdesk are found, each by its code; without them nothing is."""

from pathlib import Path

import pytest
import yaml

from kpikit import audit, build_observations, load_strategy

HOME = Path(__file__).parents[2] / "data" / "brightdesk"
AS_OF = "2026-10-15"
FAULTS = yaml.safe_load((HOME / "variants.yaml").read_text(encoding="utf-8"))["faults"]


def audited(name, **at_hand):
    return audit(load_strategy(HOME / f"{name}.yaml"), as_of=AS_OF, **at_hand).to_frame()


def found_in(frame):
    return set(zip(frame["code"], frame["subject"], strict=True))


@pytest.fixture(scope="module")
def faulty():
    strategy = load_strategy(HOME / "faulty.yaml")
    return audited("faulty", observations=build_observations(strategy, as_of=AS_OF))


@pytest.fixture(scope="module")
def clean():
    strategy = load_strategy(HOME / "clean.yaml")
    return audited("clean", observations=build_observations(strategy, as_of=AS_OF))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['code']} {fault['says']}")
def test_a_planted_fault_is_found_and_is_not_in_the_sound_strategy(faulty, clean, fault):
    planted = (fault["code"], fault["subject"])
    assert planted in found_in(faulty)
    assert planted not in found_in(clean)


def test_the_sound_strategy_raises_nothing_above_a_note(clean):
    worse = clean[clean["severity"] != "note"]
    assert worse.empty, worse[["code", "subject", "message"]].to_string()


def test_what_needs_no_facts_is_found_without_them():
    structure = [fault for fault in FAULTS if "needs" not in fault]
    planted = {(fault["code"], fault["subject"]) for fault in structure}
    assert planted <= found_in(audited("faulty"))
    assert len({fault["code"] for fault in FAULTS}) >= 30


def test_leads_that_are_planted_in_the_facts_are_doubted_in_neither(faulty, clean):
    truth = yaml.safe_load((HOME / "truth.yaml").read_text(encoding="utf-8"))
    true = {("LED03", f"kpis.{lead['kpi']}.leads.{lead['target']}") for lead in truth["leads"]}
    doubted = faulty[faulty["severity"] == "warning"]
    assert not true & found_in(doubted)
    assert not true & found_in(clean[clean["severity"] == "warning"])


@pytest.mark.parametrize("name", ["hotel", "economy"])
def test_the_real_examples_have_no_error(name):
    strategy = load_strategy(HOME.parent / name / "strategy.yaml")
    day = {"hotel": "2017-08-31", "economy": "2009-09-30"}[name]
    assert "error" not in set(audit(strategy, as_of=day).to_frame()["severity"])


def test_transit_has_no_error():
    strategy = load_strategy(HOME.parents[1] / "tests" / "strategies" / "transit.yaml")
    assert "error" not in set(audit(strategy, as_of="2019-12-31").to_frame()["severity"])
