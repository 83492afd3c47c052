"""The parts of a report as HTML: every text escaped, every number with its unit."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from kpikit.charts.embed import picture
from kpikit.charts.series import forecast_fan, history_chart, target_line, trend_line
from kpikit.observations.build import used_sources
from kpikit.results import notes_html, table_html
from kpikit.strategy import Kpi
from kpikit.units import MISSING, format_chance, format_change, format_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.analysis.trend import Trend
    from kpikit.review.findings import KpiReview, Review

PER_PAGE = 7  # KPIs; more than that on one page are not read
SHOWN = 36  # periods of history in a chart
STATUS = {
    "on_target": "on target",
    "at_risk": "at risk",
    "off_target": "off target",
    "no_data": "no data",
    "no_target": "no target",
}


@dataclass(frozen=True)
class Section:
    """A part of a report, which a notebook shows as it is."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


def header(review: Review) -> Section:
    """Say whose review this is, of which period, seen from which day."""
    strategy, department = review.strategy, review.strategy.departments.get(review.department)
    facts = [
        ("Department", review.title.partition(" · ")[0]),
        ("Owner", _person(review, department.owner) if department else ""),
        ("Period", f"{review.period.label} ({review.period.start} to {review.period.end})"),
        ("As of", f"{review.as_of}: nothing later was seen"),
        ("Vision", department.vision.text if department and department.vision else ""),
        ("Mission", strategy.mission.text if strategy.mission else ""),
    ]
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts if text
    )
    warning = "" if review.complete else f'<p class="warning">{escape(_partial(review))}</p>'
    return Section(f'<p class="lead">{escape(review.summary())}</p>{warning}<dl>{rows}</dl>')


