"""Alignment by team: hand-computed, with intervals that hold, and nobody's answers shown."""

import numpy as np
import pandas as pd
import pytest

from kpikit.errors import DataError
from kpikit.ledger import Feedback, open_ledger
from kpikit.ledger.survey import ALL, SMALL, measure_alignment, read_survey, wilson


def answers(**teams) -> pd.DataFrame:
    """Return answers to one statement, by team."""
    rows = [(team, score) for team, scores in teams.items() for score in scores]
    return pd.DataFrame(rows, columns=["team", "I know our goals"])


def index(frame: pd.DataFrame, **options) -> pd.DataFrame:
    found = measure_alignment(frame, survey="Autumn", **options).to_frame()
    return found[found["item"] == ""].set_index("team")


def test_the_index_is_the_share_of_statements_agreed_with_averaged_over_people():
    frame = pd.DataFrame(
        {"team": ["a"] * 5, "first": [5, 4, 3, 2, 1], "second": [4, None, 4, 1, 5]}
    )
    found = measure_alignment(frame, survey="Autumn").to_frame().set_index(["team", "item"])
    # by person: 2 of 2, 1 of 1, 1 of 2, 0 of 2, 1 of 2
    assert found.loc[("a", ""), "favourable"] == pytest.approx((1 + 1 + 0.5 + 0 + 0.5) / 5)
    assert found.loc[("a", "first"), "favourable"] == pytest.approx(2 / 5)
    assert ("a", "second") not in found.index, "only four people answered it"


def test_the_interval_agrees_with_a_published_one():
    # Newcombe (1998), table I, method 3: 15 of 148, and 0 of 20
    assert np.round(wilson(15 / 148, 148), 4).tolist() == [0.0624, 0.1605]
    assert np.round(wilson(0, 20), 4).tolist() == [0.0, 0.1611]


def test_the_interval_holds_the_truth_often_enough():
    from scipy.stats import binom

    held = []
    for people in (5, 8, 12, 40):
        ends = [wilson(agree / people, people) for agree in range(people + 1)]
        for truth in np.linspace(0.3, 0.95, 14):
            inside = [lower <= truth <= upper for lower, upper in ends]
            held.append(binom.pmf(range(people + 1), people, truth)[inside].sum())
    assert min(held) > 0.91
    assert np.mean(held) > 0.95


def test_small_teams_are_shown_together():
    found = index(answers(a=[5] * 6, b=[1] * 3, c=[4] * 4))
    assert set(found.index) == {ALL, "a", SMALL}
    assert found.loc[SMALL, ["people", "favourable"]].tolist() == [7, pytest.approx(4 / 7)]


def test_a_small_team_cannot_be_had_by_taking_the_others_from_the_whole():
    found = index(answers(a=[5] * 9, b=[1] * 3, c=[4] * 6))
    assert set(found.index) == {ALL, "a", SMALL}
    assert found.loc[SMALL, "people"] == 9, "the team of three stands with that of six"


def test_too_few_people_are_not_shown_at_all():
    found = measure_alignment(answers(a=[5, 5], b=[1, 1]), survey="Autumn")
    assert found.to_frame().empty
    assert found.summary() == "Autumn: too few answers to show any."
    assert found.records() == ()


def test_what_is_kept_is_counts_and_shares(path):
    found = measure_alignment(answers(a=[5] * 6, b=[2, 4] * 4), survey="Autumn")
    assert found.summary() == (
        "Autumn: alignment index 71% (45% to 88%, 14 people), least in b with 50%."
    )
    with open_ledger(path) as ledger:
        ledger.append_many(found.records(), who="hr", why="The survey of autumn")
        kept = ledger.latest(Feedback).to_frame()
    assert list(kept[kept["item"] == ""]["team"]) == [ALL, "a", "b"]
    assert list(kept[kept["item"] == ""]["people"]) == [14, 6, 8]


def test_answers_are_read_as_numbers_or_words(tmp_path):
    file = tmp_path / "survey.csv"
    file.write_text("team,I know our goals,My work counts\na,Strongly agree,2\nb,,Neutral\n")
    read = read_survey(file)
    assert read["I know our goals"].tolist()[0] == 5
    assert np.isnan(read["I know our goals"].tolist()[1])
    assert read["My work counts"].tolist() == [2, 3]


def test_every_answer_that_is_none_is_told_with_its_line(tmp_path):
    file = tmp_path / "survey.csv"
    file.write_text("team,I know our goals\na,6\n,4\nb,yes\n")
    with pytest.raises(DataError) as caught:
        read_survey(file)
    assert str(caught.value).splitlines() == [
        f"{file}: 3 faults.",
        "  line 2: I know our goals is '6'. Write 1 to 5.",
        "  line 4: I know our goals is 'yes'. Write 1 to 5.",
        "  line 3: team is empty.",
    ]
    file.write_text("group,a\n1,2\n")
    with pytest.raises(DataError, match="has no column 'team'"):
        read_survey(file)


def test_teams_are_drawn_with_their_people():
    found = measure_alignment(answers(a=[5] * 6, b=[2, 4] * 4), survey="Autumn")
    ax = found.plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b (8)", "a (6)", "(all) (14)"]
