"""The lines of a file that somebody brought, compressed or not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader

from service.importing.log import Refused

#: No event is nearly as long; a file of another kind is not read into memory to find that out.
_LONGEST_LINE = 64 << 20
_GZIP = b"\x1f\x8b"


def lines_of(file: BufferedReader) -> Iterator[bytes]:
    """Each line with its end, of a file as it is or of one that gzip made. Raises `Refused` for one that cannot be read to its end."""
    try:
        opened = gzip.GzipFile(fileobj=file) if file.peek(len(_GZIP)).startswith(_GZIP) else file
        while line := opened.readline(_LONGEST_LINE):
            yield line
    except EOFError as error:
        raise Refused("the file is cut off: what gzip made ends early") from error
    except (OSError, zlib.error) as error:
        raise Refused(f"the file cannot be read: {error}") from error