def board(review: Review) -> Section:
    """Show every KPI with value, comparison, target, attainment and status; seven to a table."""
    chance = "Outcome" if any(item.complete for item in review.kpis) else "Chance"
    before = f"{review.period.grain.title()} before"
    head = ("KPI", "Value", before, "Year ago", "Target", chance, "Status", "Trend")
    tables = []
    for first in range(0, len(review.kpis), PER_PAGE):
        rows = "".join(_board_row(item, review) for item in review.kpis[first : first + PER_PAGE])
        cells = "".join(
            f'<th scope="col"{_num(place in (1, 2, 3, 4, 5))}>{name}</th>'
            for place, name in enumerate(head)
        )
        tables.append(f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>")
    said = "Better and worse: by the direction that the KPI declares."
    if not review.complete:
        said = f"Chance: of ending the period on target, given what it holds already. {said}"
    return Section(f'{"".join(tables)}<p class="note">{said}</p>')


def kpi_pages(review: Review) -> Section:
    """Show each KPI: its past, its trend, what comes, and what will be done about it."""
    return Section("".join(_kpi_section(item, review) for item in review.kpis))


def targets(review: Review) -> Section:
    """Show what would be an honest target for the next period."""
    calendar, period = review.strategy.calendar, review.period
    label = calendar.label(calendar.shift(period.start, period.grain, 1), period.grain)
    reasons = tuple(f"{item.kpi.title}: {note}." for item in review.kpis for note in item.notes)
    if not any(item.proposals for item in review.kpis):
        return Section(notes_html(reasons or ("No KPI has a history to propose a target from.",)))
    head = (
        "KPI",
        "Floor 90\u202f%",
        "Committed 80\u202f%",
        "Stretch 30\u202f%",
        "Declared",
        "Its chance",
    )
    cells = "".join(
        f'<th scope="col"{_num(place > 0)}>{escape(name)}</th>' for place, name in enumerate(head)
    )
    rows = "".join(_target_row(item, review, label) for item in review.kpis)
    return Section(
        f"<table><caption>Targets for {escape(label)}</caption>"
        f"<thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>{notes_html(reasons)}"
    )


def data_quality(review: Review) -> Section:
    """Show what the numbers rest on."""
    used = used_sources(review.strategy, [item.kpi for item in review.kpis])
    frame = review.sources[review.sources["source"].isin(used)]
    shown = frame.rename(columns=str.capitalize)
    table = table_html(shown.assign(Rows=[f"{rows:,}" for rows in shown["Rows"]]))
    found = review.identities
    if found.frame.empty and not found.notes:
        return Section(table)
    return Section(f"{table}<p>{escape(found.summary())}</p>{notes_html(found.notes)}")


def methods(review: Review) -> Section:
    """Say how the numbers were made, and what they cannot tell."""
    notes = [
        "Values are computed from the facts at the grain shown: a ratio is a ratio of sums.",
        "Partial periods are drawn hollow and take no part in trends, forecasts and targets.",
        "Trend: regression with season where there is one and autocorrelated errors; "
        "a 95 % interval that excludes 0 makes it rising or falling.",
        "A chance near 0 or 100 % claims too much, for the reason that follows.",
    ]
    parts = [part for item in review.kpis for part in (item.trend, item.forecast, item.proposals)]
    notes += [note for part in parts if part is not None for note in part.notes]
    return Section(notes_html(tuple(dict.fromkeys(notes))))


# one KPI ---------------------------------------------------------------------------------


def _board_row(item: KpiReview, review: Review) -> str:
    row, kpi = item.row, item.kpi
    currency = review.strategy.organisation.currency or ""
    value = _number(row["value"])
    cells = [
        format_value(value, kpi.unit, currency=currency) + _so_far(item),
        _compared(item, "previous", review),
        _compared(item, "year_ago", review),
        _target_text(item, review),
        _chance(item, review),
    ]
    numbers = "".join(f'<td class="num">{cell}</td>' for cell in cells)
    status = str(row["status"])
    known = status if status != "no_target" else "no_data"
    return (
        f'<tr><th scope="row">{escape(kpi.title)}<br><small>{_owner(item, review)}</small></th>'
        f'{numbers}<td><span class="status {known}">{STATUS[status]}</span></td>'
        f"<td>{escape(str(row['trend']))}</td></tr>"
    )


def _chance(item: KpiReview, review: Review) -> str:
    """Return the chance of ending on target, or what became of it."""
    attainment = _number(item.row["attainment"])
    if item.complete and attainment == attainment:
        return "reached" if attainment == 1 else "missed"
    alone = not any(other.complete for other in review.kpis) or attainment != attainment
    return format_chance(attainment) + ("" if alone else "<br><small>chance</small>")


def _so_far(item: KpiReview) -> str:
    return "" if item.complete else "<br><small>so far</small>"


def _compared(item: KpiReview, earlier: str, review: Review) -> str:
    """Return an earlier value, and under it the change in words; none from a partial period."""
    kpi, currency = item.kpi, review.strategy.organisation.currency or ""
    value, other = _number(item.row["value"]), _number(item.row[earlier])
    then = format_value(other, kpi.unit, currency=currency)
    redefined = item.row["redefined"]
    if isinstance(redefined, tuple) and earlier in redefined:
        return f"{then}<br><small>other definition</small>"
    change = value - other
    if change != change or not item.complete:
        return then
    relative = kpi.unit != "share" and other > 0
    text = format_change(change / other if relative else change, kpi.unit, relative=relative)
    if change == 0 or kpi.direction == "on_target":
        word = ""
    else:
        word = " better" if (change > 0) == (kpi.direction == "higher_is_better") else " worse"
    return f"{then}<br><small>{text}{word}</small>"


def _target_text(item: KpiReview, review: Review) -> str:
    declared = _declared(item.kpi, review.period.label, review)
    if not declared:
        return MISSING
    currency = review.strategy.organisation.currency or ""
    return "<br>to ".join(format_value(x, item.kpi.unit, currency=currency) for x in declared)


def _declared(kpi: Kpi, label: str, review: Review) -> tuple[float, ...]:
    """Return the declared target of a period: one number, or the two ends of a band."""
    wanted = review.strategy.calendar.parse(label)
    for target in kpi.targets:
        if review.strategy.calendar.parse(target.period) != wanted:
            continue
        if kpi.direction == "on_target":
            return tuple(x for x in (target.lower, target.upper) if x is not None)
        given = (target.committed, target.floor, target.stretch)
        return tuple(x for x in given if x is not None)[:1]
    return ()


def _kpi_section(item: KpiReview, review: Review) -> str:
    kpi = item.kpi
    sentences = [_value_sentence(item, review)]
    if item.trend is not None:
        sentences.append(_trend_sentence(item.trend, kpi, review))
    facts = [
        ("Why it is measured", kpi.purpose),
        ("Decisions it informs", kpi.decisions),
        ("When off target", kpi.if_off_target if item.row["status"] != "on_target" else None),
    ]
    rows = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts if text)
    image = picture(lambda ax: _draw(item, review, ax), alt=" ".join(sentences))
    figure = f"<figure>{image}<figcaption>{escape(_grades(kpi, review))}</figcaption></figure>"
    return (
        f'<section class="kpi"><h3>{escape(kpi.title)}</h3>'
        f'<p class="note">{_owner(item, review)} · {escape(kpi.unit)} · '
        f"{escape(kpi.direction.replace('_', ' '))} · <code>{escape(kpi.formula)}</code></p>"
        f"<p>{escape(' '.join(sentences))}</p>{figure}<dl>{rows}</dl></section>"
    )


