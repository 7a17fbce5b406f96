"""A process that loads a program once, and forks for each question: a fork costs 6 ms where loading costs seconds.

`python -m netflux.cloudformation.forkserver MODULE`, a socket of whole messages on standard input. `MODULE.load()`
makes what answers. Each message says how many seconds and bytes of memory an answer may take, and brings a connection.
The question comes over it as JSON, and the answer goes back: `{"answer": …}`, `{"failed": why}`, or `{"overrun":
"seconds" or "memory"}`. A connection that closes without an answer was not taken. The process ends when nobody holds
the socket's other end any more, and its forks with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

_PR_SET_PDEATHSIG = 1
Answerer = Callable[[Any], Any]


@dataclass(frozen=True)
class _Limits:
    seconds: float
    memory: int

    def take(self) -> None:
        """Binds this process to them. The kernel ends it by SIGALRM, which no code of the program's can put off."""
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        for limit, most in ((resource.RLIMIT_AS, self.memory), (resource.RLIMIT_CORE, 0)):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(limit, (most, most))


@dataclass(frozen=True)
class _Fork:
    """`watch` becomes readable when the process has ended."""

    pid: int
    watch: int
    connection: socket.socket

    def reap(self) -> None:
        """Says what ended it, where it could not say so itself."""
        _, status = os.waitpid(self.pid, 0)
        os.close(self.watch)
        with self.connection, contextlib.suppress(OSError):
            if status:
                said = json.dumps(_ended(os.waitstatus_to_exitcode(status)))
                self.connection.send(said.encode(), socket.MSG_DONTWAIT)


def _ended(code: int) -> dict[str, str]:
    if code == -signal.SIGALRM:
        return {"overrun": "seconds"}
    return {"overrun": "memory"} if code < 0 else {"failed": f"it ended with status {code}"}


class _Server:
    def __init__(self, control: socket.socket, answerer: Answerer) -> None:
        self._control = control
        self._answerer = answerer
        self._forks: dict[int, _Fork] = {}

    def run(self) -> None:
        """Returns when nobody can ask any more."""
        with selectors.DefaultSelector() as events:
            events.register(self._control, selectors.EVENT_READ)
            while True:
                for key, _ in events.select():
                    if key.fd in self._forks:
                        events.unregister(key.fd)
                        self._forks.pop(key.fd).reap()
                        continue
                    message, handed, _, _ = socket.recv_fds(self._control, 100, 1)
                    if not message:
                        return
                    seconds, memory = message.split()
                    limits = _Limits(float(seconds), int(memory))
                    fork = self._fork(socket.socket(fileno=handed[0]), limits)
                    self._forks[fork.watch] = fork
                    events.register(fork.watch, selectors.EVENT_READ)

    def _fork(self, connection: socket.socket, limits: _Limits) -> _Fork:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._answer(connection, limits, parent)
        return _Fork(pid, os.pidfd_open(pid), connection)

    def _answer(self, connection: socket.socket, limits: _Limits, parent: int) -> NoReturn:
        """The fork. It doesn't return into the server, whatever happens."""
        status = 1
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() == parent:
                limits.take()
                silence = os.open(os.devnull, os.O_RDWR)
                for stream in range(3):  # the server's socket is among them
                    os.dup2(silence, stream)
                with connection.makefile("rb") as asked:
                    question = json.loads(asked.read())
                connection.sendall(json.dumps(_attempt(self._answerer, question)).encode())
                status = 0
        finally:
            os._exit(status)


def _attempt(answerer: Answerer, question: Any) -> dict[str, Any]:
    try:
        return {"answer": answerer(question)}
    except MemoryError:
        return {"overrun": "memory"}
    except BaseException as error:  # noqa: BLE001  # SystemExit too: it is told, and no way out
        told = traceback.format_exception_only(error)
        return {"failed": f"{''.join(traceback.format_exception(error))[-1500:]}{told[-1]}"}


def main() -> None:
    """Answers what comes over standard input."""
    (module,) = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's is for the region, whose end ends this one
    os.chdir("/")  # no settings of the folder that the region happens to be in
    gc.disable()  # nothing of what is loaded is garbage; looking for it would take a third of the time
    answerer = importlib.import_module(module).load()
    gc.freeze()  # forks share these objects' memory as long as nobody touches them
    gc.enable()
    with socket.socket(fileno=os.dup(0)) as control:
        _Server(control, answerer).run()


if __name__ == "__main__":
    main()
