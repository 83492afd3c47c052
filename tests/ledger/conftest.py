"""Ledgers made for a test: in a file, and on a real PostgreSQL."""

import importlib.util
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from kpikit.ledger import Comment, Decision, Target, open_ledger


def _postgres_server():
    if "postgres_server" not in sys.modules:
        place = Path(__file__).parents[1] / "sources" / "postgres_server.py"
        spec = importlib.util.spec_from_file_location("postgres_server", place)
        sys.modules["postgres_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["postgres_server"])
    return sys.modules["postgres_server"]


@pytest.fixture(scope="session")
def postgres_address():
    """Return the address of a real PostgreSQL."""
    server = _postgres_server()
    if server.binaries() is None:
        if os.environ.get("CI"):
            pytest.fail("there is no PostgreSQL: install Debian's package postgresql")
        pytest.skip("there is no PostgreSQL on this machine")
    with server.server() as port:
        password = quote(server.PASSWORD, safe="")
        yield f"postgresql://kpikit:{password}@127.0.0.1:{port}/postgres"


@pytest.fixture
def postgres_url(postgres_address):
    """Return the address of a schema of its own, which is empty."""
    from sqlalchemy import create_engine, text

    address = postgres_address.replace("postgresql://", "postgresql+psycopg://")
    schema = f"ledger_{datetime.now(UTC):%H%M%S%f}"
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    engine.dispose()
    return f"{postgres_address}?options=-csearch_path%3D{schema}"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """Return the address of a ledger that is not there yet, on each database in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite")
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def path(tmp_path):
    """Return the file of a ledger that is not there yet."""
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ticking():
    """Return a clock that goes on by a minute each time it is asked."""
    now = datetime(2026, 10, 12, 9, tzinfo=UTC)

    def clock():
        nonlocal now
        now += timedelta(minutes=1)
        return now

    return clock


@pytest.fixture
def fifty(path, ticking):
    """Return the file of a ledger of 50 records."""
    with open_ledger(path, clock=ticking) as ledger:
        for number in range(50):
            record = (
                Comment(period="2026Q3", text=f"Ümläut {number}", kpi="csat"),
                Decision(period="2026Q3", text=f"Decide {number}", kpis=("csat", "nps")),
                Target(kpi=f"kpi_{number}", period="2026Q4", value=number / 10, attainment=0.8),
            )[number % 3]
            ledger.append(record, who="coo", why="the review", event=f"event-{number}")
    return path
