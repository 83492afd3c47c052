"""Make the facts of Brightdesk, a company that sells a shared inbox to small support teams.

    python data/brightdesk/make_facts.py [--scale 1] [--out data/brightdesk]

Three tables, each a fact a row: `campaigns` (a day, channel and region), `subscriptions`
(a renewal that fell due, or a first bill), `tickets` (a question to customer support). What
is planted in them is read from `truth.yaml` beside this file. The same seed and scale give
the same rows; `--scale 10` is a company ten times as large.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

HERE = Path(__file__).parent
FIRST_MONTH = np.datetime64("2022-10")
LAST_DAY = np.datetime64("2026-10-15")

# name, share of the visits, cost of a visit in EUR, how readily its visitors start a trial
CHANNELS = (
    ("Content", 0.44, 0.35, 0.90),
    ("Search ads", 0.27, 3.90, 1.25),
    ("Social ads", 0.14, 2.60, 0.55),
    ("Partners", 0.10, 1.10, 1.50),
    ("Newsletter", 0.05, 0.20, 1.10),
)
ADVERTISING = ("Search ads", "Social ads")
REGIONS = (
    ("Germany", 0.46),
    ("Austria and Switzerland", 0.19),
    ("Benelux", 0.21),
    ("Nordics", 0.14),
)
WEEKDAYS = np.array([1.16, 1.22, 1.20, 1.15, 1.02, 0.60, 0.65])  # Monday first
# name, share of new customers, EUR a seat and month, seats from, seats to, factor on churn
PLANS = (
    ("Starter", 0.45, 19.0, 2, 4, 1.30),
    ("Team", 0.42, 32.0, 3, 10, 0.85),
    ("Business", 0.13, 49.0, 8, 22, 0.60),
)
CUSTOMERS_AT_START = 1650
DISCOUNTS = np.array([0.0, 0.10, 0.15, 0.20])
# name, share of the tickets, factor on the reply time
DESKS = (("Email", 0.60, 1.25), ("Chat", 0.30, 0.45), ("Form", 0.10, 1.15))
TICKETS_PER_CUSTOMER = 0.42
REPLY_HOURS = 5.6
SATISFACTION = 4.18
REOPENED = 0.061

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """What is planted, and how large the company is."""

    truth: dict[str, Any]
    scale: int

    @property
    def months(self) -> int:
        """How many months there are, the broken one at the end included."""
        return int(self.truth["months"])

    def chance(self, table: int) -> np.random.Generator:
        """Return a table's own random numbers, whatever the other tables draw."""
        return np.random.default_rng([self.truth["seed"], table])

    def level(self, kpi: str) -> Floats:
        """Return a KPI's trend by month."""
        trend = self.truth["trends"][kpi]
        years = np.arange(self.months) / 12
        if trend["as"] == "share":
            return np.asarray(trend["start"] * (1 + trend["a_year"]) ** years)
        return np.asarray(trend["start"] + trend["a_year"] * years)

    def season(self, kpi: str) -> Floats:
        """Return a KPI's yearly season by month, one on average over a year."""
        factors = np.array(self.truth["seasons"][kpi])
        return np.asarray(factors[month_of_year(self.months) - 1] / factors.mean())

    def lead(self, kpi: str, target: str) -> dict[str, Any]:
        """Return the planted lead from one KPI to another."""
        leads = self.truth["leads"]
        return next(one for one in leads if (one["kpi"], one["target"]) == (kpi, target))


def month_of_year(months: int) -> npt.NDArray[np.int64]:
    """Return 1 for January to 12, for each month from the first one on."""
    return np.asarray((FIRST_MONTH + np.arange(months)).astype(int) % 12 + 1)


def days_of(month: int) -> npt.NDArray[np.datetime64]:
    """Return the days of a month as far as there are facts."""
    start = (FIRST_MONTH + month).astype("datetime64[D]")
    end = (FIRST_MONTH + month + 1).astype("datetime64[D]")
    return np.arange(start, min(end, LAST_DAY + 1))


def seen_share(month: int) -> float:
    """Return the share of a month's days of which there are facts."""
    whole = (FIRST_MONTH + month + 1).astype("datetime64[D]") - days_of(month)[0]
    return float(len(days_of(month)) / whole.astype(int))


