"""What histories tell: season and trend, each with its error rate held, and changes split.

`panel` reads histories and panels, `innovations` splits them into what their own past
told and what was new, `autoregression` fits lines whose errors
remember the period before, `season` and `trend` ask one question each. `identities`
checks the arithmetic between KPIs; `decomposition` splits a change, by the arithmetic
of `contributions` on the `pairs` of two periods, into the `parts` that fit the KPI.
"""
