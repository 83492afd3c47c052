"""Kernels of the app: no more at once than it was started for."""

from __future__ import annotations

import os
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError

MOST = "KPIKIT_APP_MOST"  # the environment variable that holds how many


class CappedKernels(AsyncMappingKernelManager):
    """Refuses a visitor for whom there is no kernel left, and says so."""

    async def _async_start_kernel(self, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - its own
        most = int(os.environ.get(MOST, "8"))
        if len(self) >= most:
            raise HTTPError(503, f"The app is full: {most} people use it. Try again later.")
        started: str = await super()._async_start_kernel(*args, **kwargs)
        return started

    start_kernel = _async_start_kernel  # type: ignore[assignment]
