"""A PostgreSQL server of the tests' own, on loopback, gone with them."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
PASSWORD = "s3cret/with:odd@signs"


def binaries() -> Path | None:
    """Return the folder with initdb and postgres, or None where there is no server."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return BINARIES[0] if BINARIES else None


def unprivileged() -> dict:
    """Return what runs a server as another user where the tests run as root; it refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("there is no unprivileged user to run PostgreSQL as")


@contextmanager
def server():
    """Run a server on loopback; yield its port. Its data lie where any user may reach them."""
    with tempfile.TemporaryDirectory(prefix="kpikit-postgres-") as place:
        yield from _run(Path(place))


def _run(folder: Path):
    place, who = binaries(), unprivileged()
    if who:
        os.chown(folder, who["user"], who["group"])
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    init = [place / "initdb", "-D", data, "-U", "kpikit", "-A", "scram-sha-256"]
    init += ["--pwfile", secret, "-E", "UTF8", "--locale=C", "--no-sync"]
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(init, check=True, stderr=subprocess.DEVNULL, **quiet, **who)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"listen_addresses": "127.0.0.1", "port": port, "fsync": "off"}
    settings["unix_socket_directories"] = folder
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [place / "postgres", "-D", data, *options], stderr=log, **quiet, **who
    )
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _wait(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("PostgreSQL did not start within 30 seconds")
