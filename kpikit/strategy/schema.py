"""The JSON Schema of the strategy file, by which editors complete and check it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from kpikit.strategy.model import Strategy

SCHEMA_FILE = Path(__file__).with_name("strategy.schema.json")  # what strategy_schema returns

_EXAMPLE = {
    "version": 1,
    "organisation": {"name": "Brightdesk", "currency": "EUR"},
    "departments": {"support": {"title": "Customer Support", "owner": "head_of_support"}},
    "sources": {
        "tickets": {
            "path": "tickets.parquet",
            "time": "opened_at",
            "columns": {"opened_at": "timestamp", "first_reply_hours": "number"},
        }
    },
    "kpis": {
        "first_reply_hours": {
            "title": "First reply time",
            "department": "support",
            "owner": "head_of_support",
            "source": "tickets",
            "formula": "avg(first_reply_hours)",
            "unit": "duration",
            "direction": "lower_is_better",
            "targets": [{"period": "2026Q4", "committed": 4.0, "basis": "forecast"}],
        }
    },
}


class _Generator(GenerateJsonSchema):
    """Says what the models check, and repeats no field's name as its title."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401 - as its base has it
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> dict[str, Any]:
        found = super().dict_schema(schema)
        if "patternProperties" in found:  # a key that is no id is refused
            found["additionalProperties"] = False
        return found


def strategy_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the strategy file.

    Notes
    -----
    It knows what every entry looks like; that names refer to something, and all else that
    needs the whole file, only `load_strategy` can tell.

    Examples
    --------
    >>> strategy_schema()["properties"]["kpis"]["description"]
    'The KPIs, by id.'
    """
    schema = Strategy.model_json_schema(by_alias=True, schema_generator=_Generator)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:kpikit:strategy:1",
        **schema,
        "title": "kpikit strategy file",
        "description": "What an organisation wants, and how it tells whether it gets there.",
        "examples": [_EXAMPLE],
    }
