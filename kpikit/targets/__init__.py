"""Which targets are honest, and how likely the declared ones are to be reached.

`outcomes` adds simulated paths up to what a whole period will hold, `propose`
reads targets off them, `assess` judges declared ones, `aggregate` knows how a
KPI adds up over periods, `direction` what counts as reached.
"""
