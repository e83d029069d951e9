"""The parts of a regular expression, as `pattern_syntax.py` reads and `pattern.py` runs them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chars:
    """A set of characters: ranges, Unicode categories (by prefix) and nested sets; `folded` ignores case."""

    ranges: tuple[tuple[str, str], ...] = ()
    categories: tuple[str, ...] = ()
    nested: tuple[Chars, ...] = ()
    negated: bool = False
    folded: bool = False

    def has(self, char: str) -> bool:
        """Whether the set holds `char`."""
        forms = {char, *(f for f in (char.lower(), char.upper(), char.casefold()) if len(f) == 1)} if self.folded else (char,)
        return any(map(self._has, forms)) is not self.negated

    def _has(self, char: str) -> bool:
        return (
            any(low <= char <= high for low, high in self.ranges)
            or any(unicodedata.category(char).startswith(c) for c in self.categories)
            or any(s.has(char) for s in self.nested)
        )


@dataclass(frozen=True, slots=True)
class Assertion:
    """A place between characters: text_start, text_end, line_start, line_end, word_edge, no_word_edge."""

    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """All parts, one after the other."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of the branches."""

    branches: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`body` at least `least` times and at most `most` (None: without end)."""

    body: Tree
    least: int
    most: int | None


Tree = Chars | Assertion | Sequence | Choice | Repeat
