"""Examples on real facts: their strategies come with kpikit, the facts are fetched.

Facts are other people's work, so none are carried. What is fetched is put in place only
when its checksum is the one that the example's `facts.toml` names.
"""

from __future__ import annotations

import hashlib
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kpikit.errors import DataError, UnknownNameError
from kpikit.files import write_file

if TYPE_CHECKING:
    from http.client import HTTPResponse

CARRIED = ("strategy.yaml", "README.md")
MAX_BYTES = 50_000_000
MAX_SECONDS = 300.0  # for the whole answer
SILENCE = 30.0  # seconds without a byte

_STEP = 1 << 16


@dataclass(frozen=True)
class _Facts:
    """The facts of an example: the file's name, its public address and its checksum."""

    file: str
    address: str
    sha256: str


def fetch_example(
    name: str,
    *,
    to: Path | str | None = None,
    place: Path | str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Path:
    """Put an example's strategy and its facts into a folder.

    Parameters
    ----------
    name
        The example, such as `hotel`.
    to
        The folder; else one of the example's name, where kpikit is called.
    place
        Where the facts are, if not at their public address: a folder that holds them, a
        file, or a web address (http, https).
    progress
        Called with a sentence when a step is done.

    Returns
    -------
    Path
        The strategy file, beside its facts.

    Raises
    ------
    UnknownNameError
        When there is no such example.
    DataError
        When the facts cannot be had, or their checksum is not the expected one. Nothing is
        written then.

    Notes
    -----
    A file that is there already is never overwritten. Facts with the right checksum are not
    fetched again. An answer from the web may have 50 MB and take five minutes.

    Examples
    --------
    >>> fetch_example("motel")
    Traceback (most recent call last):
    kpikit.errors.UnknownNameError: examples: there is no example 'motel'. Did you mean 'hotel'?
    """
    known = _examples()
    if name not in known:
        raise UnknownNameError("example", name, known, where="examples")
    folder = Path(name if to is None else to)
    facts = _Facts(**tomllib.loads((known[name] / "facts.toml").read_text(encoding="utf-8")))
    wanted = {file: (known[name] / file).read_bytes() for file in CARRIED}
    try:
        if _is_there(folder / facts.file, facts):
            progress(f"{facts.file} is there already, with the right checksum.")
        else:
            content = _content(facts, place, progress)
            write_file(folder / facts.file, content)
            progress(f"{facts.file}: {len(content):,} bytes, with the right checksum.")
        for file, text in wanted.items():
            _put(folder / file, text, progress)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be written to ({error.strerror}). Name another folder with --to."
        ) from None
    return folder / CARRIED[0]


def _examples() -> Mapping[str, Path]:
    """Return the folders of the examples that come with kpikit, by name."""
    package = Path(__file__).parent
    carried = package / "_examples"  # put there when the wheel is built
    folder = carried if carried.is_dir() else package.parent / "data"
    return {file.parent.name: file.parent for file in sorted(folder.glob("*/facts.toml"))}


def _is_there(file: Path, facts: _Facts) -> bool:
    if not (file.exists() or file.is_symlink()):
        return False
    found = _sha256(file.read_bytes()) if file.is_file() else "none: it is no file"
    if found != facts.sha256:
        raise DataError(
            f"{file}: is there already, and is another file. {_checksums(facts, found)} "
            "Move it away, then fetch again."
        )
    return True


def _content(facts: _Facts, place: Path | str | None, progress: Callable[[str], None]) -> bytes:
    where = facts.address if place is None else str(place)
    scheme, host, path = _parts(where)
    shown = where
    if scheme in ("http", "https"):
        progress(f"Fetching {facts.file} from {host} …")
        shown = f"{scheme}://{host}{path}"  # what else an address holds may be a secret
        content = _download(where, shown, facts)
    elif "://" in where:
        raise DataError(
            f"{scheme}://…: facts are not fetched from there. Name a folder, a file, or an "
            "address that begins with https:// or http://."
        )
    else:
        content = _read(Path(where), facts)
    found = _sha256(content)
    if found != facts.sha256:
        raise DataError(
            f"{shown}: these are other facts ({len(content):,} bytes). {_checksums(facts, found)} "
            "Nothing was written. Try again, or name another place with --from."
        )
    return content


