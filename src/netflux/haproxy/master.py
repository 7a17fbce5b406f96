"""The HAProxy process: a master that lives as long as the region, and a worker for each configuration."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from netflux.haproxy.runtime import RuntimeApi, RuntimeApiError
from netflux.runtime.children import Child, Children, Launch

_log = logging.getLogger(__name__)
_STARTS = 3
"""HAProxy 2.8 crashed at one start in some thousand (SIGSEGV in the master, before its worker answered)."""
_START_SECONDS = 10.0
_STOP_SECONDS = 5.0
_LAST_LINES = 3


class Master:
    """Starts, reloads and stops one HAProxy.

    Args:
        children: starts the process, and ends it with the region.
        binary: path of HAProxy.
        run_dir: its configuration and sockets.
        log: file that its messages are appended to.
    """

    def __init__(self, children: Children, binary: str, run_dir: Path, log: Path) -> None:
        self.inherited: Sequence[int] = ()
        """Listening sockets that its configuration names as `fd@N`."""
        self._children = children
        self._binary = binary
        self._run_dir = run_dir
        self._log = log
        self._child: Child | None = None
        self.configuration = run_dir / "haproxy.cfg"
        self.runtime = RuntimeApi(run_dir / "haproxy-master.sock")

    @property
    def running(self) -> bool:
        """Whether the master lives."""
        return self._child is not None and self._child.exit_code is None

    @property
    def pid(self) -> int:
        """Of the master; 0 when there is none."""
        return self._child.pid if self._child else 0

    async def start(self, text: str) -> None:
        """Starts it with this configuration and waits until its worker answers; again where it crashes before that.

        Raises:
            RuntimeApiError: it ended, or did not answer in time; the log has why.
        """
        self.configuration.write_text(text)
        for left in reversed(range(_STARTS)):
            child = self._child = await self._launch()
            try:
                await self._answering(child)
            except RuntimeApiError as error:
                if not left or child.exit_code is None or child.exit_code >= 0:
                    raise
                _log.warning("HAProxy is started again: %s", error)
            else:
                return

    async def _launch(self) -> Child:
        for name in ("haproxy-master.sock", "haproxy.sock"):
            (self._run_dir / name).unlink(missing_ok=True)
        master_socket = str(self._run_dir / "haproxy-master.sock")
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return await self._children.start(
                Launch(
                    name="haproxy",
                    argv=[self._binary, "-W", "-S", master_socket, "-f", str(self.configuration)],
                    environment={"PATH": os.environ.get("PATH", os.defpath)},
                    directory=self._run_dir,
                    output=descriptor,
                    pass_fds=self.inherited,
                    umask=0o077,
                )
            )
        finally:
            os.close(descriptor)

    async def check(self, text: str) -> str:
        """What HAProxy finds wrong with a configuration, by `-c`; empty when nothing."""
        path = self.configuration.with_suffix(".checked")
        path.write_text(text)
        process = await asyncio.create_subprocess_exec(
            self._binary,
            "-c",
            "-f",
            str(path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=self.inherited,
        )
        told, _ = await process.communicate()
        return told.decode(errors="replace") if process.returncode else ""

    async def reload(self, text: str) -> str:
        """Replaces the worker; returns when the new one answers. What HAProxy found wrong, or an empty string."""
        new = self.configuration.with_suffix(".new")
        new.write_text(text)
        new.replace(self.configuration)
        return await self.runtime.reload()

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        if self._child is None:
            raise RuntimeError("HAProxy was never started")
        return await self._child.wait()

    async def stop(self) -> None:
        """Ends the master and its workers."""
        if self._child is not None:
            await self._child.stop(_STOP_SECONDS)

    def _last_words(self) -> str:
        """The end of its log: the log itself may be deleted with a state directory in which nothing ever ran."""
        return " ".join(self._log.read_text(errors="replace").splitlines()[-_LAST_LINES:])

    async def _answering(self, child: Child) -> None:
        """A new socket is not told of by the kernel, so it is asked every 10 ms until the worker answers."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _START_SECONDS
        ended = asyncio.ensure_future(child.wait())
        try:
            while True:
                try:
                    if "Pid:" in await self.runtime.command("@1 show info", 1.0):
                        return
                except RuntimeApiError:
                    if loop.time() > deadline:
                        raise
                done, _ = await asyncio.wait({ended}, timeout=0.01)
                if done:
                    raise RuntimeApiError(f"HAProxy ended with code {ended.result()} at start. {self._last_words()}")
        finally:
            ended.cancel()
