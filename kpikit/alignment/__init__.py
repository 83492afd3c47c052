"""Is the organisation aligned: the rules, the audit, and what would align it better.

words         phrases that say little, names of nobody
links         typed links, and the way from a KPI up to an objective
rule          what a rule is, and the decorator that makes one
prospects     the chance of every target not decided yet
evidence      what the analyses say, each asked once
record        what the ledger held on a day
case          what the rules look at: strategy, links, evidence, record
rules/        the rules, one file for each family of codes
catalogue     all rules, those of third parties among them
audit         audit: every rule asked of every subject
score         the findings by family
history       track_alignment: how they changed over audits
sarif         the findings for code hosts
advice        advise_kpis: keep, adjust, replace, retire
choice        the smallest set that covers enough, exactly
portfolio     propose_portfolio: that set for a department, and what each drop loses
sight         line_of_sight: from a KPI up to the mission
map           map_strategy: the strategy on one page
coverage      map_coverage: responsibilities and the KPIs that measure them
interdependence
              map_interdependencies: which departments must talk, and about what
v2mom         describe_department: a department on one page
"""
