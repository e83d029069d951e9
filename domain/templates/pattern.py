"""Searches text for a regular expression in time that grows linearly with the text.

Patterns come from template authors and values from everybody else, and both meet on the event loop: a backtracking matcher
would let `(a+)+$` stop the service. All states of the pattern advance together instead, and the steps taken are remembered.
"""

from __future__ import annotations

from functools import lru_cache

from domain.templates.pattern_syntax import BadPattern, parse
from domain.templates.pattern_tree import Assertion, Chars, Choice, Repeat, Sequence, Tree

MAX_PROGRAM = 4000
_MAX_REMEMBERED = 50_000  # states, over all remembered steps: some megabytes at most

_States = frozenset[int]


@lru_cache(maxsize=128)
def compile_pattern(text: str) -> Pattern:
    """The pattern, ready to search. Raises `BadPattern`."""
    return Pattern(text)


class Pattern:
    """A compiled expression: a program whose instructions are character sets, assertions and forks."""

    __slots__ = ("_assertions", "_chars", "_forks", "_match", "_remembered", "_size", "_weight", "_work", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._chars: dict[int, Chars] = {}
        self._assertions: dict[int, str] = {}
        self._forks: dict[int, tuple[int, ...]] = {}
        self._remembered: dict[tuple[_States, str | None, str | None], _States | None] = {}
        self._size = self._work = self._weight = 0
        self._emit(parse(text))
        self._match = self._size

    def search(self, value: str) -> bool:
        """Whether the expression matches anywhere in `value`."""
        states: _States = frozenset((0,))
        before: str | None = None
        for char in (*value, None):
            key = (states, before, char)
            following = self._remembered.get(key, ...)
            if following is ...:
                following = self._remember(key)
            if following is None:
                return True
            states, before = following, char
        return False

    def _remember(self, key: tuple[_States, str | None, str | None]) -> _States | None:
        self._weight += 1 + len(key[0])
        if self._weight > _MAX_REMEMBERED:
            self._remembered.clear()
            self._weight = 1 + len(key[0])
        following = self._remembered[key] = self._step(*key)
        return following

    def _step(self, states: _States, before: str | None, char: str | None) -> _States | None:
        """The states after `char` (None at the end), the start among them; None when a match ends here."""
        following = {0}
        open_, seen = list(states), set(states)
        while open_:
            at = open_.pop()
            if at == self._match:
                return None
            chars = self._chars.get(at)
            if chars is not None:
                if char is not None and chars.has(char):
                    following.add(at + 1)
                continue
            kind = self._assertions.get(at)
            targets = self._forks[at] if kind is None else (at + 1,) if _holds(kind, before, char) else ()
            for target in targets:
                if target not in seen:
                    seen.add(target)
                    open_.append(target)
        return frozenset(following)

    def _next(self) -> int:
        if self._size >= MAX_PROGRAM:
            raise BadPattern("it is too large")
        self._size += 1
        return self._size - 1

    def _emit(self, tree: Tree) -> None:
        self._work += 1
        if self._work > MAX_PROGRAM:  # repeated empty groups take time without growing the program
            raise BadPattern("it is too large")
        match tree:
            case Chars():
                self._chars[self._next()] = tree
            case Assertion(kind):
                self._assertions[self._next()] = kind
            case Sequence(parts):
                for part in parts:
                    self._emit(part)
            case Choice(branches):
                self._emit_choice(branches)
            case Repeat(body, least, most):
                for _ in range(least):
                    self._emit(body)
                if most is None:
                    fork = self._next()
                    self._emit(body)
                    self._forks[self._next()] = (fork,)
                    self._forks[fork] = (fork + 1, self._size)
                else:
                    forks = []
                    for _ in range(most - least):
                        forks.append(self._next())
                        self._emit(body)
                    for fork in forks:
                        self._forks[fork] = (fork + 1, self._size)

    def _emit_choice(self, branches: tuple[Tree, ...]) -> None:
        fork = self._next()
        starts, leaps = [], []
        for branch in branches:
            starts.append(self._size)
            self._emit(branch)
            leaps.append(self._next())
        self._forks[fork] = tuple(starts)
        for leap in leaps:
            self._forks[leap] = (self._size,)


def _holds(kind: str, before: str | None, after: str | None) -> bool:
    match kind:
        case "text_start":
            return before is None
        case "text_end":
            return after is None
        case "line_start":
            return before is None or before == "\n"
        case "line_end":
            return after is None or after == "\n"
        case "word_edge":
            return _is_word(before) is not _is_word(after)
        case _:
            return _is_word(before) is _is_word(after)


def _is_word(char: str | None) -> bool:
    return char is not None and char.isascii() and (char.isalnum() or char == "_")
