import json

from typer.testing import CliRunner

from kpikit.cli import app

NUMBERS = {
    "period": "2026Q2",
    "as_of": "2026-06-30",
    "departments": {
        "support": {
            "kpis": {
                "rate": {
                    "definition": "d",
                    "sources": ["tickets"],
                    "board": {"value": 1.0},
                    "proposals": None,
                }
            }
        }
    },
}
RUN = {
    "as_of": "2026-06-30",
    "code": "c",
    "versions": {},
    "sha256": {"sources": {"tickets": "t"}, "notebook": {}},
}


def review(folder, value=1.0, **run):
    folder.mkdir()
    (folder / "review.json").write_text(
        json.dumps(NUMBERS).replace('"value": 1.0', f'"value": {value}')
    )
    (folder / "run.json").write_text(json.dumps(RUN | run))
    return str(folder)


def kpikit(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_compare_tells_each_number_and_its_reason(tmp_path):
    one, other = review(tmp_path / "a"), review(tmp_path / "b", 2.0, as_of="2026-07-02")
    done = kpikit("compare", one, other, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["rows"][0]["why"] == "data"
    assert kpikit("compare", one, one).stdout == (
        "2026Q2 against 2026Q2: 10 numbers compared, none differs.\n"
    )


def test_what_cannot_be_compared_or_verified_is_said_with_exit_code_2(tmp_path):
    for words in (["compare", tmp_path, tmp_path], ["verify", tmp_path]):
        done = kpikit(*words)
        assert done.exit_code == 2
        assert "there is no finished review" in done.stderr
