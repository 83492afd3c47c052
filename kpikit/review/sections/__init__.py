"""The parts of a report as HTML: every text escaped, every number with its unit."""

from kpikit.review.sections.alignment import audit_findings
from kpikit.review.sections.basis import data_quality, methods, numbers
from kpikit.review.sections.company import (
    company_audit,
    company_board,
    company_header,
    company_links,
    company_map,
    company_objectives,
)
from kpikit.review.sections.happened import happened, leads
from kpikit.review.sections.kpis import kpi_pages
from kpikit.review.sections.ledger import follow_through, milestones, own_record
from kpikit.review.sections.month import glance, same_point
from kpikit.review.sections.proposals import targets
from kpikit.review.sections.standing import board, header
from kpikit.review.sections.words import Section

__all__ = [
    "Section",
    "audit_findings",
    "board",
    "company_audit",
    "company_board",
    "company_header",
    "company_links",
    "company_map",
    "company_objectives",
    "data_quality",
    "follow_through",
    "glance",
    "happened",
    "header",
    "kpi_pages",
    "leads",
    "methods",
    "milestones",
    "numbers",
    "own_record",
    "same_point",
    "targets",
]
