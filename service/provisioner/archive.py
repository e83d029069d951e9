"""Archives in memory: unpacked for an import, zip made tar on upload, tar made zip for a download.

Nothing is ever written to a disk, so a hostile name or link cannot do harm there; such names are refused and links left out
all the same. Every limit is checked while bytes are produced, never after. All functions keep a core busy for as long as the
archive is large: call them on a worker thread. Source: contract/lifecycle.md A1, contract/template-archive.md.
"""

from __future__ import annotations

import calendar
import io
import posixpath
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from domain.kernel.errors import Invalid, TooLarge

MAX_BYTES = 100 << 20
MAX_ENTRIES = 10_000
MAX_RATIO = 200
FREE_BYTES = 4 << 20  # so much may come out of however little: small files of zeros are no attack

_MAX_DIRECTORY_BYTES = 8 << 20  # of a zip: MAX_ENTRIES entries with long names
_END_RECORD = struct.Struct("<4s4H2LH")
_TAR_ERRORS = (tarfile.TarError, OSError, EOFError, ValueError, OverflowError, RecursionError, struct.error, LookupError)
_ZIP_ERRORS = (*_TAR_ERRORS, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_FIRST_ZIP_YEAR, _LAST_ZIP_YEAR = 1980, 2107


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or (content None) a directory: clean relative path, permission bits, Unix time of change in whole seconds."""

    path: str
    content: bytes | None
    mode: int
    changed_at: int


def unpack(raw: bytes) -> dict[str, bytes]:
    """The files of a tar, tar+gzip or zip by their path; of two with one path the later counts. Links and devices are left out.

    Raises `Invalid` for what is no archive or has a name that leads out of it, `TooLarge` beyond `MAX_BYTES`, `MAX_ENTRIES`
    or `MAX_RATIO` (how many times larger than the archive its content may be).
    """
    allowed = min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * len(raw)))
    entries = _zip_entries(raw, allowed) if raw[:4] in _ZIP_STARTS else _tar_entries(raw, allowed)
    return {e.path: e.content for e in entries if e.content is not None}


def zip_to_tar(raw: bytes) -> bytes:
    """The tar that is stored for an uploaded zip: the same bytes for the same zip.

    Raises `Invalid` for a bad zip and `TooLarge` when the tar would have more than `MAX_BYTES`.
    """
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in _zip_entries(raw, MAX_BYTES):
            info = tarfile.TarInfo(entry.path)
            info.mode, info.mtime = entry.mode, entry.changed_at
            if entry.content is None:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            else:
                info.size = len(entry.content)
                tar.addfile(info, io.BytesIO(entry.content))
            _bounded(out.tell(), MAX_BYTES)
    _bounded(out.tell(), MAX_BYTES)
    return out.getvalue()


def tar_to_zip(raw: bytes) -> bytes:
    """A stored tar (or tar+gzip) as a zip; the same bytes for the same tar. Raises `Invalid` and `TooLarge` as `unpack` does."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in _last_of_each(_tar_entries(raw, MAX_BYTES)):
            info = zipfile.ZipInfo(entry.path + ("/" if entry.content is None else ""), _zip_time(entry.changed_at))
            kind = stat.S_IFDIR if entry.content is None else stat.S_IFREG
            info.external_attr = (kind | entry.mode) << 16 | (0x10 if entry.content is None else 0)
            info.create_system = 3  # Unix: the attributes above are understood on every machine
            archive.writestr(info, entry.content or b"", zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _tar_entries(raw: bytes, allowed: int) -> Iterator[Entry]:
    if raw[:2] == b"\x1f\x8b":
        raw = _gunzip(raw, allowed)
    budget = _Budget(allowed)
    try:
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined]  # the library remembers every header, and we never go back
                budget.entry()
                if member.isdir():
                    path = _clean(member.name)
                    if path:
                        yield Entry(path, None, member.mode & 0o777, int(member.mtime))
                elif member.isreg() and not member.issparse():
                    budget.take(member.size)
                    file = tar.extractfile(member)
                    content = b"" if file is None else file.read()
                    yield Entry(_file_path(member.name), content, member.mode & 0o777, int(member.mtime))
    except _TAR_ERRORS as e:
        raise Invalid("The archive cannot be read.", f"not a valid tar archive: {e}") from None


def _gunzip(raw: bytes, allowed: int) -> bytes:
    """All members of a gzip file, one after the other; the tar inside needs some bytes more than its content."""
    allowed = min(allowed + allowed // 4 + (1 << 20), 2 * MAX_BYTES)
    out = bytearray()
    while raw[:2] == b"\x1f\x8b":
        stream = zlib.decompressobj(wbits=31)
        try:
            out += stream.decompress(raw, allowed + 1 - len(out))
        except zlib.error as e:
            raise Invalid("The archive cannot be read.", f"not valid gzip data: {e}") from None
        _bounded(len(out), allowed)
        if not stream.eof:
            raise Invalid("The archive cannot be read.", "the gzip data ends too early")
        raw = stream.unused_data
    return bytes(out)


def _zip_entries(raw: bytes, allowed: int) -> Iterator[Entry]:
    _check_directory(raw)
    budget = _Budget(allowed)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            infos = {info.filename: info for info in archive.infolist()}
            for info in infos.values():
                budget.entry()
                mode = info.external_attr >> 16
                if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                    continue
                if info.is_dir():
                    path = _clean(info.filename)
                    if path:
                        yield Entry(path, None, mode & 0o777 or 0o755, _unix_time(info.date_time))
                else:
                    content = _zip_content(archive, info, budget)
                    yield Entry(_file_path(info.filename), content, mode & 0o777 or 0o644, _unix_time(info.date_time))
    except _ZIP_ERRORS as e:
        raise Invalid("The archive cannot be read.", f"not a valid zip archive: {e}") from None


def _zip_content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget) -> bytes:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Invalid("The archive cannot be read.", f"{info.filename!r} is compressed with a method other than deflate")
    with archive.open(info) as file:
        content = file.read(budget.left + 1)  # not by the size that the entry claims: it may lie
    budget.take(len(content))
    return content


def _check_directory(raw: bytes) -> None:
    """Refuse a huge directory by its end record: the library would read all of it into memory at once."""
    at = raw.rfind(b"PK\x05\x06", max(0, len(raw) - _END_RECORD.size - 0xFFFF))
    if at < 0 or at + _END_RECORD.size > len(raw):
        raise Invalid("The archive cannot be read.", "not a zip archive: it has no end record")
    if raw[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        raise Invalid("The archive cannot be read.", "zip64 archives are not supported")
    if _END_RECORD.unpack_from(raw, at)[5] > _MAX_DIRECTORY_BYTES:
        raise TooLarge("The archive is too large.", f"it has more than {MAX_ENTRIES} entries")


class _Budget:
    """What may still come out of one archive."""

    __slots__ = ("entries", "left")

    def __init__(self, left: int) -> None:
        self.left = left
        self.entries = MAX_ENTRIES

    def entry(self) -> None:
        self.entries -= 1
        if self.entries < 0:
            raise TooLarge("The archive is too large.", f"it has more than {MAX_ENTRIES} entries")

    def take(self, size: int) -> None:
        if size < 0:  # a header can say so, and would raise the budget
            raise Invalid("The archive cannot be read.", "it holds a file of negative size")
        _bounded(size, self.left)
        self.left -= size


def _bounded(size: int, allowed: int) -> None:
    if size > allowed:
        raise TooLarge(
            "The archive is too large.", f"its content has more bytes than the limit of {MAX_BYTES} (or of {MAX_RATIO}:1) allows"
        )


def _last_of_each(entries: Iterator[Entry]) -> Iterator[Entry]:
    return iter({e.path: e for e in entries}.values())


def _file_path(name: str) -> str:
    path = _clean(name)
    if not path:
        raise Invalid("The archive cannot be read.", "it holds a file without a name")
    return path


def _clean(name: str) -> str:
    """A relative path without `.` parts, "" for the root. Raises `Invalid` for one that leads elsewhere."""
    if name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/"):
        raise Invalid("The archive cannot be read.", f"the name {name[:200]!r} leads out of the archive")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Invalid("The archive cannot be read.", f"the name {name[:200]!r} is not UTF-8") from None
    return "" if not name.strip("./") else posixpath.normpath(name)


def _unix_time(date_time: tuple[int, int, int, int, int, int]) -> int:
    try:
        return max(0, calendar.timegm((*date_time, 0, 0, 0)))
    except (ValueError, OverflowError):
        return 0


def _zip_time(changed_at: int) -> tuple[int, int, int, int, int, int]:
    try:
        found = time.gmtime(changed_at)
    except (ValueError, OverflowError, OSError):
        found = time.gmtime(0)
    if not _FIRST_ZIP_YEAR <= found.tm_year <= _LAST_ZIP_YEAR:
        return (_FIRST_ZIP_YEAR, 1, 1, 0, 0, 0)
    return (found.tm_year, found.tm_mon, found.tm_mday, found.tm_hour, found.tm_min, found.tm_sec)
