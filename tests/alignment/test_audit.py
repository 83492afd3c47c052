import datetime as dt
import json
from importlib.metadata import EntryPoint
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from typer.testing import CliRunner

from kpikit.alignment import catalogue as catalogue_module
from kpikit.alignment.audit import audit, run
from kpikit.alignment.case import Case
from kpikit.alignment.catalogue import FAMILIES, catalogue
from kpikit.alignment.rule import Hit, rule
from kpikit.alignment.sarif import sarif_log
from kpikit.cli import app
from kpikit.errors import DataError
from kpikit.strategy import load_strategy

TODAY = "2026-10-15"
SCHEMA = Path(__file__).with_name("sarif-schema-2.1.0.json")
WAIVER = {
    "code": "CTL01",
    "subject": "kpis.calls",
    "reason": "Eve is looking for one",
    "until": "2026-10-15",
}
COLUMNS = ["code", "severity", "subject", "message", "fix", "article", "where", "waived_until"]


@pytest.fixture
def spoilt(strategy):
    """Return the strategy with a broken rule of each severity, and one that is waived."""
    return strategy(
        {
            "kpis/calls/agreed_by": None,  # a note
            "kpis/hours/purpose": None,  # an error
            "kpis/calls/levers": None,  # a warning, waived
            "kpis/hours/levers": None,  # a warning
            "waivers": [WAIVER],
        }
    )


# the result ----------------------------------------------------------------------------


def test_findings_come_worst_first_with_file_line_and_next_step(spoilt):
    found = audit(spoilt, as_of=TODAY)
    frame = found.to_frame()
    assert list(frame.columns) == COLUMNS
    assert list(frame["code"]) == ["OWN01", "CTL01", "QLT04", "CTL01"]
    assert list(frame["severity"]) == ["error", "warning", "note", "warning"]
    first = frame.iloc[0]
    assert first["message"] == "Hours for a house: no purpose."
    assert first["fix"].endswith(".")
    file, _, line = first["where"].rpartition(":")
    assert Path(file) == spoilt.path
    assert int(line) == spoilt.lines["kpis.hours"]
    assert found.findings[0].evidence == {"lacking": "purpose"}


def test_a_waived_finding_is_shown_counted_and_last(spoilt):
    found = audit(spoilt, as_of=TODAY)
    last = found.to_frame().iloc[-1]
    assert (last["subject"], last["waived_until"]) == ("kpis.calls", dt.date(2026, 10, 15))
    assert found.to_frame()["waived_until"].isna().sum() == 3
    assert [found.count(severity) for severity in ("error", "warning", "note")] == [1, 1, 1]
    asked = len(found.checks)
    assert found.summary() == (
        f"Alignment as of 2026-10-15: 1 error, 1 warning, 1 note, 1 waived; {asked - 3} of "
        f"{asked} checks kept, fewest in Control (4 of 6)."
    )


def test_a_waiver_ends_after_its_last_day(spoilt):
    later = audit(spoilt, as_of="2026-10-16").to_frame()
    assert later["waived_until"].isna().all()
    assert set(later["code"]) == {"OWN01", "CTL01", "QLT04", "REV07"}


def test_policy_sets_severities_and_limits(strategy):
    policy = {"severities": {"CTL01": "error"}, "limits": {"review_days": 100}}
    frame = audit(strategy({"kpis/calls/levers": None, "policy": policy}), as_of=TODAY).to_frame()
    assert set(zip(frame["code"], frame["severity"], strict=True)) == {
        ("CTL01", "error"),
        ("REV01", "warning"),
    }


def test_the_score_has_a_part_for_each_family_and_waivers_do_not_lift_it(spoilt, strategy):
    score = audit(spoilt, as_of=TODAY).score().set_index("family")
    assert list(score.index) == list(FAMILIES)
    assert dict(score.loc["CTL", ["asked", "kept", "warnings", "waived", "score"]]) == {
        "asked": 6,
        "kept": 4,
        "warnings": 1,
        "waived": 1,
        "score": pytest.approx(4 / 6),
    }
    assert score.loc["QLT", "kept"] == score.loc["QLT", "asked"]  # a note breaks nothing
    assert audit(strategy(), as_of=TODAY).score()["score"].eq(1).all()


def test_without_a_day_it_is_today(strategy):
    assert audit(strategy()).as_of == dt.date.today()


