"""Where dates stand on an axis over time."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.dates import AutoDateLocator


class Dates(AutoDateLocator):
    """Finds its dates once for a stretch of time: one drawing asks for them a dozen times.

    Axes whose dates it finds are axes over time.
    """

    _stretch: tuple[float, ...] = ()
    _places: Sequence[float] = ()

    def __call__(self) -> Sequence[float]:
        """Return where the dates stand."""
        stretch = () if self.axis is None else tuple(self.axis.get_view_interval())
        if stretch != self._stretch:
            self._places = super().__call__()  # type: ignore[no-untyped-call]
            self._stretch = stretch
        return self._places
