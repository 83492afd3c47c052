"""Test the leading links that a strategy claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.analysis.claims import Claim, claim_rows, read_claims
from kpikit.analysis.leads import CAVEAT, Leads, find_leads
from kpikit.analysis.link_words import links_in_words
from kpikit.analysis.ties import tied_pairs
from kpikit.charts.style import axes, look
from kpikit.errors import DataError
from kpikit.results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kpikit.observations import Observations
    from kpikit.strategy.model import Strategy

VERDICTS = ("supported", "wrong lag", "wrong sign", "not supported", "too short")


@dataclass(frozen=True, kw_only=True, eq=False)
class LinkEvidence(Result):
    """Every claimed link with its evidence and its verdict.

    Attributes
    ----------
    titles
        What each KPI is called.
    unclaimed
        Leads that were found and nobody claims, in the columns of `find_leads`; those
        that add nothing beside a stronger one are left out.
    """

    titles: dict[str, str]
    unclaimed: pd.DataFrame = field(repr=False)
    _curves: pd.DataFrame = field(repr=False, default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        """Keep copies of the tables."""
        super().__post_init__()
        object.__setattr__(self, "unclaimed", self.unclaimed.copy())

    def summary(self) -> str:
        """Count the verdicts, and name the links that are supported."""
        if self.frame.empty:
            return "No KPI claims to lead another."
        counts = self.frame["verdict"].value_counts()
        said = ", ".join(f"{name} {counts[name]}" for name in VERDICTS if name in counts)
        named = [
            f"{row['candidate']} to {row['target']} after {row['after']}"
            for _, row in self.frame[self.frame["verdict"] == "supported"].iterrows()
        ]
        told = f" Supported: {'; '.join(named)}." if named else ""
        more = f" Leads that nobody claims: {len(self.unclaimed)}." if len(self.unclaimed) else ""
        return f"Claimed links: {len(self.frame)}; {said}.{told}{more}"

    def curve(self, candidate: str, target: str) -> pd.DataFrame:
        """Return a claimed link's partial correlation at every lag: `lag, correlation, limit`.

        Lag 0 is the same period.

        Raises
        ------
        DataError
            When the link is not claimed, or nothing can be said of it.
        """
        curves = self._curves
        chosen = curves[(curves["candidate"] == candidate) & (curves["target"] == target)]
        if chosen.empty:
            raise DataError(
                f"{candidate} to {target}: no claimed link of these two could be tested. "
                "Name one of the table's."
            )
        return chosen[["lag", "correlation", "limit"]].reset_index(drop=True)

    def plot_link(self, candidate: str, target: str, ax: Axes | None = None) -> Axes:
        """Draw a claimed link at every lag, with what chance does and the claimed lag.

        Raises
        ------
        DataError
            When the link is not claimed, or nothing can be said of it.
        """
        from kpikit.charts.lags import lag_chart

        curve = self.curve(candidate, target)
        pair = (self.frame["candidate"] == candidate) & (self.frame["target"] == target)
        row = self.frame[pair].iloc[0]
        title = f"{self.titles[candidate]} → {self.titles[target]}: {row['verdict']}"
        grain = str(row["after"]).split()[1].rstrip("s")
        claimed = int(row["claimed_lag"]) if grain == row["grain"] else None
        with look():
            ax = axes(ax)
            return lag_chart(curve, ax=ax, title=title, claimed=claimed, grain=grain)

    def _shown(self) -> pd.DataFrame:
        order = self.frame["verdict"].map(VERDICTS.index)
        return links_in_words(self.frame.loc[order.sort_values(kind="stable").index])

    def _draw(self, ax: Axes) -> None:
        from kpikit.charts.link_map import link_map

        link_map(self.frame, titles=self.titles, ax=ax)


def test_links(
    strategy: Strategy,
    observations: Observations,
    *,
    fdr: float = 0.10,  # noqa: PT028 - no test, but a verb
    changes: pd.DataFrame | None = None,  # noqa: PT028
) -> LinkEvidence:
    """Tell which of the leading links that a strategy claims its numbers bear out.

    Parameters
    ----------
    strategy
        Its KPIs say in `leads` whose future they tell, after how many periods, and
        whether that one then rises or falls.
    observations
        Values of those KPIs. Partial periods are left out; segments are not looked at.
    fdr
        The share of false ones among the supported, on average.
    changes
        As for `find_leads`.

    Returns
    -------
    LinkEvidence
        One row per claimed link: `candidate, target, claimed_lag, claimed_sign, lag, sign,
        p_value, q_value, partial_r2, verdict`, with further columns as of `find_leads`.
        `claimed_lag` counts periods of the KPIs' own `grain`, `lag` those of the observations;
        `p_value` is that of the claimed lag in the claimed sign, `lag` and `sign` are what
        the numbers say: the claimed lag where it is supported, else the strongest.

    Raises
    ------
    DataError
        A period stands twice, or `fdr` does not lie between 0 and 1.

    Notes
    -----
    The claimed links alone are the family of tests, which is where the power is. Verdicts:

    - `supported`: the claimed lag's own test in the claimed sign has p ≤ 0.03 and
      q ≤ `fdr`. Where another lag tells more, it is held fixed in that test.
    - `wrong sign`, `wrong lag`: it has not, and the strongest lag has, both signs and all
      lags taken into account, with the other sign or with the claimed one.
    - `too short`: only a lead that explains more than half of what is new in the target
      would have been seen.
    - `not supported`: all others, and KPIs of which one is part of the other.

    Where the observations are finer than the KPIs' own grain, the claimed lag is the two
    fine ones around it.

    Examples
    --------
    >>> from kpikit import build_observations, load_strategy
    >>> strategy = load_strategy("data/economy/strategy.yaml")
    >>> evidence = test_links(strategy, build_observations(strategy))
    >>> evidence.to_frame()[["candidate", "target", "verdict"]].iloc[0].tolist()
    ['disposable_income', 'consumption', 'supported']
    """
    return hold_links(strategy, observations, None, fdr=fdr, changes=changes)


test_links.__test__ = False  # type: ignore[attr-defined]  # by its name a test runner takes it


def hold_links(
    strategy: Strategy,
    observations: Observations,
    leads: Leads | None,
    *,
    fdr: float = 0.10,
    changes: pd.DataFrame | None = None,
) -> LinkEvidence:
    """Return what `test_links` does, with the leads among all pairs where they are found already.

    These are those of the observations' whole KPIs, at the same `fdr` and without tied pairs.
    """
    if not 0 < fdr < 1:
        raise DataError(f"fdr is {fdr!r}; it lies between 0 and 1.")
    frame = observations.to_frame()
    frame = frame[frame["segment"] == ""]
    ties = tied_pairs(strategy)
    claims, notes = read_claims(strategy, frame, ties)
    table, curves = claim_rows(claims, fdr=fdr, changes=changes)
    if leads is None and len(frame["kpi"].unique()) > 1:
        leads = find_leads(frame, fdr=fdr, exclude=ties)
    return LinkEvidence(
        frame=table,
        notes=(*notes, CAVEAT),
        titles={name: kpi.title for name, kpi in strategy.kpis.items()},
        unclaimed=_unclaimed(leads.to_frame(), claims) if leads else pd.DataFrame(),
        _curves=curves,
    )


def _unclaimed(found: pd.DataFrame, claims: list[Claim]) -> pd.DataFrame:
    """Return the leads among all pairs that no KPI claims."""
    claimed = {(claim.candidate, claim.target) for claim in claims}
    pairs = zip(found["candidate"], found["target"], strict=True)
    fresh = np.array([pair not in claimed for pair in pairs])
    worth = (found["verdict"] == "leads") & (found["through"] == "") & fresh
    return found.loc[worth].reset_index(drop=True)
