"""The cascade can be walked up and down."""

import pytest

from kpikit.errors import UnknownNameError
from kpikit.strategy import load_strategy
from kpikit.strategy.tree import children, kpis_of, parent, path_to_root, retired_kpis_of, teams


def test_the_cascade_goes_down_and_up(brightdesk):
    assert children(brightdesk, "company") == ("service", "sales")
    assert children(brightdesk, "service") == ("support",)
    assert path_to_root(brightdesk, "support") == ("support", "service", "company")
    assert path_to_root(brightdesk, "company") == ("company",)
    assert teams(brightdesk) == ("support", "sales")


def test_the_company_is_there_without_being_declared(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text("version: 1\norganisation: {name: B}\ndepartments: {d: {title: D, owner: a}}\n")
    strategy = load_strategy(file)
    assert parent(strategy, "d") == "company"
    assert children(strategy) == ("d",)
    assert parent(strategy, "company") is None


def test_a_department_has_its_own_kpis_without_the_retired(brightdesk):
    assert [kpi.id for kpi in kpis_of(brightdesk, "support")] == ["first_reply_hours", "csat"]
    assert [kpi.id for kpi in retired_kpis_of(brightdesk, "support")] == ["old_score"]
    assert [kpi.id for kpi in kpis_of(brightdesk, "company")] == ["value_per_hour"]


def test_an_unknown_department_is_told(brightdesk):
    with pytest.raises(UnknownNameError, match=r"there is no department 'suport'\. Did you mean"):
        kpis_of(brightdesk, "suport")
