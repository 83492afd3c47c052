"""What may come: simulated paths of every KPI, and what they add up to.

`forecast` is the verb; `ladder` chooses the model that a history can carry,
`smoothing` is the model, `simple` has the ways that need none, `scales` keeps
values inside their bounds.
"""
