"""The files of an unpacked archive, as template.yaml refers to them."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from service.provisioner.sections import Section

MAX_TEXT_BYTES = 1 << 20


def named_file(files: Mapping[str, bytes], name: str) -> str | None:
    """The file that `name` means (`./a.sh` is `a.sh`), or None when the archive has no such file."""
    if not name or "\n" in name:
        return None
    path = posixpath.normpath(name)
    return path if path in files else None


def file_text(files: Mapping[str, bytes], path: str, section: Section, key: str) -> str:
    """The file as text. Raises `ImportFailed` at `key` when it is too large, or no text."""
    raw = files[path]
    if len(raw) > MAX_TEXT_BYTES:
        raise section.failed(key, f"the file {path} has more than {MAX_TEXT_BYTES} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise section.failed(key, f"the file {path} is not UTF-8 text") from None
    if "\0" in text:
        raise section.failed(key, f"the file {path} holds a NUL character")
    return text
