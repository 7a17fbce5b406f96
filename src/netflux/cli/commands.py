"""What the commands do, once their options are read."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netflux import state as states
from netflux.cli import client, detached, progress, stack
from netflux.cli import project as projects
from netflux.controlplane.authentication import development
from netflux.errors import UserError

STOP_DEADLINE = 60.0
"""Real seconds in which a region must have stopped: tasks have 30 s of AWS's stopTimeout, databases their shutdown."""

ANSWER_DEADLINE = 5.0
"""Real seconds in which a region that is not stuck answers."""

HUNG_DEADLINE = 10.0
"""Real seconds that a region which does not answer has to stop."""

KILL_DEADLINE = 10.0
"""Real seconds in which the kernel ends a killed process."""

_FOLLOW = 0.4
"""Real seconds between two looks at the logs."""


@dataclass(frozen=True)
class Chosen:
    """The options of `netflux up`."""

    what: Path | None
    empty: bool
    port: int
    speed: float
    network: str
    runtime: str
    any_credentials: bool = False
    iam: bool = True
    live: bool = False


_session: dict[str, Any] = {"pipe": None, "log": None}


def pipe() -> progress.Pipe | None:
    """Where a waiting `up --detach` reads, in the process that it started."""
    if _session["pipe"] is None and detached.PIPE in os.environ:
        _session["pipe"] = progress.Pipe(int(os.environ.pop(detached.PIPE)))
    found: progress.Pipe | None = _session["pipe"]
    return found


def current_log() -> Path | None:
    """The log of the region that this process runs."""
    found: Path | None = _session["log"]
    return found if found is not None and found.exists() else None


def up(chosen: Chosen, place: Path) -> None:
    """In the foreground."""
    from netflux.cli import up as foreground

    _session["log"] = place / "netflux.log"
    told = pipe()
    request = _request(chosen, place)

    def ready(status: dict[str, Any], seconds: float) -> None:
        if told is not None:
            told.ready({"status": status, "seconds": seconds})
            return
        _summary(status, seconds)
        print(f"Ctrl-C stops it; its state stays in {place}", flush=True)

    foreground.run(request, lambda: told or progress.shown(), ready)
    if told is None:
        print("Stopped.")


def _summary(status: dict[str, Any], seconds: float) -> None:
    from rich.console import Console

    from netflux.cli import summary

    summary.show(Console(), status, seconds)


def _request(chosen: Chosen, place: Path) -> Any:
    from netflux.cli import up as foreground

    project = projects.find(chosen.what, chosen.empty, live=chosen.live)
    return foreground.Request(
        project, place, chosen.port, chosen.speed, chosen.network, chosen.runtime, chosen.any_credentials, chosen.iam
    )


def up_detached(chosen: Chosen, place: Path) -> None:
    """In a session of its own; returns when all is ready."""
    project = projects.find(chosen.what, chosen.empty)
    if project.config is not None:
        stack.read(project.config)
    arguments = ["up", *([str(chosen.what)] if chosen.what else []), *(["--empty"] if chosen.empty else [])]
    arguments += ["--port", str(chosen.port), "--state", str(place), "--speed", str(chosen.speed)]
    arguments += ["--network", chosen.network, "--runtime", chosen.runtime]
    arguments += ["--any-credentials"] if chosen.any_credentials else []
    arguments += [] if chosen.iam else ["--iam", "off"]
    arguments += ["--live"] if chosen.live else []
    shown = progress.shown()
    try:
        found = detached.start(arguments, place, shown)
    finally:
        shown.close()
    _summary(found["status"], found["seconds"])
    print("`netflux down` stops it.")


def status(place: Path, as_json: bool) -> None:
    """Prints the running region's status."""
    found = client.get(place, "status.json")
    if as_json:
        print(json.dumps(found, indent=2))
        return
    from rich.console import Console

    from netflux.cli import summary, tables

    console = Console()
    summary.show(console, found)
    tables.show(console, found)


