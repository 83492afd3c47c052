"""Make the facts of Brightdesk, a company that sells a shared inbox to small support teams.

    python data/brightdesk/make_facts.py [--scale 1] [--out data/brightdesk]

What is planted in them is read from `truth.yaml` beside this file; the parts of the company
are in `making/`. The same seed and scale give the same rows; `--scale 10` is a company ten
times as large. Months are made one after the other, so that size costs time and not memory.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from making.books import make_ledger
from making.marketing import invite, lead_table, make_visits
from making.product import make_deployments, make_incidents, make_usage
from making.sales import (
    Customers,
    bill,
    contract_table,
    first_customers,
    leaving_chance,
    work_leads,
)
from making.staff import hire, hiring_table, make_roster, make_survey, make_training
from making.support import make_tickets
from making.world import REGIONS, Ints, World, read_truth

HERE = Path(__file__).parent
ROWS_A_GROUP = 1_000_000
Part = tuple[str, pa.Table]  # a table's name, and some of its rows


@dataclass(frozen=True)
class Joining:
    """Customers won, who join in this month or a later one."""

    waiting: Customers

    def until(self, end: np.datetime64) -> tuple[Customers, Joining]:
        """Return those who join before a day, and the rest."""
        ready = self.waiting.joined < end
        return self.waiting.keep(ready), Joining(self.waiting.keep(~ready))


def make_market(world: World, revenue: list[np.ndarray]) -> Iterator[Part]:
    """Yield leads, opportunities, customers, bills, tickets and usage, a month at a time.

    What was billed by day and region is appended to `revenue`, a month each.
    """
    chances = {name: world.chance(name) for name in ("leads", "sales", "bills", "tickets", "usage")}
    customers = first_customers(world, chances["bills"])
    joining, leads_known, tickets_known = Joining(customers.keep(np.array([], int))), 1, 1
    known = 10_001 + len(customers.number)
    for month in range(-3, world.months):  # a customer's way may have begun before the facts
        leads = invite(world, month, chances["leads"], first=leads_known)
        leads_known += len(leads.number)
        deals = work_leads(world, month, chances["sales"], leads=leads)
        yield "leads", lead_table(world, leads, deals.won)
        yield "opportunities", deals.opportunities
        joining = Joining(joining.waiting.join(deals.customers))
        if month < 0:
            continue
        fresh, joining = joining.until(world.borders(month)[1])
        fresh = fresh.numbered(known)
        known += len(fresh.number)
        customers = customers.with_more_seats(chances["bills"])
        leaves = chances["bills"].random(len(customers.number)) < leaving_chance(
            world, month, customers
        )
        everyone, outcome = _with_outcome(customers, leaves, fresh)
        bills = bill(world, month, chances["bills"], customers=everyone, outcome=outcome)
        yield "subscriptions", bills
        revenue.append(_by_day_and_region(world, month, bills))
        yield "customers", _those_who_left(world, month, customers.keep(leaves))
        customers = customers.keep(~leaves).join(fresh)
        tickets = make_tickets(
            world, month, chances["tickets"], customers=customers, first=tickets_known
        )
        tickets_known += tickets.num_rows
        yield "tickets", tickets
        yield "usage", make_usage(world, month, chances["usage"], customers=customers)
    stay = np.full(len(customers.number), np.datetime64("NaT", "D"))
    yield "customers", contract_table(customers, stay)


def _with_outcome(
    customers: Customers, leaves: np.ndarray, fresh: Customers
) -> tuple[Customers, Ints]:
    outcome = np.concatenate([np.where(leaves, 2, 1), np.zeros(len(fresh.number), int)])
    return customers.join(fresh), outcome


def _those_who_left(world: World, month: int, customers: Customers) -> pa.Table:
    """Return their contracts; whose last day is not in the facts is a customer still."""
    start, following = world.borders(month)
    ended = np.minimum(start + customers.bill_day - 1, following - 1)
    return contract_table(customers, np.where(ended > world.last_day, np.datetime64("NaT"), ended))


def _by_day_and_region(world: World, month: int, bills: pa.Table) -> np.ndarray:
    shape = (len(world.days(month)), len(REGIONS))
    day = (bills["due_on"].to_numpy() - world.borders(month)[0]).astype(int)
    region = pc.index_in(bills["region"], pa.array(REGIONS)).to_numpy()
    found = np.bincount(
        day * shape[1] + region, weights=bills["amount"], minlength=shape[0] * shape[1]
    )
    return found.reshape(shape)


def make_parts(world: World) -> Iterator[Part]:
    """Yield every table's rows, in parts."""
    revenue: list[np.ndarray] = []
    spending: list[np.ndarray] = []
    for month, visits in enumerate(make_visits(world)):
        yield "web_visits", visits
        day = (visits["day"].to_numpy() - world.borders(month)[0]).astype(int)
        spending.append(np.bincount(day, weights=visits["spend"], minlength=len(world.days(month))))
    yield from make_market(world, revenue)
    for deployments in make_deployments(world):
        yield "deployments", deployments
    for incidents, uptime in make_incidents(world):
        yield "incidents", incidents
        yield "uptime", uptime
    staff = hire(world)
    for roster in make_roster(world, staff):
        yield "roster", roster
    yield "hiring", hiring_table(world, staff)
    for training in make_training(world, staff):
        yield "training", training
    for answers in make_survey(world, staff):
        yield "survey", answers
    for entries in make_ledger(world, staff, revenue=revenue, spending=spending):
        yield "ledger", entries


class Files:
    """Parquet files that grow by parts, written in groups of many rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writers: dict[str, pq.ParquetWriter] = {}
        self.waiting: dict[str, list[pa.Table]] = {}

    def add(self, name: str, rows: pa.Table) -> None:
        """Add rows to a table."""
        parts = self.waiting.setdefault(name, [])
        parts.append(rows)
        if sum(part.num_rows for part in parts) >= ROWS_A_GROUP:
            self._write(name)

    def close(self) -> None:
        """Write what waits, and close the files."""
        for name in self.waiting:
            self._write(name)
        for writer in self.writers.values():
            writer.close()

    def _write(self, name: str) -> None:
        rows = pa.concat_tables(self.waiting[name])
        self.waiting[name] = []
        if name not in self.writers:
            self.writers[name] = pq.ParquetWriter(
                self.folder / f"{name}.parquet",
                rows.schema,
                compression="zstd",
                compression_level=15,
            )
        if rows.num_rows:
            self.writers[name].write_table(rows, row_group_size=ROWS_A_GROUP)


def main() -> None:
    """Write the tables as Parquet files."""
    parser = argparse.ArgumentParser(description="Make the facts of Brightdesk.")
    parser.add_argument("--scale", type=int, default=1, help="how many times as large (1)")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (here)")
    arguments = parser.parse_args()
    if arguments.scale < 1:
        parser.error(f"scale is {arguments.scale}. Use 1 or more.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    files = Files(arguments.out)
    for name, rows in make_parts(World(read_truth(), arguments.scale)):
        files.add(name, rows)
    files.close()


if __name__ == "__main__":
    main()