def _grades(kpi: Kpi, review: Review) -> str:
    """Say what the KPI rests on, and how far that can be trusted."""
    grades = dict(zip(review.sources["source"], review.sources["grade"], strict=True))
    used = used_sources(review.strategy, [kpi])
    return "Facts: " + ", ".join(f"{name} (grade {grades.get(name, '–')})" for name in used)


def _draw(item: KpiReview, review: Review, ax: Axes) -> None:
    kpi, currency = item.kpi, review.strategy.organisation.currency or ""
    history = item.history.tail(SHOWN)
    history_chart(
        history, ax=ax, title=f"{kpi.title} by {kpi.grain}", unit=kpi.unit, currency=currency
    )
    if item.trend is not None and item.row["trend"] != "drifting":  # it follows no line
        line = item.trend.line()
        trend_line(line[line["period_start"] >= history["period_start"].min()], ax=ax)
    if item.forecast is not None:
        known = item.history[item.history["complete"] & item.history["value"].notna()]
        last = (known["period_start"].iloc[-1], float(known["value"].iloc[-1]))
        forecast_fan(item.forecast.to_frame(), ax=ax, last=last)
    if item.aggregate in ("mean", "ratio", "last") or kpi.grain == review.period.grain:
        for level in _declared(kpi, review.period.label, review):
            target_line(level, ax=ax, label=f"target {review.period.label}")
    handles, labels = ax.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    ax.legend(unique.values(), unique.keys(), ncols=4, loc="upper left", bbox_to_anchor=(0, -0.12))


def _value_sentence(item: KpiReview, review: Review) -> str:
    kpi, currency = item.kpi, review.strategy.organisation.currency or ""
    value = _number(item.row["value"])
    partial = "" if item.complete else f" so far (as of {review.as_of})"
    if value != value:
        return f"{review.period.label}: no value."
    return f"{review.period.label}: {format_value(value, kpi.unit, currency=currency)}{partial}."


def _trend_sentence(trend: Trend, kpi: Kpi, review: Review) -> str:
    """Say the verdict with the slope of a year, in the KPI's unit."""
    row = trend.to_frame().iloc[0]
    verdict = str(row["verdict"])
    if verdict == "too short":
        return "Trend: too short to tell."
    currency = review.strategy.organisation.currency or ""
    slope, low, high = (
        format_change(float(row[name]) * trend.per_year, kpi.unit, currency=currency)
        for name in ("slope", "slope_lower", "slope_upper")
    )
    said = {
        "rising": f"rising, {slope} a year",
        "falling": f"falling, {slope} a year",
        "no clear trend": f"none that is clear ({slope} a year)",
        "drifting": f"drifting ({slope} a year), which cannot be told from a random walk",
    }[verdict]
    return f"Trend: {said}; 95 % interval {low} to {high}."


def _target_row(item: KpiReview, review: Review, label: str) -> str:
    kpi, currency = item.kpi, review.strategy.organisation.currency or ""
    declared = _declared(kpi, label, review)
    words = " to ".join(format_value(x, kpi.unit, currency=currency) for x in declared) or MISSING
    values = [MISSING] * 3
    chance = MISSING
    if item.proposals is not None:
        row = item.proposals.to_frame().iloc[0]
        names = ("floor", "committed", "stretch")
        values = [format_value(row[name], kpi.unit, currency=currency) for name in names]
        if kpi.direction == "on_target":
            band = (row["lower"], row["upper"])
            text = " to ".join(format_value(x, kpi.unit, currency=currency) for x in band)
            values = [MISSING, text, MISSING]
        if declared:
            wanted = declared[0] if len(declared) == 1 else (declared[0], declared[1])
            chance = format_chance(item.proposals.attainment(kpi.id, wanted))
    cells = "".join(f'<td class="num">{cell}</td>' for cell in (*values, words, chance))
    return f'<tr><th scope="row">{escape(kpi.title)}</th>{cells}</tr>'


# small things ----------------------------------------------------------------------------


def _number(value: object) -> float:
    return float("nan") if value is None else float(str(value))


def _num(wanted: bool) -> str:
    return ' class="num"' if wanted else ""


def _person(review: Review, name: str) -> str:
    person = review.strategy.people.get(name)
    return getattr(person, "name", None) or name.replace("_", " ")


def _owner(item: KpiReview, review: Review) -> str:
    return escape(_person(review, item.kpi.owner))


def _partial(review: Review) -> str:
    late = [item.kpi.title for item in review.kpis if not item.complete]
    if len(late) < len(review.kpis):
        return f"Not complete yet, and not judged as whole: {', '.join(late)}."
    return (
        f"{review.period.label} is partial: it runs to {review.period.end}, and the facts are "
        f"seen up to {review.as_of}. Its values are not judged as those of a whole period."
    )
