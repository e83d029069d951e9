"""One reference agent as a child process: started with its token, told to stop, let go, its output kept within bounds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from service.agent.scripts import INHERITED

_ROOT = Path(__file__).parents[2]
#: Of what an agent says of itself (its scripts' output goes to the service) so much is kept.
_LOG_BYTES = 256 * 1024
_LOG_NAME = "agent.log"


class Child:
    """A running agent. It lives in a session of its own, and as long as this process holds the pipe to it at most."""

    def __init__(self, process: asyncio.subprocess.Process, pipe: int, folder: Path) -> None:
        self._process = process
        self._pipe: int | None = pipe
        self._folder = folder
        self._reader = asyncio.create_task(self._keep_output(), name="agent-output")
        self.is_stopping = False

    @property
    def pid(self) -> int:
        """Of the process, which leads its group."""
        return self._process.pid

    @staticmethod
    async def start(folder: Path, environment: Mapping[str, str]) -> Child:
        """Start an agent whose home is below `folder`; `environment` says whom it serves, little else of ours is passed on."""
        home = _home(folder)
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        reading, writing = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "service", "agent"),
                cwd=_ROOT,
                env={**inherited, "HOME": str(home), **environment},
                stdin=reading,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except BaseException:
            os.close(writing)
            raise
        finally:
            os.close(reading)
        return Child(process, writing, folder)

    def tell_to_stop(self) -> None:
        """The workspace stops: the agent runs its stop scripts and ends."""
        self.is_stopping = True
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def let_go(self) -> None:
        """The agent ends at once, without stop scripts."""
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None

    def kill(self) -> None:
        """End the agent's group by force."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def wait(self) -> int:
        """The exit status, once the process has ended and its output is kept."""
        status = await self._process.wait()
        self.let_go()
        await asyncio.wait([self._reader], timeout=1.0)
        self._reader.cancel()
        return status

    def clear(self) -> None:
        """Remove what the agent leaves on this machine."""
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _keep_output(self) -> None:
        stream = self._process.stderr
        assert stream is not None, "the process was started with a pipe"
        left = _LOG_BYTES
        descriptor = os.open(self._folder / _LOG_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            while chunk := await stream.read(16 * 1024):
                with contextlib.suppress(OSError):
                    os.write(descriptor, chunk[:left])
                left -= min(left, len(chunk))
        finally:
            os.close(descriptor)


def _home(folder: Path) -> Path:
    home = folder.absolute() / "home"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home
