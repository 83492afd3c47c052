"""Real facts of a city's transit: three logs of delays, against figures computed apart."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kpikit import (
    build_observations,
    check_sources,
    find_changes,
    find_signals,
    load_strategy,
)

FACTS = tuple(f"ttc_{kind}_delays.parquet" for kind in ("subway", "streetcar", "bus"))
MINUTES = {  # sum of min_delay in the subway's log, by quarter
    2018: (13_437, 12_113, 11_629, 11_099),
    2019: (13_133, 11_652, 10_307, 11_149),
    2020: (12_618, 11_101, 10_240, 12_613),
    2021: (11_313, 12_366, 11_540, 18_285),
    2022: (20_149, 17_918, 17_384, 17_655),
    2023: (17_393, 19_445, 16_348, 14_993),
    2024: (18_333, 18_891, 18_154, 18_896),
}
FIRST_AND_LAST = (  # of the months; digits to which they were computed apart
    ("sub_delay_min", 5_228, 6_987, 0),
    ("sub_delays_per_day", 22.8, 26.3, 1),
    ("sub_major_30", 19, 32, 0),
    ("crew_delay_min", 510, 411, 0),
    ("am_peak_min", 1_035, 909, 0),
    ("fleet_incidents", 209, 114, 0),
    ("fleet_min_per_delay", 6.4, 5.3, 1),
    ("fleet_major_20", 3, 0, 0),
    ("door_faults", 48, 21, 0),
    ("infra_delay_min", 915, 1_300, 0),
    ("infra_min_per_delay", 13.1, 9.6, 1),
    ("signal_track_min", 295, 339, 0),
    ("sec_incidents", 201, 713, 0),
    ("sec_delay_min", 938, 2_303, 0),
    ("disorderly_patron", 92, 345, 0),
    ("track_trespass", 9, 65, 0),
    ("tram_delay_min", 2_508, 21_404, 0),
    ("tram_avg_delay", 8.0, 24.0, 1),
    ("tram_long_60", 4, 64, 0),
    ("tram_mechanical_share", 0.771, 0.106, 3),
    ("tram_gap_ratio", 1.82, 1.42, 2),
    ("bus_incidents", 6_743, 5_034, 0),
    ("bus_delay_min", 121_620, 94_101, 0),
    ("bus_mechanical_share", 0.316, 0.350, 3),
    ("bus_gap_ratio", 1.57, 1.67, 2),
)


@pytest.fixture(scope="module")
def strategy(example_data, tmp_path_factory):
    """Load the strategy, copied beside its facts."""
    folder = tmp_path_factory.mktemp("transit")
    file = Path(__file__).with_name("strategies") / "transit.yaml"
    (folder / "transit.yaml").write_bytes(file.read_bytes())
    for name in FACTS:
        (folder / name).symlink_to(example_data / "transit" / name)
    return load_strategy(folder / "transit.yaml")


@pytest.fixture(scope="module")
def quarters(strategy):
    return build_observations(strategy, grain="quarter")


@pytest.fixture(scope="module")
def months(strategy):
    return build_observations(strategy)


def test_the_strategy_has_six_departments_of_five_to_seven_kpis(strategy):
    kpis = pd.DataFrame([(kpi.department, kpi.owner) for kpi in strategy.kpis.values()])
    assert kpis[0].value_counts().between(5, 7).all()
    assert kpis[0].nunique() == len(strategy.departments) == 6
    assert kpis[1].value_counts().max() <= 5


def test_minutes_of_delay_in_the_subway_by_quarter(quarters):
    history = quarters.history("sub_delay_min")
    assert history["complete"].all()
    assert history["value"].tolist() == [minutes for year in MINUTES.values() for minutes in year]


def test_the_divisions_add_up_to_the_subway_with_the_rest_included(quarters):
    parts = ("crew", "fleet", "infra", "sec", "other")
    total = sum(quarters.history(f"{part}_delay_min")["value"] for part in parts)
    np.testing.assert_array_equal(total, quarters.history("sub_delay_min")["value"])


def test_months_agree_with_the_published_first_and_last(months):
    for kpi, first, last, digits in FIRST_AND_LAST:
        ends = months.history(kpi)["value"].iloc[[0, -1]]
        assert ends.tolist() == pytest.approx([first, last], abs=0.5001 * 10**-digits), kpi


def test_no_month_is_missing(strategy, months):
    lengths = {"subway": 84, "streetcar": 132, "bus": 72}
    for kpi in strategy.kpis.values():
        values = months.history(kpi.id)["value"]
        assert len(values) == lengths[kpi.source], kpi.id
        assert values.notna().all(), kpi.id


def test_the_lasting_rise_of_minutes_in_the_subway_is_dated(months):
    found = find_changes(months.history("sub_delay_min")[["period_start", "value"]]).to_frame()
    (rise,) = found[found["size"] > 0].to_dict("records")
    assert pd.Timestamp(2021, 9, 1) <= rise["period_start"] <= pd.Timestamp(2021, 11, 1)
    assert rise["size_lower"] > 1_000


def test_the_fall_of_incidents_on_buses_ends_in_a_bend_and_a_step(months):
    # from 3,922 in March 2020 to 1,768 in September; then back
    history = months.history("bus_incidents")[["period_start", "value"]]
    found = find_changes(history).to_frame().set_index("period_start")
    bend = found.loc[pd.Timestamp(2020, 9, 1)]
    assert bend["kind"] == "slope"
    assert bend["before"] < -100
    assert found.loc[pd.Timestamp(2021, 3, 1), "size"] > 1_000


def test_the_source_check_names_the_bus_months_that_hold_rows_of_streetcars(strategy):
    found = check_sources(strategy).to_frame()
    bus = found[found["source"] == "bus"]
    for check in ("volume", "mix"):
        (said, *_) = bus.loc[bus["check"] == check, "example"]
        assert "2021-07" in said
        assert "2021-08" in said
    assert bus.loc[bus["check"] == "mix", "example"].str.contains("'501'").any()
    assert set(bus["grade"]) & {"B", "C"}


def test_the_source_check_knows_the_other_oddities_of_the_logs(strategy):
    found = check_sources(strategy).to_frame()
    repeated = found[found["check"] == "repeated rows"].set_index("source")["rows"]
    assert repeated.to_dict() == {"subway": 174, "streetcar": 245, "bus": 1_094}
    gaps = found[(found["source"] == "streetcar") & (found["check"] == "gaps")]
    assert gaps["rows"].tolist() == [43]
    names = found[(found["source"] == "subway") & (found["check"] == "near-duplicate names")]
    assert names["example"].str.contains("'YU / BD'").any()


def test_the_end_of_the_scarborough_line_is_no_signal_of_the_other_lines(strategy):
    # its last train ran on 2023-07-24, after a derailment
    kpis = ["sub_delay_min", "sub_delays_per_day", "fleet_delay_min", "fleet_incidents"]
    panel = build_observations(strategy, by="line", kpis=kpis).panel()
    found = find_signals(panel[panel["segment"].isin(["YU", "BD", "SHP", "SRT"])]).to_frame()
    around = found[found["period_start"].between("2023-07-01", "2023-10-01")]
    loud = around[around["signal"] != "none"]
    assert set(loud["segment"]) == {"SRT"}
    assert "exceptional" in set(loud["signal"])


def test_the_bus_months_that_hold_rows_of_streetcars_are_exceptional(months):
    found = find_signals(months.panel().query("kpi == 'bus_delay_min'")).to_frame()
    loud = found.loc[found["signal"] == "exceptional", "period_start"]
    assert loud.dt.strftime("%Y-%m").tolist() == ["2021-07", "2021-08"]
