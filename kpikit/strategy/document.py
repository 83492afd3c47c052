"""From a file's bytes to plain values that remember their lines, or to faults.

A strategy file comes from a colleague, by mail: it is data, and may be damaged or hostile.
So the YAML is read event by event, with limits, and nothing is built that was not counted.
Scalars follow the core of YAML 1.2: `true`, `false`, `null`, plain decimal numbers; all
else (`NO`, `12:30`, `010`, `1_000`, `.nan`, dates) is the text that stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import yaml

from kpikit.errors import Fault
from kpikit.strategy.encoding import StopError, decode
from kpikit.strategy.fields import short
from kpikit.strategy.scalars import plain_value
from kpikit.strategy.syntax import syntax_fault

MAX_DEPTH = 50
MAX_ALIASES = 100
MAX_NODES = 200_000  # aliases expanded
MAX_KEY = 200  # characters
MERGE = "<<"

Place = Sequence[str | int]

_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # not every build of PyYAML has it


@dataclass(slots=True)
class Mark:
    """The line of an entry, and the marks of what is in it."""

    line: int
    inner: dict[str | int, Mark] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A file's values, the lines they stand on, and what is wrong so far.

    Attributes
    ----------
    values
        The mapping the file holds; None where it could not be read to its end.
    """

    values: dict[str, object] | None
    faults: tuple[Fault, ...]
    marks: Mark

    def line(self, place: Place) -> int:
        """Return the line of an entry, or of the nearest one around it."""
        mark = self.marks
        for part in place:
            inner = mark.inner.get(part)
            if inner is None:
                break
            mark = inner
        return mark.line

    def lines(self) -> dict[str, int]:
        """Return the line of every entry by its dotted path."""
        found: dict[str, int] = {}
        waiting: list[tuple[str, Mark]] = [("", self.marks)]
        while waiting:
            path, mark = waiting.pop()
            for part, inner in mark.inner.items():
                place = dotted((part,), within=path)
                found[place] = inner.line
                waiting.append((place, inner))
        return found


def dotted(place: Place, *, within: str = "") -> str:
    """Return a place as people write it.

    Examples
    --------
    >>> dotted(("kpis", "churn_rate", "targets", 0, "committed"))
    'kpis.churn_rate.targets[0].committed'
    """
    text = within
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_document(data: bytes) -> Document:
    r"""Return what a strategy file's bytes say.

    Examples
    --------
    >>> document = read_document(b"version: 1\nkpis:\n  churn: {owner: NO}\n")
    >>> document.values
    {'version': 1, 'kpis': {'churn': {'owner': 'NO'}}}
    >>> document.line(("kpis", "churn", "owner"))
    3
    """
    builder = _Builder()
    try:
        text = decode(data)
        for event in _events(text):
            builder.take(event)
        values = builder.finish()
    except StopError as stop:
        return Document(None, (*builder.faults, stop.fault), Mark(1))
    return Document(values, tuple(builder.faults), builder.root_mark)


def _events(text: str) -> Iterator[yaml.Event]:
    """Yield the parser's events; its errors become ours."""
    try:
        yield from yaml.parse(text, Loader=_FAST)
    except (yaml.YAMLError, ValueError, AttributeError, TypeError, RecursionError) as error:
        line, message = syntax_fault(error, text)
        raise StopError(line, message) from None


@dataclass(slots=True)
class _Node:
    """A value with its mark, and what copying it by an alias would cost."""

    value: object
    mark: Mark
    anchor: str | None = None
    size: int = 1
    height: int = 0
    key: str | None = None  # of a mapping that waits for this key's value
    key_line: int = 0


