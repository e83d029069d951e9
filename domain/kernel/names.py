"""Rules for names. Source: contract/workspaces.md 2.1, contract/identity.md 1 (Names), contract/lifecycle.md A2."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_VERSION_NAME = re.compile(r"[A-Za-z0-9]+(?:[_.-][A-Za-z0-9]+)*")
_RESERVED = frozenset({"new", "create"})

MAX_NAME = 32
MAX_GROUP_NAME = 255
MAX_DISPLAY_NAME = 64
MAX_REAL_NAME_BYTES = 128


def is_name(text: str, *, longest: int = MAX_NAME) -> bool:
    """Whether `text` may name a user, organization, role, template or workspace (groups: `longest=MAX_GROUP_NAME`)."""
    return 1 <= len(text) <= longest and text not in _RESERVED and _NAME.fullmatch(text) is not None


def is_version_name(text: str) -> bool:
    """Whether `text` may name a template version; `new` and `create` are fine here."""
    return 1 <= len(text) <= 64 and _VERSION_NAME.fullmatch(text) is not None


def is_display_name(text: str) -> bool:
    """Empty, or at most 64 characters without outer whitespace."""
    return len(text) <= MAX_DISPLAY_NAME and text == text.strip()


def is_real_name(text: str) -> bool:
    """A person's name: at most 128 bytes without outer whitespace; may be empty."""
    return len(text.encode()) <= MAX_REAL_NAME_BYTES and text == text.strip()


def fold(name: str) -> str:
    """The form in which names are compared: case does not count."""
    return name.lower()