def logs(place: Path, service: str, follow: bool) -> None:
    """Prints services' log lines, the oldest first."""
    seen: set[str] = set()
    since = 0
    pause = threading.Event()
    while True:
        lines = client.get(place, "logs.json", service=service, since=str(since))
        new = [line for line in lines if line["id"] not in seen]
        for line in new:
            _print_line(line, not service)
        if new:
            since = new[-1]["timestamp"]
            seen = {line["id"] for line in lines if line["timestamp"] == since}
        elif follow:
            pause.wait(_FOLLOW)
        else:
            return


def _print_line(line: dict[str, Any], named: bool) -> None:
    moment = time.strftime("%H:%M:%S", time.localtime(line["timestamp"] / 1000))
    task = line["stream"].rpartition("/")[2][:8]
    name = f"{line['service']}/{task}" if named else task
    print(f"{moment} {name}  {line['message'].rstrip()}", flush=True)


def down(place: Path, delete: bool) -> None:
    """Stops the region that holds the directory, and waits until it is gone."""
    held = states.holder(place)
    if held is None and not (delete and place.exists()):
        print(f"No region is running in {place}.")
        return
    if held is not None:
        _stop(held, place)
        print("Stopped.")
    if delete:
        states.delete(place)
        print(f"Deleted {place}.")


def _stop(held: states.Holder, place: Path) -> None:
    """SIGTERM, and SIGKILL when that was in vain: its children end with it, by the kernel."""
    try:
        process = os.pidfd_open(held.pid)
    except ProcessLookupError:
        return
    try:
        if states.holder(place) != held:
            return
        patience = STOP_DEADLINE if client.answers(held, ANSWER_DEADLINE) else HUNG_DEADLINE
        signal.pidfd_send_signal(process, signal.SIGTERM)
        if select.select([process], [], [], patience)[0]:
            return
        print(
            f"The region (pid {held.pid}) did not stop within {patience:.0f} s, so it is killed. Nothing that it has "
            f"acknowledged is lost by that. {place / 'netflux.log'} may say what it waited for.",
            flush=True,
        )
        signal.pidfd_send_signal(process, signal.SIGKILL)
        if not select.select([process], [], [], KILL_DEADLINE)[0]:
            raise UserError(
                f"The region (pid {held.pid}) did not end within {KILL_DEADLINE:.0f} s after SIGKILL: the kernel waits "
                "for a disk or a network file system.",
                "`dmesg` may say which; the state directory can be used again when the process is gone.",
            )
    except PermissionError as error:
        raise UserError(f"The region (pid {held.pid}) belongs to another user.", "Stop it as that user.") from error
    finally:
        os.close(process)


def push(place: Path, folder: Path, image: str, command: list[str], *, live: bool) -> None:
    """Sends a process image to the running region's registry."""
    repository, colon, tag = image.rpartition(":")
    if not colon or not repository or not tag:
        raise UserError(f"{image!r} names no tag.", f"Write REPOSITORY:TAG, for example {image.strip(':')}:latest.", 2)
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder.", "Name the folder that the command runs in.", 2)
    body: dict[str, Any] = {"repository": repository, "tag": tag, "folder": str(folder.absolute()), "command": command}
    body |= {"live": True} if live else {}
    answer = client.post(place, "push", body)
    print(f"{repository}:{tag} is {answer['digest']}")


def interrupt(place: Path, task: str) -> None:
    """Asks the running region to interrupt tasks on Fargate Spot."""
    for arn in client.post(place, "interrupt", {"task": task})["tasks"]:
        print(f"{arn} is interrupted")


def env(place: Path) -> None:
    """Prints shell lines with the development pair, which is good for this state directory alone."""
    held = client.running(place)
    if sys.stdout.isatty():
        print('# eval "$(netflux env)" sets these in this shell', file=sys.stderr)
    credentials = development.read(place)
    values = {
        "AWS_ENDPOINT_URL": f"http://localhost:{held.port}",
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret,
        "AWS_DEFAULT_REGION": client.get(place, "region.json")["region"],
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # else DiscoverInstances is asked of data-localhost
    }
    for key, value in values.items():
        print(f"export {key}={value}")
    print("unset AWS_SESSION_TOKEN AWS_PROFILE")  # of another account, they would come before these or with them
