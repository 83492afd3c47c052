"""Findings in SARIF 2.1.0, as code hosts show them beside the lines of a file."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from kpikit import __version__
from kpikit.alignment.audit import Audit
from kpikit.alignment.catalogue import FAMILIES, catalogue
from kpikit.alignment.rule import Rule

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif_log(found: Audit) -> dict[str, object]:
    """Return an audit as a SARIF log; waived findings are suppressed with their reason.

    Notes
    -----
    OASIS, *Static Analysis Results Interchange Format (SARIF) Version 2.1.0* (2020).
    """
    codes = list(dict.fromkeys(rule.code for rule in catalogue()))
    driver = {
        "name": "kpikit",
        "semanticVersion": __version__,
        "rules": [_rule(code, [one for one in catalogue() if one.code == code]) for code in codes],
    }
    rows = found.to_frame().to_dict(orient="records")
    results = [_result(row, codes, found.reasons) for row in rows]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, rules: Iterable[Rule]) -> dict[str, object]:
    """Return what is said of a code; several rules may share it."""
    first, *others = rules
    return {
        "id": code,
        "shortDescription": {"text": first.statement},
        "fullDescription": {"text": " ".join(rule.statement for rule in (first, *others))},
        "defaultConfiguration": {"level": first.severity},
        "properties": {
            "article": first.article,
            "tags": [FAMILIES.get(first.family, first.family)],
        },
    }


def _result(
    row: Mapping[Hashable, object], codes: list[str], reasons: Mapping[tuple[str, str], str]
) -> dict[str, object]:
    code, subject, said = (str(row[name]) for name in ("code", "subject", "message"))
    file, _, line = str(row["where"]).rpartition(":")
    path = Path(file)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    mark = sha256("\n".join((code, subject, said)).encode()).hexdigest()[:32]
    result: dict[str, object] = {
        "ruleId": code,
        "ruleIndex": codes.index(code),
        "level": row["severity"],
        "message": {"text": f"{said} {row['fix']}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri},
                    "region": {"startLine": int(line)},
                },
                "logicalLocations": [{"fullyQualifiedName": subject}],
            }
        ],
        "partialFingerprints": {"kpikit/v1": mark},
    }
    if row["waived_until"] is not None:
        reason = reasons[code, subject]
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{reason} (until {row['waived_until']})",
            }
        ]
    return result
