import re
import subprocess
import sys

import pytest
import yaml

from kpikit.errors import DataError, StrategyError, UnknownNameError
from kpikit.sources import check_sources
from kpikit.strategy import Kpi, load_strategy
from kpikit.strategy.scaffold import add_entry, entry_template, new_organisation

QUESTIONS = (  # of the articles, as an owner reads them
    "Which objective would fail unseen without it?",
    "What have you decided by it",
    "Who answers for it? One person",
    "What will you do when it is off target",
    "tell the future or the past?",
    "What can its owner change",
)


@pytest.fixture
def shop(tmp_path):
    return new_organisation(tmp_path / "corner_shop")


def test_a_new_organisation_loads_and_its_source_can_be_used(shop):
    strategy = load_strategy(shop)
    assert strategy.organisation.name == "Corner shop"
    assert {file.name for file in shop.parent.iterdir()} == {
        "strategy.yaml",
        "orders.csv",
        "README.md",
    }
    assert "C" not in check_sources(strategy).grades().values()


@pytest.mark.slow
def test_a_new_organisation_is_reviewed_in_every_department(shop):
    words = [sys.executable, "-m", "kpikit", "review", "strategy.yaml"]
    done = subprocess.run(words, cwd=shop.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "3 of 3 reports made" in done.stdout
    reports = shop.parent / "reports" / "corner-shop" / "2026Q3"
    assert "Days from order to door" in (reports / "delivery.html").read_text(encoding="utf-8")


def test_a_new_organisation_is_what_its_own_template_advises(shop):
    strategy = load_strategy(shop)
    assert len(strategy.mission.text.split()) < 25
    for kpi in strategy.kpis.values():
        assert None not in (kpi.purpose, kpi.decisions, kpi.if_off_target, kpi.kind)
        assert kpi.levers
        assert kpi.covers
    for name, department in strategy.departments.items():
        covered = [duty for kpi in strategy.kpis.values() for duty in kpi.covers]
        assert sum(department.responsibilities.values()) == pytest.approx(1)
        assert set(department.responsibilities) <= set(covered), name


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("my_company", "My company"),
        ("Müller & Söhne: 2026", "Müller & Söhne: 2026"),
        ("true", "True"),
        ("007", "007"),
        ('"quoted" #1', '"quoted" #1'),
        ("@title $name", "@title $name"),
    ],
)
def test_an_organisation_is_called_what_its_folder_is(tmp_path, folder, name):
    assert load_strategy(new_organisation(tmp_path / folder)).organisation.name == name


def test_a_folder_that_holds_anything_is_refused_and_stays_as_it_is(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"this is not empty\. Name a new folder"):
        new_organisation(tmp_path)
    with pytest.raises(DataError, match=r"notes.txt: this is a file\. Name a new folder"):
        new_organisation(tmp_path / "notes.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(DataError, match="cannot be written to"):
        new_organisation(tmp_path / "notes.txt" / "shop")


def test_an_empty_folder_is_taken(tmp_path):
    assert new_organisation(tmp_path) == tmp_path / "strategy.yaml"


def test_the_templates_ask_the_questions():
    kpi = entry_template("kpi", "churn_rate")
    for question in QUESTIONS:
        assert question in kpi.replace("\n    # ", " ")
    department = entry_template("department", "people_and_culture")
    assert "title: People and culture" in department
    for question in ("What is it there for?", "What stands in its way?", "One person."):
        assert question in department


def test_a_template_names_what_the_strategy_has_to_choose_from(shop):
    strategy = load_strategy(shop)
    text = entry_template("kpi", "complaints", within="delivery", strategy=strategy)
    assert "owner: head_of_delivery" in text
    assert "source: orders" in text
    assert "deliver_sooner, grow_sales" in text
    assert "deliver_fast, deliver_right" in text
    with pytest.raises(UnknownNameError, match=r"'delivry'\. Did you mean 'delivery'\?"):
        entry_template("kpi", "complaints", within="delivry", strategy=strategy)


@pytest.mark.parametrize("name", ["Churn Rate", "1st", "", "päckchen", "a" * 65, "x: {y"])
def test_a_name_that_is_no_id_is_refused_with_one_that_is(name):
    with pytest.raises(DataError, match="is no id: small letters, digits") as caught:
        entry_template("kpi", name)
    offered = re.search(r"Try '(.*)'\.", str(caught.value))[1]
    assert yaml.safe_load(entry_template("kpi", offered))


def test_an_answered_template_is_a_kpi_with_every_field_it_asks_for(shop):
    strategy = load_strategy(shop)
    add_entry(strategy, "kpi", "complaints", within="delivery")
    answered = {
        "purpose": "purpose: Tells what went wrong",
        "decisions": "decisions: Whom we train",
        "if_off_target": "if_off_target: Train",
        "where": "where: channel = 'web'",
        "leads": "leads: [{kpi: revenue, lag: 1, sign: negative}]",
    }
    field = re.compile(r"^    # ((\w+):( .*)?|  - \{period.*)$")
    lines = [
        "    " + answered.get(found[2], found[1]) if (found := field.match(line)) else line
        for line in shop.read_text().splitlines()
    ]
    shop.write_text("\n".join(lines))
    kpi = load_strategy(shop).kpis["complaints"]
    assert kpi.model_fields_set >= {
        *("purpose", "decisions", "if_off_target", "levers", "kind", "leads", "guardrails"),
        *("covers", "contributes", "origin", "targets", "bounds", "where"),
    }
    assert kpi.model_fields_set <= set(Kpi.model_fields)


def test_a_new_kpi_is_proposed_and_nothing_else_changes(shop):
    before = load_strategy(shop)
    text = shop.read_text()
    line = add_entry(before, "kpi", "complaints", within="delivery", owner="Ann Söder #2")
    after = load_strategy(shop)
    assert after.kpis["complaints"].status == "proposed"
    assert after.kpis["complaints"].owner == "Ann Söder #2"
    assert after.lines["kpis.complaints"] == line
    assert [one for one in after.kpis if one != "complaints"] == list(before.kpis)
    place = shop.read_text().index("\n  complaints:")
    size = len(shop.read_text()) - len(text)
    assert shop.read_text()[:place] + shop.read_text()[place + size :] == text


def test_a_new_department_reports_where_it_was_told_to(shop):
    add_entry(load_strategy(shop), "department", "packing", within="delivery")
    packing = load_strategy(shop).departments["packing"]
    assert (packing.parent, packing.owner) == ("delivery", "head_of_delivery")


def test_an_id_that_is_taken_is_refused_with_its_line(shop):
    strategy, text = load_strategy(shop), shop.read_text()
    line = strategy.lines["kpis.revenue"]
    with pytest.raises(DataError, match=f"kpis.revenue is there already, in line {line}"):
        add_entry(strategy, "kpi", "revenue")
    assert shop.read_text() == text


def test_a_strategy_that_would_not_load_with_it_stays_as_it_is(shop):
    text = shop.read_text() + "policy: {required: [purpose]}\n"
    shop.write_text(text)
    with pytest.raises(DataError, match=r"(?s)it would not load\. Nothing was .*requires it"):
        add_entry(load_strategy(shop), "kpi", "complaints")
    assert shop.read_text() == text
    assert len(list(shop.parent.iterdir())) == 3
    shop.write_text(text.replace("purpose: Pays", "purpos: Pays"))
    with pytest.raises(StrategyError, match="purpos"):
        add_entry(load_strategy(shop), "kpi", "complaints")
