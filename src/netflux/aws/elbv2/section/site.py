"""One listener of one load balancer, and where it runs: what every part of its configuration is written from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netflux.aws.elbv2.balancer.desired import Listener, LoadBalancer

DEFAULT_PORT = {"HTTP": 80, "HTTPS": 443}
_USUAL_LASTING = 3600


@dataclass(frozen=True)
class Place:
    """Where the load balancer runs.

    Attributes:
        run_dir: for its unix sockets and the error pages.
        gateway_port: 0 when there is no gateway.
        certificate: PEM file for HTTPS listeners on its own addresses that have none; empty when there is none.
        certificates: PEM files of HTTPS listeners by port, the default one first.
        clients: by listener port, the blocks from which the load balancer's security groups let clients in; a port that
            is open to all is absent.
        addresses: HAProxy `bind` addresses of its nodes by listener port; those that can be bound.
        sources: addresses that connections to targets come from, one for each node; none for any.
        turns: so many of the first nodes take the gateway's clients in turn.
        journal: where HAProxy writes lines of the access log, in its words.
        names: by which clients of the gateway reach it beside its DNS name.
        presented: PEM files that these clients are shown, each with its names, by port.
    """

    run_dir: str
    gateway_port: int = 0
    certificate: str = ""
    addresses: Mapping[int, Sequence[str]] = field(default_factory=dict)
    clients: Mapping[int, Sequence[str]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    turns: int = 1
    certificates: Mapping[int, Sequence[str]] = field(default_factory=dict)
    journal: str = ""
    names: tuple[str, ...] = ()
    presented: Mapping[int, Sequence[tuple[str, tuple[str, ...]]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Site:
    """A listener.

    Attributes:
        client: HAProxy's expression of the client's address. A unix socket has none: what comes from CloudFront's edge
            comes from this machine.
    """

    load_balancer: LoadBalancer
    listener: Listener
    place: Place
    client: str = "%[src]"

    @property
    def prefix(self) -> str:
        """Of the names of its frontends and backends."""
        return f"elbv2-{self.load_balancer.id}-{self.listener.port}"

    @property
    def idle(self) -> int:
        """`idle_timeout.timeout_seconds`, real seconds."""
        return int(self.load_balancer.attributes["idle_timeout.timeout_seconds"])

    @property
    def lasting(self) -> int:
        """`client_keep_alive.seconds`, real seconds; 0 for AWS's hour, which is not watched."""
        seconds = int(self.load_balancer.attributes["client_keep_alive.seconds"])
        return 0 if seconds == _USUAL_LASTING else seconds

    @property
    def named(self) -> bool:
        """Whether its own answers say who made them."""
        return self.listener.attributes["routing.http.response.server.enabled"] == "true"

    @property
    def secure(self) -> bool:
        """Whether clients come by TLS."""
        return self.listener.protocol == "HTTPS"

    @property
    def certificates(self) -> tuple[str, ...]:
        """PEM files; the server name of the TLS hello chooses, and the first is for those without one of ours."""
        own = self.place.certificates.get(self.listener.port) or (self.place.certificate,)
        return tuple(path for path in own if path)

    def on(self, attribute: str) -> bool:
        """Whether a load balancer's attribute is `true`."""
        return self.load_balancer.attributes[attribute] == "true"

    @property
    def logged(self) -> bool:
        """Whether there is an access log: then every request passes a frontend of the load balancer's own."""
        return self.on("access_logs.s3.enabled")

    @property
    def behind(self) -> str:
        """Path of the unix socket where the gateway's clients come in, when there is an access log."""
        return f"{self.place.run_dir}/lp-{self.load_balancer.id[:10]}-{self.listener.port}.sock"

    @property
    def socket(self) -> str:
        """Path of the unix socket where the listener answers, e.g. for CloudFront's edges.

        HAProxy takes at most 97 characters, so the name is short; ten digits of the id tell load balancers apart.
        """
        return f"{self.place.run_dir}/lb-{self.load_balancer.id[:10]}-{self.listener.port}.sock"
