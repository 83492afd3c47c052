"""How the product is used, what is released, what breaks, and how quick it is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from making.sales import PLANS, Customers
from making.world import (
    REGIONS,
    Days,
    Ints,
    World,
    dates,
    happens,
    is_holiday,
    pick,
    pick_days,
    small,
    weekday,
    words,
    working_weight,
)

SERVICES = ("application", "mail", "reports")
MESSAGES_A_SEAT = 9.0
DOWN = 0.09  # of the incidents take a service down


def make_usage(
    world: World, month: int, chance: np.random.Generator, *, customers: Customers
) -> pa.Table:
    """Return seats, active people and messages by day, plan and region."""
    days = world.days(month)
    place = customers.plan * len(REGIONS) + customers.region
    groups = len(PLANS) * len(REGIONS)
    seats = np.bincount(place, weights=customers.seats, minlength=groups).astype(int)
    week = np.array([1.21, 1.25, 1.24, 1.20, 1.10, 0.50, 0.50])[weekday(days)]
    week = np.where(is_holiday(days), 0.55, week)
    share = np.clip(world.at("active_share", month) * week, 0, 1)
    group = np.tile(np.arange(groups), len(days))
    each = np.repeat(np.arange(len(days)), groups)
    active = chance.binomial(seats[group], share[each])
    messages = chance.poisson(active * MESSAGES_A_SEAT)
    automated = chance.binomial(messages, world.at("automation_share", month))
    return pa.table(
        {
            "day": dates(days[each]),
            "plan": words([name for name, *_ in PLANS], group // len(REGIONS)),
            "region": words(REGIONS, group % len(REGIONS)),
            "seats": small(seats[group]),
            "active_users": small(active),
            "messages": pa.array(messages),
            "automated_messages": pa.array(automated),
        }
    )


def make_deployments(world: World) -> Iterator[pa.Table]:
    """Yield one row for each release of a part of the product."""
    chance = world.chance("release log")
    for month in range(world.months):
        days = world.days(month)
        weight = working_weight(days, weekend=0.03, holiday=0.0)
        count = round(world.at("releases", month) * world.seen_share(month))
        when = _from_the_start(world, pick_days(chance, days, weight, count))
        minute = np.clip(chance.normal(14 * 60, 140, count), 0, 1439).astype("timedelta64[m]")
        failed = chance.random(count) < world.at("change_failure_rate", month)
        yield pa.table(
            {
                "released_at": pa.array(np.sort(when.astype("datetime64[s]") + minute)),
                "service": words(SERVICES, pick(chance, (0.6, 0.25, 0.15), count)),
                "failed": pa.array(failed),
                "days_of_work": pa.array(np.round(chance.gamma(2.0, 2.6, count), 1)),
            }
        )


def make_incidents(world: World) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Yield a month's incidents, and how long each service was up and how quick, by day."""
    chance = world.chance("incidents")
    for month in range(world.months):
        days = world.days(month)
        count = round(world.at("incidents", month) * world.seen_share(month))
        weight = working_weight(days, weekend=0.45, holiday=0.40)
        day = _from_the_start(world, pick_days(chance, days, weight, count))
        service = pick(chance, (0.55, 0.25, 0.20), count)
        down = np.where(happens(chance, DOWN, count), chance.integers(4, 28, count), 0)
        hours = np.exp(np.log(world.at("restore_hours", month)) + chance.normal(-0.32, 0.8, count))
        day, service, down, hours = _with_outage(world, days, (day, service, down, hours))
        minute = chance.integers(0, 1440, len(day)).astype("timedelta64[m]")
        incidents = pa.table(
            {
                "started_at": pa.array(np.sort(day.astype("datetime64[s]") + minute)),
                "service": words(SERVICES, service),
                "severity": small(np.where(down > 0, 1, 2 + (chance.random(len(day)) < 0.6))),
                "restore_hours": pa.array(np.round(np.maximum(hours, 0.1), 1)),
                "minutes_down": small(down),
            }
        )
        yield incidents, _uptime(world, chance, days=days, hits=(day, service, down))


def _from_the_start(world: World, days: Days) -> Days:
    """Let the first event of all fall on the first day, on which the records begin."""
    if len(days) and days[0].astype("datetime64[M]") == world.first_month:
        days[0] = world.borders(0)[0]
    return days


def _with_outage(
    world: World, days: Days, found: tuple[Days, Ints, Ints, np.ndarray]
) -> tuple[Days, Ints, Ints, np.ndarray]:
    """Add the outage, an incident a day."""
    outage = world.truth["outage"]
    first = np.datetime64(str(outage["first_day"]))
    if first not in days:
        return found
    minutes = np.array(outage["minutes_down"])
    more = (first + np.arange(len(minutes)), np.zeros(len(minutes), int), minutes, minutes / 60)
    joined = [np.concatenate(pair) for pair in zip(found, more, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    day, service, down, hours = (each[order] for each in joined)
    return day, service, down, hours


def _uptime(
    world: World, chance: np.random.Generator, *, days: Days, hits: tuple[Days, Ints, Ints]
) -> pa.Table:
    day, service, down = hits
    shape = (len(days), len(SERVICES))
    place = (day - days[0]).astype(int) * len(SERVICES) + service
    minutes = np.bincount(place, weights=down, minlength=len(days) * len(SERVICES))
    each = np.indices(shape).reshape(2, -1)
    typical = world.at("load_time", world.month(str(days[0])))
    speed = (
        typical * np.array([1.0, 0.8, 1.45])[each[1]] * np.exp(chance.normal(0, 0.07, each[1].size))
    )
    return pa.table(
        {
            "day": dates(days[each[0]]),
            "service": words(SERVICES, each[1]),
            "minutes": small(np.full(each[1].size, 1440)),
            "minutes_down": small(np.minimum(minutes, 1440)),
            "load_ms": small(np.round(speed)),
        }
    )
