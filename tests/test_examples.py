"""Facts fetched over a local server that behaves, and over ones that do not."""

import hashlib
import subprocess
import sys
import threading
import tomllib
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kpikit import examples
from kpikit.errors import DataError, UnknownNameError
from kpikit.examples import fetch_example
from kpikit.strategy import load_strategy

ROOT = Path(__file__).parents[1]
FACTS = "hotel_bookings.csv.gz"
SHA256 = tomllib.loads((ROOT / "data/hotel/facts.toml").read_text())["sha256"]
OTHER = b"other bytes"


class Answers(BaseHTTPRequestHandler):
    """One answer a path."""

    content = OTHER

    def do_GET(self):
        self.server.asked.append(self.path)
        getattr(self, self.path.strip("/").partition("?")[0])()

    def good(self, *, sent=None, length=None):
        self.send_response(200)
        self.send_header("Content-Length", str(length or len(self.content)))
        self.end_headers()
        self.wfile.write(self.content[:sent])

    def truncated(self):
        self.good(sent=5, length=1000)

    def unmeasured(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.content)

    def endless(self):
        self.good(length=10**12)

    def chunks_broken_off(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"ff\r\nfew")

    def missing(self):
        self.send_error(404, "\x1b[31mGone fishing")

    def to_good(self):
        self.lead("/good")

    def to_file(self):
        self.lead(f"file://{__file__}")

    def to_ftp(self):
        self.lead("ftp://127.0.0.1/facts")

    def to_itself(self):
        self.lead("/to_itself")

    def lead(self, address):
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Keep quiet."""


@pytest.fixture
def server(monkeypatch):
    """Return a server on loopback; `asked` holds what was asked for."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as serving:
        serving.asked = []
        serving.url = f"http://127.0.0.1:{serving.server_port}"
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.fixture
def real(example_data, monkeypatch):
    """Let the server answer with the real facts, and return their folder."""
    folder = example_data / "hotel"
    monkeypatch.setattr(Answers, "content", (folder / FACTS).read_bytes())
    return folder


@pytest.mark.parametrize("path", ["good", "to_good", "unmeasured", "good?token=1"])
def test_facts_are_fetched_and_the_strategy_lies_beside_them(real, server, tmp_path, path):
    told = []
    file = fetch_example(
        "hotel", to=tmp_path / "hotel", place=f"{server.url}/{path}", progress=told.append
    )
    assert file == tmp_path / "hotel" / "strategy.yaml"
    assert load_strategy(file).sources["bookings"].path == FACTS
    assert {one.name for one in file.parent.iterdir()} == {"README.md", "strategy.yaml", FACTS}
    assert (file.parent / FACTS).read_bytes() == (real / FACTS).read_bytes()
    assert told == [
        f"Fetching {FACTS} from {server.url[7:]} …",
        f"{FACTS}: 1,148,244 bytes, with the right checksum.",
    ]


def test_what_is_there_is_not_fetched_again_nor_overwritten(real, server, tmp_path):
    fetch_example("hotel", to=tmp_path, place=f"{server.url}/good")
    (tmp_path / "strategy.yaml").write_text("mine")
    told = []
    fetch_example("hotel", to=tmp_path, place=f"{server.url}/good", progress=told.append)
    assert server.asked == ["/good"]
    assert (tmp_path / "strategy.yaml").read_text() == "mine"
    assert told == [
        f"{FACTS} is there already, with the right checksum.",
        f"{tmp_path / 'strategy.yaml'} is there already, and is not the example's. "
        "It stays as it is.",
    ]


@pytest.mark.parametrize("place", ["", FACTS])
def test_facts_are_copied_from_a_folder_or_a_file(real, tmp_path, place):
    fetch_example("hotel", to=tmp_path, place=real / place)
    assert hashlib.sha256((tmp_path / FACTS).read_bytes()).hexdigest() == SHA256


def refused(tmp_path, place):
    with pytest.raises(DataError) as caught:
        fetch_example("hotel", to=tmp_path / "new", place=place)
    assert not (tmp_path / "new").exists()
    return str(caught.value)


