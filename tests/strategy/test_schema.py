"""The published JSON Schema says what the models check."""

import json

import jsonschema
import pytest

from kpikit.strategy import strategy_schema
from kpikit.strategy.document import read_document
from kpikit.strategy.schema import SCHEMA_FILE


@pytest.fixture(scope="module")
def validator():
    schema = strategy_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture
def values(sample):
    return read_document(sample.encode()).values


def test_the_file_beside_the_module_is_the_schema():
    # written by: kpikit schema > kpikit/strategy/strategy.schema.json
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == strategy_schema()


def test_the_schema_accepts_a_good_file_and_its_own_example(validator, values):
    assert list(validator.iter_errors(values)) == []
    assert list(validator.iter_errors(strategy_schema()["examples"][0])) == []


def test_the_example_of_the_schema_loads(faults):
    assert faults(json.dumps(strategy_schema()["examples"][0])) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda v: v.update(version=2),
        lambda v: v.update(kpi={}),
        lambda v: v.pop("organisation"),
        lambda v: v["kpis"].update({"Not An Id": v["kpis"]["csat"]}),
        lambda v: v["kpis"]["csat"].update(unit="euro"),
        lambda v: v["kpis"]["csat"].update(owner=""),
        lambda v: v["kpis"]["csat"].pop("owner"),
        lambda v: v["kpis"]["csat"].update(bounds=[1]),
        lambda v: v["kpis"]["csat"]["targets"][0].update(lower="x"),
        lambda v: v["kpis"]["csat"].update(last_reviewed="2.7.2026"),
        lambda v: v["sources"]["tickets"]["columns"].update(score="int"),
        lambda v: v["sources"]["leads"].update(connection="postgresql://ada:pw@crm"),
        lambda v: v["sources"]["tickets"].update(complete_through="soon"),
        lambda v: v["waivers"][0].update(code="own1"),
        lambda v: v["departments"]["support"].update(mission={"txt": "We answer."}),
    ],
)
def test_the_schema_refuses_what_the_models_refuse(validator, values, faults, spoil):
    spoil(values)
    assert list(validator.iter_errors(values))
    assert faults(json.dumps(values))


def test_every_field_is_described():
    schema = strategy_schema()
    for name, item in {"": schema, **schema["$defs"]}.items():
        for whole in (item, *item.get("anyOf", ())):
            for field, entry in whole.get("properties", {}).items():
                assert entry.get("description"), f"{name}.{field}"
