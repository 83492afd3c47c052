"""What histories tell: season, changes and trend, each with its error rate held, and changes split.

`panel` reads histories and panels, `autoregression` fits lines whose errors
remember the period before, `season` tests for one. `breaks` searches for the steps and
bends of a `course`, `regimes` with the season and without spikes; `seasons`, `changes` and
`trend` ask one question each. `identities`
checks the arithmetic between KPIs; `decomposition` splits a change, by the arithmetic
of `contributions` on the `pairs` of two periods, into the `parts` that fit the KPI.
"""
