"""Questions to customer support."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from making.sales import PLANS, Customers
from making.world import (
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
    working_weight,
)

# name, share of the tickets, factor on the reply time
DESKS = (("Email", 0.60, 1.25), ("Chat", 0.30, 0.45), ("Form", 0.10, 1.15))
# name, share of the tickets besides faults
TOPICS = (("How-to", 0.46), ("Billing", 0.20), ("Setup", 0.24), ("Login", 0.10))
REPLY_SPREAD = 0.85
RATED = 0.31


def make_tickets(
    world: World, month: int, chance: np.random.Generator, *, customers: Customers, first: int
) -> pa.Table:
    """Return one month's tickets, in the order in which they came."""
    opened, broken = _times(world, month, chance, len(customers.number))
    count = len(opened)
    who = customers.keep(chance.integers(0, len(customers.number), count))
    desk = pick(chance, [share for _, share, _ in DESKS], count)
    hours = _hours(world, month, chance, desk=desk, broken=broken)
    answered = happens(chance, 0.985, count)  # thanks and doubles need no reply
    solved = happens(chance, world.at("solved_share", month), count)
    reopened = solved & (chance.random(count) < world.at("reopen_rate", month))
    score, rated = _scores(world, month, chance, broken=broken)
    return pa.table(
        {
            "ticket_id": small(np.arange(first, first + count)),
            "opened_at": pa.array(opened.astype("datetime64[s]")),
            "customer_id": small(who.number),
            "channel": words([name for name, *_ in DESKS], desk),
            "category": _categories(world, chance, opened=opened, broken=broken),
            "plan": words([name for name, *_ in PLANS], who.plan),
            "region": words(REGIONS, who.region),
            "first_reply_hours": pa.array(hours, mask=~answered),
            "resolved": pa.array(solved),
            "reopened": pa.array(reopened),
            "csat": pa.array(score.astype(np.int32), mask=~(rated & answered)),
            "closed_on": _closed(world, chance, opened=opened, hours=hours),
        }
    )


def _times(
    world: World, month: int, chance: np.random.Generator, customers: int
) -> tuple[Days, Bools]:
    """Return when tickets came, and which of them came because of the outage."""
    days = world.days(month)
    weight = working_weight(days, weekend=0.32, holiday=0.30)
    outage = world.truth["outage"]
    hit = (days >= np.datetime64(str(outage["first_day"]))) & (
        days <= np.datetime64(str(outage["last_day"]))
    )
    share = weight / weight.sum() * world.seen_share(month)
    expected = share * customers * world.at("tickets", month)
    usual = chance.poisson(expected)
    more = chance.poisson(expected * hit * (outage["tickets_factor"] - 1))
    day = np.repeat(np.concatenate([days, days]), np.concatenate([usual, more]))
    broken = np.repeat([False, True], [usual.sum(), more.sum()])
    minute = np.clip(chance.normal(13 * 60, 175, len(day)), 0, 1439).astype("timedelta64[m]")
    opened = day.astype("datetime64[m]") + minute
    order = np.argsort(opened, kind="stable")
    return opened[order], broken[order]


def _hours(
    world: World, month: int, chance: np.random.Generator, *, desk: Ints, broken: Bools
) -> Floats:
    """Return the hours until the first reply."""
    pace = np.array([factor for *_, factor in DESKS])
    pace = pace / sum(share * factor for _, share, factor in DESKS)
    luck = chance.normal(-(REPLY_SPREAD**2) / 2, REPLY_SPREAD, len(desk))
    slow = np.where(broken, world.truth["outage"]["reply_factor"], 1.0)
    hours = world.at("first_reply_hours", month) * np.exp(luck) * pace[desk] * slow
    return np.asarray(np.round(np.maximum(hours, 0.1), 1))


def _scores(
    world: World, month: int, chance: np.random.Generator, *, broken: Bools
) -> tuple[Ints, Bools]:
    """Return scores from 1 to 5, and who gives one."""
    mood = world.at("csat", month) + np.where(broken, world.truth["outage"]["csat_points"], 0)
    # happy people give fives, unhappy ones ones: a binomial whose chance varies by person
    pleased = (mood - 1) / 4
    person = chance.beta(3.2 * pleased, 3.2 * (1 - pleased))
    return 1 + chance.binomial(4, person), happens(chance, RATED, len(broken))


def _categories(
    world: World, chance: np.random.Generator, *, opened: Days, broken: Bools
) -> pa.Array:
    """Return what each ticket is about, by the names in use on its day."""
    change = world.truth["taxonomy_change"]
    old = ["Bug", *(name for name, _ in TOPICS)]
    new = [change["renamed"].get(name, name) for name in old]
    count = len(opened)
    fault = chance.random(count) < world.truth["tracks"]["fault_share"]["level"]
    topic = 1 + pick(chance, [share for _, share in TOPICS], count)
    place = np.where(fault | broken, 0, topic)
    renamed = opened >= np.datetime64(str(change["since"]))
    return words(old + new, place + renamed * len(old))


def _closed(world: World, chance: np.random.Generator, *, opened: Days, hours: Floats) -> pa.Array:
    """Return the day on which each ticket was closed, or nothing where it is still open."""
    work = np.minimum(hours / 24 + chance.exponential(1.6, len(opened)), 60)
    closed = opened.astype("datetime64[D]") + np.floor(work).astype("timedelta64[D]")
    return dates(np.where(closed > world.last_day, np.datetime64("NaT"), closed))
