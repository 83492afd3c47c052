"""What may come of every KPI, how surely, and what it adds up to.

`forecast` and `backtest` are the verbs, `outcomes` is what targets build on. `foresight` takes
series through them: `ladder` makes a history ready (`cleaning`, `scales`) or falls back to what
needs no model (`simple`); `batches` go through the members (`members`, and a module for each kind)
here or elsewhere (`spread`), unless `remembered`; `past_errors` and what other series taught
(`calibration`) say how far an `outlook` may be off.
"""
