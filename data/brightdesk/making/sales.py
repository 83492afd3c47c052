"""Opportunities, customers and their bills."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from making.marketing import Leads
from making.world import (
    REGION_SHARES,
    REGIONS,
    Bools,
    Days,
    Floats,
    Ints,
    World,
    dates,
    happens,
    pick,
    small,
    words,
)

# name, EUR a seat and month, seats from, seats to, factor on churn, share of the first customers
PLANS = (
    ("Starter", 22.0, 1, 4, 1.30, 0.52),
    ("Team", 36.0, 3, 14, 0.85, 0.38),
    ("Business", 54.0, 9, 45, 0.60, 0.10),
)
CUSTOMERS_AT_START = 1150
SELF_SERVED = 0.034  # of the trials become customers without a call
CYCLE_DAYS = (19.0, 0.55)  # median, and spread of its logarithm
DISCOUNTS = np.array([0.10, 0.15, 0.20])
DISCOUNT_SHARES = (0.35, 0.40, 0.25)  # the mean of those who get one is 0.145
MORE_SEATS = 0.0075  # of the customers add a seat in a month


@dataclass(frozen=True)
class Customers:
    """Customers, one entry each in every array."""

    number: Ints
    plan: Ints
    region: Ints
    seats: Ints
    discount: Floats
    joined: Days
    bill_day: Ints

    def keep(self, kept: Bools | Ints) -> Customers:
        """Return some of them."""
        return Customers(**{name: values[kept] for name, values in vars(self).items()})

    def join(self, others: Customers) -> Customers:
        """Return these and the others."""
        return Customers(
            **{
                name: np.concatenate([mine, getattr(others, name)])
                for name, mine in vars(self).items()
            }
        )

    def with_more_seats(self, chance: np.random.Generator) -> Customers:
        """Return them with a seat more here and there, as teams grow."""
        more = chance.random(len(self.seats)) < MORE_SEATS
        return Customers(**(vars(self) | {"seats": self.seats + more}))

    def numbered(self, first: int) -> Customers:
        """Return them in the order in which they joined, numbered from `first` on."""
        order = self.keep(np.argsort(self.joined, kind="stable"))
        return Customers(**(vars(order) | {"number": first + np.arange(len(order.number))}))

    def list_price(self, world: World, days: Days) -> Floats:
        """Return what each is to pay in a month, before discounts, on a day."""
        change = world.truth["price_change"]
        factor = np.where(days >= np.datetime64(str(change["since"])), change["factor"], 1.0)
        price = np.array([one[1] for one in PLANS])[self.plan]
        return np.asarray(np.round(price * factor, 2) * self.seats)


def first_customers(world: World, chance: np.random.Generator) -> Customers:
    """Return those who are customers already when the facts begin."""
    count = CUSTOMERS_AT_START * world.scale
    plan = pick(chance, [one[5] for one in PLANS], count)
    low, high = (np.array([one[place] for one in PLANS])[plan] for place in (2, 3))
    return Customers(
        number=np.arange(10_001, 10_001 + count),
        plan=plan,
        region=pick(chance, REGION_SHARES, count),
        seats=chance.integers(low, (low + high) // 2 + 1),
        discount=_discounts(chance, world.at("discount_rate", 0), count),
        joined=np.full(count, world.borders(0)[0]),
        bill_day=chance.integers(1, 32, count),
    )


def _discounts(chance: np.random.Generator, rate: float, count: int) -> Floats:
    given = DISCOUNTS[pick(chance, DISCOUNT_SHARES, count)]
    return np.asarray(np.where(happens(chance, rate / 0.145, count), given, 0.0))


@dataclass(frozen=True)
class Deals:
    """What became of one month's leads."""

    opportunities: pa.Table
    customers: Customers
    won: Days


