"""The gateway: what every client of the cloud connects to."""

from __future__ import annotations

import errno
import hashlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from netflux.errors import UserError
from netflux.faults import Faults
from netflux.gateway import frontend, hosts
from netflux.gateway.authority import Authority
from netflux.haproxy.configuration import Chunk
from netflux.haproxy.section import Section


@dataclass(frozen=True)
class Region:
    """Whose names the certificate has."""

    account: str
    name: str


class Gateway:
    """Listens on one port for HTTP and HTTPS, inside the region's HAProxy.

    Args:
        port: TCP port on 127.0.0.1.
        run_dir: for the unix sockets; the control plane's is `controlplane.sock`.
        authority_dir: of the local certificate authority.
        region: account and region of the names it is certified for.
        inherited: descriptor of a socket that listens on the port already, of another network namespace perhaps.
        faults: told when certificates are not valid.
    """

    def __init__(
        self,
        port: int,
        run_dir: Path,
        authority_dir: Path,
        region: Region,
        inherited: int | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.port = port
        self.address = "127.0.0.1"
        self.inherited = inherited
        self._run_dir = run_dir
        whose = region.account, region.name
        self.authority = Authority(authority_dir, hosts.certified(*whose), hosts.permitted(*whose), faults)

    def certificate(self) -> str:
        """PEM file of the current certificate, for listeners outside the gateway's port."""
        return str(self.authority.leaf((), datetime.now(UTC)))

    def check(self) -> None:
        """Raises UserError when somebody else has the port, before anything is started."""
        if self.inherited is not None:
            return
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.address, self.port))
            except OSError as error:
                hint = f"Choose another with --port, e.g. --port {self.port + 1}."
                raise UserError(self._in_the_way(error), hint) from error

    def frontends(self, sections: Sequence[Section]) -> list[Chunk]:
        """What HAProxy asks for before each reload; makes a new certificate when a section has a host it lacks."""
        routes = [route for section in sections for route in section.gateway]
        wanted = [name for route in routes for name in (*hosts.forms(route.host), *route.also)]
        now = datetime.now(UTC)
        certificate = str(self.authority.leaf(wanted, now))
        shown = frontend.Shown(certificate, *self.authority.others(wanted, now))
        listening = frontend.Listening(
            self.address,
            self.port,
            str(self._run_dir / "gateway-https.sock"),
            str(self._run_dir / "controlplane.sock"),
            certificate,
            self.inherited,
            self._list(frontend.chosen(shown, sections)),
        )
        return frontend.chunks(listening, sections)

    def _list(self, text: str) -> str:
        """A file with this text; its name changes with it, so that HAProxy's configuration does as well."""
        if not text:
            return ""
        path = self._run_dir / f"names-{hashlib.sha256(text.encode()).hexdigest()[:12]}.list"
        path.write_text(text)
        return str(path)

    def _in_the_way(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            return f"Port {self.port} on {self.address} is in use by another program."
        return f"Port {self.port} on {self.address} can't be used: {error.strerror}."
