"""A load balancer of values: real configuration, gateway and HAProxy, but no API, controller or health checks."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netflux.aws.elbv2 import attributes
from netflux.aws.elbv2.balancer.desired import Listener, LoadBalancer
from netflux.aws.elbv2.rule import shapes
from netflux.aws.elbv2.section import pages
from netflux.aws.elbv2.section.configuration import build
from netflux.aws.elbv2.section.site import Place
from netflux.gateway.gateway import Gateway, Region
from netflux.haproxy import binary
from netflux.haproxy.process import HAProxy
from netflux.haproxy.section import Section, Server
from netflux.resources.elbv2 import DEFAULT_PRIORITY, HealthCheck, Rule, TargetGroup
from netflux.runtime.children import Children
from tests.haproxy.targets import free_port

ARN = "arn:aws:elasticloadbalancing:us-east-1:000000000000"
HOST = "web-1.us-east-1.elb.localhost"


def group(name: str, **set_to: str) -> TargetGroup:
    """A target group; attributes with `__` for a dot."""
    wanted = attributes.target_group({key.replace("__", "."): value for key, value in set_to.items()})
    return TargetGroup(f"{ARN}:targetgroup/{name}/{name}", name, "HTTP", 8080, "vpc-1", HealthCheck(), wanted)


def rule(priority: int, conditions: Sequence[Mapping[str, Any]], action: Mapping[str, Any]) -> Rule:
    arn = f"{ARN}:listener-rule/app/web/1/1/{priority}"
    return Rule(arn, priority, tuple(map(shapes.read_condition, conditions)), shapes.read_action([action]))


def default(action: Mapping[str, Any]) -> Rule:
    return rule(DEFAULT_PRIORITY, (), action)


def listener(*rules: Rule, port: int = 80, **set_to: str) -> Listener:
    """An HTTP listener; attributes with `__` for a dot."""
    wanted = attributes.listener({key.replace("__", "."): value for key, value in set_to.items()})
    return Listener(f"{ARN}:listener/app/web/1/{port}", port, "HTTP", rules, wanted)


def balancer(*listeners: Listener, **set_to: str) -> LoadBalancer:
    """A load balancer; attributes with `__` for a dot."""
    wanted = attributes.load_balancer({key.replace("__", "."): value for key, value in set_to.items()})
    return LoadBalancer(f"{ARN}:loadbalancer/app/web/0123456789abcdef", "web", HOST, "vpc-1", (), (), listeners, wanted)


class Bare:
    """One HAProxy with a gateway."""

    def __init__(self, directory: Path) -> None:
        self.run = Path(tempfile.mkdtemp(prefix="netflux-"))  # a unix socket's path must be short
        self.port = free_port()
        self.gateway = Gateway(self.port, self.run, directory / "ca", Region("000000000000", "us-east-1"))
        self.log = directory / "haproxy.log"
        self.haproxy = HAProxy(
            Children(self.run / "children"), binary.find(), self.run, self.log, self.gateway.frontends
        )

    async def start(self) -> Bare:
        for code in pages.CODES:
            for server in (True, False):
                (self.run / pages.file_name(code, server=server)).write_bytes(
                    pages.message(code, server=server).encode()
                )
        await self.haproxy.start()
        return self

    async def stop(self) -> None:
        await self.haproxy.stop()
        shutil.rmtree(self.run, ignore_errors=True)

    def section(self, wanted: LoadBalancer, groups: Sequence[TargetGroup] = (), **place: Any) -> Section:
        return self._built(wanted, groups, place).section

    async def put(self, wanted: LoadBalancer, *groups: tuple[TargetGroup, Sequence[Server]], **place: Any) -> None:
        """Runs the load balancer, its groups with these targets, all of them healthy."""
        built = self._built(wanted, [found for found, _ in groups], place)
        await self.haproxy.put(built.section)
        for found, servers in groups:
            for backend in built.backends.get(found.arn, ()):
                await self.haproxy.set_servers(backend, servers)

    def _built(self, wanted: LoadBalancer, groups: Sequence[TargetGroup], place: Mapping[str, Any]) -> Any:
        where = Place(str(self.run), **{"gateway_port": self.port, "certificate": self.gateway.certificate(), **place})
        return build(wanted, {found.arn: found for found in groups}, where)

    async def worker(self) -> int:
        """The pid of the worker that serves now."""
        info = await self.haproxy.runtime.command("@1 show info")
        return int(next(line.split()[1] for line in info.splitlines() if line.startswith("Pid:")))


def server(address: str, port: int = 8080) -> Server:
    return Server(f"{address}:{port}", address, port)


def memory(pid: int) -> int:
    """Resident bytes of a process."""
    pages_held = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages_held * os.sysconf("SC_PAGE_SIZE")


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
