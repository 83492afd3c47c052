"""Beginnings that ask the right questions: an organisation, a department, a KPI."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Literal

from kpikit.errors import DataError, UnknownNameError
from kpikit.files import write_file
from kpikit.strategy.fields import ID_PATTERN, is_blank
from kpikit.strategy.insertion import insert_entry
from kpikit.strategy.model import COMPANY, Strategy
from kpikit.strategy.scalars import plain_value

Kind = Literal["kpi", "department"]

TEMPLATES = Path(__file__).parent / "templates"
SECTIONS: dict[Kind, Literal["kpis", "departments"]] = {"kpi": "kpis", "department": "departments"}
MAX_LISTED = 6  # names in a comment

_PLAIN = re.compile(r"[^\W\d_][\w -]*[\w]|[^\W\d_]")  # what YAML reads as itself, unquoted


class _Form(Template):
    delimiter = "@"  # formulas and connections have the dollar


def new_organisation(folder: Path | str) -> Path:
    """Write a made-up organisation into a new folder: something to change until it is yours.

    Parameters
    ----------
    folder
        A folder that does not exist, or is empty. Its name becomes the organisation's.

    Returns
    -------
    Path
        The strategy file. Beside it lie its facts and a README.

    Raises
    ------
    DataError
        When the folder holds anything already, or cannot be written to.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from kpikit.strategy import load_strategy
    >>> with TemporaryDirectory() as place:
    ...     strategy = load_strategy(new_organisation(Path(place, "corner_shop")))
    >>> strategy.organisation.name
    'Corner shop'
    """
    folder = Path(folder)
    words = {"name": _title(folder.resolve().name)}
    words["title"] = _scalar(words["name"])
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            what = "is not empty" if folder.is_dir() else "is a file"
            raise DataError(f"{folder}: this {what}. Name a new folder; nothing is overwritten.")
        for form in sorted((TEMPLATES / "organisation").iterdir()):
            text = form.read_text(encoding="utf-8")
            filled = text if form.suffix == ".csv" else _Form(text).substitute(words)
            write_file(folder / form.name, filled)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be written to ({error.strerror}). Name another folder."
        ) from None
    return folder / "strategy.yaml"


def entry_template(
    kind: Kind,
    name: str,
    *,
    within: str | None = None,
    owner: str | None = None,
    strategy: Strategy | None = None,
) -> str:
    """Return the text of a new entry for a strategy file, with the questions to answer.

    Parameters
    ----------
    kind
        `kpi` or `department`.
    name
        Its id.
    within
        The department of the KPI, or the parent of the department; else the company.
    owner
        Who answers for it; else who answers for what it is in.
    strategy
        A strategy to fit it to: its names stand where one must be chosen.

    Returns
    -------
    str
        YAML, indented as it stands in the file. A KPI is `proposed`, and its formula a
        stand-in that counts rows.

    Raises
    ------
    DataError
        When the name is no id.
    UnknownNameError
        When the strategy has no such department.

    Examples
    --------
    >>> print(entry_template("kpi", "churn_rate", within="sales")[:13])
      churn_rate:
    """
    if not re.fullmatch(ID_PATTERN, name):
        raise DataError(
            f"{name!r} is no id: small letters, digits, - and _, starting with a letter. "
            f"Try {_near_id(name)}."
        )
    words = {
        "id": name,
        "title": _scalar(_title(name)),
        "within": _scalar(_within(within, strategy)),
        "owner": _scalar(owner or _owner(within, strategy)),
        "source": _scalar(_source(strategy)),
        "objectives": _listed("objectives or KPIs", strategy.objectives if strategy else ()),
        "kpis": _listed("KPIs", strategy.kpis if strategy else ()),
        "duties": _listed("responsibilities", _duties(within, strategy)),
    }
    return _Form((TEMPLATES / f"{kind}.yaml").read_text(encoding="utf-8")).substitute(words)


def add_entry(
    strategy: Strategy,
    kind: Kind,
    name: str,
    *,
    within: str | None = None,
    owner: str | None = None,
) -> int:
    """Put a new entry into the strategy's file, and return the line on which it stands.

    Raises
    ------
    DataError
        When the id is taken, or the file would not load with the entry; then nothing is
        written.

    Notes
    -----
    All other text of the file stays as it is, comments included. The arguments are those
    of `entry_template`.
    """
    section = SECTIONS[kind]
    if name in getattr(strategy, section):
        line = strategy.lines[f"{section}.{name}"]
        raise DataError(
            f"{strategy.path}: {section}.{name} is there already, in line {line}. "
            "Choose another id."
        )
    text = entry_template(kind, name, within=within, owner=owner, strategy=strategy)
    return insert_entry(strategy, section=section, name=name, text=text)


def _title(name: str) -> str:
    """Return an id or a folder's name as people write it."""
    words = name.encode(errors="replace").decode().replace("_", " ").strip()
    return "My organisation" if is_blank(words) else words[:1].upper() + words[1:]


def _scalar(text: str) -> str:
    """Return a text as YAML reads it back: in quotes where it might mean something else."""
    if _PLAIN.fullmatch(text) and plain_value(text) == text:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _near_id(name: str) -> str:
    near = re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_-")[:64]
    return repr(near) if re.fullmatch(ID_PATTERN, near) else "'churn_rate'"


def _within(department: str | None, strategy: Strategy | None) -> str:
    if department is not None and strategy is not None:
        known = {COMPANY, *strategy.departments}
        if department not in known:
            raise UnknownNameError("department", department, known, where=str(strategy.path))
    return department or COMPANY


def _owner(within: str | None, strategy: Strategy | None) -> str:
    """Return who answers for the department, or the first person there is."""
    if strategy is None:
        return "name_of_a_person"
    department = strategy.departments.get(within or COMPANY)
    owners = [department.owner] if department else [*strategy.people]
    return owners[0] if owners else "name_of_a_person"


def _source(strategy: Strategy | None) -> str:
    sources = strategy.sources if strategy else {}
    dated = [name for name, source in sources.items() if source.time]
    return dated[0] if dated else "name_of_a_source"


def _duties(within: str | None, strategy: Strategy | None) -> Iterable[str]:
    department = strategy.departments.get(within or COMPANY) if strategy else None
    return department.responsibilities if department else ()


def _listed(kind: str, names: Iterable[str]) -> str:
    """Return what there is to choose from, for a comment."""
    known = list(names)
    if not known:
        return f"ids of {kind}"
    return ", ".join(known[:MAX_LISTED]) + (", …" if len(known) > MAX_LISTED else "")
