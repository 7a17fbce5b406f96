"""One PostgreSQL cluster: its files, its process, and whether it takes connections."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from netflux.aws.rds.configuration import Parameters, forces_tls, text
from netflux.aws.rds.installation import Installation
from netflux.errors import Retryable
from netflux.runtime.children import Child, Children, Launch

ADMIN = "rdsadmin"
"""RDS's own superuser [Appendix.PostgreSQL.CommonDBATasks.Roles]."""

INSIDE_UID = 1000
"""PostgreSQL refuses uid 0; a user namespace shows it this one instead."""

STOP_PATIENCE = 20.0
"""Real seconds for a fast shutdown, whose checkpoint writes what is dirty."""

_SOCKET_PATH = 90
"""A unix socket's path holds at most 107 bytes on Linux; PostgreSQL adds its file name of up to 17."""

_LOG_BYTES = 16 * 1024 * 1024

# rdsadmin gets in from the machine itself only, as on RDS.
_HBA = f"""\
local    all,replication {ADMIN}      trust
local    all       all                 scram-sha-256
hostssl  postgres  {ADMIN}  samehost  scram-sha-256
host     all       {ADMIN}  all       reject
{{clients}}  all       all       all       scram-sha-256
"""
_TLS_ONLY, _ANY = "hostssl", "host   "

_CONFIGURATION = """\
listen_addresses = '{address}'
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 64MB
password_encryption = 'scram-sha-256'
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
ssl_min_protocol_version = 'TLSv1.2'
fsync = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%t:%r:%u@%d:[%p]:'
include 'parameters.conf'
"""

Issue = Callable[[Sequence[str]], tuple[bytes, bytes]]
"""Makes a certificate for host names with the region's authority: (certificate chain, key), both PEM."""


@dataclass(frozen=True)
class Listen:
    """Where a cluster answers.

    Attributes:
        address: local IP address.
        port: TCP port.
        names: host names of the certificate.
        namespace: name of the network namespace that has the address; None for the region's.
    """

    address: str
    port: int
    names: Sequence[str]
    namespace: str | None = None


