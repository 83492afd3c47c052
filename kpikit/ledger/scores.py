"""How good were the forecasts? Those on record, held against what came."""

from __future__ import annotations

import pandas as pd

KEYS = ["kpi", "segment", "period"]
LOWER, UPPER = "0.1", "0.9"  # between them lies the value in 80 of 100 periods


def match_outcomes(forecasts: pd.DataFrame, actuals: pd.DataFrame) -> pd.DataFrame:
    """Return each forecast on record with the value that came.

    Parameters
    ----------
    forecasts
        `ledger.latest(ForecastMade)` as a frame.
    actuals
        `kpi, segment, period, value` of complete periods.

    Returns
    -------
    pandas.DataFrame
        `kpi, segment, period, as_of, method, median, lower, upper, actual, error, inside`:
        the middle 80 % of the forecast, the actual value less the median, and whether it lay
        inside (missing where the period has no value yet, or no interval was recorded).
    """
    table = forecasts[[*KEYS, "as_of", "method", "median"]].assign(
        lower=_quantile(forecasts, LOWER), upper=_quantile(forecasts, UPPER)
    )
    values = actuals[[*KEYS, "value"]].rename(columns={"value": "actual"})
    table = table.merge(values, on=KEYS, how="left", validate="many_to_one")
    known = table[["lower", "upper", "actual"]].notna().all(axis="columns")
    inside = table["actual"].between(table["lower"], table["upper"])
    return table.assign(
        error=table["actual"] - table["median"],
        inside=inside.astype("boolean").where(known),
    )


def score_forecasts(matched: pd.DataFrame, *, by: str = "method") -> pd.DataFrame:
    """Return the record of the forecasts whose period has come: how far off, how often inside.

    Parameters
    ----------
    matched
        What `match_outcomes` returns; forecasts without a value yet are left out.
    by
        The column to group by, such as `method` or `kpi`.

    Returns
    -------
    pandas.DataFrame
        The group, `forecasts`, `bias` and `error` (mean and mean absolute error, each in
        percent of the mean absolute actual value), `inside` (share of values in the middle
        80 %) and `with_interval`, the number it is a share of.
    """
    came = matched.dropna(subset=["actual"])
    rows = [
        {
            by: name,
            "forecasts": len(group),
            "bias": group["error"].mean() / group["actual"].abs().mean() * 100,
            "error": group["error"].abs().mean() / group["actual"].abs().mean() * 100,
            "inside": group["inside"].astype("Float64").mean(),
            "with_interval": int(group["inside"].notna().sum()),
        }
        for name, group in came.groupby(by, sort=True)
    ]
    names = [by, "forecasts", "bias", "error", "inside", "with_interval"]
    return pd.DataFrame(rows, columns=names)


def _quantile(forecasts: pd.DataFrame, level: str) -> pd.Series[float]:
    values = [quantiles.get(level) for quantiles in forecasts["quantiles"]]
    return pd.Series(values, index=forecasts.index, dtype="float64")
