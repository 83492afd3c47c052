import importlib.util
import os
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

spec = importlib.util.spec_from_file_location(
    "postgres_server", Path(__file__).parent / "postgres_server.py"
)
postgres_server = importlib.util.module_from_spec(spec)
sys.modules["postgres_server"] = postgres_server
spec.loader.exec_module(postgres_server)


@pytest.fixture(scope="session")
def postgres():
    """Return the address of a real PostgreSQL with an empty database."""
    if postgres_server.binaries() is None:
        if os.environ.get("CI"):
            pytest.fail("there is no PostgreSQL: install Debian's package postgresql")
        pytest.skip("there is no PostgreSQL on this machine")
    with postgres_server.server() as port:
        password = quote(postgres_server.PASSWORD, safe="")
        yield f"postgresql://kpikit:{password}@127.0.0.1:{port}/postgres"
