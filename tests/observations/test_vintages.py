import json

import pytest

from kpikit import build_observations
from kpikit.errors import DataError
from kpikit.observations import Observations, record_vintage
from kpikit.observations.definitions import definition_hash
from kpikit.observations.vintages import newest_first, try_record

DAYS = ("2026-01-01", "2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01")
FACTS = "day,n,team\n" + "".join(
    f"{day},{n},{team}\n" for n, day in enumerate(DAYS, start=1) for team in ("north", "south")
)
COLUMNS = {"day": "date", "n": "number", "team": "text"}
KPIS = {"total": "sum(n)", "rows": "count(*)", "mean": "{total} / {rows}"}


@pytest.fixture
def strategy(company):
    return company(FACTS, columns=COLUMNS, kpis=KPIS)


def files(strategy):
    folder = strategy.folder / "vintages"
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def test_reading_verbs_leave_nothing_behind(strategy):
    build_observations(strategy)
    assert files(strategy) == []


def test_a_load_leaves_what_it_read_and_what_came_of_it(strategy):
    observations = build_observations(strategy)
    recorded = record_vintage(strategy, observations)
    assert recorded.is_new
    assert files(strategy) == [
        recorded.file.with_suffix(".json").name,
        recorded.file.stem + ".parquet",
    ]
    said = json.loads(recorded.file.read_text())
    assert said["as_of"] == "2026-03-01"
    assert said["asked"].pop("definitions") == "dated"
    assert said["asked"] == dict.fromkeys(("grain", "by", "since", "until", "as_of"))
    facts = said["sources"]["facts"]
    assert (facts["path"], facts["rows"]) == ("facts.csv", 10)
    assert (facts["first"], facts["last"]) == ("2026-01-01", "2026-03-01")
    assert len(facts["sha256"]) == len(said["strategy"]) == 64
    assert set(said["definitions"]) == set(KPIS)
    (vintage,) = newest_first(strategy.folder / "vintages")
    values = vintage.values().query("kpi == 'total'")
    assert values["value"].tolist() == [6.0, 14.0, 10.0]  # twice 1 + 2, 3 + 4 and 5
    assert values["complete"].tolist() == [True, True, False]


def test_no_path_of_this_machine_is_written(strategy, tmp_path):
    record_vintage(strategy, build_observations(strategy))
    for file in (tmp_path / "vintages").iterdir():
        assert str(tmp_path).encode() not in file.read_bytes()


def test_the_same_load_again_adds_no_file(strategy):
    first = record_vintage(strategy, build_observations(strategy))
    second = record_vintage(strategy, build_observations(strategy))
    assert (second.is_new, second.file) == (False, first.file)
    assert len(files(strategy)) == 2
    record_vintage(strategy, build_observations(strategy, by="team"))
    record_vintage(strategy, build_observations(strategy, grain="quarter"))
    assert len(files(strategy)) == 6
    # each is compared with the newest of its own kind
    assert not record_vintage(strategy, build_observations(strategy)).is_new
    assert not record_vintage(strategy, build_observations(strategy, by="team")).is_new


def test_other_facts_add_a_file_with_the_next_number(strategy, tmp_path):
    record_vintage(strategy, build_observations(strategy))
    (tmp_path / "facts.csv").write_text(FACTS + "2026-03-02,1,north\n")
    recorded = record_vintage(strategy, build_observations(strategy))
    assert recorded.file.name.startswith("000002-")
    assert len(files(strategy)) == 4


@pytest.mark.parametrize("damage", ["half", "no json", "values gone", "values of another"])
def test_a_broken_vintage_is_set_aside_and_never_deleted(strategy, damage):
    first = record_vintage(strategy, build_observations(strategy)).file
    kept = first.read_bytes()
    if damage == "half":
        first.write_bytes(kept[: len(kept) // 2])
    elif damage == "no json":
        first.write_text("[]")
    elif damage == "values gone":
        first.with_suffix(".parquet").unlink()
    else:
        first.with_suffix(".parquet").write_bytes(b"another")
    before = first.read_bytes()
    recorded = record_vintage(strategy, build_observations(strategy))
    (note,) = recorded.notes
    assert note.startswith(f"vintages/{first.name} cannot be read (")
    assert f"set aside as {first.name}.broken" in note
    assert first.with_name(first.name + ".broken").read_bytes() == before
    assert recorded.file.name.startswith("000002-")  # no number is used twice
    assert record_vintage(strategy, build_observations(strategy)).notes == ()


def test_a_folder_that_cannot_be_written_is_told_and_stops_nothing(strategy, tmp_path):
    (tmp_path / "vintages").write_text("a file in the folder's place")
    (note,) = try_record(strategy, build_observations(strategy))
    assert "the load could not be recorded" in note
    assert "--no-record" in note


def test_observations_of_unknown_origin_are_not_recorded(strategy):
    made = build_observations(strategy)
    alien = Observations(frame=made.to_frame(), missing=made.missing)
    with pytest.raises(DataError, match="do not say how they were loaded"):
        record_vintage(strategy, alien)


def test_a_definition_is_what_decides_the_values(company):
    def hashes(kpis=KPIS, source=None, **rest):
        strategy = company(FACTS, columns=COLUMNS, kpis=kpis, source=source, **rest)
        return {name: definition_hash(kpi, strategy) for name, kpi in strategy.kpis.items()}

    plain = hashes()
    titled = hashes(KPIS | {"total": {"formula": "sum(n)", "title": "Another", "owner": "x"}})
    assert titled == plain
    assert hashes(source={"freshness": "3 days"}) == plain
    filtered = hashes(KPIS | {"total": {"formula": "sum(n)", "where": "n > 1"}})
    assert [name for name in plain if filtered[name] != plain[name]] == ["total", "mean"]
    assert not set(hashes(source={"where": "n > 1"}).values()) & set(plain.values())
    april = {"name": "The company", "currency": "EUR", "fiscal_year_start": 4}
    assert not set(hashes(organisation=april).values()) & set(plain.values())
