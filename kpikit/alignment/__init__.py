"""Is the organisation aligned: the rules, the audit, and what would align it better.

words         phrases that say little, names of nobody
links         typed links, and the way from a KPI up to an objective
rule          what a rule is, and the decorator that makes one
case          what the rules look at
rules/        the rules, one file for each family of codes
catalogue     all rules, those of third parties among them
audit         audit: every rule asked of every subject
score         the findings by family, and how they change
sarif         the findings for code hosts
"""