def work_leads(world: World, month: int, chance: np.random.Generator, *, leads: Leads) -> Deals:
    """Return the opportunities of a month's leads, and the customers that they become."""
    count = len(leads.number)
    plan = np.where(leads.team >= 12, 2, np.where(leads.team >= 5, 1, 0))
    discount = _discounts(chance, world.at("discount_rate", month), count)
    opened = ~np.isnat(leads.accepted)
    cycle = np.exp(np.log(CYCLE_DAYS[0]) + chance.normal(0, CYCLE_DAYS[1], count))
    closing = leads.accepted + np.clip(np.round(cycle), 1, 120).astype("timedelta64[D]")
    win = np.zeros(count, dtype=bool)
    win[opened] = chance.random(int(opened.sum())) < world.at("win_rate", month)
    alone = ~opened & ~np.isnat(leads.trial) & (chance.random(count) < SELF_SERVED)
    won = np.where(win, closing, np.where(alone, leads.trial + 30, np.datetime64("NaT")))
    people = Customers(
        number=leads.number,
        plan=np.where(alone, np.minimum(plan, 1), plan),
        region=leads.region,
        seats=np.maximum(leads.team, 1),
        discount=np.where(alone, 0.0, discount),
        joined=won,
        bill_day=(won - won.astype("datetime64[M]")).astype(int) + 1,
    )
    parts = np.flatnonzero(opened & ((closing >= world.borders(0)[0]) | (month >= 0)))
    table = _opportunity_table(world, people, parts, days=(leads.accepted, closing), win=win)
    kept = np.flatnonzero(~np.isnat(won) & (won >= world.borders(0)[0]) & (won <= world.last_day))
    return Deals(table, people.keep(kept), won)


def _opportunity_table(
    world: World, people: Customers, parts: Ints, *, days: tuple[Days, Days], win: Bools
) -> pa.Table:
    """Return the opportunities; those from before the facts were taken over on their first day."""
    opened, closing = (each[parts] for each in days)
    days_open = (closing - opened).astype(int)  # the old system knew when they were opened
    opened = np.maximum(opened, world.borders(0)[0])
    seen = opened <= world.last_day
    parts, opened, closing, days_open = (each[seen] for each in (parts, opened, closing, days_open))
    still_open = closing > world.last_day
    some = people.keep(parts)
    price = some.list_price(world, opened)
    state = np.where(still_open, 0, np.where(win[parts], 1, 2))
    return pa.table(
        {
            "lead_id": small(some.number),
            "opened_on": dates(opened),
            "closed_on": dates(np.where(still_open, np.datetime64("NaT"), closing)),
            "state": words(("open", "won", "lost"), state),
            "days_open": pa.array(days_open.astype(np.int32), mask=still_open),
            "plan": words([name for name, *_ in PLANS], some.plan),
            "region": words(REGIONS, some.region),
            "seats": small(some.seats),
            "yearly_value": pa.array(np.round(12 * price * (1 - some.discount), 0)),
        }
    )


def leaving_chance(world: World, month: int, customers: Customers) -> Floats:
    """Return how likely each one leaves in a month."""
    rate = world.at("churn_rate", month)
    outage, prices = world.truth["outage"], world.truth["price_change"]
    if month == world.month(str(outage["first_day"])) + 1:
        rate *= outage["churn_factor"]
    if month in [world.month(str(name)) for name in prices["churn_months"]]:
        rate *= prices["churn_factor"]
    factor = np.array([one[4] for one in PLANS])[customers.plan]
    return np.asarray(rate * factor / factor.mean())


def bill(
    world: World, month: int, chance: np.random.Generator, *, customers: Customers, outcome: Ints
) -> pa.Table:
    """Return a month's bills (0 a first one, 1 a renewal) and refused renewals (2), by day."""
    start, following = world.borders(month)
    due = np.minimum(start + customers.bill_day - 1, following - 1)
    price = np.where(outcome == 2, 0.0, customers.list_price(world, due))
    typical = world.at("days_to_pay", month)
    wait = np.clip(np.round(chance.gamma(2.2, typical / 2.2, len(due))), 0, 120)
    paid = due + wait.astype("timedelta64[D]")
    paid = np.where((outcome == 2) | (paid > world.last_day), np.datetime64("NaT"), paid)
    order = np.lexsort((customers.number, due))
    order = order[due[order] <= world.last_day]
    return pa.table(
        {
            "due_on": dates(due[order]),
            "customer_id": small(customers.number[order]),
            "plan": words([name for name, *_ in PLANS], customers.plan[order]),
            "region": words(REGIONS, customers.region[order]),
            "outcome": words(("new", "renewed", "cancelled"), outcome[order]),
            "seats": small(customers.seats[order]),
            "list_amount": pa.array(np.round(price[order], 2)),
            "amount": pa.array(np.round(price * (1 - customers.discount), 2)[order]),
            "paid_on": dates(paid[order]),
        }
    )


def contract_table(customers: Customers, ended: Days) -> pa.Table:
    """Return a row for each customer, with the day on which it left where it did."""
    return pa.table(
        {
            "customer_id": small(customers.number),
            "joined_on": dates(customers.joined),
            "ended_on": dates(ended),
            "plan": words([name for name, *_ in PLANS], customers.plan),
            "region": words(REGIONS, customers.region),
            "seats": small(customers.seats),
        }
    )
