"""The people who work at the company: days, training, and what they and customers say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from making.sales import PLANS
from making.world import (
    DEPARTMENTS,
    REGIONS,
    Days,
    Floats,
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

SHARES = (0.12, 0.20, 0.24, 0.25, 0.09, 0.06, 0.04)  # of the people, by department
# on New Year's Day of each year from 2021 on, and when the facts end
HEADCOUNT = (34.0, 41.0, 50.0, 57.0, 69.0, 78.0, 81.0)
LEAVING = 0.011  # a month, of all people
STATES = ("worked", "off", "leave", "sick")
TOPICS = ("Product", "Writing to customers", "Security", "Leading", "Data")
ASKED = ("staff", "customers")
STAFF_QUESTIONS = ("I like to work here", "I know what is expected", "I can say what I think")
CUSTOMERS_ASKED = 190  # a month, before the company grows


@dataclass(frozen=True)
class Staff:
    """Everybody who ever worked here; a last day is missing where somebody still does."""

    number: Ints
    department: Ints
    first: Days
    last: Days
    vacancy: Days

    def on(self, day: np.datetime64) -> Ints:
        """Return the places of those who are employed on a day."""
        stays = np.isnat(self.last) | (self.last >= day)
        return np.flatnonzero((self.first <= day) & stays)


def hire(world: World) -> Staff:
    """Return who was hired when, and who left."""
    chance = world.chance("staff")
    first_day = world.borders(0)[0]
    wanted = _headcount(world)
    start = round(HEADCOUNT[0]) * world.scale
    begin = [np.full(start, first_day)]
    left: list[tuple[int, np.datetime64]] = []
    known, active = start, np.arange(start)
    for month in range(world.months):
        days = world.days(month)
        gone = active[chance.random(len(active)) < LEAVING] if month else active[:0]
        left.extend((int(one), chance.choice(days)) for one in gone)
        active = np.setdiff1d(active, gone)
        fresh = max(0, round(wanted[month]) * world.scale - len(active))
        begin.append(np.full(fresh, days[0]))  # contracts begin on the first of a month
        active = np.concatenate([active, np.arange(known, known + fresh)])
        known += fresh
    last = np.full(known, np.datetime64("NaT", "D"))
    for one, day in left:
        last[one] = day
    first = np.concatenate(begin)
    search = np.clip(np.round(chance.gamma(6.0, 8.5, known)), 14, 160).astype("timedelta64[D]")
    return Staff(
        number=1 + np.arange(known),
        department=pick(chance, SHARES, known),
        first=first,
        last=last,
        vacancy=np.where(first == first_day, np.datetime64("NaT"), first - search),
    )


def _headcount(world: World) -> Floats:
    """Return how many people there should be in each month."""
    places = np.minimum(np.arange(len(HEADCOUNT)) * 12, world.months - 1)
    return np.interp(np.arange(world.months), places, HEADCOUNT)


def make_roster(world: World, staff: Staff) -> Iterator[pa.Table]:
    """Yield what each person did on each day."""
    chance = world.chance("roster")
    for month in range(world.months):
        parts = [(day, staff.on(day)) for day in world.days(month)]
        day = np.repeat([day for day, _ in parts], [len(who) for _, who in parts])
        who = np.concatenate([who for _, who in parts])
        off = is_holiday(day) | (weekday(day) >= 5)
        sick = np.zeros(len(day), dtype=bool)
        sick[~off] = happens(chance, world.at("absence_rate", month), int((~off).sum()))
        summer = (0.04, 0.05, 0.06, 0.10, 0.10, 0.12, 0.22, 0.26, 0.10, 0.10, 0.06, 0.24)
        leave = chance.random(len(day)) < summer[month % 12]
        state = np.where(off, 1, np.where(sick, 3, np.where(leave, 2, 0)))
        yield pa.table(
            {
                "day": dates(day),
                "person_id": small(staff.number[who]),
                "department": words(DEPARTMENTS, staff.department[who]),
                "state": words(STATES, state),
                "is_last_day": pa.array(staff.last[who] == day),
            }
        )


def hiring_table(world: World, staff: Staff) -> pa.Table:
    """Return a row for each vacancy that was filled."""
    hired = np.flatnonzero(~np.isnat(staff.vacancy))
    order = hired[np.lexsort((staff.number[hired], staff.first[hired]))]
    return pa.table(
        {
            "person_id": small(staff.number[order]),
            "department": words(DEPARTMENTS, staff.department[order]),
            "opened_on": dates(staff.vacancy[order]),
            "hired_on": dates(staff.first[order]),
        }
    )


def make_training(world: World, staff: Staff) -> Iterator[pa.Table]:
    """Yield one row for each person and course."""
    chance = world.chance("training")
    for month in range(world.months):
        days = world.days(month)
        present = staff.on(days[-1])
        hours = world.at("training_hours", month) * len(present) * world.seen_share(month)
        count = max(1, round(hours / 2.5))
        day = pick_days(chance, days, working_weight(days, weekend=0.05, holiday=0.02), count)
        if month == 0:
            day[0] = days[0]  # the records begin with the company's first course online
        who = chance.choice(present, count)
        length = chance.choice([1.0, 2.0, 3.0, 4.0], count, p=[0.2, 0.35, 0.20, 0.25])
        score = np.clip(world.at("training_score", month) + chance.normal(0, 9, count), 0, 100)
        yield pa.table(
            {
                "day": dates(day),
                "person_id": small(staff.number[who]),
                "department": words(DEPARTMENTS, staff.department[who]),
                "topic": words(TOPICS, chance.integers(0, len(TOPICS), count)),
                "hours": pa.array(length),
                "test_score": small(np.round(score)),
            }
        )


def make_survey(world: World, staff: Staff) -> Iterator[pa.Table]:
    """Yield answers of staff (0 to 10, each month) and of customers (0 to 10, a few a day)."""
    chance = world.chance("survey")
    known = 1
    for month in range(world.months):
        days = world.days(month)
        present = staff.on(days[-1])
        who = np.repeat(present, len(STAFF_QUESTIONS))
        answered = np.repeat(
            chance.random(len(present)) < world.at("answer_share", month), len(STAFF_QUESTIONS)
        )
        mood = world.at("engagement", month) + np.repeat(
            chance.normal(0, 1.1, len(present)), len(STAFF_QUESTIONS)
        )
        score = np.clip(np.round(mood + chance.normal(0, 0.9, len(who))), 0, 10)
        staff_part = pa.table(
            {
                "day": dates(np.full(len(who), days[min(9, len(days) - 1)])),
                "asked": words(ASKED, np.zeros(len(who), int)),
                "question": words(STAFF_QUESTIONS, np.tile(np.arange(3), len(present))),
                "score": pa.array(score.astype(np.int32), mask=~answered),
                "department": words(DEPARTMENTS, staff.department[who]),
                "plan": pa.nulls(len(who), pa.string()),
                "region": pa.nulls(len(who), pa.string()),
            }
        )
        month_part = pa.concat_tables([staff_part, _customers_say(world, month, chance)])
        number = small(np.arange(known, known + month_part.num_rows))
        known += month_part.num_rows
        yield month_part.sort_by("day").add_column(0, "answer_id", number)


def _customers_say(world: World, month: int, chance: np.random.Generator) -> pa.Table:
    days = world.days(month)
    growth = 1 + month / world.months
    each = max(1, round(CUSTOMERS_ASKED * growth * world.scale / 30.4))
    day = np.repeat(days, each)
    count = len(day)
    person = chance.beta(3.0, 0.75, count) * 10  # many nines and tens, a tail of angry ones
    score = np.clip(np.round(person + world.at("product_score", month) - 8.0), 0, 10)
    return pa.table(
        {
            "day": dates(day),
            "asked": words(ASKED, np.ones(count, int)),
            "question": words(("Would you recommend us?",), np.zeros(count, int)),
            "score": pa.array(score.astype(np.int32), mask=~happens(chance, 0.42, count)),
            "department": pa.nulls(count, pa.string()),
            "plan": words([name for name, *_ in PLANS], pick(chance, (0.4, 0.42, 0.18), count)),
            "region": words(REGIONS, pick(chance, (0.46, 0.19, 0.21, 0.14), count)),
        }
    )
