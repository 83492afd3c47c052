"""What the YAML parser's complaints mean to somebody who never heard of YAML."""

from __future__ import annotations

import re

import yaml

# what the parsers (libyaml's and PyYAML's own) say, and what people must do
_MEANINGS = (
    (
        "mapping values are not allowed",
        "a colon stands inside a value. Quote the text, or check indentation.",
    ),
    ("',' or '}'", "a brace { is not closed, or a comma is missing. Check this line and above."),
    ("',' or ']'", "a bracket [ is not closed, or a comma is missing. Check this line and above."),
    ("unexpected end of stream", "the file ends inside a quoted text. Close the quotes."),
    ("expected ':'", "a colon is missing after a key. Write 'key: value'."),
    ("cannot start any token", "no text can start with this character. Put the text in quotes."),
    ("alphabetic or numeric", "* and & have a meaning of their own. Put the text in quotes."),
    ("unknown escape", "a backslash stands in double quotes. Use single quotes."),
    ("expected alphanumeric", "* and & have a meaning of their own. Put the text in quotes."),
    ("tag", "! has a meaning of its own. Put the text in quotes."),
)
_OTHERWISE = "the lines do not fit together here. Check indentation, quotes and brackets."
_NEEDS_QUOTES = re.compile(r":\s+[{*&!%@`]|\$\{|[-\[,]\s+[*&!%@`]")


def syntax_fault(error: Exception, text: str) -> tuple[int, str]:
    """Return the line and the meaning of an error that the YAML parser raised."""
    lines = text.split("\n")
    line = min(_line(error, text), len(lines))
    for number in (line, line - 1, line + 1):
        if 1 <= number <= len(lines) and re.match(r" *\t", lines[number - 1]):
            return number, "the line is indented with a tab. Use spaces."
    said = str(getattr(error, "problem", "") or error)
    meaning = next((meaning for part, meaning in _MEANINGS if part in said), _OTHERWISE)
    near = lines[max(0, line - 2) : line]
    if "uote" not in meaning and any(_NEEDS_QUOTES.search(each) for each in near):
        meaning += " A value that holds { or starts with * & ! % @ needs quotes."
    return line, meaning


def _line(error: Exception, text: str) -> int:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return error.problem_mark.line + 1
    position = getattr(error, "position", 0)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
