"""How hard a password is to guess: an estimate of its entropy, and the sentence for one that is refused.

Source: contract/identity.md 3.3 (length times the logarithm of the pool, obvious runs discounted).
"""

from __future__ import annotations

import math
import string
from itertools import pairwise

LEAST_BITS = 52
MOST_BYTES = 64

_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@$&*", "_-., ")
_OTHER_PUNCTUATION = frozenset(string.punctuation) - frozenset("!@$&*_-.,")
_OBVIOUS = ("0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", string.ascii_lowercase)
_NEIGHBOURS = frozenset(pair for run in _OBVIOUS for one, two in pairwise(run) for pair in (one + two, two + one))


def weakness(password: str) -> str:
    """Why `password` is refused, or "" when it will do."""
    if not password:
        return "A password is needed."
    if len(password.encode()) > MOST_BYTES:
        return f"The password must be no more than {MOST_BYTES} bytes long."
    bits = strength_bits(password)
    if bits < LEAST_BITS:
        return f"The password is too easy to guess ({bits:.0f} of {LEAST_BITS} bits): make it longer, or mix in other kinds of characters."
    return ""


def strength_bits(password: str) -> float:
    """The estimated entropy in bits."""
    pool = _pool_size(password)
    return _effective_length(password) * math.log2(pool) if pool > 1 else 0.0


def _pool_size(password: str) -> int:
    present = frozenset(password)
    size = sum(len(members) for members in _CLASSES if not present.isdisjoint(members))
    if not present.isdisjoint(_OTHER_PUNCTUATION):
        size += len(_OTHER_PUNCTUATION)
    return size + len(present - frozenset("".join(_CLASSES)) - _OTHER_PUNCTUATION)


def _effective_length(password: str) -> int:
    """Characters that add surprise: of a repetition, or of a run along the alphabet or a keyboard row, only the first two do."""
    counted, run, kind = 0, 1, ""
    for at, character in enumerate(password):
        step = _step(password[at - 1], character) if at else ""
        run = run + 1 if step and step == kind else 2 if step else 1
        kind = step
        counted += run <= 2
    return counted


def _step(before: str, character: str) -> str:
    if before == character:
        return "same"
    pair = (before + character).lower()
    if pair not in _NEIGHBOURS:
        return ""
    return "up" if any(pair in run for run in _OBVIOUS) else "down"