def test_the_result_can_be_shown(spoilt):
    found = audit(spoilt, as_of=TODAY)
    axes = found.plot()
    assert [label.get_text() for label in axes.get_yticklabels()] == list(FAMILIES.values())
    assert "<table" in found._repr_html_()


def test_text_that_would_be_markup_is_only_text(strategy):
    found = audit(strategy({"kpis/calls/levers": None, "kpis/calls/title": "<b>{x}"}), as_of=TODAY)
    assert found.to_frame()["message"].iloc[0].startswith("<b>{x}: ")
    assert "<b>{x}" not in found._repr_html_()


# the rules -----------------------------------------------------------------------------


def test_every_rule_says_what_holds_what_is_wrong_and_what_to_do():
    for one in catalogue():
        assert one.family in FAMILIES, one.code
        assert one.statement.endswith("."), one.code
        assert one.message.endswith("."), one.code
        assert one.fix.endswith((".", "”.", "{fix}")), one.code
        assert one.article in {"S0", "S1", "S2", "S0, S1", "S0, S2", "S1, S2", "kpikit"}


def test_the_documentation_lists_every_rule_as_it_is():
    text = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    told = [line for line in text.splitlines() if line.startswith("| ") and line[2:5].isupper()]
    known = [
        f"| {one.code} | {one.severity} | {one.statement} | {one.article} | "
        f"{', '.join(one.needs) or 'the file'} |"
        for one in catalogue()
    ]
    assert told == known


@rule(
    "XTR01",
    over="kpis",
    severity="warning",
    article="kpikit",
    message="the letter {letter} is missing.",
    fix="Add an {letter}.",
)
def has_an_x(kpi, case):
    """Each title holds an x."""
    if "x" not in kpi.title:
        yield Hit({"letter": "x"})


def entries(*found):
    class Entry(EntryPoint):
        def load(self):
            return globals()[self.name]

    return lambda *, group: [Entry(name, f"extra:{name}", group) for name in found]


def test_other_packages_bring_rules_by_entry_point(strategy, monkeypatch):
    monkeypatch.setattr(catalogue_module, "entry_points", entries("has_an_x"))
    rules = catalogue.__wrapped__()
    assert rules[-1] is has_an_x
    frame = run(Case(strategy=strategy(), as_of=dt.date(2026, 10, 15)), rules).to_frame()
    assert set(frame["code"]) == {"XTR01"}
    assert frame["message"].iloc[0] == "Revenue: the letter x is missing."


@pytest.mark.parametrize("name", ["WAIVER", "json"])
def test_an_entry_point_without_a_rule_is_told(monkeypatch, name):
    monkeypatch.setattr(catalogue_module, "entry_points", entries(name))
    with pytest.raises(DataError, match=rf"entry point {name} = extra:{name} .* names no rule"):
        catalogue.__wrapped__()


