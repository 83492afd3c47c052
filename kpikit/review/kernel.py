"""A kernel on this very Python, whatever kernels the machine has registered."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any, cast

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Type, default

from kpikit.review.cradle import Cradle

ENVIRONMENT = {
    "PYTHONDONTWRITEBYTECODE": "",  # else each kernel compiles pandas and statsmodels anew
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # else pictures may vanish
}
MOMENT = 0.02  # seconds
FORKED = "kpikit-fork"  # the name under which the package announces `ForkProvisioner`

_cradle: Cradle | None = None


def use_cradle(cradle: Cradle) -> None:
    """Let this process fork its kernels from a cradle instead of starting them afresh."""
    global _cradle
    _cradle = cradle


class Prompt(AsyncZMQSocketChannel):
    """A channel that waits no longer than a moment for what may never come."""

    async def get_msg(  # type: ignore[override]  # as in Jupyter's own
        self, timeout: float | None = None
    ) -> dict[str, Any]:
        """Return the next message; where time is limited, only one that is nearly here."""
        return await super().get_msg(None if timeout is None else min(timeout, MOMENT))


class OwnClient(AsyncKernelClient):
    """Begins as soon as the kernel has answered: Jupyter's would listen on, to silence."""

    iopub_channel_class = Type(Prompt)


class OwnKernel(AsyncKernelManager):
    """Starts `sys.executable`, with its messages encrypted where the machine can."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return what to start: nothing is looked up, so nothing need be installed."""
        metadata: dict[str, object] = {"supported_encryption": ["curve"]}
        if _cradle is not None:
            metadata["kernel_provisioner"] = {"provisioner_name": FORKED}
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            env=ENVIRONMENT,
            metadata=metadata,
        )

    @default("client_factory")
    def _client(self) -> type[AsyncKernelClient]:
        return OwnClient

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

    async def _async_finish_shutdown(
        self, waittime: float | None = None, pollinterval: float = MOMENT, restart: bool = False
    ) -> None:
        await super()._async_finish_shutdown(waittime, pollinterval, restart)


class ForkProvisioner(LocalProvisioner):
    """Forks a kernel from a process that has loaded everything; the rest is Jupyter's own."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:  # noqa: ANN401
        """Start the kernel, and return how to reach it."""
        assert _cradle is not None, "the provisioner is named only where there is a cradle"
        child = _cradle.start(
            {
                "arguments": cmd[cmd.index("ipykernel_launcher") + 1 :],
                "folder": str(kwargs.get("cwd") or Path.cwd()),
                "environment": dict(kwargs.get("env") or os.environ),
            }
        )
        if child is None:
            raise RuntimeError("Kernel died before replying: what forks it is gone")
        self.process = cast("Popen[bytes]", child)  # it has the face that Jupyter looks at
        self.pid = self.pgid = child.pid
        return self.connection_info


def run_forked(request: dict[str, Any]) -> int:
    """Be a kernel, in a process just forked: what `ipykernel_launcher` does, ready at once."""
    import random

    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    void = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(void, stream)
    random.seed()
    np.random.seed()  # noqa: NPY002 - the old generator would be the same in every child
    # matplotlib is loaded already: it is told here what it would see when imported
    arguments = [*request["arguments"], "--matplotlib=inline"]
    arguments.append(f"--IPKernelApp.parent_handle={os.getppid()}")  # it ends when that ends
    launcher = find_spec("ipykernel_launcher")
    sys.argv = [str(launcher.origin if launcher else ""), *arguments]
    IPKernelApp.launch_instance(argv=arguments)
    return 0