def weekday_of(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Return 0 for Monday to 6; 1970-01-01 was a Thursday."""
    return np.asarray((days.astype("datetime64[D]").astype(int) + 3) % 7)


def wander(chance: np.random.Generator, months: int, *, memory: float, spread: float) -> Floats:
    """Return deviations that remember the month before: AR(1) with this standard deviation."""
    steps = chance.normal(0, spread * np.sqrt(1 - memory**2), months)
    steps[0] = chance.normal(0, spread)
    for month in range(1, months):
        steps[month] += memory * steps[month - 1]
    return np.asarray(steps)


# marketing ---------------------------------------------------------------------------------


def marketing_pace(plan: Plan) -> tuple[Floats, Floats]:
    """Return expected visits, and expected trials for a visit, of each whole month."""
    chance = plan.chance(1)
    noise = wander(chance, plan.months, memory=0.35, spread=0.040)
    visits = plan.level("visits") * plan.season("visits") * np.exp(noise)
    rate = 0.0205 * np.exp(wander(chance, plan.months, memory=0.25, spread=0.065))
    return visits * plan.scale, rate


def make_campaigns(plan: Plan) -> pa.Table:
    """Return visits, trials and spending by day, channel and region."""
    visits, rate = marketing_pace(plan)
    chance = plan.chance(2)
    month_of_day = np.repeat(np.arange(plan.months), [len(days_of(m)) for m in range(plan.months)])
    days = np.concatenate([days_of(month) for month in range(plan.months)])
    weight = WEEKDAYS[weekday_of(days)]
    whole = np.array(
        [WEEKDAYS[weekday_of(days_of(m))].sum() / seen_share(m) for m in range(plan.months)]
    )
    shape = (len(days), len(CHANNELS), len(REGIONS))
    channel = np.array([share for _, share, _, _ in CHANNELS])
    region = np.array([share for _, share in REGIONS])
    expected = np.einsum(
        "d,c,r->dcr", visits[month_of_day] * weight / whole[month_of_day], channel, region
    )
    came = chance.poisson(expected * np.exp(chance.normal(-0.005, 0.1, shape)))
    readiness = np.array([ready for *_, ready in CHANNELS])
    readiness = readiness / (readiness * channel).sum()
    started = chance.binomial(
        came, np.clip(rate[month_of_day, None, None] * readiness[:, None], 0, 1)
    )
    fit = plan.level("qualified_share") + wander(chance, plan.months, memory=0.2, spread=0.008)
    qualified = chance.binomial(started, fit[month_of_day, None, None])
    price = visit_price(plan, days, chance.normal(0, 0.035, plan.months)[month_of_day])
    spend = expected * price[:, :, None] * np.exp(chance.normal(0, 0.08, shape))
    each = np.indices(shape).reshape(3, -1)
    return pa.table(
        {
            "day": pa.array(days[each[0]]),
            "channel": words([name for name, *_ in CHANNELS], each[1]),
            "region": words([name for name, _ in REGIONS], each[2]),
            "visits": pa.array(came.ravel().astype(np.int32)),
            "trials": pa.array(started.ravel().astype(np.int32)),
            "qualified_trials": pa.array(qualified.ravel().astype(np.int32)),
            "spend": pa.array(np.round(spend.ravel(), 0)),
        }
    )


def visit_price(plan: Plan, days: npt.NDArray[np.datetime64], noise: Floats) -> Floats:
    """Return what a visit costs by day and channel; advertising has the planted shift."""
    shift = next(one for one in plan.truth["level_shifts"] if one["kpi"] == "cost_per_trial")
    after = days >= np.datetime64(shift["since"])
    advertised = np.array([name in ADVERTISING for name, *_ in CHANNELS])
    price = np.array([cost for _, _, cost, _ in CHANNELS])
    factor = np.where(after[:, None] & advertised, shift["factor"], 1.0)
    return np.asarray(price * factor * np.exp(noise)[:, None])


# sales -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Customers:
    """The customers of one month, one entry each in every array."""

    number: npt.NDArray[np.int64]
    plan: npt.NDArray[np.int64]
    region: npt.NDArray[np.int64]
    seats: npt.NDArray[np.int64]
    discount: Floats
    bill_day: npt.NDArray[np.int64]

    def keep(self, kept: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Customers:
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
        return Customers(
            **(vars(self) | {"seats": self.seats + (chance.random(len(self.seats)) < 0.016)})
        )


def invite(chance: np.random.Generator, count: int, *, first: int, discount: float) -> Customers:
    """Return new customers, numbered from `first` on."""
    # each plan gets its share in every month, so that the mix does not jump by chance
    shares = np.cumsum([share for _, share, *_ in PLANS])
    plan = np.searchsorted(shares, (chance.permutation(count) + chance.random()) / max(count, 1))
    low, high = (np.array([one[place] for one in PLANS])[plan] for place in (3, 4))
    # a quarter of the discounted get the largest; the mean of those who get one is 0.145
    given = chance.choice(DISCOUNTS[1:], count, p=[0.35, 0.40, 0.25])
    return Customers(
        number=np.arange(first, first + count),
        plan=plan,
        region=chance.choice(len(REGIONS), count, p=[share for _, share in REGIONS]),
        seats=chance.integers(low, high + 1),
        discount=np.where(chance.random(count) < discount / 0.145, given, 0.0),
        bill_day=chance.integers(1, 32, count),
    )


def make_subscriptions(plan: Plan) -> tuple[pa.Table, list[Customers]]:
    """Return every bill and every renewal refused, and the customers of each month."""
    chance = plan.chance(3)
    joining = expected_customers(plan)
    leaving = plan.level("churn_rate") * plan.season("churn_rate")
    leaving = leaving * np.exp(wander(chance, plan.months, memory=0.2, spread=0.04))
    discount = plan.level("discount_rate") * plan.season("discount_rate")
    start = CUSTOMERS_AT_START * plan.scale
    customers, known = invite(chance, start, first=10_001, discount=float(discount[0])), start
    parts, by_month = [], []
    for month in range(plan.months):
        customers = customers.with_more_seats(chance)
        leaves = chance.random(len(customers.number)) < leaving[month] * churn_factor(customers)
        count = int(chance.poisson(joining[month]))
        fresh = invite(chance, count, first=10_001 + known, discount=float(discount[month]))
        known += count
        parts.append((month, customers, np.where(leaves, 2, 1)))
        parts.append((month, fresh, np.zeros(count, dtype=np.int64)))
        customers = customers.keep(~leaves).join(fresh)
        by_month.append(customers)
    return subscription_table(parts), by_month


def expected_customers(plan: Plan) -> Floats:
    """Return how many join in each month, as the trials of the month before promise."""
    visits, rate = marketing_pace(plan)
    lead = plan.lead("trials", "new_customers")
    trials = visits * rate
    before = np.concatenate([np.repeat(trials[:1], lead["lag"]), trials[: -lead["lag"]]])
    return np.asarray(lead["strength"] * before)


def churn_factor(customers: Customers) -> Floats:
    """Return how much likelier than usual each one leaves; one on average."""
    factor = np.array([one[5] for one in PLANS])[customers.plan]
    return np.asarray(factor / factor.mean())


def bill_dates(month: int, customers: Customers) -> npt.NDArray[np.datetime64]:
    """Return the days on which bills fall due; the 31st is the last day of a shorter month."""
    start, following = (
        one.astype("datetime64[D]") for one in FIRST_MONTH + np.arange(month, month + 2)
    )
    return np.asarray(np.minimum(start + customers.bill_day - 1, following - 1))


def subscription_table(parts: list[tuple[int, Customers, npt.NDArray[np.int64]]]) -> pa.Table:
    """Return one row per bill or refused renewal, in the order of days."""
    outcome = np.concatenate([outcomes for *_, outcomes in parts])
    due = np.concatenate([bill_dates(month, customers) for month, customers, _ in parts])
    everyone = parts[0][1]
    for _, customers, _ in parts[1:]:
        everyone = everyone.join(customers)
    price = np.array([one[2] for one in PLANS])[everyone.plan] * everyone.seats
    price = np.where(outcome == 2, 0.0, price)  # who leaves is not billed
    order = np.lexsort((everyone.number, due))
    order = order[due[order] <= LAST_DAY]
    return pa.table(
        {
            "due_on": pa.array(due[order]),
            "customer_id": pa.array(everyone.number[order].astype(np.int32)),
            "plan": words([name for name, *_ in PLANS], everyone.plan[order]),
            "region": words([name for name, _ in REGIONS], everyone.region[order]),
            "outcome": words(["new", "renewed", "cancelled"], outcome[order]),
            "seats": pa.array(everyone.seats[order].astype(np.int32)),
            "list_amount": pa.array(price[order]),
            "amount": pa.array(np.round(price * (1 - everyone.discount), 2)[order]),
        }
    )


# support -----------------------------------------------------------------------------------


def make_tickets(plan: Plan, customers: list[Customers]) -> pa.Table:
    """Return the questions to customer support, in the order in which they came."""
    chance = plan.chance(4)
    reply = np.log(plan.season("first_reply_hours"))
    reply = reply + wander(chance, plan.months, memory=0.35, spread=0.13)
    busy = plan.season("tickets") * np.exp(wander(chance, plan.months, memory=0.3, spread=0.035))
    lead = plan.lead("first_reply_hours", "csat")
    before = np.concatenate([np.zeros(lead["lag"]), reply[: -lead["lag"]]])
    mood = SATISFACTION + lead["strength"] * before
    mood = mood + wander(chance, plan.months, memory=0.0, spread=0.025)
    solved = plan.level("solved_share") + wander(chance, plan.months, memory=0.2, spread=0.008)
    parts = []
    for month in range(plan.months):
        active = customers[month]
        count = int(
            chance.poisson(
                len(active.number) * TICKETS_PER_CUSTOMER * busy[month] * seen_share(month)
            )
        )
        who = active.keep(chance.integers(0, len(active.number), count))
        parts.append(
            month_of_tickets(
                chance,
                who,
                opened=ticket_times(chance, days_of(month), count),
                state=(float(reply[month]), float(mood[month]), float(solved[month])),
            )
        )
    table = pa.concat_tables(parts)
    numbers = pa.array(np.arange(1, table.num_rows + 1, dtype=np.int32))
    return table.add_column(0, "ticket_id", numbers)


def ticket_times(
    chance: np.random.Generator, days: npt.NDArray[np.datetime64], count: int
) -> npt.NDArray[np.datetime64]:
    """Return sorted times: mostly working days, mostly between eight and six."""
    weight = np.array([1.25, 1.2, 1.15, 1.1, 1.0, 0.35, 0.3])[weekday_of(days)]
    day = chance.choice(days, count, p=weight / weight.sum()).astype("datetime64[m]")
    minute = np.clip(chance.normal(13 * 60, 175, count), 0, 1439).astype("timedelta64[m]")
    return np.asarray(np.sort(day + minute))


def month_of_tickets(
    chance: np.random.Generator,
    who: Customers,
    *,
    opened: npt.NDArray[np.datetime64],
    state: tuple[float, float, float],
) -> pa.Table:
    """Return one month's tickets, given its reply time (log), its mood and its share solved."""
    reply, mood, solved = state
    count = len(opened)
    desk = chance.choice(len(DESKS), count, p=[share for _, share, _ in DESKS])
    pace = np.array([factor for *_, factor in DESKS])
    pace = pace / sum(share * factor for _, share, factor in DESKS)
    spread = 0.85
    delay = reply + chance.normal(-(spread**2) / 2, spread, count)
    hours = np.round(np.maximum(REPLY_HOURS * np.exp(delay) * pace[desk], 0.1), 1)
    answered = chance.random(count) >= 0.015  # thanks and duplicates need no reply
    resolved = chance.random(count) < solved
    reopened = resolved & (chance.random(count) < REOPENED)
    # happy people give fives, unhappy ones ones: a binomial whose chance varies by person
    pleased = (mood - 1) / 4
    person = chance.beta(3.2 * pleased, 3.2 * (1 - pleased), count)
    score = 1 + chance.binomial(4, person)
    rated = answered & (chance.random(count) < 0.31)
    return pa.table(
        {
            "opened_at": pa.array(opened.astype("datetime64[s]")),
            "customer_id": pa.array(who.number.astype(np.int32)),
            "channel": words([name for name, *_ in DESKS], desk),
            "plan": words([name for name, *_ in PLANS], who.plan),
            "region": words([name for name, _ in REGIONS], who.region),
            "first_reply_hours": pa.array(hours, mask=~answered),
            "resolved": pa.array(resolved),
            "reopened": pa.array(reopened),
            "csat": pa.array(score.astype(np.int32), mask=~rated),
        }
    )


# files -------------------------------------------------------------------------------------


def words(names: list[str], places: npt.NDArray[np.int64]) -> pa.Array:
    """Return a text column in which each row holds one of a few names."""
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), names).cast("string")


def make_tables(*, scale: int = 1) -> dict[str, pa.Table]:
    """Return all three tables of facts by name.

    Parameters
    ----------
    scale
        How many times as large the company is; rows of subscriptions and tickets grow with it.
    """
    truth = yaml.safe_load((HERE / "truth.yaml").read_text(encoding="utf-8"))
    plan = Plan(truth, scale)
    subscriptions, customers = make_subscriptions(plan)
    return {
        "campaigns": make_campaigns(plan),
        "subscriptions": subscriptions,
        "tickets": make_tickets(plan, customers),
    }


def main() -> None:
    """Write the tables as Parquet files."""
    parser = argparse.ArgumentParser(description="Make the facts of Brightdesk.")
    parser.add_argument("--scale", type=int, default=1, help="how many times as large (1)")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to (here)")
    arguments = parser.parse_args()
    if arguments.scale < 1:
        parser.error(f"scale is {arguments.scale}. Use 1 or more.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, table in make_tables(scale=arguments.scale).items():
        pq.write_table(
            table, arguments.out / f"{name}.parquet", compression="zstd", compression_level=15
        )


if __name__ == "__main__":
    main()
