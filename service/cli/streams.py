"""Standard input, output and error of a command that may have been started without one of them, or may lose one on the way."""

from __future__ import annotations

import os
import sys


class OutputLost(Exception):
    """Standard output takes no more, and why; whole lines before the last one are there."""


def hold_standard_streams() -> None:
    """Put the null device where the caller closed a standard stream.

    Else a socket or a file would be given its number, and be read or written by whoever means the stream.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is given, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def write_out(data: bytes) -> None:
    """Write all of `data` to standard output, now. Raises `OutputLost`, and `BrokenPipeError` when the reader has left."""
    if sys.__stdout__ is None:
        raise OutputLost("it is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(error.strerror) from error


def forget_output() -> None:
    """Drop what is still held for standard output: at its end the interpreter would try to write it once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
