import json
from pathlib import Path

from typer.testing import CliRunner

from kpikit.cli import app

STRATEGY = Path(__file__).parents[2] / "data" / "brightdesk" / "strategy.yaml"
ECONOMY = Path(__file__).parents[2] / "data" / "economy" / "strategy.yaml"


def leads(*words):
    return CliRunner().invoke(app, ["leads", *map(str, words)], catch_exceptions=False)


def test_claims_are_listed_with_their_verdicts():
    done = leads(STRATEGY, "--target", "csat")
    assert done.exit_code == 0, "the one claim about it is supported"
    assert done.stdout.startswith("Claimed links: 10; supported 6, not supported 4.")
    assert "first_reply_hours" in done.stdout
    assert "churn_rate            2" not in done.stdout
    assert "does not follow from it" in done.stderr


def test_a_doubtful_claim_shows_in_the_exit_code_and_in_json():
    done = leads(STRATEGY, "--target", "churn_rate", "--json")
    assert done.exit_code == 1
    record = json.loads(done.stdout)
    verdicts = {row["candidate"]: row["verdict"] for row in record["claimed"]}
    assert verdicts == {
        "csat": "not supported",
        "activation_rate": "supported",
        "product_score": "not supported",
    }
    assert set(record) == {"summary", "claimed", "unclaimed", "notes"}


def test_an_unknown_target_is_told():
    done = leads(ECONOMY, "--target", "unemploymnt")
    assert done.exit_code == 2
    assert "there is no KPI 'unemploymnt'. Did you mean 'unemployment'?" in done.stderr
