"""Reads a regular expression in the syntax that templates are written for (RE2: no look-around, no back-references).

The result is a small tree for `pattern.py`. Groups only group: a search needs no captures, so greed does not matter either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.templates.pattern_tree import Assertion, Chars, Choice, Repeat, Sequence, Tree

MAX_LENGTH = 1000
MAX_REPEAT = 1000
MAX_DEPTH = 100


class BadPattern(ValueError):
    """The text is no regular expression of this syntax, or a larger one than is accepted."""


_DIGIT = (("0", "9"),)
_SPACE = (("\t", "\n"), ("\f", "\r"), (" ", " "))
_WORD = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_PERL = {"d": _DIGIT, "s": _SPACE, "w": _WORD}
_POSIX = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")),
    "alpha": (("A", "Z"), ("a", "z")),
    "ascii": (("\0", "\x7f"),),
    "blank": (("\t", "\t"), (" ", " ")),
    "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")),
    "digit": _DIGIT,
    "graph": (("!", "~"),),
    "lower": (("a", "z"),),
    "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "space": (("\t", "\r"), (" ", " ")),
    "upper": (("A", "Z"),),
    "word": _WORD,
    "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}
_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_PLACES = {"A": "text_start", "z": "text_end", "b": "word_edge", "B": "no_word_edge"}
_MINOR = {"L": "ultmo", "M": "nce", "N": "dlo", "P": "cdseifo", "S": "mcko", "Z": "slp", "C": "cfos"}
_CATEGORIES = frozenset(major + minor for major, minors in _MINOR.items() for minor in ("", *minors))


@dataclass(frozen=True, slots=True)
class _Flags:
    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False


def parse(text: str) -> Tree:
    """The tree of a pattern. Raises `BadPattern` with a reason."""
    if len(text) > MAX_LENGTH:
        raise BadPattern(f"it has more than {MAX_LENGTH} characters")
    reader = _Reader(text)
    tree = reader.choice(_Flags(), 0)
    if reader.at < len(text):
        raise BadPattern("a closing parenthesis has no opening one")
    return tree


class _Reader:
    """Recursive descent over the text; `at` is the next character."""

    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self, literal: str) -> bool:
        return self.text.startswith(literal, self.at)

    def take(self, literal: str) -> bool:
        if not self.peek(literal):
            return False
        self.at += len(literal)
        return True

    def next(self) -> str:
        if self.at >= len(self.text):
            raise BadPattern("it ends in the middle of an expression")
        self.at += 1
        return self.text[self.at - 1]

    def until(self, end: str) -> str:
        stop = self.text.find(end, self.at)
        if stop < 0:
            raise BadPattern(f"{end!r} is missing")
        found, self.at = self.text[self.at : stop], stop + len(end)
        return found

    def choice(self, flags: _Flags, depth: int) -> Tree:
        if depth > MAX_DEPTH:
            raise BadPattern("its groups are nested too deeply")
        branches: list[Tree] = []
        while True:
            parts: list[Tree] = []
            while self.at < len(self.text) and not self.peek("|") and not self.peek(")"):
                flags = self.part(parts, flags, depth)
            branches.append(Sequence(tuple(parts)))
            if not self.take("|"):
                return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def part(self, parts: list[Tree], flags: _Flags, depth: int) -> _Flags:
        """Read one item with its repetition into `parts`; returns the flags that hold after it."""
        if self.take("\\Q"):
            stop = self.text.find("\\E", self.at)
            literal = self.text[self.at :] if stop < 0 else self.text[self.at : stop]
            self.at = len(self.text) if stop < 0 else stop + 2
            parts.extend(Chars(((c, c),), folded=flags.i) for c in literal)
            if not literal:
                return flags
            atom = parts.pop()
        elif self.take("("):
            inner, has_body = self.group(flags)
            if not has_body:
                return inner
            atom = self.choice(inner, depth + 1)
            if not self.take(")"):
                raise BadPattern("a group is not closed")
        else:
            atom = self.atom(flags)
        parts.append(self.repeated(atom))
        return flags

    def group(self, flags: _Flags) -> tuple[_Flags, bool]:
        """What follows an opening parenthesis: the flags from here on, and whether a body follows (not so after `(?i)`)."""
        if not self.take("?"):
            return flags, True
        if self.take("P<") or self.take("<"):
            name = self.until(">")
            if not name or not name.isascii() or not name.replace("_", "a").isalnum():
                raise BadPattern("look-behind is not supported, and a group's name is made of letters, digits and _")
            return flags, True
        on = True
        while True:
            letter = self.next()
            if letter in (":", ")"):
                return flags, letter == ":"
            if letter == "-" and on:
                on = False
            elif letter in ("i", "m", "s", "U"):
                flags = replace(flags, **{letter: on})
            else:
                raise BadPattern(f"(?{letter} is not supported")

    def repeated(self, atom: Tree) -> Tree:
        bounds = self.bounds()
        if bounds is None:
            return atom
        self.take("?")
        if self.bounds() is not None:
            raise BadPattern("a repetition is repeated; use a group")
        return Repeat(atom, *bounds)

    def bounds(self) -> tuple[int, int | None] | None:
        for sign, least, most in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self.take(sign):
                return least, most
        if not self.peek("{"):
            return None
        low, comma, high = self.text[self.at + 1 :].partition("}")[0].partition(",")
        if not _is_count(low) or (high and not _is_count(high)) or "}" not in self.text[self.at :]:
            return None  # a brace that is no repetition stands for itself
        self.until("}")
        least, most = int(low), int(high) if high else None if comma else int(low)
        if least > MAX_REPEAT or (most or 0) > MAX_REPEAT or (most is not None and most < least):
            raise BadPattern(f"the repetition {{{low}{comma}{high}}} is out of range")
        return least, most

    def atom(self, flags: _Flags) -> Tree:
        char = self.next()
        if char == ".":
            return Chars((), negated=True) if flags.s else Chars((("\n", "\n"),), negated=True)
        if char == "^":
            return Assertion("line_start" if flags.m else "text_start")
        if char == "$":
            return Assertion("line_end" if flags.m else "text_end")
        if char == "[":
            return self.set(flags)
        if char in "*+?":
            raise BadPattern(f"{char} has nothing to repeat")
        if char == "\\":
            if self.at < len(self.text) and self.text[self.at] in _PLACES:
                return Assertion(_PLACES[self.next()])
            escaped = self.escape()
            return replace(escaped, folded=flags.i) if isinstance(escaped, Chars) else Chars(((escaped, escaped),), folded=flags.i)
        return Chars(((char, char),), folded=flags.i)

    def escape(self) -> str | Chars:
        """What follows a backslash: one character, or a set."""
        char = self.next()
        if char in "dswDSW":
            return Chars(_PERL[char.lower()], negated=char.isupper())
        if char in "pP":
            name = self.until("}") if self.take("{") else self.next()
            negated = (char == "P") is not name.startswith("^")
            if name.removeprefix("^") not in _CATEGORIES:
                raise BadPattern(f"the Unicode class {name} is not supported")
            return Chars(categories=(name.removeprefix("^"),), negated=negated)
        if char == "x":
            digits = self.until("}") if self.take("{") else self.next() + self.next()
            return _character(digits, 16)
        if char in "01234567":
            digits = char
            while len(digits) < 3 and self.at < len(self.text) and self.text[self.at] in "01234567":
                digits += self.next()
            if char != "0" and len(digits) == 1:
                raise BadPattern("references to groups are not supported")
            return _character(digits, 8)
        if char in _CONTROL:
            return _CONTROL[char]
        if char.isascii() and not char.isalnum():
            return char
        raise BadPattern(f"the escape \\{char} is not supported")

    def set(self, flags: _Flags) -> Chars:
        """A bracket expression whose opening bracket has been read."""
        negated = self.take("^")
        ranges: list[tuple[str, str]] = []
        nested: list[Chars] = []
        first = True
        while first or not self.peek("]"):
            first = False
            if self.peek("[:") and ":]" in self.text[self.at :]:
                name = self.text[self.at + 2 :].partition(":]")[0]
                if name.removeprefix("^") not in _POSIX:
                    raise BadPattern(f"the class [:{name}:] does not exist")
                self.at += len(name) + 4
                nested.append(Chars(_POSIX[name.removeprefix("^")], negated=name.startswith("^")))
                continue
            low = self.member()
            if isinstance(low, Chars):
                nested.append(low)
                continue
            high: str | Chars = low
            if self.peek("-") and not self.peek("-]"):
                self.next()
                high = self.member()
            if isinstance(high, Chars) or high < low:
                raise BadPattern("a range in brackets has no order")
            ranges.append((low, high))
        self.next()
        return Chars(tuple(ranges), nested=tuple(nested), negated=negated, folded=flags.i)

    def member(self) -> str | Chars:
        char = self.next()
        return self.escape() if char == "\\" else char


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6


def _character(digits: str, base: int) -> str:
    try:
        return chr(int(digits, base)) if digits.isalnum() else chr(-1)
    except (ValueError, OverflowError):
        raise BadPattern(f"{digits!r} is no character's number") from None