def test_other_facts_are_refused_with_both_checksums(server, tmp_path):
    (tmp_path / "facts").write_bytes(OTHER)
    for place in (f"{server.url}/good", str(tmp_path / "facts")):
        message = refused(tmp_path, place)
        assert f"Expected sha256: {SHA256}" in message
        assert f"found: {hashlib.sha256(OTHER).hexdigest()}" in message
        assert "Nothing was written. Try again, or name another place with --from." in message


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("missing", "the answer is 404 Not Found"),
        ("truncated", "the answer broke off after 5 of 1,000 bytes"),
        ("chunks_broken_off", "the answer broke off"),
        ("to_file", "the answer (302) leads on to what is no web address"),
        ("to_ftp", "there is no answer (unknown url type: ftp)"),
        ("to_itself", "the answer (302) leads on to what is no web address, or in a circle"),
    ],
)
def test_a_fetch_that_fails_says_what_happened_and_what_to_do(server, tmp_path, path, said):
    message = refused(tmp_path, f"{server.url}/{path}")
    assert message.startswith(f"{server.url}/{path}: {said}")
    assert f"Expected sha256: {SHA256}; found: none." in message
    assert f"name a folder that holds {FACTS}, or another place, with --from." in message


def test_an_answer_that_is_too_large_or_too_slow_is_broken_off(server, tmp_path, monkeypatch):
    monkeypatch.setattr(examples, "MAX_SECONDS", -1)
    assert "the answer takes more than -1 seconds" in refused(tmp_path, f"{server.url}/endless")
    monkeypatch.setattr(examples, "MAX_BYTES", 4)
    assert "the answer has more than 4 bytes" in refused(tmp_path, f"{server.url}/endless")
    (tmp_path / "facts").write_bytes(OTHER)
    assert "it has more than 4 bytes" in refused(tmp_path, tmp_path / "facts")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("file:///etc/passwd", "file://…: facts are not fetched from there"),
        ("ftp://127.0.0.1/facts", "ftp://…: facts are not fetched from there"),
        ("http://", "there is no answer"),
        ("http://[half", "http://…: "),
        ("http://127.0.0.1:1/facts", "there is no answer (Connection refused)"),
        ("no/such/folder", "no/such/folder: there is no such file"),
    ],
)
def test_a_place_that_is_none_is_refused(tmp_path, place, said):
    assert said in refused(tmp_path, place)


def test_a_secret_in_an_address_is_not_repeated(server, tmp_path):
    for place in (
        f"{server.url}/missing?token=hush",
        "http://ann:hush@127.0.0.1:1/facts",
        "sftp://ann:hush@127.0.0.1/facts",
    ):
        assert "hush" not in refused(tmp_path, place)


def test_other_facts_that_are_there_already_are_left_alone(tmp_path):
    (tmp_path / FACTS).write_bytes(OTHER)
    with pytest.raises(DataError, match=r"is there already, and is another file.*Move it away"):
        fetch_example("hotel", to=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [FACTS]
    (tmp_path / FACTS).unlink()
    (tmp_path / FACTS).symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match="found: none: it is no file"):
        fetch_example("hotel", to=tmp_path)


def test_a_folder_that_cannot_be_one_is_told(real, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match="taken: cannot be written to .*with --to"):
        fetch_example("hotel", to=tmp_path / "taken", place=real)


def test_an_unknown_example_is_named_with_a_near_one(tmp_path):
    with pytest.raises(UnknownNameError, match=r"no example 'hotels'\. Did you mean 'hotel'\?"):
        fetch_example("hotels", to=tmp_path)


def test_the_public_address_is_one_of_exact_bytes():
    facts = tomllib.loads((ROOT / "data/hotel/facts.toml").read_text())
    assert facts["address"].startswith("https://")
    assert facts["address"].endswith(FACTS)
    assert SHA256 in (ROOT / "data/hotel/README.md").read_text(), "the README tells another"


def test_the_wheel_carries_the_example_without_its_facts(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        strategy = archive.read("kpikit/_examples/hotel/strategy.yaml")
    assert strategy == (ROOT / "data/hotel/strategy.yaml").read_bytes()
    assert {name for name in names if "_examples" in name} == {
        f"kpikit/_examples/hotel/{name}" for name in ("README.md", "facts.toml", "strategy.yaml")
    }
    assert "kpikit/strategy/templates/organisation/orders.csv" in names