def test_an_installed_package_brings_its_rules(tmp_path, monkeypatch):
    """As pip leaves it: a module, and beside it what the package says of itself."""
    (tmp_path / "our_rules.py").write_text(
        "from kpikit.alignment.rule import Hit, rule\n"
        "@rule('OUR01', over='kpis', severity='note', article='ours', message='m.', fix='f.')\n"
        "def ours(kpi, case):\n"
        "    yield Hit()\n",
        encoding="utf-8",
    )
    said = tmp_path / "our_rules-1.0.dist-info"
    said.mkdir()
    (said / "METADATA").write_text("Metadata-Version: 2.1\nName: our-rules\nVersion: 1.0\n")
    (said / "entry_points.txt").write_text("[kpikit.rules]\nours = our_rules\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = catalogue.__wrapped__()
    assert [one.code for one in found if one not in catalogue()] == ["OUR01"]


def test_another_package_cannot_take_a_code_of_kpikit(monkeypatch):
    taken = catalogue()[0]
    monkeypatch.setitem(globals(), "taken", taken)
    monkeypatch.setattr(catalogue_module, "entry_points", entries("taken"))
    with pytest.raises(DataError, match="the code STR01 is kpikit's own"):
        catalogue.__wrapped__()


# SARIF and the command -------------------------------------------------------------------


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft4Validator.check_schema(schema)
    return jsonschema.Draft4Validator(schema)


def test_sarif_keeps_to_the_published_schema(validator, spoilt, strategy):
    assert list(validator.iter_errors({"version": "2.1.0"})) != []  # it does refuse
    for found in (audit(spoilt, as_of=TODAY), audit(strategy(), as_of=TODAY)):
        assert list(validator.iter_errors(sarif_log(found))) == []


def test_sarif_says_where_and_why_a_finding_is_accepted(spoilt):
    (log,) = sarif_log(audit(spoilt, as_of=TODAY))["runs"]
    first, *_, last = log["results"]
    assert log["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "OWN01"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == spoilt.path.as_uri()
    assert place["region"]["startLine"] == spoilt.lines["kpis.hours"]
    assert "suppressions" not in first
    (accepted,) = last["suppressions"]
    assert accepted["justification"] == "Eve is looking for one (until 2026-10-15)"


def test_the_same_finding_has_the_same_fingerprint_wherever_its_line_moves(strategy):
    def prints(changes):
        (log,) = sarif_log(audit(strategy(changes), as_of=TODAY))["runs"]
        return [result["partialFingerprints"] for result in log["results"]]

    before = prints({"kpis/hours/levers": None})
    assert prints({"kpis/hours/levers": None, "values": ["Light first", "Care"]}) == before


def kpikit(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.mark.parametrize(
    ("fail_on", "code"), [("error", 1), ("warning", 1), ("note", 1), ("never", 0)]
)
def test_the_exit_code_tells_whether_something_is_wrong(spoilt, fail_on, code):
    done = kpikit("audit", spoilt.path, "--as-of", TODAY, "--fail-on", fail_on)
    assert done.exit_code == code


def test_warnings_fail_only_where_they_are_asked_to(strategy):
    file = strategy({"kpis/calls/levers": None}).path
    assert kpikit("audit", file, "--as-of", TODAY).exit_code == 0
    assert kpikit("audit", file, "--as-of", TODAY, "--fail-on", "warning").exit_code == 1


def test_text_is_grouped_worst_first(spoilt):
    done = kpikit("audit", spoilt.path, "--as-of", TODAY)
    headings = [line for line in done.stdout.splitlines() if line.isupper() and line[0] != " "]
    assert headings == ["ERRORS", "WARNINGS", "NOTES", "WAIVED"]
    assert (
        f"{spoilt.path}:{spoilt.lines['kpis.hours']}: Hours for a house: no purpose." in done.stdout
    )
    assert "(accepted until 2026-10-15)" in done.stdout


def test_json_holds_everything(spoilt):
    done = kpikit("audit", spoilt.path, "--as-of", TODAY, "--format", "json")
    said = json.loads(done.stdout)
    assert len(said["findings"]) == 4
    first = said["findings"][0]
    assert first["file"] == str(spoilt.path)
    assert first["evidence"] == {"lacking": "purpose"}
    assert {part["family"] for part in said["score"]} == set(FAMILIES)


def test_sarif_is_written_by_the_command(validator, spoilt):
    done = kpikit("audit", spoilt.path, "--as-of", TODAY, "--format", "sarif")
    assert list(validator.iter_errors(json.loads(done.stdout))) == []


def test_a_file_that_cannot_be_loaded_is_told_and_is_no_finding(tmp_path):
    assert kpikit("audit", tmp_path / "none.yaml").exit_code == 2


# size --------------------------------------------------------------------------------------


def test_a_thousand_kpis_are_audited_within_two_seconds(sound, tmp_path):
    from time import process_time

    kpis = {
        f"kpi_{n}": sound["kpis"]["calls"]
        | {
            "title": f"Calls {n}",
            "formula": f"sum(calls) / {n + 1} + {{kpi_{n - 1}}}" if n % 10 else "sum(calls)",
            "contributes": [f"kpi_{n // 2}" if n > 1 else "customers"],
            "leads": [{"kpi": f"kpi_{n // 3}" if n else "calls", "lag": 1, "sign": "positive"}],
        }
        for n in range(1, 1000)
    }
    kpis["kpi_0"] = sound["kpis"]["calls"]
    file = tmp_path / "strategy.yaml"
    file.write_text(
        json.dumps(sound | {"kpis": sound["kpis"] | kpis}, indent=0, default=str), encoding="utf-8"
    )
    strategy = load_strategy(file)
    start = process_time()
    found = audit(strategy, as_of=TODAY)
    assert process_time() - start < 2.0
    assert isinstance(found.to_frame(), pd.DataFrame)
    assert len(found.checks) > 20_000
