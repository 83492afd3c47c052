"""What a history tells by itself: season and trend, each with its error rate held.

`panel` reads histories and panels, `autoregression` fits lines whose errors
remember the period before, `season` and `trend` ask one question each.
"""
