"""Visits to the website, and leads: what happened to each who began to sign up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

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
    pick_days,
    small,
    words,
    working_weight,
)

# name, share of the visits, cost of a visit in EUR, how readily its visitors sign up
CHANNELS = (
    ("Content", 0.44, 0.30, 0.90),
    ("Search ads", 0.27, 3.10, 1.25),
    ("Social ads", 0.14, 2.10, 0.55),
    ("Partners", 0.10, 0.90, 1.50),
    ("Newsletter", 0.05, 0.15, 1.10),
)
ADVERTISING = ("Search ads", "Social ads")
STEPS = ("sign-up begun", "trial", "activated", "qualified", "accepted", "customer")


def make_visits(world: World) -> Iterator[pa.Table]:
    """Yield visits and spending by day, channel and region, a month at a time."""
    chance = world.chance("web_visits")
    price = np.exp(chance.normal(0, 0.03, world.months))
    for month in range(world.months):
        yield _visits_of(world, chance, world.days(month), float(price[month]))


def _visits_of(world: World, chance: np.random.Generator, days: Days, price: float) -> pa.Table:
    month = world.month(str(days[0]))
    weight = working_weight(days, weekend=0.58, holiday=0.45)
    by_day = world.at("visits", month) * world.seen_share(month) * weight / weight.sum()
    channel = np.array([share for _, share, _, _ in CHANNELS])
    shape = (len(days), len(CHANNELS), len(REGIONS))
    expected = np.einsum("d,c,r->dcr", by_day * world.scale, channel, np.array(REGION_SHARES))
    came = chance.poisson(expected * np.exp(chance.normal(-0.005, 0.1, shape)))
    cost = _visit_price(world, days) * price
    spend = expected * cost[:, :, None] * np.exp(chance.normal(0, 0.08, shape))
    social = np.array([name == "Social ads" for name, *_ in CHANNELS])
    liked = world.at("social_reactions", month) * by_day / by_day.sum() * world.seen_share(month)
    reactions = chance.poisson(np.einsum("d,c,r->dcr", liked * world.scale, social, REGION_SHARES))
    each = np.indices(shape).reshape(3, -1)
    table = pa.table(
        {
            "day": dates(days[each[0]]),
            "channel": words([name for name, *_ in CHANNELS], each[1]),
            "region": words(REGIONS, each[2]),
            "visits": small(came.ravel()),
            "reactions": small(reactions.ravel()),
            "spend": pa.array(np.round(spend.ravel(), 0)),
        }
    )
    gap = world.truth["missing_week"]
    first, last = (np.datetime64(str(gap[end])) for end in ("first_day", "last_day"))
    kept = (days < first) | (days > last)
    return table.filter(pa.array(kept[each[0]]))


def _visit_price(world: World, days: Days) -> Floats:
    """Return what a visit costs by day and channel; advertising has the planted shift."""
    (shift,) = world.truth["level_shifts"]
    after = days >= np.datetime64(str(shift["since"]))
    advertised = np.array([name in ADVERTISING for name, *_ in CHANNELS])
    price = np.array([cost for _, _, cost, _ in CHANNELS])
    return np.asarray(np.where(after[:, None] & advertised, shift["factor"], 1.0) * price)


@dataclass(frozen=True)
class Leads:
    """Those who began to sign up in one month; a day is missing where a step was not reached."""

    number: Ints
    channel: Ints
    region: Ints
    team: Ints
    begun: Days
    trial: Days
    activated: Days
    qualified: Days
    accepted: Days


def invite(world: World, month: int, chance: np.random.Generator, *, first: int) -> Leads:
    """Return the leads of a month, numbered from `first` on."""
    days = world.days(month)
    weight = working_weight(days, weekend=0.50, holiday=0.35)
    expected = world.at("visits", month) * world.at("sign_up_rate", month)
    count = int(chance.poisson(expected * world.scale * world.seen_share(month)))
    begun = pick_days(chance, days, weight, count)
    readiness = [share * ready for _, share, _, ready in CHANNELS]
    trial = happens(chance, 1 - world.at("signup_abandonment", month), count)
    activated = _of(trial, chance, world.at("activation_rate", month))
    qualified = _of(trial, chance, world.at("qualified_share", month))
    accepted = _of(qualified, chance, world.at("mql_to_sql", month))
    met = begun + chance.integers(1, 6, count)
    team = np.where(qualified, 2 + chance.geometric(0.22, count), chance.integers(1, 4, count))
    return Leads(
        number=np.arange(first, first + count),
        channel=pick(chance, readiness, count),
        region=pick(chance, REGION_SHARES, count),
        team=np.minimum(team, 40),
        begun=begun,
        trial=_when(trial, begun),
        activated=_when(activated, begun + chance.integers(0, 12, count)),
        qualified=_when(qualified, met),
        accepted=_when(accepted, met + chance.integers(0, 4, count)),
    )


def _of(those: Bools, chance: np.random.Generator, share: float) -> Bools:
    """Return true for a share of those for whom it was true before."""
    found = np.zeros(len(those), dtype=bool)
    found[np.flatnonzero(those)] = happens(chance, share, int(those.sum()))
    return found


def _when(reached: Bools, day: Days) -> Days:
    return np.where(reached, day, np.datetime64("NaT"))


def lead_table(world: World, leads: Leads, won: Days) -> pa.Table:
    """Return a row for each step that a lead reached, as far as there are facts."""
    steps = (leads.begun, leads.trial, leads.activated, leads.qualified, leads.accepted, won)
    day, step = np.concatenate(steps), np.repeat(np.arange(len(STEPS)), len(won))
    who = np.tile(np.arange(len(won)), len(STEPS))
    first = world.borders(0)[0]
    kept = np.flatnonzero(~np.isnat(day) & (day >= first) & (day <= world.last_day))
    kept = kept[np.lexsort((step[kept], who[kept]))]
    return pa.table(
        {
            "lead_id": small(leads.number[who[kept]]),
            "day": dates(day[kept]),
            "step": words(STEPS, step[kept]),
            "channel": words([name for name, *_ in CHANNELS], leads.channel[who[kept]]),
            "region": words(REGIONS, leads.region[who[kept]]),
            "team_size": small(leads.team[who[kept]]),
        }
    )
