"""What happens while `netflux up` works, and two ways to tell it: plain lines, a pipe; `screen` is the third."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from netflux.errors import UserError

STOPPING = "stopping; Ctrl-C again kills"


@dataclass(frozen=True)
class Resource:
    """A stack resource's newest event.

    Attributes:
        name: its logical id.
        type: e.g. `AWS::ECS::Service`.
        status: as CloudFormation says it.
        reason: empty when there is none.
    """

    name: str
    type: str
    status: str
    reason: str = ""


class Progress(Protocol):
    """Told of everything; shows what it likes."""

    def step(self, text: str) -> None:
        """A new part of the work begins."""
        ...

    def total(self, resources: int) -> None:
        """So many resources are to be made."""
        ...

    def resource(self, resource: Resource) -> None:
        """A resource has a new status."""
        ...

    def waiting(self, reasons: list[str]) -> None:
        """All that is not ready yet."""
        ...

    def stopping(self) -> None:
        """The region is asked to stop, which can take as long as its tasks take."""
        ...

    def close(self) -> None:
        """The work is over, well or not; the screen is free again."""
        ...


class Plain:
    """Lines, for logs and CI."""

    def __init__(self) -> None:
        self._waiting: list[str] = []
        self._statuses: dict[str, str] = {}
        self._start = time.monotonic()

    def step(self, text: str) -> None:
        self._line(f"{text} …")

    def total(self, resources: int) -> None:
        """Lines need no total."""

    def resource(self, resource: Resource) -> None:
        if self._statuses.get(resource.name) == resource.status:
            return  # CloudFormation says IN_PROGRESS twice: when it begins, and when the service has accepted
        self._statuses[resource.name] = resource.status
        reason = f"  {resource.reason}" if resource.reason and "FAILED" in resource.status else ""
        self._line(f"  {resource.status:<22} {resource.type:<42} {resource.name}{reason}")

    def waiting(self, reasons: list[str]) -> None:
        for reason in reasons:
            if reason not in self._waiting:
                self._line(f"  waiting: {reason}")
        self._waiting = reasons

    def stopping(self) -> None:
        self._line(STOPPING)

    def close(self) -> None:
        """Lines leave nothing to clear."""

    def _line(self, text: str) -> None:
        seconds = time.monotonic() - self._start
        print(f"{seconds:5.1f}s  {text}", flush=True)


class Pipe:
    """Tells another process, in JSON lines; goes on working when nobody reads any more.

    Args:
        descriptor: the pipe's writing end.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def step(self, text: str) -> None:
        self.send({"step": text})

    def total(self, resources: int) -> None:
        self.send({"total": resources})

    def resource(self, resource: Resource) -> None:
        self.send({"resource": asdict(resource)})

    def waiting(self, reasons: list[str]) -> None:
        self.send({"waiting": reasons})

    def stopping(self) -> None:
        """Nobody reads any more, or is the one who asks."""

    def close(self) -> None:
        """The end is told by `ready` or `failed`."""

    def ready(self, summary: dict[str, Any]) -> None:
        """All is up; the last message."""
        self.send({"ready": summary})
        self._end()

    def failed(self, error: UserError) -> None:
        """It can't become ready; the last message."""
        self.send({"failed": {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}})
        self._end()

    def send(self, message: dict[str, Any]) -> None:
        """One line; the reader may have gone."""
        if self._descriptor < 0:
            return
        try:
            os.write(self._descriptor, json.dumps(message).encode() + b"\n")
        except BrokenPipeError:
            self._end()

    def _end(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def relay(message: dict[str, Any], progress: Progress) -> None:
    """Shows a line that a `Pipe` wrote; `ready` and `failed` are the reader's own business."""
    if "step" in message:
        progress.step(message["step"])
    elif "total" in message:
        progress.total(message["total"])
    elif "resource" in message:
        progress.resource(Resource(**message["resource"]))
    elif "waiting" in message:
        progress.waiting(message["waiting"])


def shown() -> Progress:
    """The screen for a terminal, lines for everything else and where `CI` is set."""
    if not sys.stdout.isatty() or os.environ.get("CI") or os.environ.get("TERM") == "dumb":
        return Plain()
    from netflux.cli.screen import Screen

    return Screen()
