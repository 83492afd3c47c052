"""From bytes to text: UTF-8 and nothing else."""

from __future__ import annotations

import re

from kpikit.errors import Fault

MAX_BYTES = 1_000_000

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class StopError(Exception):
    """Reading cannot go on."""

    def __init__(self, line: int, message: str, where: str = "") -> None:
        self.fault = Fault(line, where, message)
        super().__init__(message)


def decode(data: bytes) -> str:
    """Return the text of the bytes: UTF-8, with or without a mark at its start."""
    if len(data) > MAX_BYTES:
        raise StopError(1, f"the file is larger than {MAX_BYTES:,} bytes. Split it or shorten it.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise StopError(1, "the file is written in UTF-16. Save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        raise StopError(line, f"{byte} is not UTF-8. Save the file as UTF-8.") from None
    if found := _CONTROL.search(text):
        offset = len(text[: found.start()].encode())
        name = "a NUL byte" if found[0] == "\0" else f"the control character U+{ord(found[0]):04X}"
        line = text.count("\n", 0, found.start()) + 1
        raise StopError(line, f"{name} stands at offset {offset}. Remove it, or save as UTF-8.")
    return text.replace("\r\n", "\n")
