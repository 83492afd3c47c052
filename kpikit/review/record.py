"""What a review leaves beside its reports: the index, the record of inputs, the log."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sys
import unicodedata
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from kpikit.files import write_anew, write_file
from kpikit.review.batch import OVERVIEW, Batch, executed_name, page_name
from kpikit.review.export import WORKBOOK
from kpikit.review.numbers import JUDGED, Numbers, carried_numbers
from kpikit.review.render import Page, render_page
from kpikit.sources.fingerprint import hash_file, hash_source
from kpikit.strategy.model import COMPANY
from kpikit.strategy.tree import department_title

if TYPE_CHECKING:
    from kpikit.ledger import Head
    from kpikit.review.plan import Plan
    from kpikit.strategy import Strategy

LIBRARIES = (
    "kpikit", "numpy", "pandas", "statsmodels", "matplotlib", "ibis-framework", "duckdb",
    "papermill", "nbconvert",
)  # fmt: skip


def write_records(  # noqa: PLR0913 - a record is made of this much
    plan: Plan,
    batch: Batch,
    *,
    folder: Path,
    as_of: date,
    started: datetime,
    drawn: tuple[str, str],
    head: Head | None = None,
) -> None:
    """Write `index.html` and `run.json`, the same for the same inputs, and `run.log`.

    Parameters
    ----------
    drawn
        The strategy map, and what it shows in words.
    """
    strategy, period = plan.strategy, plan.period.label
    record = {
        "organisation": strategy.organisation.name,
        "period": period,
        "as_of": as_of.isoformat(),
        "reports": [
            {
                "department": outcome.name,
                "state": outcome.state,
                "html": outcome.html,
                "message": outcome.message,
            }
            for outcome in batch.outcomes
        ],
        "sha256": _hashes(plan),
    } | code()
    if head is not None:  # how far the ledger was: what it lost since can then be told
        record["ledger"] = head._asdict()
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    write_file(folder / "run.json", text)
    numbers = _numbers(batch, folder)
    told = _review(numbers, period, as_of)
    write_anew(folder / "review.json", told, derived=folder / WORKBOOK)
    write_file(folder / "index.html", _index(plan, batch, folder, numbers, drawn))
    write_file(folder / "run.log", _log(plan, batch, started))


def code() -> dict[str, object]:
    """Return what computed the numbers: the versions, and a hash of kpikit's own modules."""
    package = Path(__file__).parents[1]
    modules = sorted(package.rglob("*.py"))
    hashes = "".join(
        f"{path.relative_to(package).as_posix()} {hash_file(path)}\n" for path in modules
    )
    return {
        "code": hashlib.sha256(hashes.encode()).hexdigest(),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in LIBRARIES},
    }


def slug(name: str) -> str:
    """Return a name as a folder's name: lower-case ASCII letters, digits and hyphens.

    A name that has none is told apart by a short hash.

    Examples
    --------
    >>> slug("Café Zürich & Söhne")
    'cafe-zurich-sohne'
    >>> slug("株式会社")
    'organisation-e6843c6e'
    """
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    short = re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:60].strip("-")
    return short or f"organisation-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _hashes(plan: Plan) -> dict[str, object]:
    strategy = plan.strategy
    sources = {
        name: {"path": str(source.path), "sha256": hash_source(source, strategy.folder)}
        for name, source in strategy.sources.items()
        if source.path is not None
    }
    return {
        "strategy": {"path": strategy.path.name, "sha256": hash_file(strategy.path)},
        "sources": sources,
        "notebooks": plan.notebook_hashes(),
    }


def _numbers(batch: Batch, folder: Path) -> dict[str, Numbers]:
    """Return the numbers of every report made, as its notebook carries them."""
    made = [outcome.name for outcome in batch.outcomes if outcome.state == "ok"]
    found = {name: carried_numbers(folder / executed_name(name)) for name in made}
    return {name: values for name, values in found.items() if values is not None}


def _review(numbers: dict[str, Numbers], period: str, as_of: date) -> str:
    record = {"period": period, "as_of": as_of.isoformat(), "departments": numbers}
    return json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _index(
    plan: Plan,
    batch: Batch,
    folder: Path,
    numbers: dict[str, Numbers],
    drawn: tuple[str, str],
) -> str:
    strategy = plan.strategy
    standing = {
        name: [kpi["board"]["status"] for kpi in values.get("kpis", {}).values()]
        for name, values in numbers.items()
    }
    rows = [
        {
            "title": _title(strategy, outcome.name),
            "state": outcome.state,
            "link": outcome.html,
            "message": outcome.message,
            "counts": [standing.get(outcome.name, []).count(status) or "" for status in JUDGED],
        }
        for outcome in batch.outcomes
    ]
    made_now = {outcome.name for outcome in batch.outcomes if outcome.state == "ok"}
    others = [
        {"title": _title(strategy, name), "link": page_name(name), "as_of": _as_of(folder, name)}
        for name in dict.fromkeys((OVERVIEW, COMPANY, *strategy.departments))
        if name not in made_now and (folder / page_name(name)).is_file()
    ]
    made = sum(outcome.state == "ok" for outcome in batch.outcomes)
    page = Page(
        title=f"{strategy.organisation.name}: review of {plan.period.label}",
        masthead=plan.masthead,
    )
    summary = f"{made} of {len(rows)} reports made."
    image, caption = drawn
    values = {"rows": rows, "others": others, "summary": summary, "map": image, "caption": caption}
    return render_page("index.html.j2", page, values)


def _title(strategy: Strategy, name: str) -> str:
    title = department_title(strategy, name)
    return f"{title}: all departments" if name == OVERVIEW else title


def _as_of(folder: Path, name: str) -> str:
    """Return the day at which an earlier report looked at the world; nothing where it is lost."""
    try:
        made = json.loads((folder / executed_name(name)).read_bytes())
        return str(made["metadata"]["papermill"]["parameters"]["as_of"])
    except (OSError, ValueError, KeyError):
        return ""


def _log(plan: Plan, batch: Batch, started: datetime) -> str:
    ended = datetime.now().astimezone()
    lines = [
        f"started {started.isoformat(timespec='seconds')}",
        f"ended {ended.isoformat(timespec='seconds')}",
        f"python {sys.executable} on {platform.platform()}",
        f"strategy {plan.strategy.path.resolve()}",
        f"notebook {plan.notebook.resolve()}",
    ]
    for outcome in batch.outcomes:
        lines.append(f"{outcome.name}: {outcome.state} after {outcome.seconds:.1f} s")
        lines += [f"    {line}" for line in (outcome.message + "\n" + outcome.log).splitlines()]
    return "\n".join(lines) + "\n"
