"""A kernel on this very Python, whatever kernels the machine has registered."""

from __future__ import annotations

import sys
from subprocess import DEVNULL
from typing import Any

import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

ENVIRONMENT = {
    "PYTHONDONTWRITEBYTECODE": "",  # else each kernel compiles pandas and statsmodels anew
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # else pictures may vanish
}


class OwnKernel(AsyncKernelManager):
    """Starts `sys.executable`, with its messages encrypted where the machine can."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return what to start: nothing is looked up, so nothing need be installed."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            env=ENVIRONMENT,
            metadata={"supported_encryption": ["curve"]},
        )

    @default("transport_encryption")
    def _encrypt(self) -> str:
        return "auto" if zmq.has("curve") else "disabled"

    @default("shutdown_wait_time")
    def _patience(self) -> float:
        return 2.0  # seconds; after half of it a kernel that does not end is ended

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:  # noqa: ANN401
        # what cells print comes as messages; the process itself only complains, now and
        # then, of sockets that closed while it ended
        return await super()._async_pre_start_kernel(**{"stdout": DEVNULL, "stderr": DEVNULL, **kw})

    async def _async_interrupt_kernel(self) -> None:
        # before it asks a kernel to end, the manager interrupts it: an idle one needs no
        # interrupt, and one in twenty then complains aloud and misses the request
        if not self.shutting_down:
            await super()._async_interrupt_kernel()
