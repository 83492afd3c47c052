"""What the organisation wants: the strategy file, read into frozen definitions.

encoding      bytes to text: UTF-8 and nothing else
scalars       what an unquoted YAML scalar means
document      text to plain values that remember their lines, within limits
syntax        the YAML parser's complaints in plain words
fields        the types that fields are made of, and the base of all items
source, kpi, organisation, policy
              the items of the file
model         Strategy: the whole file
draft         the file as written, for checks that do not trip over other faults
cycles        things that lead back to themselves
references, definitions, windows, plans
              the rules: of names; of sources and formulas; of forms; of numbers and days
check         every rule in turn
wording       faults of single fields in plain words
read          load_strategy: all of this, or one error with every fault
tree          the cascade of departments
overview      a strategy at one glance
schema        the JSON Schema for editors
scaffold, insertion
              new organisations, departments and KPIs from templates, put in as text
nodes, vocabulary, forms, grammar, formula
              the formula language
"""

from kpikit.strategy.kpi import Kpi
from kpikit.strategy.model import Strategy
from kpikit.strategy.organisation import Department, Objective
from kpikit.strategy.read import load_strategy
from kpikit.strategy.schema import strategy_schema
from kpikit.strategy.source import Source

__all__ = [
    "Department",
    "Kpi",
    "Objective",
    "Source",
    "Strategy",
    "load_strategy",
    "strategy_schema",
]
