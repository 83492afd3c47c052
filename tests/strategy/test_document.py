"""YAML is read event by event: plain values, lines, and limits that hold."""

import resource
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.strategy import document as module
from kpikit.strategy.document import MAX_DEPTH, read_document


def told(data):
    return [str(fault) for fault in read_document(data).faults]


def test_values_and_lines_come_out():
    document = read_document(b"version: 1\nvalues:\n  - a\n  - b: [1, 2.5]\n")
    assert document.values == {"version": 1, "values": ["a", {"b": [1, 2.5]}]}
    assert document.lines() == {
        "version": 1,
        "values": 2,
        "values[0]": 3,
        "values[1]": 4,
        "values[1].b": 4,
        "values[1].b[0]": 4,
        "values[1].b[1]": 4,
    }


def test_the_line_of_what_is_missing_is_that_of_what_it_is_missing_from():
    document = read_document(b"version: 1\nkpis:\n  churn:\n    unit: count\n")
    assert document.line(("kpis", "churn", "owner")) == 3
    assert document.line(("nothing",)) == 1


def test_surprises_of_old_yaml_stay_text():
    words = ["NO", "12:30", "010", "1_000", ".inf", ".nan", "2026-01-31", "0x1f", "yes", "1e400"]
    text = "".join(f"k{n}: {word}\n" for n, word in enumerate(words))
    assert list(read_document(text.encode()).values.values()) == words


def test_plain_scalars_of_the_core_have_their_types():
    found = read_document(b"a: true\nb: null\nc: ~\nd:\ne: -12\nf: +1.5e3\ng: .5\nh: '1'\n").values
    assert list(found.values()) == [True, None, None, None, -12, 1500.0, 0.5, "1"]


def test_keys_are_always_text():
    assert read_document(b"NO: 1\n1: 2\ntrue: 3\n").values == {"NO": 1, "1": 2, "true": 3}


def test_a_byte_order_mark_and_windows_line_ends_change_nothing():
    plain = b"version: 1\ntext: |\n  one\n  two\n"
    windows = b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n")
    assert read_document(windows).values == read_document(plain).values
    assert read_document(windows).lines() == read_document(plain).lines()


def test_all_duplicate_keys_are_told_with_both_lines():
    assert told(b"a: 1\nb: {c: 1,\n c: 2}\na: 3\na: 4\n") == [
        "line 3: b: 'c' stands here again, first in line 2. Remove one of them.",
        "line 4: 'a' stands here again, first in line 1. Remove one of them.",
        "line 5: 'a' stands here again, first in line 1. Remove one of them.",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1: the file is empty. Begin with 'version: 1'."),
        (b"# only a comment\n", "line 1: the file is empty."),
        (b"\nhello\n", "line 2: the file holds 'hello', not keys."),
        (b"- a\n- b\n", "line 1: the file holds a list, not keys."),
        (b"a: 1\n---\nb: 2\n", "line 2: a second document starts here. Remove the line '---'."),
        (b"a: [1, 2\nb: 3", "line 2: a bracket [ is not closed"),
        (b"a: 1\nb: 'cut off", "the file ends inside a quoted text"),
        (b"a:\n  b: 1\n\tc: 2\n", "line 3: the line is indented with a tab. Use spaces."),
        (b"a: b: c\n", "line 1: a colon stands inside a value"),
        (b"a: {b: ${NAME}}\n", "needs quotes"),
        (b"a: @here\n", "Put the text in quotes"),
        (b"a: *star\n", "line 1: a: *star refers to nothing. Put a text that starts with *"),
        (b"a: !!python/object:os.system x\n", "line 1: a: the tag 'tag:yaml.org"),
        (b"a: &x {b: 1}\nc:\n  <<: *x\n", "line 3: c: merge keys (<<) are not read."),
        (b"a: &x [*x]\n", "line 1: *x refers to what it is part of."),
        (b"? [a]\n: b\n", "stands where a key is expected"),
        (b"a: 1\nb: caf\xe9\n", "line 2: byte 0xe9 at offset 11 is not UTF-8."),
        ("a: ä\nb: \0".encode(), "line 2: a NUL byte stands at offset 9."),
        (b"a: \x07", "line 1: the control character U+0007 stands at offset 3."),
        ("version: 1".encode("utf-16"), "line 1: the file is written in UTF-16. Save it as UTF-8."),
        ("version: 1".encode("utf-16-le"), "line 1: a NUL byte stands at offset 1."),
        (b"k" * 300 + b": 1", "line 1: a key has 300 characters, 200 at most."),
        (b"#" * 1_000_001, "line 1: the file is larger than 1,000,000 bytes."),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(data, message):
    assert any(message in fault for fault in told(data)), told(data)


def test_depth_is_limited_and_aliases_do_not_hide_it():
    deep = b"a: " + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1)
    assert told(deep) == []
    assert "nested deeper than 50 levels" in told(b"a: [" + deep[3:] + b"]")[0]
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 60))
    assert "nested deeper than 50 levels" in told(chain.encode())[0]


def test_aliases_are_limited():
    allowed = b"a: &a 1\nb: [" + b"*a, " * 99 + b"*a]\n"
    assert read_document(allowed).values["b"] == [1] * 100
    assert "more than 100 aliases" in told(allowed + b"c: *a\n")[0]


ALIAS_BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
MERGE_BOMB = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 9)
)
LIMITED = """
import resource, sys
from kpikit.strategy.document import read_document
data = sys.stdin.buffer.read()
now = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 300_000_000, now + 300_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (int(sum(resource.getrusage(0)[:2])) + 3,) * 2)
print(read_document(data).faults[-1])
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="the system sets no limits")
@pytest.mark.parametrize(
    ("bomb", "message"),
    [
        (ALIAS_BOMB, "more than"),
        (MERGE_BOMB, "merge keys|more than"),
        ("[" * 30_000, "nested deeper"),
        ("a: " + "{b: " * 30_000, "nested deeper"),
        ("- " * 30_000, "nested deeper"),
        ("a: [" + "1," * 490_000 + "1]", "more than 200,000 entries"),
        ("".join(f"k{n}: 1\n" for n in range(90_000)) + "k0: 2\n", "'k0' stands here again"),
    ],
)
def test_bombs_are_refused_within_seconds_and_little_memory(bomb, message):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED],
        input=bomb.encode(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-500:]
    assert any(part in done.stdout.decode() for part in message.split("|")), done.stdout


def test_the_parser_written_in_python_reads_the_same(monkeypatch, sample):
    fast = read_document(sample.encode())
    monkeypatch.setattr(module, "_FAST", module.yaml.SafeLoader)
    slow = read_document(sample.encode())
    assert slow.values == fast.values
    assert slow.lines() == fast.lines()


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.binary(max_size=200) | st.text("ab:-[]{}&*!|>'\"#%@`, \n\t?<0", max_size=80))
def test_no_bytes_raise_anything(content):
    document = read_document(content if isinstance(content, bytes) else content.encode())
    assert document.values is not None or document.faults