def _parts(where: str) -> tuple[str, str, str]:
    """Return scheme, host and path of an address, without a password; a broken one has none."""
    try:
        parts = urlsplit(where)
    except ValueError:
        return where.partition(":")[0], "…", ""
    return parts.scheme, parts.netloc.rpartition("@")[2] or "…", parts.path


def _read(place: Path, facts: _Facts) -> bytes:
    file = place / facts.file if place.is_dir() else place
    if not file.is_file():
        raise _unfetched(str(file), "there is no such file", facts)
    if file.stat().st_size > MAX_BYTES:
        raise _unfetched(str(file), f"it has more than {MAX_BYTES:,} bytes", facts)
    try:
        return file.read_bytes()
    except OSError as error:
        raise _unfetched(str(file), f"it cannot be read ({error.strerror})", facts) from None


def _download(address: str, shown: str, facts: _Facts) -> bytes:
    """Return what stands at a web address: over http or https alone, and within limits."""
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError

    try:
        with _open(address) as answer:
            return _body(answer)
    except HTTPError as error:
        error.close()
        raise _unfetched(shown, _refusal(error.code), facts) from None
    except URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise _unfetched(shown, f"there is no answer ({reason})", facts) from None
    except (HTTPException, _BrokenOffError, OSError, ValueError) as error:
        what = str(error) if isinstance(error, _BrokenOffError) else "the answer broke off"
        raise _unfetched(shown, what, facts) from None


class _BrokenOffError(Exception):
    """The answer is not read to its end."""


def _open(address: str) -> HTTPResponse:
    """Open an address with the handlers of the web, and none for files or FTP."""
    from urllib import request

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPRedirectHandler(),
        request.HTTPErrorProcessor(),
        request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", "kpikit"), ("Accept-Encoding", "identity")]
    answer: HTTPResponse = opener.open(address, timeout=SILENCE)
    return answer


def _body(answer: HTTPResponse) -> bytes:
    """Return an answer's bytes as they come: neither too many, nor too late, nor too few."""
    declared, until = answer.length, time.monotonic() + MAX_SECONDS
    content = bytearray()
    while declared is None or len(content) < declared:
        part = answer.read1(_STEP)
        content += part
        if len(content) > MAX_BYTES:
            raise _BrokenOffError(f"the answer has more than {MAX_BYTES:,} bytes")
        if time.monotonic() > until:
            raise _BrokenOffError(f"the answer takes more than {MAX_SECONDS:.0f} seconds")
        if not part:
            break
    if declared is not None and len(content) < declared:
        raise _BrokenOffError(f"the answer broke off after {len(content):,} of {declared:,} bytes")
    return bytes(content)


def _refusal(code: int) -> str:
    from http import HTTPStatus

    if 300 <= code < 400:
        return f"the answer ({code}) leads on to what is no web address, or in a circle"
    phrase = {status.value: status.phrase for status in HTTPStatus}.get(code, "")
    return f"the answer is {code} {phrase}".strip()


def _unfetched(shown: str, what: str, facts: _Facts) -> DataError:
    return DataError(
        f"{shown}: {what}. {_checksums(facts, 'none')} Nothing was written. Try again, or name "
        f"a folder that holds {facts.file}, or another place, with --from."
    )


def _put(file: Path, content: bytes, progress: Callable[[str], None]) -> None:
    if not (file.exists() or file.is_symlink()):
        write_file(file, content)
    elif not file.is_file() or file.read_bytes() != content:
        progress(f"{file} is there already, and is not the example's. It stays as it is.")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _checksums(facts: _Facts, found: str) -> str:
    return f"Expected sha256: {facts.sha256}; found: {found}."