class _Builder:
    """Builds values from events, without recursion, counting as it goes."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.root_mark = Mark(1)
        self._root: _Node | None = None
        self._open: list[_Node] = []
        self._anchors: dict[str, _Node] = {}
        self._nodes = self._aliases = self._documents = 0
        self._line = 1
        self._actions: dict[type[yaml.Event], Callable[..., None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
        }

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        action = self._actions.get(type(event))
        if action is not None:
            self._line = event.start_mark.line + 1 if event.start_mark else self._line
            action(event)

    def finish(self) -> dict[str, object]:
        """Return the whole, which must be a mapping."""
        if self._root is None or self._root.value is None:
            raise StopError(1, "the file is empty. Begin with 'version: 1'.")
        if not isinstance(self._root.value, dict):
            what = "a list" if isinstance(self._root.value, list) else short(self._root.value)
            line = self._root.mark.line
            raise StopError(line, f"the file holds {what}, not keys. Begin with 'version: 1'.")
        self.root_mark = self._root.mark
        return self._root.value

    def _document(self, _event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise StopError(self._line, "a second document starts here. Remove the line '---'.")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._refuse_tag(event)
        if self._open and isinstance(self._open[-1].value, dict) and self._open[-1].key is None:
            self._key(event.value)
            return
        value = plain_value(event.value) if event.implicit[0] else event.value
        node = _Node(value, Mark(self._line), event.anchor)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._place(node)

    def _key(self, text: str) -> None:
        holder = self._open[-1]
        if len(text) > MAX_KEY:
            raise StopError(self._line, f"a key has {len(text)} characters, {MAX_KEY} at most.")
        if text == MERGE:
            self._fault("merge keys (<<) are not read. Write the entries out.")
        elif isinstance(holder.value, dict) and text in holder.value:
            first = holder.mark.inner[text].line
            self._fault(f"{text!r} stands here again, first in line {first}. Remove one of them.")
        holder.key, holder.key_line = text, self._line

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._aliases += 1
        name = str(event.anchor)
        if self._aliases > MAX_ALIASES:
            raise StopError(self._line, f"there are more than {MAX_ALIASES} aliases (*name).")
        if any(node.anchor == name for node in self._open):
            raise StopError(self._line, f"*{name} refers to what it is part of. Write it out.")
        if self._open and isinstance(self._open[-1].value, dict) and self._open[-1].key is None:
            raise StopError(self._line, f"*{name} cannot be a key. Write the key out.")
        original = self._anchors.get(name)
        if original is None:
            self._fault(f"*{name} refers to nothing. Put a text that starts with * in quotes.")
            original = _Node(None, Mark(self._line))
        mark = Mark(self._line, original.mark.inner)
        self._place(_Node(original.value, mark, None, original.size, original.height))

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        self._refuse_tag(event)
        if self._open and isinstance(self._open[-1].value, dict) and self._open[-1].key is None:
            raise StopError(
                self._line,
                "a list or mapping stands where a key is expected. "
                "Put a text that starts with { or [ in quotes.",
                self._where(),
            )
        value: object = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._open.append(_Node(value, Mark(self._line), event.anchor))
        self._limit(depth=len(self._open))

    def _end(self, _event: yaml.MappingEndEvent | yaml.SequenceEndEvent) -> None:
        node = self._open.pop()
        if node.anchor is not None:
            self._anchors[node.anchor] = node
        self._place(node, counted=node.size - 1)

    def _place(self, node: _Node, *, counted: int = 0) -> None:
        """Put a finished value into what it is part of."""
        self._nodes += node.size - counted
        self._limit(depth=len(self._open) + node.height)
        if not self._open:
            self._root = node
            return
        holder = self._open[-1]
        holder.size += node.size
        holder.height = max(holder.height, node.height + 1)
        if isinstance(holder.value, list):
            holder.mark.inner[len(holder.value)] = node.mark
            holder.value.append(node.value)
        elif isinstance(holder.value, dict) and holder.key is not None:
            if holder.key not in holder.value and holder.key != MERGE:  # of two, the first counts
                node.mark.line = holder.key_line
                holder.mark.inner[holder.key] = node.mark
                holder.value[holder.key] = node.value
            holder.key = None

    def _limit(self, *, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise StopError(self._line, f"the file is nested deeper than {MAX_DEPTH} levels.")
        if self._nodes > MAX_NODES:
            raise StopError(self._line, f"the file has more than {MAX_NODES:,} entries.")

    def _refuse_tag(self, event: yaml.NodeEvent) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._fault(f"the tag {short(tag)} is not read. Remove it, or quote the text.")

    def _fault(self, message: str) -> None:
        self.faults.append(Fault(self._line, self._where(), message))

    def _where(self) -> str:
        place: list[str | int] = []
        for node in self._open:
            if isinstance(node.value, list):
                place.append(len(node.value))
            elif node.key is not None:
                place.append(node.key)
        return dotted(place)
