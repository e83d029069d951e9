"""A YAML or JSON text as a tree of nodes that know their line.

Only what both languages can say counts: no tags, one document, keys once, and plain scalars as in YAML's core schema (so
`yes` and `2024-01-01` are text). Depth and expanded size are bounded before anything looks at the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from domain.templates.failures import ImportFailed

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 50_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is some fifty times faster, where it was built
_INT = re.compile(r"[-+]?[0-9]{1,20}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,4})?")
_PAIR = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|[^u]|u)")
_WORDS = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A single value; `line` counts from 1, `size` is 1."""

    line: int
    value: Value
    size: int = 1


@dataclass(frozen=True, slots=True)
class ListNode:
    """Values in order; `size` counts all nodes below, repeated ones each time."""

    line: int
    items: tuple[Node, ...]
    size: int


@dataclass(frozen=True, slots=True)
class MapNode:
    """Values by key, with the line of each key."""

    line: int
    entries: dict[str, Node]
    key_lines: dict[str, int]
    size: int


Node = ScalarNode | ListNode | MapNode


def parse_document(raw: bytes, file: str) -> Node:
    """The only document of a file. Raises `ImportFailed`, whatever the bytes are."""
    if len(raw) > MAX_BYTES:
        raise ImportFailed(f"{file} has more than {MAX_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise ImportFailed(f"{file} line {raw.count(10, 0, e.start) + 1}: not UTF-8 text") from None
    if text.lstrip().startswith("{"):
        text = _as_yaml(text)
    try:
        return _Composer(file, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as e:
        line = e.problem_mark.line + 1 if e.problem_mark else 1
        raise ImportFailed(f"{file} line {line}: {e.problem or e.context or 'not YAML'}") from None
    except yaml.YAMLError as e:
        raise ImportFailed(f"{file}: {' '.join(str(e).split())}") from None


def _as_yaml(json_text: str) -> str:
    """JSON writes what is beyond 16 bits as two escapes, which YAML does not know, and keeps line breaks that YAML folds."""
    text = _PAIR.sub(_join_surrogates, json_text)
    for separator, escape in (("\x85", "\\u0085"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(separator, escape)
    return text


def _join_surrogates(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[0]
    return chr(0x10000 + ((int(escape[1], 16) - 0xD800) << 10) + int(escape[2], 16) - 0xDC00)


class _Composer:
    """Builds nodes from parser events."""

    __slots__ = ("anchors", "events", "file")

    def __init__(self, file: str, events: Iterator[yaml.Event]) -> None:
        self.file = file
        self.events = events
        self.anchors: dict[str, Node] = {}

    def document(self) -> Node:
        root: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise self.failed(event, "a second document begins")
                root = self.node(next(self.events), 0)
        if root is None:
            raise ImportFailed(f"{self.file} is empty")
        return root

    def node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise self.failed(event, f"*{event.anchor} stands for nothing that is complete here")
            return self.anchors[event.anchor]
        if depth > MAX_DEPTH:
            raise self.failed(event, f"nested more than {MAX_DEPTH} levels deep")
        if getattr(event, "tag", None) is not None:
            raise self.failed(event, "tags are not supported")
        built: Node
        if isinstance(event, yaml.ScalarEvent):
            built = ScalarNode(_line(event), event.value if event.style else _plain(event.value))
        elif isinstance(event, yaml.SequenceStartEvent):
            built = self.list(event, depth)
        else:
            built = self.map(event, depth)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self.anchors[anchor] = built
        return built

    def list(self, start: yaml.Event, depth: int) -> ListNode:
        items: list[Node] = []
        size = 1
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(event, depth + 1))
            size = self.bounded(event, size + items[-1].size)
        return ListNode(_line(start), tuple(items), size)

    def map(self, start: yaml.Event, depth: int) -> MapNode:
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        size = 1
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
                raise self.failed(event, "a key must be plain text")
            key = event.value
            if key in entries:
                raise self.failed(event, f"the key {key!r} is given twice")
            if "\0" in key:
                raise self.failed(event, "a key holds a NUL character")
            lines[key] = _line(event)
            entries[key] = self.node(next(self.events), depth + 1)
            size = self.bounded(event, size + entries[key].size)
        return MapNode(_line(start), entries, lines, size)

    def bounded(self, event: yaml.Event, size: int) -> int:
        """Aliases repeat whole branches: refuse before a small text has become a huge tree."""
        if size > MAX_NODES:
            raise self.failed(event, f"more than {MAX_NODES} values")
        return size

    def failed(self, event: yaml.Event, message: str) -> ImportFailed:
        return ImportFailed(f"{self.file} line {_line(event)}: {message}")


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return 1 if mark is None else int(mark.line) + 1


def _plain(text: str) -> Value:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
