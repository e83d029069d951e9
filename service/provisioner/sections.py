"""Typed access to a map of a parsed document: every refusal names the file, the line and the path of the key."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from domain.templates.failures import ImportFailed
from domain.templates.interpolation import UnknownReference
from service.provisioner.documents import ListNode, MapNode, Node, ScalarNode

MAX_SECONDS = 30 * 86_400.0
INT32 = 2**31 - 1
INT64 = 2**63 - 1
MAX_MESSAGE = 1000

_PART = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """The file that is read, and what is done with each text: check its references, or replace them."""

    file: str
    text: Callable[[str], str]

    def failed(self, line: int, path: str, message: str) -> ImportFailed:
        """The refusal of what stands at `path`."""
        text = f"{path}: {message}" if path else message
        return ImportFailed(f"{self.file} line {line}: {text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + '…'}")


class Section:
    """A map whose keys are known beforehand. A key that is not there gives the default; an empty list or map may be written as nothing."""

    __slots__ = ("_entries", "_lines", "line", "path", "reading")

    def __init__(self, node: Node, path: str, keys: Collection[str], reading: Reading) -> None:
        """Raises `ImportFailed` unless `node` is a map that has only these keys."""
        self.path = path
        self.line = node.line
        self.reading = reading
        self._entries: dict[str, Node] = {}
        self._lines: dict[str, int] = {}
        if isinstance(node, MapNode):
            self._entries, self._lines = node.entries, node.key_lines
        elif not _is_nothing(node):
            raise reading.failed(node.line, path, f"must be a map, not {_kind(node)}")
        for key in self._entries:
            if key not in keys:
                close = difflib.get_close_matches(key, keys, 1)
                raise self.failed(key, f"unknown key; did you mean {close[0]}?" if close else "unknown key")

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def failed(self, key: str, message: str) -> ImportFailed:
        """The refusal of one key, which may lead further down (`options[1].value`)."""
        return self.reading.failed(self._line_of(key), _join(self.path, key), message)

    def _line_of(self, key: str) -> int:
        """The line of the last part of `key` that exists."""
        if key in self._lines:
            return self._lines[key]
        line = self.line
        here: Node = MapNode(self.line, self._entries, self._lines, 0)
        for part in _PART.findall(key):
            if isinstance(here, MapNode) and part in here.entries:
                line, here = here.key_lines[part], here.entries[part]
            elif isinstance(here, ListNode) and part.isdigit() and int(part) < len(here.items):
                here = here.items[int(part)]
                line = here.line
            else:
                break
        return line

    def using(self, reading: Reading) -> Section:
        """The same map, its texts treated in another way."""
        return Section(MapNode(self.line, self._entries, self._lines, 0), self.path, self._entries, reading)

    def raw_text(self, key: str, default: str = "") -> str:
        """A text exactly as written."""
        node = self._entries.get(key)
        return default if node is None else self._raw(node, _join(self.path, key))

    def text(self, key: str, default: str = "") -> str:
        """A text after its references were treated."""
        node = self._entries.get(key)
        return default if node is None else self._treated(node, _join(self.path, key))

    def name(self, key: str) -> str:
        """A text that must be there and not be empty."""
        if key not in self._entries:
            raise self.failed(key, "is missing")
        text = self.text(key)
        if not text:
            raise self.failed(key, "must not be empty")
        return text

    def optional_text(self, key: str) -> str | None:
        """A text, or None without the key."""
        return self.text(key) if key in self._entries else None

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        """One of a few words."""
        word = self.text(key, default)
        if word not in allowed:
            raise self.failed(key, f"{word!r} is none of {', '.join(a for a in allowed if a)}")
        return word

    def flag(self, key: str, default: bool = False) -> bool:
        """true or false."""
        node = self._entries.get(key)
        if node is None:
            return default
        if not isinstance(node, ScalarNode) or not isinstance(node.value, bool):
            raise self._wrong(key, node, "true or false")
        return node.value

    def whole(self, key: str, default: int = 0, *, least: int = 0, most: int = INT32) -> int:
        """A whole number within bounds."""
        found = self.optional_whole(key, least=least, most=most)
        return default if found is None else found

    def optional_whole(self, key: str, *, least: int = -INT64 - 1, most: int = INT64) -> int | None:
        """A whole number, or None without the key. A fraction of zero is fine: JSON makes no difference."""
        node = self._entries.get(key)
        if node is None:
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(key, node, "a whole number")
        if not least <= value <= most:
            raise self.failed(key, f"must be between {least} and {most}")
        return value

    def seconds(self, key: str, default: float = 0.0) -> float:
        """A duration in seconds, up to thirty days."""
        found = self.optional_seconds(key, nullable=False)
        return default if found is None else found

    def optional_seconds(self, key: str, *, nullable: bool = True) -> float | None:
        """As `seconds`, None without the key and, if `nullable`, when it holds null."""
        node = self._entries.get(key)
        if node is None or (nullable and _is_nothing(node)):
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._wrong(key, node, "a number of seconds")
        if not math.isfinite(value) or not 0 <= value <= MAX_SECONDS:
            raise self.failed(key, f"must be between 0 and {MAX_SECONDS:.0f} seconds")
        return float(value)

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        return [self._treated(node, path) for node, path in self._items(key)]

    def text_map(self, key: str) -> dict[str, str]:
        """A map of texts; keys stay as written."""
        node = self._entries.get(key)
        if node is None or _is_nothing(node):
            return {}
        if not isinstance(node, MapNode):
            raise self._wrong(key, node, "a map")
        path = _join(self.path, key)
        return {name: self._treated(value, _join(path, name)) for name, value in node.entries.items()}

    def section(self, key: str, keys: Collection[str]) -> Section:
        """The map at `key`; without the key, an empty one."""
        node = self._entries.get(key, ScalarNode(self.line, None))
        return Section(node, _join(self.path, key), keys, self.reading)

    def sections(self, key: str, keys: Collection[str]) -> list[Section]:
        """The maps of a list."""
        return [Section(node, path, keys, self.reading) for node, path in self._items(key)]

    def _items(self, key: str) -> Iterator[tuple[Node, str]]:
        node = self._entries.get(key)
        if node is None or _is_nothing(node):
            return
        if not isinstance(node, ListNode):
            raise self._wrong(key, node, "a list")
        path = _join(self.path, key)
        for index, item in enumerate(node.items):
            yield item, f"{path}[{index}]"

    def _treated(self, node: Node, path: str) -> str:
        raw = self._raw(node, path)
        try:
            return self.reading.text(raw)
        except UnknownReference as e:
            raise self.reading.failed(node.line, path, str(e)) from None

    def _raw(self, node: Node, path: str) -> str:
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            hint = "" if not isinstance(node, ScalarNode) or node.value is None else "; put it in quotes"
            raise self.reading.failed(node.line, path, f"must be text, not {_kind(node)}{hint}")
        if "\0" in node.value:
            raise self.reading.failed(node.line, path, "holds a NUL character")
        return node.value

    def _wrong(self, key: str, node: Node, wanted: str) -> ImportFailed:
        return self.failed(key, f"must be {wanted}, not {_kind(node)}")


def unique(sections: list[Section], key: str, names: list[str], what: str) -> None:
    """Raise `ImportFailed` at the first section whose name an earlier one has."""
    seen: set[str] = set()
    for section, name in zip(sections, names, strict=True):
        if name in seen:
            raise section.failed(key, f"there is already {what} {name!r}")
        seen.add(name)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is None


def _kind(node: Node) -> str:
    if isinstance(node, ListNode):
        return "a list"
    if isinstance(node, MapNode):
        return "a map"
    match node.value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case str():
            return "text"
        case _:
            return "a number"
