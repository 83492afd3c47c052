"""The ledger: what was earned and spent, by account and department."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from making.staff import Staff
from making.world import DEPARTMENTS, REGIONS, Days, Ints, World, dates, words

ACCOUNTS = (
    "Opening balance",
    "Subscriptions",
    "Salaries",
    "Hosting",
    "Advertising",
    "Rent",
    "Software",
    "Travel",
)
OPENING = 5_600_000.0
# EUR a month with all that is paid on top, by department, in the first year
SALARIES = (4500, 4700, 3900, 5400, 5200, 5000, 4600)
RAISES = 0.028  # a year, every January
HOSTING = 0.075  # of what customers pay
SOFTWARE = 165.0  # a head and month
TRAVEL = (1.5, 5.0, 0.6, 0.8, 0.5, 0.4, 0.9)  # journeys a month
JOURNEY = 430.0
LATE = 0.04  # of the smaller bills arrive weeks after the month they belong to


@dataclass
class Ledger:
    """Entries of one month, in parts of equal columns."""

    day: list[Days] = field(default_factory=list)
    account: list[Ints] = field(default_factory=list)
    department: list[Ints] = field(default_factory=list)
    region: list[Ints] = field(default_factory=list)
    amount: list[np.ndarray] = field(default_factory=list)
    recorded: list[Days] = field(default_factory=list)

    def add(self, day: Days, account: str, amount: np.ndarray, **where: object) -> None:
        """Add entries of one account: `department`, `region` and `recorded` where known."""
        count = len(day)
        none = np.full(count, -1)
        self.day.append(day.astype("datetime64[D]"))
        self.account.append(np.full(count, ACCOUNTS.index(account)))
        self.department.append(np.broadcast_to(where.get("department", none), count))
        self.region.append(np.broadcast_to(where.get("region", none), count))
        self.amount.append(np.round(amount, 2))
        recorded = where.get("recorded", day)
        self.recorded.append(np.broadcast_to(recorded, count).astype("datetime64[D]"))

    def table(self, world: World) -> pa.Table:
        """Return the entries in the order of days, as far as they are recorded."""
        day, recorded = np.concatenate(self.day), np.concatenate(self.recorded)
        account, amount = np.concatenate(self.account), np.concatenate(self.amount)
        department, region = np.concatenate(self.department), np.concatenate(self.region)
        order = np.lexsort((account, day))
        order = order[(recorded[order] <= world.last_day) & (amount[order] != 0)]
        return pa.table(
            {
                "booked_on": dates(day[order]),
                "account": words(ACCOUNTS, account[order]),
                "department": _named(DEPARTMENTS, department[order]),
                "region": _named(REGIONS, region[order]),
                "amount": pa.array(amount[order]),
                "recorded_on": dates(recorded[order]),
            }
        )


def _named(names: tuple[str, ...], places: Ints) -> pa.Array:
    """Return names, and nothing where the place is -1."""
    known = pa.array(np.where(places < 0, 0, places).astype(np.int32), mask=places < 0)
    return pa.DictionaryArray.from_arrays(known, list(names)).cast("string")


def make_ledger(
    world: World, staff: Staff, *, revenue: list[np.ndarray], spending: list[np.ndarray]
) -> Iterator[pa.Table]:
    """Yield the entries of each month.

    Parameters
    ----------
    revenue
        What customers were billed, for each month an array by day and region.
    spending
        What advertising cost, for each month an array by day.
    """
    chance = world.chance("ledger")
    for month in range(world.months):
        ledger = Ledger()
        days = world.days(month)
        if month == 0:
            ledger.add(days[:1], "Opening balance", np.array([OPENING * world.scale]))
        day, region = np.indices(revenue[month].shape).reshape(2, -1)
        ledger.add(days[day], "Subscriptions", revenue[month].ravel(), region=region)
        _pay_people(world, month, ledger, staff=staff, chance=chance)
        _pay_bills(world, month, ledger, staff=staff, chance=chance)
        _pay_hosting(world, month, ledger, billed=revenue[month].sum(axis=1), chance=chance)
        weeks = np.arange(len(days)) // 7
        paid = np.bincount(weeks, weights=spending[month])
        last = days[np.minimum(np.arange(len(paid)) * 7 + 6, len(days) - 1)]
        ledger.add(last, "Advertising", -paid, department=0)
        yield ledger.table(world)


def _pay_people(
    world: World, month: int, ledger: Ledger, *, staff: Staff, chance: np.random.Generator
) -> None:
    start, following = world.borders(month)
    if following - 1 > world.last_day:
        return
    present = staff.on(following - 1)
    raised = (1 + RAISES) ** (month // 12) * (1 + 0.25 * (month % 12 == 10))  # more in November
    amount = np.array(SALARIES)[staff.department[present]] * raised
    amount = np.bincount(staff.department[present], weights=amount, minlength=len(DEPARTMENTS))
    amount = amount * np.exp(chance.normal(0, 0.01, len(DEPARTMENTS)))
    days = np.full(len(DEPARTMENTS), following - 1)
    ledger.add(days, "Salaries", -amount, department=np.arange(len(DEPARTMENTS)))


def _pay_bills(
    world: World, month: int, ledger: Ledger, *, staff: Staff, chance: np.random.Generator
) -> None:
    """Book rent, software and travel; some bills come late."""
    days = world.days(month)
    people = np.bincount(staff.department[staff.on(days[-1])], minlength=len(DEPARTMENTS))
    rent = 9_500 + 190 * people.sum()
    ledger.add(days[:1], "Rent", -np.array([float(rent)]), department=5)
    tools = -people * SOFTWARE * np.exp(chance.normal(0, 0.06, len(people)))
    ledger.add(
        np.full(len(people), days[min(4, len(days) - 1)]),
        "Software",
        tools,
        department=np.arange(len(people)),
    )
    expected = np.array(TRAVEL) * world.scale * world.seen_share(month)
    trips = np.repeat(np.arange(len(DEPARTMENTS)), chance.poisson(expected))
    when = chance.choice(days, len(trips))
    cost = -JOURNEY * np.exp(chance.normal(0, 0.5, len(trips)))
    wait = np.where(chance.random(len(trips)) < LATE, chance.integers(20, 60, len(trips)), 0)
    ledger.add(when, "Travel", cost, department=trips, recorded=when + wait)


def _pay_hosting(
    world: World, month: int, ledger: Ledger, *, billed: np.ndarray, chance: np.random.Generator
) -> None:
    """Book hosting twice a month, and what was corrected later."""
    days = world.days(month)
    half = np.array([billed[:15].sum(), billed[15:].sum()])
    cost = -half * HOSTING * np.exp(chance.normal(0, 0.04, 2))
    ledger.add(days[[min(14, len(days) - 1), -1]], "Hosting", cost, department=4)
    restated = world.truth["restated"]
    if month in [world.month(str(name)) for name in restated["months"]]:
        ledger.add(
            days[-1:],
            "Hosting",
            np.array([float(restated["amount"]) * world.scale]),
            department=4,
            recorded=np.array([np.datetime64(str(restated["recorded_on"]))]),
        )