class Cluster:
    """The cluster of one DB instance.

    Args:
        directory: `{state}/databases/{identifier}`; holds `data` and `postgresql.log`.
        sockets: directory under which its unix socket may be.
        installation: the programs of its version.
        children: starts them.
        issue: makes its certificate.
    """

    def __init__(
        self, directory: Path, sockets: Path, installation: Installation, children: Children, issue: Issue
    ) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.log = directory / "postgresql.log"
        self.sockets = socket_directory(sockets, directory.name)
        self.port = 0
        self._installation = installation
        self._children = children
        self._issue = issue
        self._child: Child | None = None

    @property
    def initialised(self) -> bool:
        """Whether initdb has completed."""
        return (self.data / "PG_VERSION").is_file()

    @property
    def running(self) -> bool:
        """Whether its postmaster lives."""
        return self._child is not None and self._child.exit_code is None

    async def initialise(self) -> None:
        """Makes the data directory; it appears whole and on disk, or not at all. Retryable with initdb's own words."""
        partial = self.directory / "partial"
        await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        argv = [
            self._installation.program("initdb"), "--pgdata", str(partial), "--username", ADMIN, "--encoding", "UTF8",
            "--locale", "C.UTF-8", "--auth", "scram-sha-256", "--auth-local", "trust", "--no-instructions",
        ]  # fmt: skip
        if self._installation.syncs_file_systems:
            argv.append("--sync-method=syncfs")
        await self._run("initdb", argv)
        with (partial / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'netflux.conf'\n")
            _sync(file.fileno())
        partial.rename(self.data)
        sync_directory(self.directory)

    async def back_up(self, target: Path) -> None:
        """Makes a verified copy of the running cluster that is on disk; Retryable with PostgreSQL's own words.

        The copy is what the cluster was at its end, whatever clients wrote meanwhile (pg_basebackup, PostgreSQL
        documentation). Each of its files is read again and has the checksum with which it was sent.
        """
        argv = [
            self._installation.program("pg_basebackup"), "--pgdata", str(target), "--host", str(self.sockets),
            "--port", str(self.port), "--username", ADMIN, "--no-password", "--checkpoint=fast",
        ]  # fmt: skip
        if self._installation.syncs_file_systems:
            argv.append("--sync-method=syncfs")
        await self._run("pg_basebackup", argv)
        await self._run("pg_verifybackup", [self._installation.program("pg_verifybackup"), "--quiet", str(target)])

    async def _run(self, program: str, argv: Sequence[str]) -> None:
        """Returns when the program has succeeded; Retryable with its own words when it has not."""
        child = await self._children.start(self._launch(program, argv, None))
        assert child.output is not None
        said = await child.output.read()
        if await child.wait() != 0:
            last = said.decode(errors="replace").strip()[-500:]
            raise Retryable(f"{program} for {self.directory.name} failed: {last}")

    def configure(self, parameters: Parameters) -> None:
        """Writes what the postmaster reads when it starts, or is told to by `reload`."""
        clients = _TLS_ONLY if forces_tls(parameters, self._installation.version) else _ANY
        _write(self.data / "pg_hba.conf", _HBA.format(clients=clients).encode())
        _write(self.data / "parameters.conf", text(parameters).encode())

    def reload(self) -> None:
        """The postmaster reads its configuration again."""
        if self._child is not None:
            self._child.send(signal.SIGHUP)

    async def start(self, listen: Listen, ended: Callable[[], None]) -> None:
        """Starts the postmaster on what `configure` has written; `ready` tells when it has recovered and listens.

        Args:
            ended: called when the postmaster has ended, for whatever reason.

        Raises:
            Retryable: a process of an earlier start still works in the data directory.
        """
        await asyncio.to_thread(_end_strangers, self.data)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.port = listen.port
        self._configure(listen)
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            argv = [self._installation.program("postgres"), "-D", str(self.data)]
            child = await self._children.start(self._launch("postgres", argv, output, listen.namespace))
        finally:
            os.close(output)
        self._child = child
        asyncio.ensure_future(child.wait()).add_done_callback(lambda _: ended())

    def ready(self) -> bool:
        """Whether the postmaster says that it takes connections; a login is the proof, this saves futile ones."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    async def stop(self, number: int = signal.SIGINT) -> None:
        """Ends the postmaster and all its backends: SIGINT is a fast shutdown, SIGQUIT one without a checkpoint."""
        if self._child is not None:
            await self._child.stop(STOP_PATIENCE, number)
            await asyncio.to_thread(_end_strangers, self.data)

    async def remove(self) -> None:
        """Deletes all files of a cluster that does not run."""
        await asyncio.to_thread(shutil.rmtree, self.directory, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def last_words(self) -> str:
        """The last FATAL, PANIC or error line of the log: why it ended; empty when there is none."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - 8192))
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        said = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "could not", "netflux:"))]
        return said[-1].strip() if said else ""

    def _configure(self, listen: Listen) -> None:
        certificate, key = self._issue(listen.names)
        _write(self.data / "server.crt", certificate)
        _write(self.data / "server.key", key)
        sockets = str(self.sockets).replace("'", "''")
        text = _CONFIGURATION.format(address=listen.address, port=listen.port, sockets=sockets)
        _write(self.data / "netflux.conf", text.encode())

    def _launch(self, program: str, argv: Sequence[str], output: int | None, namespace: str | None = None) -> Launch:
        return Launch(
            name=f"rds-{self.directory.name}-{program}",
            argv=argv,
            environment={"PATH": f"{self._installation.programs}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            directory=self.directory,
            uid=INSIDE_UID if os.getuid() == 0 else None,
            death_signal=signal.SIGQUIT if program == "postgres" else signal.SIGKILL,
            output=output,
            namespace=namespace,
        )


def socket_directory(parent: Path, name: str) -> Path:
    """Where the unix socket of the cluster of this name is: a path that the kernel takes.

    Args:
        parent: where it is if that is short enough.
    """
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    wanted = parent / f"pg-{digest}"
    if len(os.fsencode(wanted)) <= _SOCKET_PATH:
        return wanted
    unique = hashlib.sha256(f"{parent}/{digest}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"netflux-{os.getuid()}" / unique


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        _sync(file.fileno())
    draft.replace(path)


def _sync(descriptor: int) -> None:
    os.fsync(descriptor)


def sync_directory(path: Path) -> None:
    """What was made, renamed or deleted in it is on disk on return."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _end_strangers(data: Path, deadline: float = 10.0) -> None:
    """Kills what still works in the data directory: backends are no members of their dead postmaster's process group.

    The state directory is this region's alone, so they are what a killed postmaster has left. Raises Retryable when
    they outlive the deadline (real seconds).
    """
    end = time.monotonic() + deadline
    while found := _working_in(data):
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > end:
            raise Retryable(f"processes {found} still hold {data}")
        time.sleep(0.005)


def _working_in(data: Path) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == data and (entry / "exe").readlink().name.startswith("postgres"):
                found.append(int(entry.name))
        except OSError:
            continue  # ended meanwhile, or another user's
    return found
